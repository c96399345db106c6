import {
  BatchExecuteStatementCommand,
  CancelStatementCommand,
  DescribeStatementCommand,
  GetStatementResultCommand,
  GetStatementResultV2Command,
  ListSessionsCommand,
  type Field,
} from '@aws-sdk/client-redshift-data';
import { runRedshift, startTestAws, type TestAws } from './support';

const ENDLESS = 'SELECT count(*) FROM range(1000000) a(x), range(1000000) b(y) WHERE (x * y) % 7 = 3';
const TARGET = { WorkgroupName: 'sluice', Database: 'warehouse' };

describe('local Redshift Data', () => {
  let test: TestAws;

  beforeAll(async () => {
    test = await startTestAws();
    await ok('CREATE SCHEMA IF NOT EXISTS hr');
    await ok(
      `CREATE TABLE IF NOT EXISTS "hr"."people" (id bigint identity(1,1) not null encode az64, "Name" varchar(100) encode zstd,
         pay numeric(10,2), hired date sortkey, seen timestamp, active boolean, facts super, primary key (id))
       DISTSTYLE KEY DISTKEY (id) SORTKEY (hired)`,
    );
    await ok(
      `INSERT INTO hr.people (name, pay, hired, seen, active) VALUES
        ('Ann, "A"', 10.5, '2014-01-01', '2014-01-01 10:00:00.5', true), ('', 20, NULL, NULL, false), (NULL, NULL, NULL, NULL, NULL)`,
    );
  });
  afterAll(() => test.close());

  async function ok(sql: string, input: Parameters<typeof runRedshift>[2] = {}) {
    const answer = await runRedshift(test.redshift, sql, input);
    if (answer.Status !== 'FINISHED') {
      const { Error: reason } = await test.redshift.send(new DescribeStatementCommand({ Id: answer.Id }));
      throw new Error(`${answer.Status}: ${reason}`);
    }
    return answer;
  }

  async function records(sql: string, parameters?: Record<string, string>): Promise<Field[][]> {
    const { Id } = await ok(sql, parameters ? { Parameters: toList(parameters) } : {});
    const { Records } = await test.redshift.send(new GetStatementResultCommand({ Id }));
    return Records ?? [];
  }

  const toList = (parameters: Record<string, string>) =>
    Object.entries(parameters).map(([name, value]) => ({ name, value }));

  it('answers with typed records and folded names', async () => {
    const { Id } = await ok(
      'SELECT id, "Name", pay, hired, seen, active, 1.5::float8 AS Ratio FROM hr.people ORDER BY id',
    );
    const { Records, ColumnMetadata, TotalNumRows } = await test.redshift.send(
      new GetStatementResultCommand({ Id }),
    );
    expect(TotalNumRows).toBe(3);
    expect(ColumnMetadata?.map(({ name, typeName }) => `${name} ${typeName}`)).toEqual([
      'id int8',
      'name varchar',
      'pay numeric',
      'hired date',
      'seen timestamp',
      'active bool',
      'ratio float8',
    ]);
    expect(Records?.[0]).toEqual([
      { longValue: 1 },
      { stringValue: 'Ann, "A"' },
      { stringValue: '10.50' },
      { stringValue: '2014-01-01' },
      { stringValue: '2014-01-01 10:00:00.5' },
      { booleanValue: true },
      { doubleValue: 1.5 },
    ]);
    expect(Records?.[2]?.slice(1, 6)).toEqual(Array(5).fill({ isNull: true }));
  });

  it('answers with CSV that tells NULL from the empty string', async () => {
    const { Id } = await ok('SELECT name, pay, active FROM hr.people ORDER BY id', { ResultFormat: 'CSV' });
    const { Records, ResultFormat } = await test.redshift.send(new GetStatementResultV2Command({ Id }));
    expect(ResultFormat).toBe('CSV');
    expect(Records?.[0]?.CSVRecords).toBe('"Ann, ""A""",10.50,true\n"",20.00,false\n,,\n');
    await expect(test.redshift.send(new GetStatementResultCommand({ Id }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('pages both formats by tokens that belong to their statement', async () => {
    const sql = "SELECT x, repeat('y', 50) AS filler FROM range(25000) r(x) ORDER BY x";
    const csv = await ok(sql, { ResultFormat: 'CSV' });
    const rows: string[] = [];
    let NextToken: string | undefined;
    let pages = 0;
    do {
      const page = await test.redshift.send(new GetStatementResultV2Command({ Id: csv.Id, NextToken }));
      rows.push(...(page.Records?.[0]?.CSVRecords ?? '').trimEnd().split('\n'));
      NextToken = page.NextToken;
      pages += 1;
    } while (NextToken);
    expect(pages).toBeGreaterThan(1);
    expect(rows.map((row) => Number(row.split(',')[0]))).toEqual(
      Array.from({ length: 25_000 }, (_, at) => at),
    );
    const json = await ok(sql);
    const first = await test.redshift.send(new GetStatementResultCommand({ Id: json.Id }));
    const second = await test.redshift.send(
      new GetStatementResultCommand({ Id: json.Id, NextToken: first.NextToken }),
    );
    expect(second.Records?.[0]?.[0]).toEqual({ longValue: first.Records?.length });
    await expect(
      test.redshift.send(new GetStatementResultV2Command({ Id: csv.Id, NextToken: first.NextToken })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('binds parameters as values, whatever they hold', async () => {
    const values = ["it's", '; DROP TABLE hr.people; --', '%', '\\', '\\n', ':other', '😀', '/*', '""', ' '];
    for (const value of values)
      expect(await records('SELECT :v AS v, :v::varchar AS w', { v: value })).toEqual([
        [{ stringValue: value }, { stringValue: value }],
      ]);
    expect(
      await records('SELECT name FROM hr.people WHERE id = :id AND hired >= :day LIMIT :n', {
        id: '1',
        day: '2013-01-01',
        n: '5',
      }),
    ).toEqual([[{ stringValue: 'Ann, "A"' }]]);
  });

  it('sees placeholders only where Redshift does', async () => {
    expect(
      await records(`SELECT ':no', '2'::int AS "a:b" /* :no */ -- :no\n, :yes AS v`, { yes: 'x' }),
    ).toEqual([[{ stringValue: ':no' }, { longValue: 2 }, { stringValue: 'x' }]]);
    const refused = (sql: string, Parameters: { name: string; value: string }[]) =>
      expect(runRedshift(test.redshift, sql, { Parameters })).rejects.toMatchObject({
        name: 'ValidationException',
      });
    await refused('SELECT :a', [{ name: 'a', value: '' }]);
    await refused('SELECT :a', [{ name: 'b', value: 'x' }]);
    await refused("SELECT ':a'", [{ name: 'a', value: 'x' }]);
    await refused('SELECT :a', []);
    await refused('SELECT :a', [
      { name: 'a', value: 'x' },
      { name: 'a', value: 'y' },
    ]);
    await expect(runRedshift(test.redshift, 'SELECT :a')).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('runs a batch in one transaction, or each on its own', async () => {
    await ok('CREATE TABLE hr.batch (id int)');
    const batch = async (ExecutionMode: 'TRANSACTION' | 'AUTO_COMMIT') => {
      const { Id, Status } = await test.redshift.send(
        new BatchExecuteStatementCommand({
          ...TARGET,
          Sqls: [
            'INSERT INTO hr.batch VALUES (1)',
            'SELECT * FROM hr.missing',
            'INSERT INTO hr.batch VALUES (2)',
          ],
          ExecutionMode,
          WaitTimeSeconds: 30,
        }),
      );
      const { SubStatements } = await test.redshift.send(new DescribeStatementCommand({ Id }));
      return { Status, states: SubStatements?.map((part) => part.Status) };
    };
    expect(await batch('TRANSACTION')).toEqual({
      Status: 'FAILED',
      states: ['FINISHED', 'FAILED', 'ABORTED'],
    });
    expect(await records('SELECT count(*) FROM hr.batch')).toEqual([[{ longValue: 0 }]]);
    expect(await batch('AUTO_COMMIT')).toEqual({
      Status: 'FAILED',
      states: ['FINISHED', 'FAILED', 'FINISHED'],
    });
    expect(await records('SELECT count(*) FROM hr.batch')).toEqual([[{ longValue: 2 }]]);
  });

  it('gives the result of each part of a batch', async () => {
    const { Id } = await test.redshift.send(
      new BatchExecuteStatementCommand({
        ...TARGET,
        Sqls: ['SELECT :v AS a', 'SELECT 2 AS b'],
        Parameters: [{ name: 'v', value: 'x' }],
        WaitTimeSeconds: 30,
      }),
    );
    const part = async (number: number) =>
      (await test.redshift.send(new GetStatementResultCommand({ Id: `${Id}:${number}` }))).Records;
    expect(await part(1)).toEqual([[{ stringValue: 'x' }]]);
    expect(await part(2)).toEqual([[{ longValue: 2 }]]);
    await expect(part(3)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('waits at the service, cancels, and says how it ended', async () => {
    const { Id, Status } = await runRedshift(test.redshift, ENDLESS, { WaitTimeSeconds: 1 });
    expect(['SUBMITTED', 'PICKED', 'STARTED']).toContain(Status);
    const waiting = test.redshift.send(new DescribeStatementCommand({ Id, WaitTimeSeconds: 30 }));
    expect(await test.redshift.send(new CancelStatementCommand({ Id }))).toMatchObject({ Status: true });
    expect(await waiting).toMatchObject({ Status: 'ABORTED' });
    await expect(test.redshift.send(new CancelStatementCommand({ Id }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(test.redshift.send(new GetStatementResultCommand({ Id }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    // Four statements run at once: if cancelled ones went on, the fifth would wait for ever.
    for (let at = 0; at < 4; at += 1) {
      const more = await runRedshift(test.redshift, ENDLESS, { WaitTimeSeconds: undefined });
      await test.redshift.send(new CancelStatementCommand({ Id: more.Id }));
    }
    expect(await records('SELECT 1')).toEqual([[{ longValue: 1 }]]);
  });

  it('gives one statement for one token, and refuses the token for another', async () => {
    const first = await ok('SELECT 1', { ClientToken: 'once' });
    expect((await ok('SELECT 1', { ClientToken: 'once' })).Id).toBe(first.Id);
    await expect(ok('SELECT 2', { ClientToken: 'once' })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('keeps the service’s limits', async () => {
    const refused = (sql: string, input: Parameters<typeof runRedshift>[2] = {}) =>
      expect(runRedshift(test.redshift, sql, input)).rejects.toMatchObject({ name: 'ValidationException' });
    const longest = `SELECT '${'x'.repeat(102_400 - 9)}'`;
    expect((await ok(longest)).Status).toBe('FINISHED');
    await refused(`${longest} `);
    await refused('SELECT 1; SELECT 2');
    await refused('SELECT 1', { WorkgroupName: 'other' });
    await refused('SELECT 1', { WorkgroupName: undefined });
    await refused('SELECT 1', { Database: undefined });
    await refused('SELECT 1', { WaitTimeSeconds: 31 });
    const Sqls = Array.from({ length: 41 }, () => 'SELECT 1');
    await expect(
      test.redshift.send(new BatchExecuteStatementCommand({ ...TARGET, Sqls })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(
      test.redshift.send(new DescribeStatementCommand({ Id: '00000000-0000-0000-0000-000000000000' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('fails with Redshift’s error texts', async () => {
    const reason = async (sql: string, input = {}) => {
      const { Id, Status } = await runRedshift(test.redshift, sql, input);
      expect(Status).toBe('FAILED');
      return (await test.redshift.send(new DescribeStatementCommand({ Id }))).Error;
    };
    expect(await reason('SELECT * FROM hr.nothing')).toBe('ERROR: relation "nothing" does not exist');
    expect(await reason('SELECT nope FROM hr.people')).toBe('ERROR: column "nope" does not exist');
    expect(await reason('SELEC 1')).toBe('ERROR: syntax error at or near "SELEC"');
    expect(await reason('SELECT 1', { Database: 'other' })).toBe('FATAL: database "other" does not exist');
    expect(await reason("SELECT * FROM read_csv('/etc/passwd')")).not.toContain('root');
  });

  it('copies Parquet files by prefix and position', async () => {
    await ok('CREATE TABLE hr.loaded (id bigint, note varchar(10))');
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const connection = await (await DuckDBInstance.create()).connect();
    for (const at of [1, 2])
      await connection.run(
        `COPY (SELECT ${at} AS anything, 'n${at}' AS other) TO '${test.dataDir}/s3/sluice-lake/part-${at}.parquet' (FORMAT parquet)`,
      );
    connection.closeSync();
    await ok("COPY hr.loaded (id, note) FROM 's3://sluice-lake/part-' IAM_ROLE default FORMAT AS PARQUET");
    expect(await records('SELECT id, note FROM hr.loaded ORDER BY id')).toEqual([
      [{ longValue: 1 }, { stringValue: 'n1' }],
      [{ longValue: 2 }, { stringValue: 'n2' }],
    ]);
    const { Id } = await runRedshift(
      test.redshift,
      "COPY hr.loaded FROM 's3://sluice-lake/none' IAM_ROLE default FORMAT AS PARQUET",
    );
    expect((await test.redshift.send(new DescribeStatementCommand({ Id }))).Error).toMatch(
      /prefix 'none' does not exist/,
    );
    await ok('VACUUM DELETE ONLY hr.loaded TO 100 PERCENT');
  });

  it('keeps a session for temporary tables when asked', async () => {
    const { SessionId } = await ok('CREATE TEMP TABLE mine (id int)', { SessionKeepAliveSeconds: 60 });
    expect(SessionId).toBeDefined();
    const inside = { SessionId, WorkgroupName: undefined, Database: undefined };
    await ok('INSERT INTO mine VALUES (7)', inside);
    const { Id } = await ok('SELECT id FROM mine', inside);
    expect((await test.redshift.send(new GetStatementResultCommand({ Id }))).Records).toEqual([
      [{ longValue: 7 }],
    ]);
    const { Sessions } = await test.redshift.send(new ListSessionsCommand({ Status: 'AVAILABLE' }));
    expect(Sessions?.map((session) => session.SessionId)).toEqual([SessionId]);
    await expect(ok('SELECT id FROM mine')).rejects.toThrow('relation "mine" does not exist');
  });
});
