import { fork, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ServeAwsMessage } from '../../local/src/commands/serve-aws';
import type { Endpoints } from '../../local/src/endpoints';
import { athenaRows, redshiftRows } from '../import/questions';

/** The public files; SLUICE_REAL_DATA names another place for them. */
const files = resolve(process.env.SLUICE_REAL_DATA ?? '../shared/data');
const present = existsSync(files);
if (!present)
  process.stderr.write(`Skipped: the public files are not at ${files} (SLUICE_REAL_DATA says where).\n`);

/** Rows that each mapping loads, and the lines of its report that say more. */
const EXPECTED: Record<string, { rows: [file: string, rows: string][]; says?: string[] }> = {
  hmda: { rows: [['decisions/hmda_boston.csv.gz', '2,380']], says: ['point-read store: 2,380 new items'] },
  loans: {
    rows: [['decisions/loans_full_schema.csv.gz', '10,000']],
    says: ['point-read store: 10,000 new items'],
  },
  geolife: { rows: [['telemetry/geolife_sample.csv.gz', '217,653']] },
  'machine-temperature': { rows: [['telemetry/machine_temperature.csv.gz', '22,695']] },
  'ambient-temperature': { rows: [['telemetry/ambient_temperature.csv.gz', '7,267']] },
  attrition: { rows: [['hr/attrition.csv.gz', '1,470']] },
  'online-retail': { rows: [['erp/online_retail.csv.gz', '541,909']] },
  northwind: {
    rows: [
      ['erp/northwind_order_details.csv', '2,155'],
      ['erp/northwind_employees.csv', '9'],
    ],
    says: [
      'erp/northwind_orders.csv: 176 rows with unquoted commas put together again',
      'erp/northwind_customers.csv: 24 rows with unquoted commas put together again',
    ],
  },
};

(present ? describe : describe.skip)('importing the public files', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sluice-real-import-'));
  const env = { ...process.env, SLUICE_DATA_DIR: dataDir };
  let server: ChildProcess;
  let endpoints: Endpoints;

  beforeAll(async () => {
    server = fork('local/src/commands/serve-aws.ts', [], { execArgv: ['-r', '@swc-node/register'], env });
    const message = await new Promise<ServeAwsMessage>((told) => server.once('message', told));
    if (message.kind === 'failed') throw new Error(message.message);
    endpoints = message.endpoints;
  });
  afterAll(async () => {
    const ended = new Promise((resolved) => server.once('exit', resolved));
    server.send({ kind: 'stop' });
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function importing(mapping: string): Promise<{ status: number | null; report: string }> {
    const words = ['-r', '@swc-node/register', 'local/src/commands/import.ts'];
    words.push('--mapping', `local/mappings/${mapping}.yaml`, '--from', files);
    const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'ignore'] });
    let report = '';
    child.stdout.on('data', (piece: Buffer) => (report += piece.toString()));
    const status = await new Promise<number | null>((ended) => child.once('close', ended));
    return { status, report };
  }

  it.each(Object.entries(EXPECTED))(
    '%s: every row is loaded, none left out in silence',
    async (mapping, { rows, says }) => {
      const { status, report } = await importing(mapping);
      expect(report).not.toContain('neither mapped nor ignored');
      for (const [file, count] of rows) {
        expect(report).toContain(`${file} -> `);
        expect(report).toContain(`read ${count}, loaded ${count}, already there 0, rejected 0`);
      }
      for (const line of says ?? []) expect(report).toContain(line);
      expect(status).toBe(0);
    },
  );

  it.each(Object.entries(EXPECTED))('%s: a second import changes nothing', async (mapping, { rows }) => {
    const { status, report } = await importing(mapping);
    for (const [, count] of rows) {
      expect(report).toContain(`read ${count}, loaded 0, already there ${count}, rejected 0`);
    }
    expect(report).toContain('Nothing changed: every row was there already.');
    expect(status).toBe(0);
  });

  it('keeps every invoice line to the letter', async () => {
    const [totals] = await redshiftRows(
      endpoints,
      `SELECT count(*), sum(net_amount), sum(CASE WHEN customer_id IS NULL THEN 1 ELSE 0 END),
         sum(CASE WHEN quantity < 0 THEN 1 ELSE 0 END)
       FROM erp.sales_lines WHERE company_id = 'retailer'`,
    );
    expect(totals).toEqual(['541909', '9747747.9340', '135080', '10624']);
    const [repeats] = await redshiftRows(
      endpoints,
      `SELECT sum(n - 1) FROM (SELECT count(*) AS n FROM erp.sales_lines WHERE company_id = 'retailer'
         GROUP BY invoice_number, product_code, product_name, quantity, sold_at, unit_price, customer_id, country) x`,
    );
    expect(repeats).toEqual(['5268']);
  });

  it('joins Northwind’s order lines with their orders, customers and products', async () => {
    const [line] = await redshiftRows(
      endpoints,
      `SELECT product_name, customer_name, city, country, sales_representative, net_amount
       FROM erp.sales_lines WHERE company_id = 'northwind' AND line_id = 'northwind-10251-22'`,
    );
    // Order 10251 is one of those with a comma in its address.
    expect(line).toEqual(["Gustaf's Knäckebröd", 'Victuailles en stock', 'Lyon', 'France', '3', '100.8000']);
  });

  it('finds the last fix of device 005 and the decisions of each lender', async () => {
    const [fix] = await athenaRows(
      endpoints,
      `SELECT CAST(recorded_at AS varchar), latitude, longitude FROM telemetry.readings
       WHERE operator_id = 'geolife' AND device_id = '005' AND dt = '2009-03-19' ORDER BY recorded_at DESC LIMIT 1`,
    );
    expect(fix).toEqual([expect.stringContaining('2009-03-19 05:46:37'), '39.999978', '116.32746']);
    const outcomes = await athenaRows(
      endpoints,
      `SELECT tenant_id, outcome, count(*) FROM decisions.decisions GROUP BY tenant_id, outcome ORDER BY 1, 2`,
    );
    expect(outcomes).toEqual([
      ['boston', 'APPROVED', '2095'],
      ['boston', 'DENIED', '285'],
      ['lender', 'APPROVED', '10000'],
    ]);
  });
});
