import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Runs a piece of TypeScript in a process of its own and answers the first line it prints, so that a test can end that
 * process as roughly as it likes.
 */
export async function runChild(
  source: string,
  env: Record<string, string> = {},
): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, ['-r', '@swc-node/register', '-e', source], {
    cwd: process.cwd(),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  for await (const line of createInterface({ input: child.stdout })) return { child, line };
  throw new Error(`The process printed nothing. ${errors}`);
}

/** Waits until a process is gone. */
export async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
