import { spawn, type ChildProcess } from 'node:child_process';
import { gatewayEnvironment } from '../../../local/src/start/environment';
import { gatewayKeys } from '../../../local/src/start/keys';
import type { Endpoints } from '../../../local/src/endpoints';

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
      ...process.env,
      ...gatewayEnvironment(endpoints, await gatewayKeys(dataDir), dataDir),
      LOG_LEVEL: stderr === undefined ? 'warn' : 'info',
      SLUICE_ERASURE_TABLE: table,
      SLUICE_REQUEST_DEADLINE_MS: '20',
      // One after the other, so that the requests of each run come in one order.
      SLUICE_ERASURE_STORES_AT_ONCE: '1',
    },
    stdio: ['ignore', 'ignore', stderr ?? 'pipe'],
  });
  let said = '';
  worker.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  return { process: worker, said: () => said };
}
