import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'csv-parse/sync';
import { startLocalAws, type LocalAws } from '../../local/src/aws';
import { Aws } from '../../local/src/import/aws';
import { parseMapping } from '../../local/src/import/mapping';
import { RejectFile } from '../../local/src/import/rejects';
import { reportText, type FileReport } from '../../local/src/import/report';
import { runImport } from '../../local/src/import/run';
import { LOCAL_NAMES } from '../../local/src/names';
import { athenaRows, redshiftRows } from './questions';

const root = mkdtempSync(join(tmpdir(), 'sluice-import-test-'));
const dataDir = join(root, 'data');
const folder = join(root, 'files');
let local: LocalAws;
let aws: Aws;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  local = await startLocalAws({ dataDir });
  aws = new Aws(local.endpoints);
});
afterAll(async () => {
  aws.close();
  await local.close();
  rmSync(root, { recursive: true, force: true });
});

const SALES = `files:
  - file: FILE
    dataset: SalesLine
    key: { prefix: s-, from: row }
    set: { currency: EUR }
    columns:
      invoiceNumber: invoice
      soldAt: { from: sold, time: 'YYYY-MM-DD HH:mm:ss' }
      productName: product
      quantity: pieces
      unitPrice: price
      netAmount: { multiply: [pieces, price] }
      customerId: { from: customer, type: integer }
`;

interface Imported {
  reports: FileReport[];
  text: string;
  rejects: string[][];
}

let runs = 0;
async function importing(
  mapping: string,
  tenant: string,
  signal = new AbortController().signal,
): Promise<Imported> {
  const rejects = new RejectFile(join(root, `rejects-${(runs += 1)}.csv`));
  const quiet = { begin: () => {}, update: () => {}, stage: () => {}, end: () => {} };
  const job = {
    mapping: parseMapping(mapping, 'test.yaml'),
    folder,
    tenant,
    aws,
    rejects,
    signal,
    progress: quiet,
  };
  const reports = await runImport(job);
  rejects.close();
  return {
    reports,
    text: reportText(reports, undefined),
    rejects: existsSync(rejects.path) ? parse(readFileSync(rejects.path)).slice(1) : [],
  };
}

describe('importing sales lines into Redshift', () => {
  const lines = [
    'invoice,sold,product,pieces,price,customer,colour',
    '1,2011-02-01 10:00:00,"Lantern, white ""XL""",6,2.55,17850.0,red',
    '1,2011-02-01 10:00:00,"Lantern, white ""XL""",6,2.55,17850.0,red',
    'C2,2011-02-03 09:00:00,Mug,-2,1.25,,red',
    '3,2011-02-30 09:00:00,Mug,1,1.25,,red',
    '4,2011-02-04 09:00:00,Mug,one,1.25,,red',
    '5,2011-02-04 09:00:00,Mug,1',
  ];

  it('loads what is good, keeps repeats and cancellations, and reports the rest', async () => {
    writeFileSync(join(folder, 'sales.csv'), `${lines.join('\n')}\n`);
    const { reports, rejects, text } = await importing(SALES.replace('FILE', 'sales.csv'), 'one');
    expect(reports).toHaveLength(1);
    expect(reports[0]).toMatchObject({ read: 6, loaded: 3, alreadyThere: 0, unmapped: ['colour'] });
    expect([...(reports[0]?.rejected ?? [])]).toEqual([
      ['soldAt: not a time like YYYY-MM-DD HH:mm:ss', 1],
      ['quantity: not a whole number', 1],
      ['4 columns instead of 7', 1],
    ]);
    expect(rejects.map(([file, line]) => [file, line])).toEqual([
      ['sales.csv', '5'],
      ['sales.csv', '6'],
      ['sales.csv', '7'],
    ]);
    expect(rejects[0]?.[3]).toBe('3,2011-02-30 09:00:00,Mug,1,1.25,,red');
    expect(text).toContain('1 column neither mapped nor ignored: colour');
    const rows = await redshiftRows(
      local.endpoints,
      `SELECT line_id, product_name, quantity, net_amount, customer_id, currency FROM erp.sales_lines
       WHERE company_id = 'one' ORDER BY line_id`,
    );
    expect(rows).toEqual([
      ['s-1', 'Lantern, white "XL"', '6', '15.3000', '17850', 'EUR'],
      ['s-2', 'Lantern, white "XL"', '6', '15.3000', '17850', 'EUR'],
      ['s-3', 'Mug', '-2', '-2.5000', null, 'EUR'],
    ]);
  });

  it('changes nothing the second time, and says so', async () => {
    const { reports, text } = await importing(SALES.replace('FILE', 'sales.csv'), 'one');
    expect(reports[0]).toMatchObject({ read: 6, loaded: 0, alreadyThere: 3 });
    expect(text).toContain('Nothing was loaded.');
    expect(await redshiftRows(local.endpoints, 'SELECT count(*) FROM erp.sales_lines')).toEqual([['3']]);
  });

  it('loads the same keys for another tenant', async () => {
    const { reports } = await importing(SALES.replace('FILE', 'sales.csv'), 'two');
    expect(reports[0]).toMatchObject({ loaded: 3, alreadyThere: 0 });
  });

  it('loads the rows before a quote that is never closed and fails the file', async () => {
    writeFileSync(
      join(folder, 'open.csv'),
      `${lines.slice(0, 3).join('\n')}\n6,2011-02-04 09:00:00,"Mug,1\n7,x\n`,
    );
    const { reports } = await importing(SALES.replace('FILE', 'open.csv'), 'three');
    expect(reports[0]).toMatchObject({ read: 2, loaded: 2 });
    expect(reports[0]?.fault).toContain('line 4 is never closed');
  });

  it('fails a file without a mapped column, listing what it has, and goes on to the next', async () => {
    writeFileSync(join(folder, 'short.csv'), 'invoice,sold,product,pieces,customer\n1,2,3,4,5\n');
    writeFileSync(join(folder, 'fine.csv'), `${lines.slice(0, 2).join('\n')}\n`);
    const second = SALES.replace('FILE', 'fine.csv').replace('files:\n', '');
    const { reports } = await importing(SALES.replace('FILE', 'short.csv') + second, 'four');
    expect(reports[0]?.fault).toBe(
      'there is no column "price"; the file has invoice, sold, product, pieces, customer',
    );
    expect(reports[1]).toMatchObject({ loaded: 1, fault: undefined });
  });

  it('says when no file has the name', async () => {
    const { reports } = await importing(SALES.replace('FILE', 'missing*.csv'), 'five');
    expect(reports[0]?.fault).toContain('there is no such file');
  });

  it('keeps files of one pattern apart, and rejects a key that comes twice in a file', async () => {
    writeFileSync(join(folder, 'part-1.csv'), `${lines.slice(0, 2).join('\n')}\n`);
    writeFileSync(join(folder, 'part-2.csv'), `${lines.slice(0, 2).join('\n')}\n`);
    const all = await importing(SALES.replace('FILE', 'part-?.csv'), 'six');
    expect(all.reports.map(({ file, loaded }) => [file, loaded])).toEqual([
      ['part-1.csv', 1],
      ['part-2.csv', 1],
    ]);
    const keyed = SALES.replace('FILE', 'sales.csv').replace(
      'from: row',
      'from: { columns: [invoice, product] }',
    );
    const { reports } = await importing(keyed, 'seven');
    expect(reports[0]).toMatchObject({ loaded: 2 });
    expect(reports[0]?.rejected.get('key: an earlier row of the file has it already')).toBe(1);
  });

  it('gives a file up when stopped', async () => {
    const { reports, text } = await importing(
      SALES.replace('FILE', 'part-?.csv'),
      'eight',
      AbortSignal.abort(),
    );
    expect(reports).toEqual([]);
    const stop = new AbortController();
    const job = importing(SALES.replace('FILE', 'part-?.csv'), 'eight', stop.signal);
    await new Promise((soon) => setTimeout(soon, 1));
    stop.abort();
    for (const report of (await job).reports) expect(report).toMatchObject({ loaded: 0, fault: 'stopped' });
    expect(text).toContain('Nothing');
  });

  it('leaves nothing staged behind', async () => {
    const { Contents } = await aws.s3.send(new ListObjectsV2Command({ Bucket: LOCAL_NAMES.stagingBucket }));
    expect(Contents ?? []).toEqual([]);
    expect(
      await redshiftRows(
        local.endpoints,
        `SELECT table_name FROM information_schema.tables WHERE table_schema = 'staging'`,
      ),
    ).toEqual([]);
  });
});

describe('importing decisions into Athena and DynamoDB', () => {
  const mapping = `files:
  - file: decisions.jsonl
    dataset: Decision
    key: { prefix: d-, from: { columns: id } }
    columns:
      decidedAt: at
      outcome: { from: denied, values: { 'true': DENIED, 'false': APPROVED } }
      amount: amount
    embedded:
      transactions:
        - { set: { kind: AFFORDABILITY, name: ratio }, columns: { value: ratio } }
        - { set: { kind: INSURANCE, name: cover }, columns: { finding: cover } }
`;
  const rows = [
    {
      id: 1,
      at: '2020-01-05T10:00:00+01:00',
      denied: true,
      amount: '99999999999999.9999',
      ratio: 0.25,
      cover: 'yes',
    },
    { id: 2, at: '2020-02-05', denied: false, amount: 12.5, ratio: null, cover: 'no' },
  ];

  it('puts rows in the lake and items with their checks in the store, once', async () => {
    writeFileSync(join(folder, 'decisions.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
    const first = await importing(mapping, 'acme');
    expect(first.reports[0]).toMatchObject({ read: 2, loaded: 2, items: 2, fault: undefined });
    expect(
      await athenaRows(
        local.endpoints,
        `SELECT decision_id, CAST(decided_at AS varchar), outcome, CAST(amount AS varchar) FROM decisions.decisions
         WHERE tenant_id = 'acme' ORDER BY decision_id`,
      ),
    ).toEqual([
      ['d-1', expect.stringContaining('2020-01-05 09:00:00'), 'DENIED', '99999999999999.9999'],
      ['d-2', expect.stringContaining('2020-02-05 00:00:00'), 'APPROVED', '12.5000'],
    ]);
    const { Item } = await aws.dynamodb.send(
      new GetItemCommand({ TableName: 'sluice-decisions', Key: { pk: { S: 'acme#d-2' } } }),
    );
    expect(Item?.transactions?.L?.map(({ M }) => [M?.id?.S, M?.kind?.S, M?.finding?.S])).toEqual([
      ['2', 'INSURANCE', 'no'],
    ]);
    const second = await importing(mapping, 'acme');
    expect(second.reports[0]).toMatchObject({ read: 2, loaded: 0, alreadyThere: 2, items: 0 });
    expect(second.text).toContain('Nothing changed: every row was there already.');
  });
});

describe('importing readings from Parquet', () => {
  it('spreads more days than one INSERT may write over several, and loses none', async () => {
    const duckdb = await DuckDBInstance.create(':memory:');
    const connection = await duckdb.connect();
    await connection.run(
      `COPY (SELECT 'dev' AS device, TIMESTAMP '2012-01-01 00:00:00' + INTERVAL (i) HOUR AS at, i / 4 AS v
       FROM range(7200) t(i)) TO '${join(folder, 'readings.parquet')}' (FORMAT parquet)`,
    );
    duckdb.closeSync();
    const mapping = `files:
  - file: readings.parquet
    dataset: Reading
    key: { prefix: r-, from: row }
    columns: { deviceId: device, recordedAt: at, value: v }
`;
    const { reports } = await importing(mapping, 'acme');
    expect(reports[0]).toMatchObject({ read: 7200, loaded: 7200, fault: undefined });
    expect(
      await athenaRows(
        local.endpoints,
        `SELECT count(*), count(DISTINCT dt), min(dt), max(dt), sum("value") FROM telemetry.readings`,
      ),
    ).toEqual([['7200', '300', '2012-01-01', '2012-10-26', '6479100.0']]);
    expect((await importing(mapping, 'acme')).reports[0]).toMatchObject({ loaded: 0, alreadyThere: 7200 });
  });
});

describe('the command', () => {
  const run = (...words: string[]) =>
    spawnSync(process.execPath, ['-r', '@swc-node/register', 'local/src/commands/import.ts', ...words], {
      encoding: 'utf8',
      env: { ...process.env, SLUICE_DATA_DIR: join(root, 'nowhere') },
    });

  it('explains itself, and ends with 2 when it cannot start', () => {
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--mapping FILE') });
    expect(run('--from', folder)).toMatchObject({ status: 2, stdout: '' });
    expect(run('--what')).toMatchObject({ status: 2 });
    writeFileSync(join(root, 'bad.yaml'), 'files:\n  - file: x\n    dataset: Nothing\n');
    const bad = run('--mapping', join(root, 'bad.yaml'), '--from', folder);
    expect(bad.status).toBe(2);
    expect(bad.stderr).toMatch(/bad\.yaml:\d+: /);
    const stopped = run('--mapping', 'local/mappings/hmda.yaml', '--from', folder);
    expect(stopped.status).toBe(2);
    expect(stopped.stderr).toContain('Local AWS is not running');
    expect(stopped.stderr).not.toContain('    at ');
  });
});
