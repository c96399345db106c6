import { spawn } from 'node:child_process';

/** What to tell someone whose machine lacks a program: the package that holds it. */
export interface Program {
  command: string;
  /** How to get it, as a whole sentence. */
  install: string;
}

export const MAVEN: Program = { command: 'mvn', install: 'Install Maven: apt-get install -y maven.' };
export const PYTHON: Program = {
  command: 'python3',
  install: 'Install Python with pip: apt-get install -y python3 python3-pip.',
};
export const TAR: Program = { command: 'tar', install: 'Install tar: apt-get install -y tar.' };

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Text for the program's standard input. */
  input?: string;
}

/**
 * Runs a program to its end and answers its standard output. Fails with how to install it when it is missing, and
 * with the last lines it printed when its exit status is not 0.
 */
export async function run(program: Program, args: string[], options: RunOptions = {}): Promise<string> {
  const child = spawn(program.command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // A program that ends before reading all its input breaks the pipe; its exit status says more.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const status = await new Promise<number | string>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT' ? new Error(`${program.command} is missing. ${program.install}`) : error,
      ),
    );
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const stdout = Buffer.concat(out).toString('utf8');
  if (status === 0) return stdout;
  const said = lastLines(`${stdout}\n${Buffer.concat(err).toString('utf8')}`, 12);
  throw new Error(`${program.command} ended with status ${status}:\n${said}`);
}

/** The last lines of a text that are not blank, without the colours that tools add. */
export function lastLines(text: string, count: number): string {
  return text
    .replace(/\u001b\[[0-9;]*m/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}
