import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchDynamoDbLocal } from './downloads';
import { EngineProcess } from './engine-process';
import { freePort } from './free-port';
import { findJava, javaProgram } from './java';

/** A running DynamoDB Local with empty tables in memory. */
export interface DynamoDbLocal {
  /** For the SDK's `endpoint`; any region and credentials do. */
  endpoint: string;
  pid: number;
  close(): Promise<void>;
}

/** Starts Amazon's DynamoDB Local in memory on a free port, fetching it first if need be. Needs a JDK of version 17 or later. */
export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
  const [lib, java] = await Promise.all([fetchDynamoDbLocal(), findJava(17, 'jdk.compiler')]);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-dynamodb-local-'));
  const port = await freePort();
  const engine = await EngineProcess.start({
    name: 'DynamoDB Local',
    command: javaProgram(java).command,
    args: [
      '-Xmx512m',
      `-Djava.library.path=${lib}`,
      '-cp',
      `${lib}/*`,
      join(__dirname, 'LoopbackDynamoDb.java'),
      '-inMemory',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
    // It sends usage figures unless told otherwise.
    env: { ...process.env, DDB_LOCAL_TELEMETRY: '0' },
    cwd: folder,
    log: join(folder, 'dynamodb-local.log'),
    stopSignal: 'SIGTERM',
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // An unsigned request is refused, which is answer enough.
    await engine.waitUntil(async () => (await fetch(endpoint)).status === 400, 60_000);
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, pid: engine.pid, close };
}
