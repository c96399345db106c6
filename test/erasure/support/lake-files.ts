import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { literal } from '../../../local/src/quoting';
import type { StagedKey } from '../../../src/erasure/steps';
import type { ErasureTarget } from '../../../src/erasure/targets';

/** What lies in the Parquet files below a table's folder, whatever Iceberg's metadata say of them. Read by DuckDB. */
export interface InFiles {
  /** Files of rows; those that list deleted positions are not counted. */
  files: number;
  bytes: number;
  rows: number;
  /** Rows in which one of the keys stands, in any column that may name a person. */
  concerned: number;
}

export async function rowsInFiles(
  s3Root: string,
  { dataset, subject, others, mentions }: ErasureTarget,
  keys: readonly StagedKey[],
): Promise<InFiles> {
  const folder = join(s3Root, 'sluice-lake', dataset.database, dataset.table);
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const paths = names.filter((name) => name.endsWith('.parquet')).map((name) => join(folder, name));
  if (paths.length === 0) return { files: 0, bytes: 0, rows: 0, concerned: 0 };
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GB', threads: '2' });
  const connection = await instance.connect();
  try {
    const ask = async (sql: string): Promise<unknown[][]> =>
      (await connection.runAndReadAll(sql)).getRowsJson();
    const list = `[${paths.map(literal).join(', ')}]`;
    const found = await ask(
      `SELECT file_name FROM parquet_schema(${list}) WHERE name = ${literal(dataset.tenant)}`,
    );
    const data = found.map(([name]) => String(name));
    if (data.length === 0) return { files: 0, bytes: 0, rows: 0, concerned: 0 };
    await connection.run('CREATE TABLE wanted (tenant VARCHAR, kind VARCHAR, key VARCHAR)');
    const unique = new Set(
      keys
        .filter((key) => key.dataset === dataset.name)
        .map(({ tenant, kind, key }) => `(${[tenant, kind, key].map(literal).join(', ')})`),
    );
    if (unique.size > 0) await connection.run(`INSERT INTO wanted VALUES ${[...unique].join(', ')}`);
    const named = [subject, ...others, ...mentions].map(
      ({ column, kind }) =>
        `EXISTS (SELECT 1 FROM wanted w WHERE w.kind = '${kind}' AND w.tenant = r."${dataset.tenant}" AND w.key = r."${column}")`,
    );
    const rows = `read_parquet([${data.map(literal).join(', ')}], union_by_name = true, hive_partitioning = false)`;
    const [[count, concerned] = []] = await ask(
      `SELECT count(*), count(*) FILTER (WHERE ${named.join(' OR ')}) FROM ${rows} r`,
    );
    const [[bytes] = []] = await ask(
      `SELECT sum(file_size_bytes) FROM parquet_file_metadata([${data.map(literal).join(', ')}])`,
    );
    return { files: data.length, bytes: Number(bytes), rows: Number(count), concerned: Number(concerned) };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
