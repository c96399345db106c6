import {
  BatchGetQueryExecutionCommand,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  GetTableMetadataCommand,
  GetWorkGroupCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { queryAthena, runAthena, startTestAws, type TestAws } from './support';

/** About 10^11 steps: never ends within a test. */
const ENDLESS = `SELECT count(*) FROM UNNEST(sequence(1, 300000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 300000)) AS b(y)
  WHERE (x * y) % 7 = 3`;

describe('local Athena', () => {
  let test: TestAws;

  beforeAll(async () => {
    test = await startTestAws();
    await run('CREATE DATABASE IF NOT EXISTS shop');
    await run(
      'CREATE TABLE IF NOT EXISTS `shop`.`lines` (`id` bigint, `sold_at` timestamp, note string, price decimal(10,2)) ' +
        "PARTITIONED BY (month(sold_at)) LOCATION 's3://sluice-lake/lines/' TBLPROPERTIES ('table_type'='ICEBERG')",
    );
    await run(
      `INSERT INTO "shop"."lines" SELECT i, TIMESTAMP '2014-01-01 00:00:00' + INTERVAL '1' HOUR * i,
         CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'say "hi", ok' END, CAST(i AS decimal(10,2))
       FROM UNNEST(sequence(1, 2500)) AS t(i)`,
    );
  });
  afterAll(() => test.close());

  async function run(sql: string) {
    const execution = await runAthena(test.athena, sql);
    if (execution.Status?.State !== 'SUCCEEDED') throw new Error(execution.Status?.StateChangeReason);
    return execution;
  }

  it('pages results, the header row first and counted', async () => {
    const { QueryExecutionId } = await run('SELECT id, note FROM shop.lines ORDER BY id');
    const sizes: number[] = [];
    const ids: string[] = [];
    let NextToken: string | undefined;
    let first: (string | undefined)[] | undefined;
    do {
      const page = await test.athena.send(new GetQueryResultsCommand({ QueryExecutionId, NextToken }));
      const rows = page.ResultSet?.Rows ?? [];
      first ??= rows[0]?.Data?.map((cell) => cell.VarCharValue);
      sizes.push(rows.length);
      ids.push(...rows.map((row) => row.Data?.[0]?.VarCharValue ?? ''));
      NextToken = page.NextToken;
    } while (NextToken);
    expect(first).toEqual(['id', 'note']);
    expect(sizes).toEqual([1000, 1000, 501]);
    expect(ids.slice(1)).toEqual(Array.from({ length: 2500 }, (_, at) => String(at + 1)));
  });

  it('takes pages of 1 to 1,000 rows and no made-up token', async () => {
    const { QueryExecutionId } = await run('SELECT id FROM shop.lines ORDER BY id LIMIT 2');
    const page = await test.athena.send(new GetQueryResultsCommand({ QueryExecutionId, MaxResults: 1 }));
    expect(page.ResultSet?.Rows?.map((row) => row.Data?.[0]?.VarCharValue)).toEqual(['id']);
    const next = await test.athena.send(
      new GetQueryResultsCommand({ QueryExecutionId, MaxResults: 1, NextToken: page.NextToken }),
    );
    expect(next.ResultSet?.Rows?.map((row) => row.Data?.[0]?.VarCharValue)).toEqual(['1']);
    const other = await run('SELECT id FROM shop.lines LIMIT 3');
    for (const bad of [
      { QueryExecutionId, MaxResults: 1001 },
      { QueryExecutionId, MaxResults: 0 },
      { QueryExecutionId, NextToken: '12.abc' },
      { QueryExecutionId: other.QueryExecutionId, NextToken: page.NextToken },
    ])
      await expect(test.athena.send(new GetQueryResultsCommand(bad))).rejects.toMatchObject({
        name: 'InvalidRequestException',
      });
  });

  it('tells NULL from the empty string, in pages and in the CSV object', async () => {
    const execution = await run('SELECT id, note FROM shop.lines WHERE id <= 3 ORDER BY id');
    const page = await test.athena.send(
      new GetQueryResultsCommand({ QueryExecutionId: execution.QueryExecutionId }),
    );
    expect(page.ResultSet?.Rows?.slice(1).map((row) => row.Data?.[1])).toEqual([
      { VarCharValue: '' },
      { VarCharValue: 'say "hi", ok' },
      {},
    ]);
    const [, Bucket, Key] =
      /^s3:\/\/([^/]+)\/(.+)$/.exec(execution.ResultConfiguration?.OutputLocation ?? '') ?? [];
    const { Body } = await test.s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(await Body?.transformToString()).toBe('"id","note"\n"1",""\n"2","say ""hi"", ok"\n"3",\n');
  });

  it('writes values and types in Athena’s words', async () => {
    const { QueryExecutionId } = await run(
      `SELECT true AS b, CAST(7 AS bigint) AS i, CAST(1 AS double) AS d, CAST(12345678 AS double) AS e,
         CAST(0.1 AS real) AS f, DECIMAL '1.50' AS n, DATE '2014-01-01' AS day, TIMESTAMP '2014-01-01 00:00:00' AS t,
         TIMESTAMP '2014-01-01 00:00:00.123456' AS u, TIMESTAMP '2014-01-01 00:00:00 UTC' AS z, 'x\\n' AS s,
         ARRAY[1, NULL] AS a, CAST(ROW(1, 'q') AS ROW(k integer, v varchar)) AS r, sum(id) AS total
       FROM shop.lines WHERE id < 3`,
    );
    const { ResultSet } = await test.athena.send(new GetQueryResultsCommand({ QueryExecutionId }));
    expect(ResultSet?.Rows?.[1]?.Data?.map((cell) => cell.VarCharValue)).toEqual([
      'true',
      '7',
      '1.0',
      '1.2345678E7',
      '0.1',
      '1.50',
      '2014-01-01',
      '2014-01-01 00:00:00.000',
      '2014-01-01 00:00:00.123456',
      '2014-01-01 00:00:00.000 UTC',
      'x\\n',
      '[1, null]',
      '{k=1, v=q}',
      '3',
    ]);
    expect(ResultSet?.ResultSetMetadata?.ColumnInfo?.map((column) => column.Type)).toEqual([
      'boolean',
      'bigint',
      'double',
      'double',
      'float',
      'decimal',
      'date',
      'timestamp',
      'timestamp',
      'timestamp with time zone',
      'varchar',
      'array',
      'row',
      'bigint',
    ]);
    expect(ResultSet?.ResultSetMetadata?.ColumnInfo?.[5]).toMatchObject({ Precision: 3, Scale: 2 });
  });

  it('keeps string literals as they are written', async () => {
    const strings = [
      "it''s",
      'a\\b',
      'a\\n',
      '%_',
      '😀',
      '-- no comment',
      '/* nor this */',
      '"',
      '`',
      ';',
      '$$',
      '{}',
    ];
    const [row] = await queryAthena(test.athena, `SELECT ${strings.map((text) => `'${text}'`).join(', ')}`);
    expect(row).toEqual(strings.map((text) => text.replace("''", "'")));
  });

  it('runs Athena’s functions', async () => {
    const [row] = await queryAthena(
      test.athena,
      `SELECT date_trunc('month', TIMESTAMP '2014-02-03 04:05:06'), date_diff('day', DATE '2014-01-01', DATE '2014-02-01'),
         date_add('day', -1, TIMESTAMP '2014-01-01 00:00:00'), approx_percentile(id, 0.5), count_if(id < 11),
         5 / 2, to_unixtime(TIMESTAMP '1970-01-01 00:01:00'), date_format(TIMESTAMP '2014-01-01 10:11:12', '%Y-%m-%d %H:%i'),
         regexp_like('abc', 'b'), try_cast('x' AS bigint), from_iso8601_timestamp('2014-01-01T00:00:00Z'),
         to_hex(sha256(to_utf8('a'))), element_at(MAP(ARRAY['k'], ARRAY[1]), 'k')
       FROM shop.lines`,
    );
    expect(row).toEqual([
      '2014-02-01 00:00:00.000',
      '31',
      '2013-12-31 00:00:00.000',
      '1250',
      '10',
      '2',
      '60.0',
      '2014-01-01 10:11',
      'true',
      null,
      '2014-01-01 00:00:00.000 UTC',
      'CA978112CA1BBDCAFAC231B39A23DC4DA786EFF8147C4E72B9807785AFEE48BB',
      '1',
    ]);
  });

  it('counts what INSERT, DELETE and MERGE wrote', async () => {
    await run(
      "CREATE TABLE shop.dml (id bigint, note string) LOCATION 's3://sluice-lake/dml/' TBLPROPERTIES ('table_type'='ICEBERG')",
    );
    const count = async (sql: string) => {
      const { QueryExecutionId, StatementType } = await run(sql);
      const page = await test.athena.send(new GetQueryResultsCommand({ QueryExecutionId }));
      expect(page.ResultSet?.Rows).toEqual([]);
      return [StatementType, page.UpdateCount];
    };
    expect(await count("INSERT INTO shop.dml VALUES (1, 'a'), (2, 'b'), (3, 'c')")).toEqual(['DML', 3]);
    expect(await count('DELETE FROM shop.dml WHERE id IN (SELECT id FROM shop.lines WHERE id = 2)')).toEqual([
      'DML',
      1,
    ]);
    expect(
      await count(
        `MERGE INTO shop.dml AS t USING (VALUES (1, 'z'), (9, 'n')) AS s(id, note) ON (t.id = s.id)
         WHEN MATCHED THEN UPDATE SET note = s.note WHEN NOT MATCHED THEN INSERT (id, note) VALUES (s.id, s.note)`,
      ),
    ).toEqual(['DML', 2]);
    expect(await queryAthena(test.athena, 'SELECT id, note FROM shop.dml ORDER BY id')).toEqual([
      ['1', 'z'],
      ['3', 'c'],
      ['9', 'n'],
    ]);
    await run('OPTIMIZE shop.dml REWRITE DATA USING BIN_PACK');
    await run('VACUUM shop.dml');
    await run('DROP TABLE IF EXISTS shop.dml');
  });

  it('reads Parquet files below an external table’s location, now and when they come later', async () => {
    await run(
      "CREATE EXTERNAL TABLE shop.files (id bigint, note string) STORED AS PARQUET LOCATION 's3://sluice-lake/files/'",
    );
    expect(await queryAthena(test.athena, 'SELECT * FROM shop.files')).toEqual([]);
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(
      `COPY (SELECT 5 AS id) TO '${test.dataDir}/s3/sluice-lake/files/one.parquet' (FORMAT parquet)`,
    );
    connection.closeSync();
    expect(await queryAthena(test.athena, 'SELECT * FROM shop.files')).toEqual([['5', null]]);
    const listed = await test.s3.send(new ListObjectsV2Command({ Bucket: 'sluice-lake', Prefix: 'files/' }));
    expect(listed.Contents?.map(({ Key }) => Key)).toEqual(['files/one.parquet']);
    await run('DROP TABLE shop.files');
  });

  it('reports fewer scanned bytes for fewer columns and for a narrower range', async () => {
    await run(
      "CREATE TABLE shop.big (id bigint, made timestamp, note string) LOCATION 's3://sluice-lake/big/' TBLPROPERTIES ('table_type'='ICEBERG')",
    );
    await run(
      `INSERT INTO shop.big SELECT i, TIMESTAMP '2014-01-01 00:00:00' + INTERVAL '1' MINUTE * i, 'some text'
       FROM UNNEST(sequence(1, 400000)) AS t(i)`,
    );
    const scanned = async (sql: string) => (await run(sql)).Statistics?.DataScannedInBytes ?? 0;
    const all = await scanned('SELECT max(id), max(made), max(note) FROM shop.big');
    const oneColumn = await scanned('SELECT sum(id) FROM shop.big');
    const pruned = await scanned("SELECT sum(id) FROM shop.big WHERE made < TIMESTAMP '2014-01-02 00:00:00'");
    expect(all).toBeGreaterThan(oneColumn);
    expect(oneColumn).toBeGreaterThanOrEqual(400_000 * 8);
    expect(pruned).toBeLessThan(oneColumn);
    expect(pruned).toBeGreaterThan(0);
  });

  it('fails with Athena’s error names', async () => {
    const reason = async (sql: string) => {
      const execution = await runAthena(test.athena, sql);
      expect(execution.Status?.State).toBe('FAILED');
      return execution.Status?.StateChangeReason;
    };
    expect(await reason('SELECT * FROM shop.nothing')).toBe(
      "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.shop.nothing' does not exist",
    );
    expect(await reason('SELECT nope FROM shop.lines')).toBe(
      "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved",
    );
    expect(await reason('SELECT * FROM nodb.t')).toBe(
      "SCHEMA_NOT_FOUND: line 1:15: Schema 'nodb' does not exist",
    );
    expect(await reason('SELEC 1')).toMatch(/^SYNTAX_ERROR: line 1:1/);
    expect(await reason("SELECT CAST('x' AS bigint)")).toMatch(/^INVALID_CAST_ARGUMENT/);
    expect(await reason("SELECT * FROM read_csv('/etc/passwd')")).not.toContain('root');
  });

  it('gives one query for one token, and refuses the token for another', async () => {
    const ClientRequestToken = 'token-of-at-least-thirty-two-characters';
    const start = (QueryString: string, token = ClientRequestToken) =>
      test.athena.send(new StartQueryExecutionCommand({ QueryString, ClientRequestToken: token }));
    const first = await start('SELECT 1');
    expect((await start('SELECT 1')).QueryExecutionId).toBe(first.QueryExecutionId);
    await expect(start('SELECT 2')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(start('SELECT 1', 'short')).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('stops a running query at the engine', async () => {
    const { QueryExecutionId } = await test.athena.send(
      new StartQueryExecutionCommand({ QueryString: ENDLESS }),
    );
    const state = async () => {
      const { QueryExecution } = await test.athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
      return QueryExecution?.Status?.State;
    };
    while ((await state()) !== 'RUNNING') await new Promise(setImmediate);
    await expect(test.athena.send(new GetQueryResultsCommand({ QueryExecutionId }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: expect.stringContaining('Current state: RUNNING') as unknown,
    });
    await test.athena.send(new StopQueryExecutionCommand({ QueryExecutionId }));
    expect(await state()).toBe('CANCELLED');
    // Four queries run at once: if stopped ones went on, the fifth would wait for ever.
    for (let at = 0; at < 4; at += 1) {
      const more = await test.athena.send(new StartQueryExecutionCommand({ QueryString: ENDLESS }));
      await test.athena.send(new StopQueryExecutionCommand({ QueryExecutionId: more.QueryExecutionId }));
    }
    expect(await queryAthena(test.athena, 'SELECT 1')).toEqual([['1']]);
  });

  it('keeps the service’s limits', async () => {
    const start = (input: Partial<ConstructorParameters<typeof StartQueryExecutionCommand>[0]>) =>
      test.athena.send(new StartQueryExecutionCommand({ QueryString: 'SELECT 1', ...input }));
    const long = `SELECT '${'x'.repeat(262_144 - 9)}'`;
    expect(Buffer.byteLength(long)).toBe(262_144);
    await expect(start({ QueryString: long })).resolves.toBeDefined();
    const bad = [
      { QueryString: `${long} ` },
      { QueryString: 'SELECT 1; SELECT 2' },
      { WorkGroup: 'nowhere' },
      { ResultConfiguration: { OutputLocation: 'http://x/' } },
      { ResultConfiguration: { OutputLocation: 's3://no-such-bucket/x/' } },
    ];
    for (const input of bad)
      await expect(start(input)).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(
      test.athena.send(new GetQueryExecutionCommand({ QueryExecutionId: 'nothing' })),
    ).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('answers unsigned requests and unknown operations as the service does', async () => {
    const call = async (target: string, headers: Record<string, string>) => {
      const response = await fetch(test.aws.endpoints.athena, {
        method: 'POST',
        headers: { 'x-amz-target': target, ...headers },
        body: '{}',
      });
      return [response.status, ((await response.json()) as { __type: string }).__type];
    };
    expect(await call('AmazonAthena.GetWorkGroup', {})).toEqual([403, 'MissingAuthenticationTokenException']);
    expect(await call('AmazonAthena.constructor', { authorization: 'x' })).toEqual([
      400,
      'UnknownOperationException',
    ]);
  });

  it('reuses a result within the asked age and says so', async () => {
    const reuse = {
      ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: 5 } },
    };
    const sql = 'SELECT count(*) AS reuse_me FROM shop.lines';
    const first = await runAthena(test.athena, sql, reuse);
    const second = await runAthena(test.athena, sql, reuse);
    const third = await runAthena(test.athena, sql);
    expect(
      [first, second, third].map((one) => one.Statistics?.ResultReuseInformation?.ReusedPreviousResult),
    ).toEqual([false, true, false]);
    expect(second.Statistics?.DataScannedInBytes).toBe(0);
    const page = await test.athena.send(
      new GetQueryResultsCommand({ QueryExecutionId: second.QueryExecutionId }),
    );
    expect(page.ResultSet?.Rows?.[1]?.Data?.[0]?.VarCharValue).toBe('2500');
  });

  it('reuses nothing but queries, and no result that is gone or lies elsewhere', async () => {
    const reuse = {
      ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: 5 } },
    };
    const reused = async (sql: string, more = {}): Promise<boolean | undefined> => {
      last = await runAthena(test.athena, sql, { ...reuse, ...more });
      return last.Statistics?.ResultReuseInformation?.ReusedPreviousResult;
    };
    let last: Awaited<ReturnType<typeof runAthena>> | undefined;
    const described = 'SHOW TABLES IN shop';
    expect([await reused(described), await reused(described)]).toEqual([false, false]);
    const sql = 'SELECT count(*) AS reuse_me_not FROM shop.lines';
    const elsewhere = { ResultConfiguration: { OutputLocation: 's3://sluice-results/elsewhere/' } };
    expect([await reused(sql), await reused(sql, elsewhere), await reused(sql)]).toEqual([
      false,
      false,
      true,
    ]);
    const [, Bucket, Key] =
      /^s3:\/\/([^/]+)\/(.+)$/.exec(last?.ResultConfiguration?.OutputLocation ?? '') ?? [];
    await test.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(await reused(sql)).toBe(false);
  });

  it('answers for several executions, workgroups and tables', async () => {
    const { QueryExecutionId } = await run('SELECT 1');
    const batch = await test.athena.send(
      new BatchGetQueryExecutionCommand({ QueryExecutionIds: [QueryExecutionId ?? '', 'nothing'] }),
    );
    expect(batch.QueryExecutions?.map((one) => one.QueryExecutionId)).toEqual([QueryExecutionId]);
    expect(batch.UnprocessedQueryExecutionIds?.map((one) => one.QueryExecutionId)).toEqual(['nothing']);
    const { WorkGroup } = await test.athena.send(new GetWorkGroupCommand({ WorkGroup: 'primary' }));
    expect(WorkGroup?.State).toBe('ENABLED');
    const table = await test.athena.send(
      new GetTableMetadataCommand({
        CatalogName: 'AwsDataCatalog',
        DatabaseName: 'shop',
        TableName: 'lines',
      }),
    );
    expect(table.TableMetadata?.Columns?.map(({ Name, Type }) => `${Name} ${Type}`)).toEqual([
      'id bigint',
      'sold_at timestamp',
      'note string',
      'price decimal(10,2)',
    ]);
  });

  it('puts execution parameters in the place of question marks', async () => {
    const execution = await runAthena(test.athena, "SELECT '?' AS q, ? AS v", {
      ExecutionParameters: ["'it''s'"],
    });
    const page = await test.athena.send(
      new GetQueryResultsCommand({ QueryExecutionId: execution.QueryExecutionId }),
    );
    expect(page.ResultSet?.Rows?.[1]?.Data?.map((cell) => cell.VarCharValue)).toEqual(['?', "it's"]);
  });
});
