import type { MetricsPlan } from '../../src/datasources/plans';
import type { Cells } from '../../src/datasources/results';
import { code, decisions, gate, range, reset, sales, sink, stores } from './gate-fixture';

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

  it('blank the same one of two groups of a size, in whatever order the engine gave them', async () => {
    const blanked = async (groups: Cells[]): Promise<unknown[]> => {
      stores.groups = groups;
      const { rows } = await gate('hr_analyst').metrics(people({ measures: ['people'] }));
      return rows
        .filter(({ suppressed }) => suppressed)
        .map(({ department }) => department)
        .sort();
    };
    const groups: Cells[] = [
      ['Sales', 40, 40],
      ['Legal', 3, 3],
      ['Board', 6, 6],
      ['Audit', 6, 6],
    ];
    expect(await blanked(groups)).toEqual(['Audit', 'Legal']);
    expect(await blanked([...groups].reverse())).toEqual(['Audit', 'Legal']);
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

  it('name the person of a group of one to the audit, and to nobody else', async () => {
    stores.groups = [['Legal', 1]];
    stores.sole = 'E-1';
    const { rows } = await gate('steward').metrics(people({ measures: ['people'] }));
    expect(stores.last.soleSubject).toBe('employeeNumber');
    expect(rows).toEqual([{ department: 'Legal', people: 1, suppressed: false }]);
    expect(await gate('hr_partner').count({ kind: 'count', dataset: 'Employee' })).toBe(0);
    expect(sink.records.map(({ subject_count }) => subject_count)).toEqual([1, 1]);
    expect(sink.lines.join('')).not.toContain('E-1');
  });

  it('ask for no such person where there is none to name', async () => {
    stores.groups = [['Legal', 40, 40]];
    await gate('hr_analyst').metrics(people({ measures: ['people'] }));
    expect(stores.last.soleSubject).toBeUndefined();
    // Groups by the person say it themselves.
    stores.groups = [['A-1', 2]];
    await gate('sales_analyst').metrics(sales({ dimensions: ['customerId'], measures: ['lines'] }));
    expect(stores.last.soleSubject).toBeUndefined();
    await gate('steward').count({ kind: 'count', dataset: 'AccessRecord', range });
    expect(stores.last.soleSubject).toBeUndefined();
  });

  it('are all that a role with access to aggregates gets', async () => {
    const asked = gate('hr_analyst');
    expect(await code(asked.count({ kind: 'count', dataset: 'Employee' }))).toBe('FORBIDDEN');
    expect(await code(asked.rows(decisions({ dataset: 'Employee', fields: ['id'] })))).toBe('FORBIDDEN');
    expect(
      await code(asked.lookup({ kind: 'lookup', dataset: 'Employee', ids: ['1'], fields: ['id'] })),
    ).toBe('FORBIDDEN');
    expect(stores.reached).toHaveLength(0);
  });

  it('come from a noisy copy whose salts differ by tenant and by field, and stay', async () => {
    stores.groups = [['Sales', 'EUR', 40, '1.00', 40]];
    const plan = people({ dimensions: ['department', 'currency'], measures: ['people', 'payroll'] });
    const saltsOf = async (tenant: string) => {
      await gate('hr_analyst', {}, tenant).metrics(plan);
      return stores.last.noise;
    };
    const here = await saltsOf('acme');
    expect(here).toEqual({
      unit: 'employeeNumber',
      weight: expect.stringMatching(/^[0-9a-f]{32}$/),
      factors: { monthlySalary: expect.stringMatching(/^[0-9a-f]{32}$/) },
    });
    expect(here?.weight).not.toBe(here?.factors.monthlySalary);
    expect(await saltsOf('acme')).toEqual(here);
    expect((await saltsOf('other'))?.weight).not.toBe(here?.weight);
    stores.groups = [['Sales', 'EUR', 40, '1.00']];
    await gate('steward').metrics(plan);
    expect(stores.last.noise).toBeUndefined();
  });

  it('are grouped by the band of a field that the role sees in bands', async () => {
    stores.groups = [[30, 40, 40]];
    const plan = people({
      dimensions: ['age'],
      measures: ['people'],
      orderBy: [{ field: 'age', direction: 'asc' }],
    });
    expect((await gate('hr_analyst').metrics(plan)).rows).toEqual([
      { age: 30, people: 40, suppressed: false },
    ]);
    expect(stores.last.steps).toEqual({ age: 'band' });
    await gate('steward')
      .metrics(plan)
      .catch(() => undefined);
    expect(stores.last.steps).toEqual({});
  });
});
