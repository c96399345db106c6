import fc from 'fast-check';
import { floorDecimal, floorNumber } from '../../src/auth/steps';
import { declarations } from '../../src/schema/catalog';
import type { MetricsDeclaration } from '../../src/schema/declarations';
import { enumValueName } from '../../src/schema/names';
import { startGateway, type Gateway } from '../support/gateway';
import { listOf, listQuery, tableQuery } from '../support/listings';

/** A field that a role sees in bands or coarsely can be grouped by what it sees, and by nothing finer. */

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const CASES = [
  ['an integer of the warehouse in bands', 'hr_partner', 'Headcount', 'age', 'people'],
  ['a decimal of the lake in bands', 'support', 'DecisionMetrics', 'annualIncome', 'decisions'],
  ['a day of the lake by its month', 'risk_analyst', 'DecisionMetrics', 'birthDate', 'decisions'],
  ['a double of the lake, coarse', 'telemetry_analyst', 'ReadingSeries', 'latitude', 'readings'],
] as const;

test.each(CASES)('%s: groups are the masked values of the rows', async (_title, role, name, field, count) => {
  const metrics = declarations.metrics.get(name) as MetricsDeclaration;
  const { dataset } = metrics;
  const rows = new Map<unknown, number>();
  let after = '';
  for (;;) {
    const extra = `first: 1000${after === '' ? '' : `, after: "${after}"`}`;
    const page = await gateway.ask(
      { role },
      listQuery(dataset, `nodes { ${field} } pageInfo { hasNextPage endCursor }`, extra),
    );
    const { nodes, pageInfo } = listOf(dataset, page.data);
    for (const row of nodes) rows.set(row[field], (rows.get(row[field]) ?? 0) + 1);
    if (!pageInfo.hasNextPage) break;
    after = String(pageInfo.endCursor);
  }
  const value = enumValueName(field);
  const answer = await gateway.ask(
    { role },
    tableQuery(metrics, `${field} ${count}`, `first: 1000, groupBy: [${value}], orderBy: [${value}_ASC]`),
  );
  expect(answer.errors).toBeUndefined();
  const groups = JSON.stringify(answer.data).match(/"rows":(\[.*\])/)?.[1] ?? '[]';
  const found = (JSON.parse(groups) as Record<string, unknown>[]).map((row) => [row[field], row[count]]);
  expect(new Map(found as [unknown, number][])).toEqual(rows);
  expect(found.length).toBeGreaterThan(1);
  expect(answer.extensions.masking?.map(({ path }) => path.split('.').at(-1))).toContain(field);
  const filtered = await gateway.ask(
    { role },
    tableQuery(metrics, count, `where: { ${field}: { isNull: true } }`),
  );
  expect(filtered.errors?.[0]?.extensions.code).toBe('FORBIDDEN_COLUMN_USE');
});

test('flooring goes down below zero too, and is its own floor', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(1, 5, 10, 5000), (value, step) => {
      const floor = floorNumber(step)(value) as number;
      expect(floor).toBeLessThanOrEqual(value);
      expect(value - floor).toBeLessThan(step);
      expect(floorDecimal(step)(`${value}.00`)).toBe(`${floor}.00`);
      expect(floorNumber(step)(floor)).toBe(floor);
    }),
  );
});
