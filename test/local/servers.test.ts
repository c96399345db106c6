import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GetQueryExecutionCommand, StartQueryExecutionCommand } from '@aws-sdk/client-athena';
import {
  CreateTableCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { DescribeStatementCommand, GetStatementResultCommand } from '@aws-sdk/client-redshift-data';
import { PutObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { startLocalAws } from '../../local/src/aws';
import { readEndpoints } from '../../local/src/endpoints';
import { AUDIENCE, ISSUER, signToken } from '../../local/src/issuer/tokens';
import { DataDirInUse } from '../../local/src/lock';
import { clientsFor, queryAthena, runAthena, runRedshift, startTestAws, type TestAws } from './support';

const ROOT = resolve(__dirname, '../..');

/** Runs a command of the project to its end. */
function command(script: string, args: string[], dataDir: string) {
  return new Promise<{ code: number | null; out: string; err: string }>((done) => {
    const child = spawn(
      process.execPath,
      ['-r', '@swc-node/register', `local/src/commands/${script}.ts`, ...args],
      {
        cwd: ROOT,
        env: { ...process.env, SLUICE_DATA_DIR: dataDir },
      },
    );
    let [out, err] = ['', ''];
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    child.on('exit', (code) => done({ code, out, err }));
  });
}

describe('local AWS over restarts', () => {
  it('keeps tables, rows and objects, and lets one server at a time have the folder', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'sluice-local-'));
    const first = await startLocalAws({ dataDir });
    const before = clientsFor(first.endpoints);
    await expect(startLocalAws({ dataDir })).rejects.toBeInstanceOf(DataDirInUse);
    await before.dynamodb.send(
      new CreateTableCommand({
        TableName: 'kept',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    await waitUntilTableExists(
      { client: before.dynamodb, maxWaitTime: 10, minDelay: 1 },
      { TableName: 'kept' },
    );
    const { Table } = await before.dynamodb.send(new DescribeTableCommand({ TableName: 'kept' }));
    expect(Table?.TableStatus).toBe('ACTIVE');
    await before.dynamodb.send(
      new PutItemCommand({ TableName: 'kept', Item: { pk: { S: 'a' }, n: { N: '1' } } }),
    );
    await runAthena(
      before.athena,
      "CREATE TABLE kept (id bigint) LOCATION 's3://sluice-lake/k/' TBLPROPERTIES ('table_type'='ICEBERG')",
    );
    await runAthena(before.athena, 'INSERT INTO kept VALUES (41)');
    await runRedshift(before.redshift, 'CREATE TABLE kept (id int)');
    await runRedshift(before.redshift, 'INSERT INTO kept VALUES (42)');
    await before.s3.send(new PutObjectCommand({ Bucket: 'sluice-lake', Key: 'kept', Body: 'x' }));
    const token = await signToken({ dataDir, role: 'steward', tenant: 'aurora' });
    await first.close();

    const second = await startLocalAws({ dataDir });
    const after = clientsFor(second.endpoints);
    try {
      const { Item } = await after.dynamodb.send(
        new GetItemCommand({ TableName: 'kept', Key: { pk: { S: 'a' } } }),
      );
      expect(Item?.n).toEqual({ N: '1' });
      expect(await queryAthena(after.athena, 'SELECT id FROM kept')).toEqual([['41']]);
      const { Id } = await runRedshift(after.redshift, 'SELECT id FROM kept');
      expect((await after.redshift.send(new GetStatementResultCommand({ Id }))).Records).toEqual([
        [{ longValue: 42 }],
      ]);
      const { Body } = await after.s3.send(new GetObjectCommand({ Bucket: 'sluice-lake', Key: 'kept' }));
      expect(await Body?.transformToString()).toBe('x');
      const keys = createRemoteJWKSet(new URL(second.endpoints.jwks));
      await expect(jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE })).resolves.toBeDefined();
    } finally {
      await second.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('takes over what a dead process left behind', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'sluice-local-'));
    const dead = spawn(process.execPath, ['-e', '']);
    await new Promise((done) => dead.on('exit', done));
    await writeFile(join(dataDir, 'server.lock'), String(dead.pid));
    await writeFile(
      join(dataDir, 'endpoints.json'),
      JSON.stringify({ pid: dead.pid, s3: 'http://127.0.0.1:1' }),
    );
    expect(await readEndpoints(dataDir)).toBeUndefined();
    const aws = await startLocalAws({ dataDir });
    await aws.close();
    await rm(dataDir, { recursive: true, force: true });
  });
});

describe('planned faults', () => {
  let test: TestAws;
  beforeAll(async () => {
    test = await startTestAws();
  });
  afterAll(() => test.close());

  const start = () => test.athena.send(new StartQueryExecutionCommand({ QueryString: 'SELECT 1' }));

  it('throttle so many calls of one operation, then let go', async () => {
    test.aws.faults.athena.add({ operation: 'StartQueryExecution', kind: 'throttle', times: 2 });
    await expect(start()).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    await expect(start()).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    await expect(start()).resolves.toBeDefined();
    test.aws.faults.redshift.add({ operation: 'ExecuteStatement', kind: 'throttle' });
    await expect(runRedshift(test.redshift, 'SELECT 1')).rejects.toMatchObject({
      name: 'ActiveStatementsExceededException',
    });
  });

  it('fail a statement with the engine text given', async () => {
    test.aws.faults.athena.add({
      operation: 'StartQueryExecution',
      kind: 'fail',
      message: 'GENERIC_INTERNAL_ERROR: planned',
    });
    const execution = await runAthena(test.athena, 'SELECT 1');
    expect([execution.Status?.State, execution.Status?.StateChangeReason]).toEqual([
      'FAILED',
      'GENERIC_INTERNAL_ERROR: planned',
    ]);
    test.aws.faults.redshift.add({
      operation: 'StatementExecution',
      kind: 'fail',
      message: 'ERROR: planned',
    });
    const { Id } = await runRedshift(test.redshift, 'SELECT 1');
    expect(await test.redshift.send(new DescribeStatementCommand({ Id }))).toMatchObject({
      Status: 'FAILED',
      Error: 'ERROR: planned',
    });
  });

  it('lose a reply after the work is done', async () => {
    test.aws.faults.athena.add({ operation: 'StartQueryExecution', kind: 'drop' });
    const ClientRequestToken = 'a-token-that-names-one-and-the-same-query';
    const send = () =>
      test.athena.send(new StartQueryExecutionCommand({ QueryString: 'SELECT 2', ClientRequestToken }));
    await expect(send()).rejects.toThrow('socket hang up');
    const { QueryExecutionId } = await send();
    const { QueryExecution } = await test.athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
    expect(QueryExecution?.Query).toBe('SELECT 2');
  });

  it('are planned over HTTP too, for every server', async () => {
    const plan = (url: string, body: unknown) =>
      fetch(`${url}/_faults`, { method: 'POST', body: JSON.stringify(body) }).then(
        (response) => response.status,
      );
    expect(await plan(test.aws.endpoints.dynamodb, { operation: 'GetItem', kind: 'throttle' })).toBe(200);
    await expect(
      test.dynamodb.send(new GetItemCommand({ TableName: 'x', Key: { pk: { S: 'a' } } })),
    ).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    expect(await plan(test.aws.endpoints.s3, { operation: 'GetObject', kind: 'throttle' })).toBe(200);
    await expect(
      test.s3.send(new GetObjectCommand({ Bucket: 'sluice-lake', Key: 'a' })),
    ).rejects.toMatchObject({ name: 'SlowDown' });
    expect(
      await plan(test.aws.endpoints.athena, { operation: 'StartQueryExecution', kind: 'nonsense' }),
    ).toBe(400);
  });
});

describe('local tokens', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sluice-local-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('are printed alone on stdout, with the claims asked for', async () => {
    const { code, out } = await command(
      'token',
      [
        '--role',
        'sales_rep',
        '--tenant',
        'aurora',
        '--roles',
        'auditor',
        '--subject',
        'me',
        '--ttl',
        '90s',
      ].concat(['--claim', 'markets=DE,FR', '--claim', 'site=a', '--claim', 'dept=x', '--claim', 'dept=y']),
      dataDir,
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const claims = decodeJwt(out.trim());
    expect(claims).toMatchObject({
      iss: ISSUER,
      aud: AUDIENCE,
      sub: 'me',
      tenant: 'aurora',
      role: 'sales_rep',
      roles: ['sales_rep', 'auditor'],
      markets: ['DE', 'FR'],
      site: 'a',
      dept: ['x', 'y'],
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(90);
    expect((await stat(join(dataDir, 'issuer/key.json'))).mode & 0o777).toBe(0o600);
  });

  it('are refused with a reason on stderr and status 2', async () => {
    const bad = [
      ['--tenant', 'aurora'],
      ['--role', 'a'],
      ['--role', 'a', '--tenant', 'b', '--ttl', 'soon'],
      ['--role', 'a', '--tenant', 'b', '--claim', 'tenant=c'],
      ['--role', 'a', '--tenant', 'b', '--claim', 'x'],
      ['--nonsense'],
    ];
    for (const { code, out, err } of await Promise.all(bad.map((args) => command('token', args, dataDir)))) {
      expect([code, out]).toEqual([2, '']);
      expect(err).not.toBe('');
    }
  });

  it('share one key even when first made at the same time', async () => {
    const fresh = await mkdtemp(join(tmpdir(), 'sluice-local-'));
    const tokens = await Promise.all(
      Array.from({ length: 8 }, () => signToken({ dataDir: fresh, role: 'a', tenant: 'b' })),
    );
    const kids = tokens.map(
      (token) =>
        (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid,
    );
    expect(new Set(kids).size).toBe(1);
    expect(JSON.parse(await readFile(join(fresh, 'issuer/key.json'), 'utf8'))).toMatchObject({
      kid: kids[0],
    });
    await rm(fresh, { recursive: true, force: true });
  });
});

describe('npm start', () => {
  it('says at once that its port is in use, and what to do', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'sluice-local-'));
    const test = await startTestAws();
    const { port } = new URL(test.aws.endpoints.s3);
    process.env.PORT = port;
    const { code, err } = await command('start', [], dataDir).finally(() => delete process.env.PORT);
    await test.close();
    expect(code).toBe(1);
    expect(err).toContain(`Port ${port} is in use`);
    await rm(dataDir, { recursive: true, force: true });
  });
});
