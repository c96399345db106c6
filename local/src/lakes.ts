import { DuckDbLake } from './athena/duckdb/backend';
import type { LakeBackend } from './athena/backend';
import { s3Folder } from './aws';

type OpenLake = (dataDir: string) => Promise<LakeBackend>;

/** The engines that can stand behind the local Athena, by the name that `--lake` takes. */
export const LAKES: Record<string, OpenLake> = {
  duckdb: (dataDir) => DuckDbLake.open(dataDir, s3Folder(dataDir)),
};
