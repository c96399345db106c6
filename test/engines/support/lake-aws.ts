import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startLocalAws } from '../../../local/src/aws';
import type { Endpoints } from '../../../local/src/endpoints';
import { Aws } from '../../../local/src/import/aws';
import { storeExternalRows } from '../../../local/src/import/external';
import { DatasetLoad, type LoadCounts } from '../../../local/src/import/load';
import { createTables } from '../../../local/src/import/tables';
import { loadRow, type Fields } from '../../../local/src/sample/rows';
import { gatewayEnvironment } from '../../../local/src/start/environment';
import { gatewayKeys, type GatewayKeys } from '../../../local/src/start/keys';
import { readConfig, type Config } from '../../../src/config';
import { declarations } from '../../../src/schema/catalog';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import type { TrinoServer } from '../../../local/src/athena/trino/server';
import { TrinoBackend } from '../../../local/src/athena/trino/backend';
import type { Faults } from '../../../local/src/wire/faults';
import { trino } from './engines';

/** Local AWS over one lake, spoken to only through the services' own protocols. */
export interface LakeAws {
  endpoints: Endpoints;
  dataDir: string;
  config: Config;
  /** What calls of the servers have to suffer. */
  faults: Faults;
  /** Loads rows as the importer does; its statements run on the engine. */
  load(dataset: DatasetDeclaration, tenant: string, rows: readonly Fields[]): Promise<LoadCounts>;
  /** Stores rows of an external table as its objects, in the place of those stored for the tenant before. */
  store(dataset: DatasetDeclaration, tenant: string, rows: readonly Fields[]): Promise<void>;
  /** Ends the servers; Trino itself goes on for other files, and so do its tables. */
  close(): Promise<void>;
}

/** The same in every lake, since the sample's audit tokens are made with them and lakes are compared. */
const KEYS: Partial<GatewayKeys> = {
  SLUICE_MASK_KEY: testKey('mask'),
  SLUICE_CURSOR_KEY: testKey('cursor'),
  SLUICE_AUDIT_KEY: testKey('audit'),
};

/**
 * Starts local AWS with every declared table in it: over DuckDB in a new folder, over the shared Trino, or over a Trino
 * that the caller has started.
 */
export async function startLakeAws(lake: 'duckdb' | 'trino' | Omit<TrinoServer, 'close'>): Promise<LakeAws> {
  const server = lake === 'duckdb' ? undefined : lake === 'trino' ? await trino() : lake;
  const own = server === undefined ? await mkdtemp(join(tmpdir(), 'sluice-lake-')) : undefined;
  // Trino reads the S3 folder that it was started with, so the servers keep their data beside it.
  const dataDir = own ?? dirname(server?.s3Root ?? '');
  await mkdir(dataDir, { recursive: true });
  await writeFile(join(dataDir, 'keys.json'), JSON.stringify(KEYS));
  const local = await startLocalAws({
    dataDir,
    ...(server === undefined ? {} : { lake: new TrinoBackend({ ...server, close: async () => undefined }) }),
  });
  const { endpoints } = local;
  const variables = gatewayEnvironment(endpoints, await gatewayKeys(dataDir), dataDir);
  // The SDK takes its credentials from here.
  Object.assign(process.env, variables);
  const aws = new Aws(endpoints);
  const close = async (): Promise<void> => {
    aws.close();
    await local.close();
    if (own !== undefined) await rm(own, { recursive: true, force: true });
  };
  try {
    await createTables(aws, declarations.datasets.values());
  } catch (error) {
    await close();
    throw error;
  }
  let loads = 0;
  return {
    endpoints,
    dataDir,
    config: readConfig(variables),
    faults: local.faults,
    async load(dataset, tenant, rows) {
      const load = new DatasetLoad(aws, dataset, tenant, `test_${process.pid}_${(loads += 1)}`);
      try {
        await load.add(rows.map((row) => loadRow(dataset, row)));
        return await load.finish();
      } finally {
        await load.close();
      }
    },
    store: (dataset, tenant, rows) =>
      storeExternalRows(
        aws,
        dataset,
        tenant,
        rows.map((row) => loadRow(dataset, row)),
        Buffer.from(tenant).toString('hex'),
      ),
    close,
  };
}

function testKey(name: string): string {
  return createHash('sha512').update(name).digest('base64');
}
