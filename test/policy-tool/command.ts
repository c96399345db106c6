import { runCommand, type Ended } from '../support/command';

/** Runs `npm run policy -- …`. @param input what standard input holds */
export function policyCommand(
  args: readonly string[],
  input = '',
  environment: Record<string, string> = {},
): Promise<Ended> {
  return runCommand('src/policy-tool/main.ts', args, input, environment);
}
