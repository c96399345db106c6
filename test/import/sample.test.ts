import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { startLocalAws, type LocalAws } from '../../local/src/aws';
import { Aws } from '../../local/src/import/aws';
import { seedSampleCompany } from '../../local/src/sample/seed';
import { athenaRows, redshiftRows } from './questions';

const dataDir = mkdtempSync(join(tmpdir(), 'sluice-sample-test-'));
let local: LocalAws;
beforeAll(async () => (local = await startLocalAws({ dataDir })));
afterAll(async () => {
  await local.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function seed(): Promise<string[]> {
  const said: string[] = [];
  await seedSampleCompany({ endpoints: local.endpoints, dataDir, progress: (line) => said.push(line) });
  return said;
}

const athena = (sql: string) => athenaRows(local.endpoints, sql);
const redshift = (sql: string) => redshiftRows(local.endpoints, sql);

describe('the sample companies', () => {
  it('are completed by another run when the first broke off', async () => {
    // More failures than retries, for decisions on their way into the point-read store.
    local.faults.dynamodb.add({ operation: 'BatchWriteItem', kind: 'fail', message: 'lost', times: 500 });
    await expect(seed()).rejects.toThrow('lost');
    local.faults.dynamodb.clear();
    const said = await seed();
    expect(said).toEqual([
      'Making the sample companies aurora and borealis …',
      expect.stringMatching(/^61,400 sample rows made in [\d.]+ s\.$/),
    ]);
  });

  it('have every dataset twice, with the same ids', async () => {
    const both = (column: string, table: string) =>
      `SELECT count(*), count(DISTINCT ${column}), count(DISTINCT tenant) FROM (${table})`;
    expect(
      await athena(both('decision_id', 'SELECT decision_id, tenant_id AS tenant FROM decisions.decisions')),
    ).toEqual([['4000', '2000', '2']]);
    expect(
      await athena(both('reading_id', 'SELECT reading_id, operator_id AS tenant FROM telemetry.readings')),
    ).toEqual([['40000', '20000', '2']]);
    expect(
      await redshift(
        `${both('employee_id', 'SELECT employee_id, company_id AS tenant FROM hr.employees')} x`,
      ),
    ).toEqual([['800', '400', '2']]);
    expect(
      await redshift(`${both('line_id', 'SELECT line_id, company_id AS tenant FROM erp.sales_lines')} x`),
    ).toEqual([['16000', '8000', '2']]);
    const aws = new Aws(local.endpoints);
    const { Count } = await aws.dynamodb.send(
      new ScanCommand({ TableName: 'sluice-decisions', Select: 'COUNT' }),
    );
    aws.close();
    expect(Count).toBeGreaterThan(500); // a scan stops after 1 MB
  });

  it('differ from each other under the same ids', async () => {
    const [[different] = []] = await redshift(
      `SELECT count(*) FROM hr.employees a JOIN hr.employees b ON a.employee_id = b.employee_id
       WHERE a.company_id = 'aurora' AND b.company_id = 'borealis' AND a.full_name <> b.full_name`,
    );
    expect(Number(different)).toBeGreaterThan(300);
  });

  it('have people who are plainly made up', async () => {
    const people = await redshift('SELECT full_name, email, phone FROM hr.employees LIMIT 900');
    expect(people).toHaveLength(800);
    for (const [name, email, phone] of people) {
      expect(name).toMatch(
        / (Example|Sample|Placeholder|Specimen|Fictive|Madeup|Imaginary|Invented|Pretend|Mockup)$/,
      );
      expect(email).toMatch(/@example\.com$/);
      expect(phone).toMatch(/-555-01\d\d$/);
    }
  });

  it('have exact amounts and times inside the promised ranges', async () => {
    expect(
      await redshift('SELECT count(*) FROM erp.sales_lines WHERE net_amount <> quantity * unit_price'),
    ).toEqual([['0']]);
    const [range] = await athena(
      'SELECT min(dt), max(dt), count(DISTINCT device_id) FROM telemetry.readings',
    );
    expect(range).toEqual(['2026-09-01', '2026-09-30', '40']);
  });

  it('are made once', async () => {
    expect(await seed()).toEqual([]);
  });
});
