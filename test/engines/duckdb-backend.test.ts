import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDbLake } from '../../local/src/athena/duckdb/backend';
import { lakeBackendContract } from './contracts/lake-backend';

describe('Athena on DuckDB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-duckdb-lake-'));
  const s3Root = join(folder, 's3');

  lakeBackendContract(async () => ({ backend: await DuckDbLake.open(folder, s3Root), s3Root }));

  afterAll(() => rmSync(folder, { recursive: true, force: true }));
});
