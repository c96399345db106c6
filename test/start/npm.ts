import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const PROJECT = resolve(__dirname, '../..');
const run = promisify(execFile);

/** What an npm command printed, and how it ended. */
export interface Printed {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A command of the README as a user runs it, in a process group of its own: what a terminal's Ctrl-C reaches. */
export class NpmCommand {
  readonly ended: Promise<Printed>;
  stdout = '';
  stderr = '';
  private readonly process: ChildProcess;

  constructor(args: string[], environment: Record<string, string>) {
    this.process = spawn('npm', args, {
      cwd: PROJECT,
      env: { ...process.env, ...environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((done) =>
      this.process.once('close', (status) => done({ status, stdout: this.stdout, stderr: this.stderr })),
    );
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** As Ctrl-C in a terminal does it: every process of the group gets the signal. */
  interrupt(): void {
    if (this.running && this.process.pid) process.kill(-this.process.pid, 'SIGINT');
  }

  /** Every process below the command, with its command line. */
  async descendants(): Promise<{ pid: number; command: string }[]> {
    const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,args=']);
    const all = stdout.split('\n').flatMap((line) => {
      const found = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
      return found ? [{ pid: Number(found[1]), parent: Number(found[2]), command: found[3] ?? '' }] : [];
    });
    const below = (parent: number): { pid: number; command: string }[] =>
      all
        .filter((each) => each.parent === parent)
        .flatMap(({ pid, command }) => [{ pid, command }, ...below(pid)]);
    return below(this.process.pid ?? -1);
  }
}

/** Waits until the gateway says that it is ready; throws what was printed when the command ends before. */
export async function untilReady(command: NpmCommand, gateway: string): Promise<void> {
  while (command.running) {
    const response = await fetch(`${gateway}/readyz`).catch(() => undefined);
    if (response?.status === 200) return;
    await sleep(100);
  }
  throw new Error(`npm start ended:\n${command.stdout}\n${command.stderr}`);
}

/** Waits until the command has printed the text; throws what it printed instead when it ends before. */
export async function untilPrinted(command: NpmCommand, text: string): Promise<string> {
  while (command.running && !command.stdout.includes(text)) await sleep(20);
  if (!command.stdout.includes(text)) throw new Error(`ended before "${text}":\n${command.stderr}`);
  return command.stdout;
}
