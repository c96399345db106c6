import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** How a command ended. */
export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a command as a user does, less npm itself.
 *
 * @param script its file
 * @param input what standard input holds
 */
export function runCommand(
  script: string,
  args: readonly string[],
  input = '',
  environment: Record<string, string> = {},
): Promise<Ended> {
  return new Promise((ended) => {
    const child = spawn(process.execPath, ['-r', '@swc-node/register', script, ...args], {
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
