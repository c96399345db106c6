import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { LakeQueryError, type LakeBackend, type LakeSession } from '../../../local/src/athena/backend';

/** What a contract needs from the engine under test. */
export interface LakeUnderTest {
  backend: LakeBackend;
  /** Folder of the local S3 server's objects. */
  s3Root: string;
}

/** Everything a query answers, read to the end. */
export interface Answer {
  names: string[];
  types: string[];
  rows: (string | null)[][];
  chunks: number;
  updateCount: number | undefined;
  scanned: number;
}

export async function ask(
  backend: LakeBackend,
  sql: string,
  session: Partial<LakeSession> = {},
): Promise<Answer> {
  const result = await backend.execute(sql, {
    catalog: 'AwsDataCatalog',
    database: undefined,
    signal: new AbortController().signal,
    ...session,
  });
  const rows: (string | null)[][] = [];
  let chunks = 0;
  for await (const chunk of result.rows) {
    chunks += 1;
    rows.push(...chunk);
  }
  return {
    names: result.columns.map((column) => column.name),
    types: result.columns.map((column) =>
      column.type === 'decimal' ? `decimal(${column.precision},${column.scale})` : column.type,
    ),
    rows,
    chunks,
    updateCount: result.updateCount,
    scanned: result.scannedBytes(),
  };
}

/** Writes a query's rows as one Parquet file with DuckDB, as the importer does. */
export async function writeParquet(file: string, query: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    await connection.run(`COPY (${query}) TO '${file.replaceAll("'", "''")}' (FORMAT parquet)`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** What any engine behind the local Athena server must do. `make` answers an engine that may hold other databases. */
export function lakeBackendContract(make: () => Promise<LakeUnderTest>): void {
  const database = `contract_${process.pid}`;
  const bucket = 'contract-bucket';
  let lake: LakeUnderTest;
  const run = (sql: string, session?: Partial<LakeSession>): Promise<Answer> =>
    ask(lake.backend, sql, { database, ...session });

  beforeAll(async () => {
    lake = await make();
    await run(`CREATE DATABASE IF NOT EXISTS ${database}`, { database: undefined });
    await run(`CREATE DATABASE IF NOT EXISTS ${database}`, { database: undefined });
  });

  afterAll(async () => {
    await lake.backend.close();
  });

  /** Creates an Iceberg table in Athena's words, empty. */
  const createTable = async (name: string, columns: string, partitions = ''): Promise<void> => {
    await run(`DROP TABLE IF EXISTS ${database}.${name}`);
    await run(
      `CREATE TABLE IF NOT EXISTS \`${database}\`.\`${name}\` (${columns}) ${partitions}
       LOCATION 's3://${bucket}/${database}/${name}/'
       TBLPROPERTIES ('table_type'='ICEBERG', 'format'='parquet')`,
    );
  };

  test('names types and writes values as Athena does', async () => {
    await createTable(
      'types',
      '`s` string, i int, b bigint, d double, m decimal(12,2), t timestamp, dt date, f boolean',
      'PARTITIONED BY (month(`t`), `s`, bucket(4, b))',
    );
    const inserted = await run(
      `INSERT INTO types VALUES
       ('it''s "quoted" ü 🚗', 7, 9223372036854775807, 9747747.934, DECIMAL '1234567890.10',
        TIMESTAMP '2014-01-01 00:00:00', DATE '2014-01-01', true),
       (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
    );
    expect(inserted.updateCount).toBe(2);
    const answer = await run('SELECT * FROM types ORDER BY i NULLS LAST');
    expect(answer.names).toEqual(['s', 'i', 'b', 'd', 'm', 't', 'dt', 'f']);
    expect(answer.types).toEqual([
      'varchar',
      'integer',
      'bigint',
      'double',
      'decimal(12,2)',
      'timestamp',
      'date',
      'boolean',
    ]);
    expect(answer.rows).toEqual([
      [
        'it\'s "quoted" ü 🚗',
        '7',
        '9223372036854775807',
        '9747747.934',
        '1234567890.10',
        '2014-01-01 00:00:00.000',
        '2014-01-01',
        'true',
      ],
      [null, null, null, null, null, null, null, null],
    ]);
    expect(answer.scanned).toBeGreaterThan(0);
  });

  test('adds a column to a table that has rows', async () => {
    await createTable('grows', 'id string');
    await run("INSERT INTO grows VALUES ('a')");
    await run('ALTER TABLE `grows` ADD COLUMNS (`price` decimal(18,4))');
    await run("INSERT INTO grows (id, price) VALUES ('b', 1.5)");
    expect((await run('SELECT id, price FROM grows ORDER BY id')).rows).toEqual([
      ['a', null],
      ['b', '1.5000'],
    ]);
  });

  test('writes doubles as Java does', async () => {
    const doubles = 'SELECT 1e0, 1e7, 1.5e-4, -2.5e0, 1e-3, 123456789.125e0, 0e0';
    expect((await run(doubles)).rows).toEqual([
      ['1.0', '1.0E7', '1.5E-4', '-2.5', '0.001', '1.23456789125E8', '0.0'],
    ]);
  });

  test('tells the empty text from NULL and keeps repeated column names', async () => {
    const answer = await run("SELECT '' AS a, CAST(NULL AS varchar) AS a");
    expect(answer.names).toEqual(['a', 'a']);
    expect(answer.rows).toEqual([['', null]]);
  });

  test('streams many rows in order, in chunks', async () => {
    const answer = await run(
      `SELECT a.n * 1000 + b.n AS n, rpad('', 60, 'x') AS filler
       FROM UNNEST(sequence(0, 99)) AS a(n) CROSS JOIN UNNEST(sequence(0, 999)) AS b(n) ORDER BY 1`,
    );
    expect(answer.rows).toHaveLength(100_000);
    expect(answer.chunks).toBeGreaterThan(1);
    expect(answer.rows.every((row, index) => row[0] === String(index))).toBe(true);
  });

  test('takes a statement that begins with a comment and ends with a semicolon', async () => {
    expect((await run('/* Reading rows */ SELECT 1 AS one;')).rows).toEqual([['1']]);
    expect((await run('-- keys\nDROP TABLE IF EXISTS nowhere;')).rows).toEqual([]);
  });

  test('reports errors as failed queries in the words of Athena', async () => {
    const failure = async (sql: string): Promise<unknown> => run(sql).catch((error: unknown) => error);
    const errors = await Promise.all([
      failure('SELECT * FROM nowhere'),
      failure('SELECT nothing FROM (SELECT 1 AS one)'),
      failure('SELEC 1'),
    ]);
    for (const error of errors) expect(error).toBeInstanceOf(LakeQueryError);
    const texts = errors.map((error) => (error as Error).message);
    expect(texts[0]).toMatch(/^TABLE_NOT_FOUND: line 1:15: Table '.*nowhere' does not exist$/);
    expect(texts[1]).toMatch(/^COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be resolved/);
    expect(texts[2]).toMatch(/^SYNTAX_ERROR: line 1:1: /);
  });

  test('stops a query when its signal is aborted, and goes on answering others', async () => {
    const abort = new AbortController();
    const endless =
      'SELECT sum(sqrt(a.n + b.n * c.n)) FROM UNNEST(sequence(1, 9999)) AS a(n) CROSS JOIN UNNEST(sequence(1, 9999)) AS b(n) CROSS JOIN UNNEST(sequence(1, 9999)) AS c(n)';
    const query = run(endless, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('stopped by the test')), 500);
    await expect(query).rejects.toThrow();
    expect((await run('SELECT 1')).rows).toEqual([['1']]);
  });

  test('refuses a query whose signal is aborted before it starts', async () => {
    await expect(run('SELECT 1', { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  test('drops tables and keeps what the condition keeps', async () => {
    await createTable('short_lived', 'a int');
    await run(`DROP TABLE \`${database}\`.\`short_lived\``);
    await run('DROP TABLE IF EXISTS short_lived');
    await expect(run('DROP TABLE short_lived')).rejects.toThrow(LakeQueryError);
    await expect(run('SELECT * FROM short_lived')).rejects.toThrow(/TABLE_NOT_FOUND/);
  });

  test('counts updated, merged and deleted rows', async () => {
    await createTable('counted', 'id int, name string');
    await run("INSERT INTO counted VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    expect((await run("UPDATE counted SET name = 'x' WHERE id > 1")).updateCount).toBe(2);
    const merged = await run(
      `MERGE INTO counted t USING (VALUES (1, 'm'), (4, 'n')) AS s(id, name) ON t.id = s.id
       WHEN MATCHED THEN UPDATE SET name = s.name
       WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)`,
    );
    expect(merged.updateCount).toBe(2);
    expect((await run('DELETE FROM counted WHERE id = 3')).updateCount).toBe(1);
    expect((await run('SELECT * FROM counted ORDER BY id')).rows).toEqual([
      ['1', 'm'],
      ['2', 'x'],
      ['4', 'n'],
    ]);
  });

  test('reads staged Parquet as an external table, and leaves the objects when it is dropped', async () => {
    const file = join(lake.s3Root, bucket, 'stage', 'rows', 'part-1.parquet');
    await writeParquet(
      file,
      `SELECT i AS id, 'c' || i AS name, CAST(i * 1.5 AS decimal(12,2)) AS amount,
              TIMESTAMP '2014-01-01 00:00:00.123456' + to_days(CAST(i AS int)) AS seen,
              CASE WHEN i > 0 THEN DATE '2014-01-31' END AS day FROM range(3) t(i)`,
    );
    const before = await readFile(file);
    await run('DROP TABLE IF EXISTS staged');
    await run(
      `CREATE EXTERNAL TABLE ${database}.staged (id bigint, name string, amount decimal(12,2), seen timestamp, day date)
       STORED AS PARQUET LOCATION 's3://${bucket}/stage/rows/'`,
    );
    const staged = await run('SELECT * FROM staged ORDER BY id');
    expect(staged.rows).toEqual([
      ['0', 'c0', '0.00', '2014-01-01 00:00:00.123456', null],
      ['1', 'c1', '1.50', '2014-01-02 00:00:00.123456', '2014-01-31'],
      ['2', 'c2', '3.00', '2014-01-03 00:00:00.123456', '2014-01-31'],
    ]);
    await createTable('loaded', 'id bigint, name string, seen timestamp', 'PARTITIONED BY (month(seen))');
    expect((await run('INSERT INTO loaded SELECT id, name, seen FROM staged')).updateCount).toBe(3);
    // To the microsecond.
    const exact = "SELECT count(*) FROM loaded WHERE seen = TIMESTAMP '2014-01-02 00:00:00.123456'";
    expect((await run(exact)).rows).toEqual([['1']]);
    await run('DROP TABLE staged');
    expect(await readFile(file)).toEqual(before);
  });

  test('finds rows of a partitioned external table by their time, in files of either unit', async () => {
    const write = (unit: 'TIMESTAMP' | 'TIMESTAMP_MS', day: string): Promise<void> =>
      writeParquet(
        join(lake.s3Root, bucket, 'days', `dt=${day}`, `${unit}.parquet`),
        `SELECT '${unit}' AS id, CAST('${day} 12:00:00.123' AS ${unit}) AS seen, '${day}' AS dt`,
      );
    const found = async (from: string, to: string): Promise<unknown> => {
      const time = `seen >= TIMESTAMP '${from} 00:00:00.000' AND seen < TIMESTAMP '${to} 00:00:00.000'`;
      return (await run(`SELECT id, seen, dt FROM ${database}.days WHERE ${time} ORDER BY id, seen`)).rows;
    };
    await run(
      `CREATE EXTERNAL TABLE ${database}.days (id string, seen timestamp) PARTITIONED BY (\`dt\` string)
       STORED AS PARQUET LOCATION 's3://${bucket}/days/'`,
    );
    expect(await found('2014-01-01', '2014-02-01')).toEqual([]);
    await write('TIMESTAMP_MS', '2014-01-03');
    expect(await found('2014-01-03', '2014-01-04')).toEqual([
      ['TIMESTAMP_MS', expect.stringMatching(/^2014-01-03 12:00:00\.123/), '2014-01-03'],
    ]);
    await write('TIMESTAMP', '2014-01-03');
    await write('TIMESTAMP_MS', '2014-01-05');
    const days = async (): Promise<unknown> =>
      ((await found('2014-01-03', '2014-01-06')) as string[][]).map(([id, , dt]) => [id, dt]);
    expect(await days()).toEqual([
      ['TIMESTAMP', '2014-01-03'],
      ['TIMESTAMP_MS', '2014-01-03'],
      ['TIMESTAMP_MS', '2014-01-05'],
    ]);
    expect(await found('1970-01-01', '1971-01-01')).toEqual([]);
  });

  test('takes an external table of an empty prefix', async () => {
    await run('DROP TABLE IF EXISTS empty_stage');
    await run(
      `CREATE EXTERNAL TABLE empty_stage (id string) STORED AS PARQUET LOCATION 's3://${bucket}/no/such/'`,
    );
    expect((await run('SELECT count(*) FROM empty_stage')).rows).toEqual([['0']]);
  });

  test('deletes by a staged key table, then OPTIMIZE and VACUUM keep the other rows', async () => {
    await createTable('people', 'id string, seen timestamp', 'PARTITIONED BY (month(seen))');
    await run(
      `INSERT INTO people SELECT 'p' || CAST(n AS varchar), TIMESTAMP '2020-01-01 00:00:00' + n * INTERVAL '1' DAY
       FROM UNNEST(sequence(1, 90)) AS t(n)`,
    );
    await writeParquet(
      join(lake.s3Root, bucket, 'stage', 'keys', 'keys.parquet'),
      "SELECT 'p' || i AS id FROM range(1, 11) t(i)",
    );
    await run('DROP TABLE IF EXISTS keys');
    await run(
      `CREATE EXTERNAL TABLE keys (id string) STORED AS PARQUET LOCATION 's3://${bucket}/stage/keys/'`,
    );
    expect((await run('DELETE FROM people WHERE id IN (SELECT id FROM keys)')).updateCount).toBe(10);
    await run("OPTIMIZE people REWRITE DATA USING BIN_PACK WHERE seen < TIMESTAMP '2020-02-01 00:00:00'");
    await run('OPTIMIZE people REWRITE DATA USING BIN_PACK');
    await run('VACUUM people');
    expect((await run('SELECT count(*), min(seen) FROM people')).rows).toEqual([
      ['80', '2020-01-12 00:00:00.000'],
    ]);
  });
}
