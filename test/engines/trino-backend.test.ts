import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { ask, lakeBackendContract } from './contracts/lake-backend';
import { describeEngine, trino, trinoBackend } from './support/engines';

describeEngine('trino', 'Athena on Trino', () => {
  lakeBackendContract(async () => ({ backend: await trinoBackend(), s3Root: (await trino()).s3Root }));
});

describeEngine('trino', 'Iceberg files on disk', () => {
  const database = 'physical';

  test('hold deleted rows until OPTIMIZE and VACUUM, and none afterwards', async () => {
    const { s3Root } = await trino();
    const backend = await trinoBackend();
    const folder = join(s3Root, 'lake-bucket', 'people');
    const run = (sql: string): ReturnType<typeof ask> => ask(backend, sql, { database });
    await run(`CREATE SCHEMA IF NOT EXISTS ${database}`);
    await run(
      `CREATE TABLE people (id string, note string) LOCATION 's3://lake-bucket/people'
       TBLPROPERTIES ('table_type'='ICEBERG')`,
    );
    await run(
      "INSERT INTO people SELECT 'p' || CAST(n AS varchar), 'note' FROM UNNEST(sequence(1, 50)) AS t(n)",
    );
    await run("DELETE FROM people WHERE id IN ('p7', 'p8')");
    expect(await rowsInFiles(folder, 'p7')).toBe(1);
    const files = await run('SELECT DISTINCT file_path FROM "people$files"');
    expect(files.rows.every(([path]) => path?.startsWith('s3://lake-bucket/people/data/'))).toBe(true);
    await run('OPTIMIZE people REWRITE DATA USING BIN_PACK');
    expect(await rowsInFiles(folder, 'p7')).toBe(1);
    await run('VACUUM people');
    expect((await run('SELECT count(*) FROM "people$snapshots"')).rows).toEqual([['1']]);
    expect(await rowsInFiles(folder, 'p7')).toBe(0);
    expect(await rowsInFiles(folder, 'p8')).toBe(0);
    expect(await rowsInFiles(folder, 'p9')).toBe(1);
  });

  test('stay as long as the table asks for', async () => {
    const { s3Root } = await trino();
    const backend = await trinoBackend();
    const run = (sql: string): ReturnType<typeof ask> => ask(backend, sql, { database });
    await run(`CREATE SCHEMA IF NOT EXISTS ${database}`);
    await run(
      `CREATE TABLE kept (id string) LOCATION 's3://lake-bucket/kept/'
       TBLPROPERTIES ('table_type'='ICEBERG', 'vacuum_max_snapshot_age_seconds'='3600')`,
    );
    const properties = await run(`SHOW TBLPROPERTIES \`${database}\`.\`kept\``);
    expect(properties.rows).toContainEqual(['vacuum_max_snapshot_age_seconds\t3600']);
    await run("INSERT INTO kept VALUES ('p7'), ('p9')");
    await run("DELETE FROM kept WHERE id = 'p7'");
    await run('OPTIMIZE kept REWRITE DATA USING BIN_PACK');
    await run('VACUUM kept');
    expect(await rowsInFiles(join(s3Root, 'lake-bucket', 'kept'), 'p7')).toBe(1);
  });
});

/** How many rows of all data files below a table's folder carry an id, whatever the table itself says. */
async function rowsInFiles(folder: string, id: string): Promise<number> {
  const names = await readdir(join(folder, 'data'), { recursive: true });
  const files = names.filter((name) => name.endsWith('.parquet')).map((name) => join(folder, 'data', name));
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    let count = 0;
    for (const file of files) {
      const source = `read_parquet('${file}')`;
      const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
      // Position delete files have no such column.
      if (!described.getRows().some((row) => row[0] === 'id')) continue;
      const result = await connection.runAndReadAll(`SELECT count(*) FROM ${source} WHERE id = '${id}'`);
      count += Number(result.getRows()[0]?.[0]);
    }
    return count;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
