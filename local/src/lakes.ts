import { join } from 'node:path';
import { s3Folder } from './aws';
import type { LakeBackend } from './athena/backend';
import { DuckDbLake } from './athena/duckdb/backend';
import { TrinoBackend } from './athena/trino/backend';
import { startTrino } from './athena/trino/server';

/** The engines that can stand behind the local Athena, by the name `npm start -- --lake` takes. */
export const LAKES: Record<string, (dataDir: string) => Promise<LakeBackend>> = {
  duckdb: (dataDir) => DuckDbLake.open(dataDir, s3Folder(dataDir)),
  trino: async (dataDir) =>
    new TrinoBackend(await startTrino({ dataDir: join(dataDir, 'trino'), s3Root: s3Folder(dataDir) })),
};
