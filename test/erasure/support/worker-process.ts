import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { gatewayEnvironment } from '../../../local/src/start/environment';
import { gatewayKeys } from '../../../local/src/start/keys';
import type { Endpoints } from '../../../local/src/endpoints';
import type { Start } from './worker-ahead';

/** The command `erasure -- work` in a process of its own. */
export interface WorkerProcess {
  process: ChildProcess;
  /** What it wrote as errors and logs. */
  said(): string;
}

/**
 * @param folder of compiled sources
 * @param table of the ledger
 * @param stderr number of a file that it logs to; what it says is not known then
 */
export async function startWorker(
  folder: string,
  endpoints: Endpoints,
  dataDir: string,
  table: string,
  args: readonly string[],
  stderr?: number,
): Promise<WorkerProcess> {
  const worker = spawn(process.execPath, [`${folder}/src/erasure/main.js`, 'work', ...args], {
    env: {
      ...(await environment(endpoints, dataDir)),
      LOG_LEVEL: stderr === undefined ? 'warn' : 'info',
      SLUICE_ERASURE_TABLE: table,
    },
    stdio: ['ignore', 'ignore', stderr ?? 'pipe'],
  });
  return listened(worker);
}

/** What a process compiles beside the gateway's sources, to be started ahead. */
export const AHEAD = ['worker-ahead', 'retained', 'people'].map((name) => `test/erasure/support/${name}.ts`);

/** Workers that have loaded all they need before they are wanted, on whatever day: one waits while another works. */
export class WorkersAhead {
  private waiting: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly variables: NodeJS.ProcessEnv,
  ) {}

  /** @param folder of sources compiled with `AHEAD` */
  static async open(folder: string, endpoints: Endpoints, dataDir: string): Promise<WorkersAhead> {
    return new WorkersAhead(folder, await environment(endpoints, dataDir));
  }

  /** Works once. */
  start(start: Start): WorkerProcess {
    const worker = this.waiting ?? this.spawn();
    this.waiting = this.spawn();
    const listening = listened(worker);
    worker.stdin?.end(`${JSON.stringify(start)}\n`);
    return listening;
  }

  async close(): Promise<void> {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting === undefined) return;
    const ended = once(waiting, 'exit');
    waiting.kill('SIGKILL');
    await ended;
  }

  private spawn(): ChildProcess {
    const args = [
      '-r',
      `${this.folder}/test/erasure/support/worker-ahead.js`,
      `${this.folder}/src/erasure/main.js`,
    ];
    return spawn(process.execPath, [...args, 'work', '--once'], {
      env: { ...this.variables, LOG_LEVEL: 'warn' },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
  }
}

async function environment(endpoints: Endpoints, dataDir: string): Promise<NodeJS.ProcessEnv> {
  return {
    ...process.env,
    ...gatewayEnvironment(endpoints, await gatewayKeys(dataDir), dataDir),
    SLUICE_REQUEST_DEADLINE_MS: '20',
    // One after the other, so that the requests of each run come in one order.
    SLUICE_ERASURE_STORES_AT_ONCE: '1',
  };
}

function listened(worker: ChildProcess): WorkerProcess {
  let said = '';
  worker.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  return { process: worker, said: () => said };
}
