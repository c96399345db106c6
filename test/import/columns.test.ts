import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalAws, type LocalAws } from '../../local/src/aws';
import { Aws } from '../../local/src/import/aws';
import { createTables } from '../../local/src/import/tables';
import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import { athenaRows, redshiftRows } from './questions';

const dataDir = mkdtempSync(join(tmpdir(), 'sluice-columns-test-'));
let local: LocalAws;
let aws: Aws;
beforeAll(async () => {
  local = await startLocalAws({ dataDir });
  aws = new Aws(local.endpoints);
});
afterAll(async () => {
  aws.close();
  await local.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The dataset as it was before its declaration got the fields. */
function without(name: string, ...fields: string[]): DatasetDeclaration {
  const dataset = of(name);
  const columns = new Map([...dataset.columns].filter(([field]) => !fields.includes(field)));
  expect(columns.size).toBe(dataset.columns.size - fields.length);
  return { ...dataset, columns };
}

function of(name: string): DatasetDeclaration {
  const dataset = declarations.datasets.get(name);
  if (dataset === undefined) throw new Error(`no dataset ${name}`);
  return dataset;
}

async function create(...datasets: DatasetDeclaration[]): Promise<string[]> {
  const said: string[] = [];
  await createTables(aws, datasets, (line) => said.push(line));
  return said;
}

describe('tables that are older than their declarations', () => {
  it('get the missing columns in both engines, and keep their rows', async () => {
    // Text, a decimal, a double and a date: types whose names differ between the engines.
    const before = [
      without('SalesLine', 'productName', 'unitPrice'),
      without('Employee', 'birthDate'),
      without('Reading', 'unit', 'latitude'),
    ];
    expect(await create(...before)).toEqual([]);
    await aws.runRedshift(
      `INSERT INTO erp.sales_lines (company_id, line_id, sold_at, invoice_number, quantity, net_amount, currency)
       VALUES ('aurora', 'line-1', '2026-01-01', 'i-1', 1, 2, 'EUR')`,
    );
    await aws.runAthena(
      `INSERT INTO telemetry.readings (operator_id, reading_id, recorded_at) VALUES ('aurora', 'reading-1', TIMESTAMP '2026-01-01 00:00:00')`,
    );
    const said = await create(of('SalesLine'), of('Employee'), of('Reading'));
    expect(said.join('\n')).toMatch(/The table erp\.sales_lines has got the column product_name; rows from/);
    expect(said).toHaveLength(5);
    expect(
      await redshiftRows(local.endpoints, 'SELECT line_id, product_name, unit_price FROM erp.sales_lines'),
    ).toEqual([['line-1', null, null]]);
    expect(
      await athenaRows(local.endpoints, 'SELECT reading_id, unit, latitude FROM telemetry.readings'),
    ).toEqual([['reading-1', null, null]]);
    expect(await create(of('SalesLine'), of('Employee'), of('Reading'))).toEqual([]);
  });

  it('say so when old rows would break a field that is never null', async () => {
    await create(without('Decision', 'decidedAt'));
    expect(await create(of('Decision'))).toEqual([
      expect.stringMatching(/decisions\.decisions has got the column decided_at.*declared never to be null/),
    ]);
  });
});
