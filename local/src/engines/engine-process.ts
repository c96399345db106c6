import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { lastLines } from './command';

/** How to start a server that is a program of its own. */
export interface EngineCommand {
  /** Name for messages. */
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd: string;
  /** File that gets what the program prints. */
  log: string;
  /** Signal that ends it cleanly and quickly. */
  stopSignal: 'SIGTERM' | 'SIGINT';
}

/** A server that Sluice started. It ends with the process that started it, however that one ends. */
export class EngineProcess {
  private readonly exited: Promise<void>;
  private running = true;
  private status = '';

  private constructor(
    private readonly options: EngineCommand,
    private readonly child: ChildProcess,
  ) {
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.running = false;
        this.status = signal ? `signal ${signal}` : `status ${code}`;
        resolve();
      });
    });
  }

  /** Starts the program. Fails when it can't be started at all; it is not ready yet. */
  static async start(options: EngineCommand): Promise<EngineProcess> {
    const log = openSync(options.log, 'w', 0o600);
    try {
      const child = spawn(options.command, options.args, {
        cwd: options.cwd,
        env: options.env ?? process.env,
        stdio: ['ignore', log, log],
        // A process group of its own: Ctrl-C reaches us alone, and we end it in order.
        detached: true,
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      const engine = new EngineProcess(options, child);
      engine.guard();
      return engine;
    } finally {
      closeSync(log);
    }
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /**
   * Waits until `ready` answers true, asking ten times a second. Fails with the log's last lines when the program
   * ends first or the time is up; the program is stopped then.
   */
  async waitUntil(ready: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const until = Date.now() + timeoutMs;
    while (!(await ready().catch(() => false))) {
      const late = Date.now() > until;
      if (!this.running || late) {
        const why = this.running ? `was not ready within ${timeoutMs} ms` : `ended with ${this.status}`;
        await this.stop();
        const log = await readFile(this.options.log, 'utf8').catch(() => '');
        throw new Error(`${this.options.name} ${why}. Its log ends:\n${lastLines(log, 20)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Ends the program and waits until it is gone; after 15 s it is killed. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.child.kill(this.options.stopSignal);
    const kill = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    await this.exited;
    clearTimeout(kill);
  }

  /**
   * Starts a small shell that holds the other end of a pipe from this process. When this process ends in any way, even
   * by SIGKILL, the pipe closes and the shell ends the program. A line through the pipe tells it that all is well.
   */
  private guard(): void {
    const script = [
      'read -r line && exit 0',
      `kill -${this.options.stopSignal.slice(3)} "$1" 2>/dev/null`,
      'n=0',
      'while kill -0 "$1" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done',
      'kill -KILL "$1" 2>/dev/null',
    ].join('\n');
    const shell = spawn('/bin/sh', ['-c', script, 'sluice-engine-guard', String(this.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    shell.once('error', () => undefined);
    const pipe = shell.stdin;
    pipe.on('error', () => undefined);
    void this.exited.then(() => pipe.end('gone\n'));
    // Neither the server nor its guard may keep this process alive once its own work is done.
    shell.unref();
    (pipe as unknown as { unref?: () => void }).unref?.();
    this.child.unref();
  }
}
