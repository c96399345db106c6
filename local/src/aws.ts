import { join, resolve } from 'node:path';
import type { LakeBackend } from './athena/backend';
import { DuckDbLake } from './athena/duckdb/backend';
import { serveAthena } from './athena/server';
import { serveDynamoDb } from './dynamodb/server';
import type { Endpoints } from './endpoints';
import { serveJwks } from './issuer/server';
import { lockDataDir } from './lock';
import { LOCAL_NAMES } from './names';
import { serveRedshiftData } from './redshift/server';
import { Warehouse } from './redshift/warehouse';
import { serveS3 } from './s3/server';
import { S3Error, S3Store } from './s3/store';
import { createFaults, type Faults } from './wire/faults';
import type { LoopbackServer } from './wire/loopback';

/** How to start local AWS. */
export interface LocalAwsOptions {
  /** Holds everything; made when missing. Survives restarts, serves one process at a time. */
  dataDir: string;
  /** Says that tables are of a few thousand rows, as in tests: DuckDB then plans for those. */
  small?: boolean;
  /** The engine behind Athena; DuckDB when left out. Closed with the servers. */
  lake?: LakeBackend;
  /** Opens the engine behind Athena once the folder is ours. */
  openLake?: () => Promise<LakeBackend>;
  /** Fixed ports; any free port when left out. */
  ports?: Partial<Record<keyof Endpoints, number>>;
}

/** Local AWS, running. */
export interface LocalAws {
  endpoints: Endpoints;
  faults: Faults;
  /** Ends all servers and writes everything to disk. */
  close(): Promise<void>;
}

/** The folder of the local S3 server's objects. */
export function s3Folder(dataDir: string): string {
  return join(resolve(dataDir), 's3');
}

/**
 * Starts DynamoDB, S3, Athena, Redshift Data and the token issuer in this process, on 127.0.0.1.
 * Throws DataDirInUse when another process serves the folder.
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const dataDir = resolve(options.dataDir);
  const lock = await lockDataDir(dataDir);
  // What was started, to be ended in reverse order.
  const ends: (() => Promise<void>)[] = [() => lock.release()];
  const close = async () => {
    let failed: Error | undefined;
    for (const end of ends.splice(0).reverse()) await end().catch((error: Error) => void (failed ??= error));
    if (failed) throw failed;
  };
  try {
    const faults = createFaults();
    const store = new S3Store(s3Folder(dataDir));
    await Promise.all(
      [LOCAL_NAMES.resultsBucket, LOCAL_NAMES.lakeBucket].map((bucket) => ensureBucket(store, bucket)),
    );
    const keep = async (server: Promise<LoopbackServer>) => {
      const started = await server;
      ends.push(() => started.close());
      return started.url;
    };
    const { ports = {}, small = false } = options;
    const [lake, warehouse] = await settleAll([
      (async () => {
        const opened =
          options.lake ?? (await (options.openLake?.() ?? DuckDbLake.open(dataDir, store.root, small)));
        ends.push(() => opened.close());
        return opened;
      })(),
      (async () => {
        const opened = await Warehouse.open(dataDir, store, LOCAL_NAMES.redshiftDatabase, small);
        ends.push(() => opened.close());
        return opened;
      })(),
    ]);
    const [dynamodb, s3, athena, redshiftData, issuer] = await settleAll([
      keep(serveDynamoDb(ports.dynamodb ?? 0, join(dataDir, 'dynamodb'), faults.dynamodb)),
      keep(serveS3(ports.s3 ?? 0, store, faults.s3)),
      keep(
        serveAthena({
          port: ports.athena ?? 0,
          lake,
          store,
          faults: faults.athena,
          workGroups: [LOCAL_NAMES.athenaWorkGroup],
          defaultOutput: LOCAL_NAMES.athenaOutput,
          ...(lake instanceof DuckDbLake ? { columnsOf: lake.columnsOf.bind(lake) } : {}),
        }),
      ),
      keep(
        serveRedshiftData({
          port: ports.redshiftData ?? 0,
          warehouse,
          faults: faults.redshift,
          workgroups: [LOCAL_NAMES.redshiftWorkgroup],
        }),
      ),
      keep(serveJwks(ports.jwks ?? 0, dataDir)),
    ]);
    const endpoints = { dynamodb, s3, athena, redshiftData, jwks: `${issuer}/.well-known/jwks.json` };
    return { endpoints, faults, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

/** Like Promise.all, but waits for the rest before it throws, so that nothing starts after the clean-up. */
async function settleAll<T extends readonly unknown[]>(work: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason as Error;
  return results.map((result) => (result.status === 'fulfilled' ? result.value : undefined)) as unknown as T;
}

async function ensureBucket(store: S3Store, bucket: string): Promise<void> {
  await store.createBucket(bucket).catch((error: unknown) => {
    if (!(error instanceof S3Error && error.code === 'BucketAlreadyOwnedByYou')) throw error;
  });
}
