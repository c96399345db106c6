import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { Client } from 'pg';
import { cacheFolder, cached, treeHash } from '../../local/src/engines/cache';
import { run } from '../../local/src/engines/command';
import { FolderClaim } from '../../local/src/engines/claim';
import { EngineProcess } from '../../local/src/engines/engine-process';
import { describeEngine, dynamodbLocal, parseRedshift, parseTrino, postgres, trino } from './support/engines';
import { runChild, untilGone } from './support/run-child';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describeEngine('dynamodb', 'DynamoDB Local', () => {
  test('keeps items, and returns the old one when a condition fails', async () => {
    const { endpoint } = await dynamodbLocal();
    const client = new DynamoDBClient({
      endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const TableName = `smoke-${process.pid}`;
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName });
    const Item = { id: { S: 'a' }, version: { N: '1' } };
    await client.send(new PutItemCommand({ TableName, Item }));
    expect((await client.send(new GetItemCommand({ TableName, Key: { id: { S: 'a' } } }))).Item).toEqual(
      Item,
    );
    const again = client.send(
      new PutItemCommand({
        TableName,
        Item,
        ConditionExpression: 'attribute_not_exists(id)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    await expect(again).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item });
    client.destroy();
  });

  test('listens on loopback alone', async () => {
    const { endpoint } = await dynamodbLocal();
    await expectLoopbackOnly(Number(new URL(endpoint).port));
  });
});

describeEngine('postgres', 'PostgreSQL', () => {
  test('runs SQL with parameters', async () => {
    const client = new Client(await postgres());
    await client.connect();
    try {
      const { rows } = await client.query("SELECT $1::text || E'\\\\' AS text, NULL AS nothing", ["it's"]);
      expect(rows).toEqual([{ text: "it's\\", nothing: null }]);
    } finally {
      await client.end();
    }
  });

  test('asks for its password', async () => {
    const client = new Client({ ...(await postgres()), password: 'wrong' });
    await expect(client.connect()).rejects.toThrow(/password authentication failed/);
  });
});

describeEngine('trino-parser', "Trino's parser", () => {
  test('accepts good statements, each in its place, and says where others break', async () => {
    const verdicts = await parseTrino([
      "SELECT 'it''s' AS \"a b\" FROM t WHERE d >= DATE '2014-01-01' -- ü",
      'SELECT 1\nFROM',
      'DELETE FROM t WHERE id IN (SELECT id FROM keys)',
      "SELECT 'unclosed",
    ]);
    expect(verdicts[0]).toBeNull();
    expect(verdicts[1]).toMatch(/^line 2:5: /);
    expect(verdicts[2]).toBeNull();
    expect(verdicts[3]).toMatch(/^line 1:8: /);
  });
});

describeEngine('sqlglot', "sqlglot's Redshift parser", () => {
  test('accepts good statements and finds broken ones and second ones', async () => {
    const verdicts = await parseRedshift([
      "SELECT DATE_TRUNC('month', sold_at) AS m, SUM(amount) FROM sales WHERE note = 'it''s' GROUP BY 1",
      'SELECT a FROM t WHERE (b',
      'SELECT 1; DELETE FROM t',
      "SELECT 'unclosed",
    ]);
    expect(verdicts[0]).toBeNull();
    expect(verdicts[1]).toMatch(/Expecting \)/);
    expect(verdicts[2]).toMatch(/one statement, found 2/);
    expect(verdicts[3]).toMatch(/tokenizing/);
  });
});

describeEngine('trino', 'Trino server', () => {
  test('listens on loopback alone', async () => {
    await expectLoopbackOnly(Number(new URL((await trino()).url).port));
  });

  test('keeps tables over a restart, ends with its parent, and guards its data folder', async () => {
    const source = `
      const { startTrino } = require('./local/src/athena/trino/server');
      const { TrinoBackend } = require('./local/src/athena/trino/backend');
      (async () => {
        const server = await startTrino({ dataDir: process.env.DATA + '/trino', s3Root: process.env.DATA + '/s3' });
        const backend = new TrinoBackend(server);
        const ask = async (sql) => {
          const session = { catalog: 'AwsDataCatalog', database: 'd', signal: new AbortController().signal };
          const rows = [];
          for await (const chunk of (await backend.execute(sql, session)).rows) rows.push(...chunk);
          return rows;
        };
        await ask('CREATE DATABASE IF NOT EXISTS d');
        await ask("CREATE TABLE IF NOT EXISTS t (a int) LOCATION 's3://b/t/' TBLPROPERTIES ('table_type'='ICEBERG')");
        await ask('INSERT INTO t VALUES (1)');
        const second = await startTrino({ dataDir: process.env.DATA + '/trino', s3Root: process.env.DATA + '/s3' })
          .catch((error) => error.message);
        console.log(JSON.stringify({ pid: server.pid, rows: await ask('SELECT * FROM t'), second }));
        setInterval(() => undefined, 1000);
      })();`;
    const first = await runChild(source, { DATA: folder });
    const before = JSON.parse(first.line) as { pid: number; rows: unknown[]; second: string };
    expect(before.rows).toEqual([['1']]);
    expect(before.second).toMatch(/is in use by process/);
    first.child.kill('SIGKILL');
    await untilGone(before.pid);
    const second = await runChild(source, { DATA: folder });
    const after = JSON.parse(second.line) as { pid: number; rows: unknown[] };
    expect(after.rows).toEqual([['1'], ['1']]);
    second.child.kill('SIGKILL');
    await untilGone(after.pid);
  });
});

describe('An engine process', () => {
  const command = (args: string[]): Parameters<typeof EngineProcess.start>[0] => ({
    name: 'Sleeper',
    command: process.execPath,
    args,
    cwd: folder,
    log: join(folder, 'log'),
    stopSignal: 'SIGTERM',
  });

  test('that ends before it is ready fails with what it printed', async () => {
    const engine = await EngineProcess.start(command(['-e', 'console.error("no room"); process.exit(3)']));
    await expect(engine.waitUntil(async () => false, 30_000)).rejects.toThrow(
      /Sleeper ended with status 3. Its log ends:\nno room/,
    );
  });

  test('that is never ready is stopped', async () => {
    const engine = await EngineProcess.start(command(['-e', 'setInterval(() => {}, 1000)']));
    await expect(engine.waitUntil(async () => false, 200)).rejects.toThrow(/was not ready within 200 ms/);
    await untilGone(engine.pid);
  });

  test('left behind by a dead owner is ended by the next claim of its folder; others are left alone', async () => {
    const marker = `-folder=${folder}`;
    const ours = await EngineProcess.start(command(['-e', 'setInterval(() => {}, 1000)', '--', marker]));
    const other = await EngineProcess.start(command(['-e', 'setInterval(() => {}, 1000)']));
    const dead = await runChild('console.log("up")');
    if (dead.child.exitCode === null) await once(dead.child, 'exit');
    const claim = (server: number): Promise<void> =>
      writeFile(
        join(folder, 'claim.json'),
        JSON.stringify({ owner: dead.child.pid, ownerStarted: '1', server }),
      );
    await claim(other.pid);
    await (await FolderClaim.take(folder, marker)).release();
    expect(process.kill(other.pid, 0)).toBe(true);
    await claim(ours.pid);
    const taken = await FolderClaim.take(folder, marker);
    await untilGone(ours.pid);
    await expect(FolderClaim.take(folder, marker)).rejects.toThrow(`in use by process ${process.pid}`);
    await taken.release();
    await other.stop();
  });
});

describe('A missing program', () => {
  test('is named, with the package that holds it', async () => {
    const program = { command: 'no-such-program', install: 'Install it: apt-get install -y such.' };
    await expect(run(program, [])).rejects.toThrow(
      'no-such-program is missing. Install it: apt-get install -y such.',
    );
  });

  test('is named when it is Java', async () => {
    const source = `
      require('./local/src/engines/java').findJava(24).catch((error) => console.log(error.message));`;
    const { line } = await runChild(source, { SLUICE_JAVA_HOME: folder });
    expect(line).toBe(`SLUICE_JAVA_HOME is ${folder}, where there is no Java.`);
  });
});

describe('The cache', () => {
  const original = process.env.SLUICE_ENGINE_CACHE;

  beforeEach(() => {
    process.env.SLUICE_ENGINE_CACHE = join(folder, 'cache');
  });

  afterEach(() => {
    if (original === undefined) delete process.env.SLUICE_ENGINE_CACHE;
    else process.env.SLUICE_ENGINE_CACHE = original;
  });

  /** Hash of a folder that holds the file `a` with this text. */
  const pin = async (text: string): Promise<string> => {
    const sample = await mkdtemp(join(folder, 'sample-'));
    await writeFile(join(sample, 'a'), text);
    return treeHash(sample);
  };

  test('refuses what was not pinned, and leaves nothing and deletes nothing', async () => {
    const tree = await pin('good');
    const fill = (into: string): Promise<void> => writeFile(join(into, 'a'), 'good');
    const path = await cached({ name: 'engine-1', tree, fill });
    const bad = cached({ name: 'engine-2', tree, fill: (into) => writeFile(join(into, 'a'), 'bad') });
    await expect(bad).rejects.toThrow(/What was fetched as engine-2 is not what was pinned/);
    expect(await readdir(cacheFolder())).toEqual(['engine-1']);
    await writeFile(join(path, 'a'), 'changed');
    const source = `
      require('./local/src/engines/cache')
        .cached({ name: 'engine-1', tree: '${tree}', fill: async () => undefined })
        .then(() => console.log('ok'), (error) => console.log(error.message));`;
    expect((await runChild(source)).line).toMatch(/engine-1 is not what was pinned. Delete that folder/);
    expect(await readdir(path)).toEqual(['a']);
  });

  test('lets two processes fill it at once, and clears up after one that died', async () => {
    const tree = await pin('good');
    const source = `
      require('./local/src/engines/cache')
        .cached({ name: 'engine-3', tree: '${tree}', async fill(into) {
          await new Promise((resolve) => setTimeout(resolve, 500));
          require('node:fs').writeFileSync(into + '/a', 'good');
        } })
        .then((path) => console.log(path), (error) => console.log(error.message));`;
    const dying = await runChild(
      `require('./local/src/engines/cache').cached({ name: 'engine-3', tree: '', async fill() {
         console.log('filling');
         setInterval(() => undefined, 1000);
         await new Promise(() => undefined);
       } });`,
    );
    dying.child.kill('SIGKILL');
    await once(dying.child, 'exit');
    const both = await Promise.all([runChild(source), runChild(source)]);
    for (const { line } of both) expect(line).toBe(join(cacheFolder(), 'engine-3'));
    for (const { child } of both) if (child.exitCode === null) await once(child, 'exit');
    expect(await readdir(cacheFolder())).toEqual(['engine-3']);
  });
});

/** Fails when a port answers on another address of this machine than 127.0.0.1. */
async function expectLoopbackOnly(port: number): Promise<void> {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((address) => address.family === 'IPv4' && !address.internal)
    .map((address) => address.address);
  await expect(fetch(`http://127.0.0.1:${port}`)).resolves.toBeDefined();
  for (const address of addresses)
    await expect(fetch(`http://${address}:${port}`)).rejects.toThrow('fetch failed');
}
