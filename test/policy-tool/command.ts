import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** Runs `npm run policy -- …` as a user does, less npm itself. */
export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** @param input what standard input holds */
export function policyCommand(
  args: readonly string[],
  input = '',
  environment: Record<string, string> = {},
): Promise<Ended> {
  return new Promise((ended) => {
    const child = spawn(process.execPath, ['-r', '@swc-node/register', 'src/policy-tool/main.ts', ...args], {
      cwd: resolve(__dirname, '../..'),
      env: { ...process.env, ...environment },
    });
    const parts = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (parts.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (parts.stderr += chunk.toString()));
    child.on('close', (status) => ended({ status, ...parts }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
