import { spawn, type ChildProcess } from 'node:child_process';

/** How a child ended. */
export interface ChildEnd {
  name: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** How long a child may take to end before it is killed, in milliseconds. */
const STOP_DEADLINE = 8_000;

/**
 * A child process of `npm start`. It has a process group of its own, so that Ctrl-C in the terminal reaches only the
 * parent, which ends its children in order.
 */
export class Child {
  readonly ended: Promise<ChildEnd>;
  private readonly process: ChildProcess;

  constructor(
    readonly name: string,
    script: string,
    args: string[],
    environment: Record<string, string>,
    cwd: string,
  ) {
    this.process = spawn(process.execPath, ['-r', '@swc-node/register', script, ...args], {
      cwd,
      env: environment,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.ended = new Promise((resolve) => {
      this.process.once('exit', (code, signal) => resolve({ name, code, signal }));
      this.process.once('error', () => resolve({ name, code: null, signal: null }));
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get running(): boolean {
    return this.pid > 0 && this.process.exitCode === null && this.process.signalCode === null;
  }

  onMessage(listener: (message: unknown) => void): void {
    this.process.on('message', listener);
  }

  send(message: object): void {
    if (this.process.connected) this.process.send(message, () => undefined);
  }

  /** Asks it to end, and kills it when it does not. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.process.kill('SIGTERM');
    const killer = setTimeout(() => this.process.kill('SIGKILL'), STOP_DEADLINE);
    await this.ended;
    clearTimeout(killer);
  }
}

/** How a child ended, in a sentence. */
export function describeEnd({ name, code, signal }: ChildEnd): string {
  return `The ${name} ended ${signal ? `by ${signal}` : `with exit status ${code ?? 'unknown'}`}.`;
}
