import { startLocalAws, type LocalAws } from '../aws';
import { dataDirOf } from '../data-dir';
import { removeEndpoints, writeEndpoints, type Endpoints } from '../endpoints';
import { LAKES } from '../lakes';
import { isAlive, refuseIfServed } from '../lock';

/** What this process tells its parent. */
export type ServeAwsMessage = { kind: 'ready'; endpoints: Endpoints } | { kind: 'failed'; message: string };

/** What its parent tells it: to end, or which process to end too if the parent dies without a word. */
export type ServeAwsOrder = { kind: 'stop' } | { kind: 'companion'; pid: number };

/**
 * The child process that serves local AWS: `serve-aws [duckdb]`, with SLUICE_DATA_DIR. It writes `endpoints.json`,
 * tells its parent that it is ready, and ends when told to, on SIGTERM, or when its parent is gone. SIGINT is left to
 * the parent, which ends its children in order.
 */
async function main(): Promise<void> {
  const dataDir = dataDirOf(process.env);
  const lakeName = process.argv[2] ?? 'duckdb';
  let aws: LocalAws | undefined;
  let stopping = false;
  const companions: number[] = [];
  const stop = async () => {
    stopping = true;
    if (!aws) return; // Ends as soon as the start is through.
    const running = aws;
    aws = undefined;
    await removeEndpoints(dataDir);
    await running.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => {
    if (!process.send) void stop();
  });
  process.on('message', (order: ServeAwsOrder) => {
    if (order.kind === 'stop') void stop();
    else companions.push(order.pid);
  });
  process.on('disconnect', () => {
    if (!stopping) for (const pid of companions.filter(isAlive)) process.kill(pid, 'SIGTERM');
    void stop();
  });

  const openLake = LAKES[lakeName];
  if (!openLake)
    throw new Error(`There is no lake "${lakeName}". There are: ${Object.keys(LAKES).join(', ')}.`);
  await refuseIfServed(dataDir);
  aws = await startLocalAws({ dataDir, openLake: () => openLake(dataDir) });
  await writeEndpoints(dataDir, aws.endpoints);
  if (stopping) return stop();
  tell({ kind: 'ready', endpoints: aws.endpoints });
}

function tell(message: ServeAwsMessage): void {
  if (process.send) process.send(message);
  else process.stdout.write(`${JSON.stringify(message)}\n`);
}

main().catch((error: unknown) => {
  tell({ kind: 'failed', message: (error as Error).message });
  process.exitCode = 1;
  if (process.connected) process.disconnect();
});
