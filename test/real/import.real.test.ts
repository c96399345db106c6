import { fork, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ServeAwsMessage } from '../../local/src/commands/serve-aws';
import type { Endpoints } from '../../local/src/endpoints';
import { gatewayEnvironment } from '../../local/src/start/environment';
import { gatewayKeys } from '../../local/src/start/keys';
import { redshiftRows } from '../import/questions';
import { startGateway, type Gateway } from '../support/gateway';
import { MASKED_QUESTIONS, QUESTIONS } from './questions';

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

  it('joins Northwind’s order lines with their orders, customers and products', async () => {
    const [line] = await redshiftRows(
      endpoints,
      `SELECT product_name, customer_name, city, country, sales_representative, net_amount
       FROM erp.sales_lines WHERE company_id = 'northwind' AND line_id = 'northwind-10251-22'`,
    );
    // Order 10251 is one of those with a comma in its address.
    expect(line).toEqual(["Gustaf's Knäckebröd", 'Victuailles en stock', 'Lyon', 'France', '3', '100.8000']);
  });

  describe('asked over HTTP', () => {
    let gateway: Gateway;
    beforeAll(async () => {
      const environment = gatewayEnvironment(endpoints, await gatewayKeys(dataDir), dataDir);
      gateway = await startGateway({ SLUICE_REQUEST_DEADLINE_MS: '600000' }, { dataDir, environment });
    });
    afterAll(() => gateway.close());

    it.each(QUESTIONS.map((question) => [question.title, question] as const))(
      '%s',
      async (_title, question) => {
        const { data, errors } = await gateway.ask(
          { role: 'steward', tenant: question.tenant },
          question.query,
        );
        expect(errors).toBeUndefined();
        expect(rounded(data)).toEqual(question.expected);
      },
    );

    it('gives all 541,909 lines page by page, 5,268 of them repeating another to the letter', async () => {
      const query = `query Page($after: String) { erp { salesLines(first: 1000, after: $after) {
        nodes { id invoiceNumber productCode productName quantity soldAt unitPrice customerId country }
        pageInfo { hasNextPage endCursor }
      } } }`;
      const ids = new Set<unknown>();
      const lines = new Set<string>();
      let rows = 0;
      for (let after: string | null = null; ;) {
        const { data } = await gateway.ask({ role: 'steward', tenant: 'retailer', ttl: '1h' }, query, {
          after,
        });
        for (const { id, ...line } of data.erp.salesLines.nodes) {
          rows += 1;
          ids.add(id);
          lines.add(JSON.stringify(line));
        }
        if (data.erp.salesLines.pageInfo.hasNextPage !== true) break;
        after = data.erp.salesLines.pageInfo.endCursor;
      }
      expect([rows, ids.size, rows - lines.size]).toEqual([541909, 541909, 5268]);
    });

    it.each(MASKED_QUESTIONS.map((question) => [question.title, question] as const))(
      '%s',
      async (_title, question) => {
        const { role, tenant, query } = question;
        const { data, errors, extensions } = await gateway.ask({ role, tenant }, query);
        expect(errors?.map((error) => error.extensions.code)).toEqual(
          question.code === undefined ? undefined : [question.code],
        );
        if (question.expected !== undefined) expect(data).toEqual(question.expected);
        expect(extensions.masking ?? []).toEqual(question.masking ?? []);
      },
    );
  });
});

/** Means come from sums in an order that the engine chooses; eight digits after the point are the known answer's. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Math.round(value * 1e8) / 1e8;
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rounded(inner)]));
}
