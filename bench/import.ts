import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../local/src/engines/free-port';
import { MemoryWatch, type Peak } from './measure/memory';
import { ROOT } from './measure/processes';

/**
 * Time of the second start, and time and memory of importing the invoice lines of the UCI Online Retail file, with the
 * project's own commands on a fresh data folder. Prints the figures beside their targets and judges nothing.
 */

const TENANT = 'online-retail';
const MAPPING = 'local/mappings/online-retail.yaml';
const LINES = 541_909;
const TARGETS = { secondStartS: 5, importS: 60, peakMb: 512 };
const MEGABYTE = 1024 ** 2;
/** Longest wait for a start, and for an import, in milliseconds. */
const START_PATIENCE_MS = 120_000;
const IMPORT_PATIENCE_MS = 600_000;
/** So much of what a command printed is shown when it fails, in characters. */
const SHOWN = 4_000;

export interface ImportFigures {
  /** Making the sample company included. */
  firstStartS: number;
  secondStartS: number;
  importS: number;
  /** Lines of the tenant that the gateway counts afterwards. */
  lines: number;
  importer: Peak[];
  running: Peak[];
}

/** An `npm` command in a process group of its own. */
class Command {
  private output = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number>;

  constructor(
    private readonly words: readonly string[],
    env: Record<string, string>,
  ) {
    this.child = spawn('npm', words, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const keep = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-SHOWN);
    };
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.ended = new Promise((done) => {
      this.child.once('exit', (code) => done(code ?? 1));
      this.child.once('error', () => done(1));
    });
  }

  get running(): boolean {
    return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** As Ctrl-C in a terminal does. */
  async interrupt(): Promise<void> {
    if (this.running) process.kill(-(this.child.pid ?? 0), 'SIGINT');
    await this.ended;
  }

  /** What it printed, once it has ended well. */
  async finish(patienceMs: number): Promise<string> {
    const timer = setTimeout(() => void this.interrupt(), patienceMs);
    const status = await this.ended;
    clearTimeout(timer);
    if (status !== 0) throw this.fault(`ended with exit status ${status}`);
    return this.output;
  }

  fault(what: string): Error {
    return new Error(`npm ${this.words.join(' ')} ${what}.\n${this.output}`);
  }
}

function dataFolder(): string {
  const folder = resolve(ROOT, process.env.SLUICE_REAL_DATA ?? '../shared/data');
  if (!existsSync(join(folder, 'erp/online_retail.csv.gz'))) {
    throw new Error(`There is no erp/online_retail.csv.gz in ${folder}. Set SLUICE_REAL_DATA to its folder.`);
  }
  return folder;
}

/** Seconds from starting `npm start` until `/readyz` answers 200. */
async function start(env: Record<string, string>): Promise<{ command: Command; seconds: number }> {
  const began = performance.now();
  const command = new Command(['start'], env);
  const url = `http://127.0.0.1:${env.PORT}/readyz`;
  for (;;) {
    if (!command.running) throw command.fault('has ended');
    const ready = await fetch(url).then(
      (response) => response.status === 200,
      () => false,
    );
    const seconds = (performance.now() - began) / 1_000;
    if (ready) return { command, seconds };
    if (seconds * 1_000 > START_PATIENCE_MS) {
      await command.interrupt();
      throw command.fault('is not ready');
    }
    await sleep(20);
  }
}

/** Asked through the front door, as a role that may see all lines. */
async function countLines(env: Record<string, string>): Promise<number> {
  const words = ['run', '--silent', 'token', '--', '--role', 'steward', '--tenant', TENANT];
  const token = (await new Command(words, env).finish(START_PATIENCE_MS)).trim();
  const response = await fetch(`http://127.0.0.1:${env.PORT}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      query: `{ erp { salesLines(first: 1) { totalCount } } }`,
    }),
  });
  const answer = (await response.json()) as {
    data?: { erp: { salesLines: { totalCount: number } } };
    errors?: unknown;
  };
  if (answer.data === undefined || answer.errors !== undefined) {
    throw new Error(`The lines cannot be counted: ${JSON.stringify(answer.errors)}`);
  }
  return answer.data.erp.salesLines.totalCount;
}

/** Runs it all and prints the figures. */
export async function benchImport(progress: (text: string) => void): Promise<ImportFigures> {
  const from = dataFolder();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const env = { PORT: String(await freePort()), SLUICE_DATA_DIR: folder };
  let running: Command | undefined;
  try {
    progress('First start, with an empty data folder');
    const first = await start(env);
    running = first.command;
    await running.interrupt();
    progress('Second start');
    const second = await start(env);
    running = second.command;
    const startWatch = new MemoryWatch(running.child.pid ?? 0);
    progress('Import');
    const began = performance.now();
    const importer = new Command(
      ['run', 'import', '--', '--mapping', MAPPING, '--from', from, '--tenant', TENANT],
      env,
    );
    const importWatch = new MemoryWatch(importer.child.pid ?? 0);
    await importer.finish(IMPORT_PATIENCE_MS).finally(() => importWatch.stop());
    const importS = (performance.now() - began) / 1_000;
    const figures = {
      firstStartS: first.seconds,
      secondStartS: second.seconds,
      importS,
      lines: await countLines(env),
      importer: importWatch.stop(),
      running: startWatch.stop(),
    };
    process.stdout.write(show(figures));
    return figures;
  } finally {
    await running?.interrupt();
    rmSync(folder, { recursive: true, force: true });
  }
}

function show(figures: ImportFigures): string {
  const seconds = (value: number): string => `${value.toFixed(1)} s`;
  const memory = ({ name, bytes }: Peak): string =>
    `  ${(bytes / MEGABYTE).toFixed(0).padStart(5)} MB  ${name}`;
  return [
    `First start to ready:   ${seconds(figures.firstStartS)} (makes the sample company)`,
    `Second start to ready:  ${seconds(figures.secondStartS)} (target: at most ${TARGETS.secondStartS} s)`,
    `Import:                 ${seconds(figures.importS)} (target: at most ${TARGETS.importS} s)`,
    `Lines counted after it: ${figures.lines} (the file has ${LINES})`,
    `Peak memory of each process that importing started (target: at most ${TARGETS.peakMb} MB):`,
    ...figures.importer.map(memory),
    `Peak memory of each process of npm start meanwhile (target for the gateway, src/main.ts: at most ${TARGETS.peakMb} MB):`,
    ...figures.running.map(memory),
    '',
  ].join('\n');
}
