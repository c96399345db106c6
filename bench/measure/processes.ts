import { spawn, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Profiler } from 'node:inspector';
import type { Answer, Question, Usage } from './reporter';

/** Root of the project, which every process runs in. */
export const ROOT = resolve(__dirname, '../..');
/** How long a process may take to start or to end, in milliseconds. */
const PATIENCE_MS = 60_000;
/** So much of what a process wrote to its error stream is shown when it fails, in characters. */
const SHOWN = 4_000;

/** A child process with the reporter in it. */
export class Measured {
  private faults = '';
  private waiting: ((answer: Answer | { port: number }) => void)[] = [];

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {
    child.stderr?.on('data', (chunk: Buffer) => {
      this.faults = (this.faults + chunk.toString()).slice(-SHOWN);
    });
    child.on('message', (message) => this.waiting.shift()?.(message as Answer));
  }

  /**
   * Starts a TypeScript file of the project. Standard output goes nowhere: writing it still costs the process, as
   * writing a log does. All of them get what `npm run gateway` does for young objects, rivals too.
   */
  static start(
    name: string,
    file: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Measured {
    const child = spawn(
      process.execPath,
      [
        '--max-semi-space-size=32',
        '-r',
        '@swc-node/register',
        '-r',
        join(ROOT, 'bench/measure/reporter.ts'),
        file,
        ...args,
      ],
      {
        cwd: ROOT,
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        env: {
          PATH: process.env.PATH,
          HOME: process.env.HOME,
          NODE_ENV: 'production',
          AWS_REGION: 'eu-central-1',
          AWS_ACCESS_KEY_ID: 'bench',
          AWS_SECRET_ACCESS_KEY: 'bench',
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
          ...env,
        },
      },
    );
    return new Measured(name, child);
  }

  /** The port that the process chose, as it says once it listens. */
  async port(): Promise<number> {
    const message = await this.next();
    if (!('port' in message)) throw new Error(`${this.name} did not say its port.`);
    return message.port;
  }

  /** Waits until the path answers 200. */
  async ready(url: string): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw this.fault('has ended');
      const answered = await fetch(url).then(
        (response) => response.arrayBuffer().then(() => response.ok),
        () => false,
      );
      if (answered) return;
      if (Date.now() > end) throw this.fault('is not ready');
      await sleep(50);
    }
  }

  /** Says something to the process that no answer comes to; it has arrived before what is asked next. */
  tell(message: object): void {
    this.child.send(message);
  }

  async usage(): Promise<Usage> {
    const message = await this.ask('usage');
    if (!('usage' in message)) throw this.fault('did not say its usage');
    return message.usage;
  }

  async startProfile(): Promise<void> {
    await this.ask('profile-start');
  }

  async stopProfile(): Promise<Profiler.Profile> {
    const message = await this.ask('profile-stop');
    if (!('profile' in message) || message.profile === null) throw this.fault('gave no profile');
    return message.profile;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(timer);
  }

  private ask(question: Question): Promise<Answer | { port: number }> {
    const answer = this.next();
    this.child.send(question);
    return answer;
  }

  private next(): Promise<Answer | { port: number }> {
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(this.fault('has ended'));
      const timer = setTimeout(() => reject(this.fault('does not answer')), PATIENCE_MS);
      this.child.once('exit', fail);
      this.waiting.push((message) => {
        clearTimeout(timer);
        this.child.off('exit', fail);
        resolve(message);
      });
    });
  }

  private fault(what: string): Error {
    return new Error(`${this.name} ${what}.\n${this.faults}`);
  }
}
