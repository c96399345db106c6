import type { MetricsPlan } from '../../src/datasources/plans';
import { code, gate, reset, sales, stores } from './gate-fixture';

beforeEach(reset);

describe('metrics', () => {
  it('compute ratios from their parts', async () => {
    stores.groups = [
      ['EUR', '100.5000', 4],
      ['SEK', '1.0000', 0],
    ];
    const { rows } = await gate('steward').metrics(
      sales({ dimensions: ['currency'], measures: ['averageInvoice'] }),
    );
    expect(stores.last.plan).toMatchObject({ measures: ['revenue', 'invoices'] });
    expect(rows).toEqual([
      { currency: 'EUR', averageInvoice: 25.125, suppressed: false },
      { currency: 'SEK', averageInvoice: null, suppressed: false },
    ]);
  });

  it('order by a ratio, missing ones last', async () => {
    stores.groups = [
      ['A', '10.0000', 10],
      ['B', '10.0000', 0],
      ['C', '90.0000', 10],
    ];
    const plan = sales({
      dimensions: ['currency'],
      measures: ['averageInvoice'],
      orderBy: [{ field: 'averageInvoice', direction: 'desc' }],
    });
    const { rows } = await gate('steward').metrics(plan);
    expect(stores.last.plan.orderBy).toEqual([]);
    expect(rows.map((row) => row.currency)).toEqual(['C', 'A', 'B']);
  });

  it('never mix currencies', async () => {
    expect(await code(gate('steward').metrics(sales({ measures: ['revenue'] })))).toBe('BAD_USER_INPUT');
    expect(await code(gate('steward').metrics(sales({ measures: ['averageInvoice'] })))).toBe(
      'BAD_USER_INPUT',
    );
  });

  it('never tell the clear order of masked groups by which of them fit', async () => {
    const plan = (parts: Partial<MetricsPlan>): MetricsPlan =>
      sales({ dimensions: ['customerId'], measures: ['lines'], first: 1000, ...parts });
    // 1,001 customers, of whom the engine leaves out the one with the largest id.
    stores.groups = Array.from({ length: 1001 }, (_, index) => [
      `customer-${1000 + index}`,
      index < 990 ? 2 : 1,
    ]);
    expect(await code(gate('sales_analyst').metrics(plan({})))).toBe('QUERY_TOO_COMPLEX');
    const ordered = await gate('sales_analyst').metrics(
      plan({ orderBy: [{ field: 'lines', direction: 'desc' }] }),
    );
    expect(ordered.rows).toHaveLength(990);
    expect(ordered.hasMore).toBe(true);
    const clear = await gate('steward').metrics(plan({}));
    expect([clear.rows.length, clear.hasMore]).toEqual([1000, true]);
  });

  const people = (parts: Partial<MetricsPlan> = {}): MetricsPlan =>
    sales({
      metrics: 'Headcount',
      dimensions: ['department'],
      measures: ['people', 'attritionRate'],
      ...parts,
    });

  it('blank small groups, and the next smallest where a total would tell', async () => {
    stores.groups = [
      ['Sales', 40, 10, 40],
      ['Legal', 3, 1, 3],
      ['Research', 20, 2, 20],
      ['Board', 6, 0, 6],
    ];
    const { rows } = await gate('hr_analyst').metrics(people());
    expect(stores.last.privacyUnit).toBe('employeeNumber');
    expect(rows).toEqual([
      { department: 'Sales', people: 40, attritionRate: 0.25, suppressed: false },
      { department: 'Legal', people: null, attritionRate: null, suppressed: true },
      { department: 'Research', people: 20, attritionRate: 0.1, suppressed: false },
      { department: 'Board', people: null, attritionRate: null, suppressed: true },
    ]);
  });

  it('put blanked groups last when a measure orders', async () => {
    stores.groups = [
      ['Legal', 3, 3],
      ['Board', 4, 4],
      ['Sales', 40, 40],
    ];
    const plan = people({ measures: ['people'], orderBy: [{ field: 'people', direction: 'asc' }] });
    const { rows } = await gate('hr_analyst').metrics(plan);
    expect(rows.map((row) => row.department)).toEqual(['Sales', 'Board', 'Legal']);
  });

  it('count nobody for a role without a minimum', async () => {
    stores.groups = [['Legal', 3]];
    const { rows } = await gate('steward').metrics(people({ measures: ['people'] }));
    expect(stores.last.privacyUnit).toBeUndefined();
    expect(rows).toEqual([{ department: 'Legal', people: 3, suppressed: false }]);
  });

  it('do not tell a count under the minimum', async () => {
    stores.counted = 4;
    expect(await gate('hr_analyst').count({ kind: 'count', dataset: 'Employee' })).toBeNull();
    expect(await gate('steward').count({ kind: 'count', dataset: 'Employee' })).toBe(4);
    stores.counted = 5;
    expect(await gate('hr_analyst').count({ kind: 'count', dataset: 'Employee' })).toBe(5);
  });
});
