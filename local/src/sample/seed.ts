import { access, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditTokens } from '../../../src/auth/audit-tokens';
import { declarations } from '../../../src/schema/catalog';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { Aws, type Services } from '../import/aws';
import { storeExternalRows } from '../import/external';
import { DatasetLoad } from '../import/load';
import { createTables } from '../import/tables';
import type { LoadRow } from '../import/transform';
import { gatewayKeys } from '../start/keys';
import { sampleAccessRecords } from './access-records';
import { sampleDecisions } from './decisions';
import { sampleEmployees } from './employees';
import { Random } from './random';
import { sampleReadings } from './readings';
import { sampleSalesLines } from './sales-lines';

/** Two companies with the same ids in everything, so that a row of the wrong tenant shows at once. */
export const SAMPLE_TENANTS = ['aurora', 'borealis'] as const;

const SAMPLES: Record<string, (dataset: DatasetDeclaration, random: Random) => Generator<LoadRow>> = {
  Decision: sampleDecisions,
  Reading: sampleReadings,
  Employee: sampleEmployees,
  SalesLine: sampleSalesLines,
};

/** Rows handed to a load at once. */
const BATCH_ROWS = 2_000;

/** Where to load the sample, and whom to tell. */
export interface SeedOptions {
  endpoints: Services;
  /** Holds the marker that the sample is loaded. */
  dataDir: string;
  /** Told in words what is going on: once at the start of the loading, once at its end. */
  progress: (line: string) => void;
  /** Name of the engine behind Athena, which has tables of its own. */
  lake?: string;
}

/**
 * Creates every table that is declared and, the first time, loads the sample companies. Whatever stopped an earlier
 * run half-way, running again completes it: loads are repeatable, and the marker is written last.
 */
export async function seedSampleCompany(options: SeedOptions): Promise<void> {
  const marker = join(options.dataDir, `sample-company-${options.lake ?? 'duckdb'}.json`);
  const aws = new Aws(options.endpoints);
  try {
    await createTables(aws, declarations.datasets.values(), options.progress);
    if (await exists(marker)) return;
    const started = Date.now();
    options.progress(`Making the sample companies ${SAMPLE_TENANTS.join(' and ')} …`);
    const auditKey = Buffer.from((await gatewayKeys(options.dataDir)).SLUICE_AUDIT_KEY, 'base64');
    const loads = [...declarations.datasets.values()].map((dataset) => loadSample(aws, dataset, auditKey));
    // All end before the clients are closed, whatever becomes of one.
    await Promise.allSettled(loads);
    const rows = await Promise.all(loads);
    const loaded = rows.reduce((sum, count) => sum + count, 0);
    await writeFile(
      `${marker}.tmp`,
      `${JSON.stringify({ loadedAt: new Date().toISOString(), rows: loaded })}\n`,
    );
    await rename(`${marker}.tmp`, marker);
    const seconds = ((Date.now() - started) / 1_000).toFixed(1);
    options.progress(`${loaded.toLocaleString('en')} sample rows made in ${seconds} s.`);
  } finally {
    aws.close();
  }
}

/** One dataset for each tenant in turn: a table takes one INSERT at a time. */
async function loadSample(aws: Aws, dataset: DatasetDeclaration, auditKey: Buffer): Promise<number> {
  if (dataset.external === true) return loadExternal(aws, dataset, auditKey);
  const sample = SAMPLES[dataset.name];
  if (sample === undefined) return 0;
  let rows = 0;
  for (const tenant of SAMPLE_TENANTS) {
    const load = new DatasetLoad(aws, dataset, tenant, `sample_${tenant}_${dataset.table}`);
    try {
      let batch: LoadRow[] = [];
      for (const row of sample(dataset, new Random(`${tenant}/${dataset.name}`))) {
        rows += 1;
        if (batch.push(row) < BATCH_ROWS) continue;
        await load.add(batch);
        batch = [];
      }
      if (batch.length > 0) await load.add(batch);
      await load.finish();
    } finally {
      await load.close();
    }
  }
  return rows;
}

/** Rows of tables that SQL does not write to. */
async function loadExternal(aws: Aws, dataset: DatasetDeclaration, auditKey: Buffer): Promise<number> {
  const tokens = new AuditTokens(auditKey);
  let count = 0;
  for (const tenant of SAMPLE_TENANTS) {
    const random = new Random(`${tenant}/${dataset.name}`);
    const rows = [...sampleAccessRecords(dataset, random, (value) => tokens.token(tenant, value))];
    await storeExternalRows(aws, dataset, tenant, rows, `sample-${tenant}`);
    count += rows.length;
  }
  return count;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
