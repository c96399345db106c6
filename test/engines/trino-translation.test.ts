import { LakeQueryError } from '../../local/src/athena/backend';
import { translate } from '../../local/src/athena/trino/ddl';
import { ask } from './contracts/lake-backend';
import { describeEngine, trinoBackend } from './support/engines';

describe("Athena's statements in Trino's words", () => {
  test.each([
    ['CREATE DATABASE IF NOT EXISTS `db`', 'CREATE SCHEMA IF NOT EXISTS "db"'],
    ["create schema Sales COMMENT 'x' LOCATION 's3://b/';", 'CREATE SCHEMA "sales"'],
    ['DROP DATABASE IF EXISTS db CASCADE', 'DROP SCHEMA IF EXISTS "db" CASCADE'],
    ['DROP TABLE IF EXISTS `db`.`my-table`', 'DROP TABLE IF EXISTS "db"."my-table"'],
    ['/* erase */ OPTIMIZE db.t REWRITE DATA USING BIN_PACK', 'ALTER TABLE "db"."t" EXECUTE optimize'],
    [
      "OPTIMIZE t REWRITE DATA USING BIN_PACK WHERE a = 'x;''y' ;",
      "ALTER TABLE \"t\" EXECUTE optimize WHERE a = 'x;''y'",
    ],
    [
      `CREATE TABLE IF NOT EXISTS db.t (\`a\` string COMMENT 'it''s', b struct<x:int,y:array<string>>, ts timestamp)
       PARTITIONED BY (month(ts), \`a\`, bucket(16, a), truncate(4, a))
       LOCATION 's3://bucket/p/t/'
       TBLPROPERTIES ('table_type'='ICEBERG', 'format'='parquet', 'vacuum_max_snapshot_age_seconds'='60')`,
      `CREATE TABLE IF NOT EXISTS "db"."t" ("a" varchar COMMENT 'it''s', "b" row("x" integer, "y" array(varchar)), "ts" timestamp(6)) ` +
        `WITH (format_version = 2, location = 'local:///s3/bucket/p/t', format = 'PARQUET', ` +
        `partitioning = ARRAY['month("ts")', '"a"', 'bucket("a", 16)', 'truncate("a", 4)'], ` +
        `extra_properties = MAP(ARRAY['vacuum_max_snapshot_age_seconds'], ARRAY['60']))`,
    ],
    ['ALTER TABLE `db`.`t` ADD COLUMNS (`a` string)', 'ALTER TABLE "db"."t" ADD COLUMN "a" varchar'],
  ])('%s', (athena, sql) => {
    expect(translate(athena)).toEqual({ kind: 'ddl', sql });
  });

  test('SHOW TBLPROPERTIES asks for the properties, name and value in one cell', () => {
    expect(translate('SHOW TBLPROPERTIES `db`.`t`')).toEqual({
      kind: 'describe',
      sql: 'SELECT key || chr(9) || value AS prpt_name FROM "db"."t$properties"',
    });
  });

  test.each([
    "SELECT '; -- no comment' AS a",
    'CREATE TABLE t AS SELECT 1 AS location',
    "SELECT 'OPTIMIZE t REWRITE DATA USING BIN_PACK'",
    'DELETE FROM t WHERE a = 1',
  ])('passes through: %s', (sql) => {
    expect(translate(sql)).toEqual({ kind: 'query', sql });
  });

  test.each([
    ["CREATE TABLE t (a string) LOCATION 's3://b/t/' TBLPROPERTIES ('table_type'='HIVE')", /^NOT_SUPPORTED/],
    [
      "CREATE TABLE t (a tinyint) LOCATION 's3://b/t/' TBLPROPERTIES ('table_type'='ICEBERG')",
      /^NOT_SUPPORTED/,
    ],
    ["CREATE TABLE t (a int) LOCATION '/tmp/t' TBLPROPERTIES ('table_type'='ICEBERG')", /LOCATION must be/],
    ["CREATE TABLE t (a int) TBLPROPERTIES ('table_type'='ICEBERG')", /needs a LOCATION/],
    [
      "CREATE TABLE t (a int) LOCATION 's3://b/t/' TBLPROPERTIES ('table_type'='ICEBERG', 'owner'='x')",
      /Unsupported table property key: owner/,
    ],
    [
      "CREATE EXTERNAL TABLE t (a int) STORED AS ORC LOCATION 's3://b/t/'",
      /^SYNTAX_ERROR: line 1:43: mismatched input 'ORC'/,
    ],
    ["CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://b/t'", /LOCATION must be/],
    ['VACUUM t WHERE a = 1', /^SYNTAX_ERROR: line 1:10: mismatched input 'WHERE'/],
    ['OPTIMIZE t', /^SYNTAX_ERROR/],
    ['ALTER TABLE t ADD COLUMNS (a int, b int)', /^NOT_SUPPORTED: ADD COLUMNS takes one column/],
    ['ALTER TABLE t DROP COLUMN a', /^SYNTAX_ERROR/],
  ])('refuses: %s', (sql, text) => {
    expect(() => translate(sql)).toThrow(LakeQueryError);
    expect(() => translate(sql)).toThrow(text);
  });
});

describeEngine('trino', "Trino's values in Athena's words", () => {
  test('nested, binary and zoned values', async () => {
    const backend = await trinoBackend();
    const answer = await ask(
      backend,
      `SELECT ARRAY[1, NULL], MAP(ARRAY['a'], ARRAY[1.5e0]), CAST(ROW(1, 'x') AS ROW(a integer, b varchar)),
              x'ff0a', TIMESTAMP '2014-01-01 00:00:00 UTC', CAST(1.5 AS real), CAST('ab' AS char(3)),
              0.12345678901234567890, DECIMAL '12345678901234567890'`,
    );
    expect(answer.types).toEqual([
      'array',
      'map',
      'row',
      'varbinary',
      'timestamp with time zone',
      'float',
      'char',
      'decimal(20,20)',
      'decimal(20,0)',
    ]);
    expect(answer.rows).toEqual([
      [
        '[1, null]',
        '{a=1.5}',
        '{a=1, b=x}',
        'ff 0a',
        '2014-01-01 00:00:00.000 UTC',
        '1.5',
        'ab ',
        '0.12345678901234567890',
        '12345678901234567890',
      ],
    ]);
  });

  test('times of every precision, and doubles that are no numbers', async () => {
    const answer = await ask(
      await trinoBackend(),
      `SELECT TIMESTAMP '2014-01-01 00:00:00', TIMESTAMP '2014-01-01 00:00:00.123400', TIME '10:00:00',
              TIMESTAMP '2014-01-01 00:00:00.100000 UTC', nan(), -infinity()`,
    );
    expect(answer.types.slice(0, 4)).toEqual(['timestamp', 'timestamp', 'time', 'timestamp with time zone']);
    expect(answer.rows).toEqual([
      [
        '2014-01-01 00:00:00.000',
        '2014-01-01 00:00:00.123400',
        '10:00:00.000',
        '2014-01-01 00:00:00.100 UTC',
        'NaN',
        '-Infinity',
      ],
    ]);
  });

  test('a division by zero fails the query', async () => {
    const query = 'SELECT 1 / (n - 1) FROM UNNEST(sequence(1, 3)) AS t(n)';
    await expect(ask(await trinoBackend(), query)).rejects.toThrow(/^DIVISION_BY_ZERO: /);
  });

  test('a stopped query is cancelled in Trino, read or not', async () => {
    const backend = await trinoBackend();
    const session = { catalog: 'AwsDataCatalog', database: undefined };
    const tag = `stopped_${process.pid}`;
    const abort = new AbortController();
    const result = await backend.execute(
      `SELECT rpad('', 1000, 'x') AS ${tag} FROM UNNEST(sequence(1, 9999)) AS a(n) CROSS JOIN UNNEST(sequence(1, 9999)) AS b(n)`,
      { ...session, signal: abort.signal },
    );
    const state = `SELECT state, error_code FROM system.runtime.queries
                   WHERE query LIKE 'SELECT rpad%${tag}%' AND query NOT LIKE '%runtime%'`;
    expect((await ask(backend, state)).rows).toEqual([['RUNNING', null]]);
    abort.abort(new Error('stopped'));
    for (;;) {
      const [row] = (await ask(backend, state)).rows;
      if (row?.[0] === 'RUNNING' || row?.[0] === 'FINISHING') continue;
      expect(row).toEqual(['FAILED', 'USER_CANCELED']);
      break;
    }
    await expect(result.rows[Symbol.asyncIterator]().next()).rejects.toThrow('stopped');
    const left = await backend.execute(
      `SELECT rpad('', 1000, 'y') AS left_early FROM UNNEST(sequence(1, 9999)) AS a(n) CROSS JOIN UNNEST(sequence(1, 9999)) AS b(n)`,
      { ...session, signal: new AbortController().signal },
    );
    for await (const chunk of left.rows) if (chunk.length > 0) break;
    const ended = `SELECT state FROM system.runtime.queries WHERE query LIKE 'SELECT rpad%left_early%'`;
    let row: (string | null)[] | undefined;
    do [row] = (await ask(backend, ended)).rows;
    while (row?.[0] === 'RUNNING' || row?.[0] === 'FINISHING');
    expect(row).toEqual(['FAILED']);
  });
});
