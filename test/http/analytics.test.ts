import { Aws } from '../../local/src/import/aws';
import { startGateway, type Answer, type Caller, type Gateway } from '../support/gateway';
import { localAws } from '../support/local-aws';

/** Analytics against the same figures added up here from the rows. */

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const steward: Caller = { role: 'steward' };
const code = ({ errors }: Answer): string | undefined => errors?.[0]?.extensions.code;

interface Line {
  invoiceNumber: string;
  soldAt: string;
  country: string;
  currency: string;
  netAmount: string;
  quantity: number;
}

async function allLines(): Promise<Line[]> {
  const lines: Line[] = [];
  for (let after: string | null = null; ;) {
    const { data }: Answer = await gateway.ask(
      steward,
      `query Lines($after: String) { erp { salesLines(first: 1000, after: $after) {
        nodes { invoiceNumber soldAt country currency netAmount quantity } pageInfo { hasNextPage endCursor }
      } } }`,
      { after },
    );
    lines.push(...(data.erp.salesLines.nodes as Line[]));
    if (data.erp.salesLines.pageInfo.hasNextPage !== true) return lines;
    after = data.erp.salesLines.pageInfo.endCursor as string;
  }
}

/** Decimals with four digits as whole numbers, so that sums are exact. */
const units = (decimal: string): bigint => BigInt(decimal.replace('.', ''));

test('revenue, invoices and lines by month and country equal what the rows add up to', async () => {
  const lines = await allLines();
  const expected = new Map<
    string,
    { revenue: bigint; lines: number; pieces: number; invoices: Set<string> }
  >();
  for (const line of lines) {
    const key = `${line.soldAt.slice(0, 7)} ${line.country} ${line.currency}`;
    const group = expected.get(key) ?? { revenue: 0n, lines: 0, pieces: 0, invoices: new Set<string>() };
    group.revenue += units(line.netAmount);
    group.lines += 1;
    group.pieces += line.quantity;
    group.invoices.add(line.invoiceNumber);
    expected.set(key, group);
  }
  const { data, errors } = await gateway.ask(
    steward,
    `{ erp { salesMetrics(grain: MONTH, groupBy: [COUNTRY], first: 1000) {
      hasMore
      rows { period country currency revenue lines pieces invoices averageInvoice suppressed }
    } } }`,
  );
  expect(errors).toBeUndefined();
  const { rows, hasMore } = data.erp.salesMetrics;
  expect(hasMore).toBe(false);
  expect(rows).toHaveLength(expected.size);
  for (const row of rows) {
    const group = expected.get(`${row.period.slice(0, 7)} ${row.country} ${row.currency}`);
    expect({ ...row, revenue: units(row.revenue) }).toEqual({
      ...row,
      suppressed: false,
      revenue: group?.revenue,
      lines: group?.lines,
      pieces: group?.pieces,
      invoices: group?.invoices.size,
    });
    expect(row.averageInvoice).toBeCloseTo(Number(row.revenue) / row.invoices, 6);
  }
});

test('groups come in the order asked for, and hasMore says when there are more', async () => {
  const top = async (
    first: number,
  ): Promise<{ rows: { country: string; revenue: string }[]; hasMore: boolean }> => {
    const { data } = await gateway.ask(
      steward,
      `{ erp { salesMetrics(groupBy: [COUNTRY], where: { currency: { eq: "EUR" } }, orderBy: [REVENUE_DESC], first: ${first}) { hasMore rows { country currency revenue } } } }`,
    );
    return data.erp.salesMetrics;
  };
  const all = await top(100);
  const revenues = all.rows.map((row) => Number(row.revenue));
  expect(revenues).toEqual([...revenues].sort((a, b) => b - a));
  expect(all.rows.length).toBeGreaterThan(2);
  expect(await top(2)).toEqual({ rows: all.rows.slice(0, 2), hasMore: true });
});

test('money never mixes currencies', async () => {
  const { data } = await gateway.ask(steward, '{ erp { salesMetrics { rows { currency revenue lines } } } }');
  const currencies = data.erp.salesMetrics.rows.map((row: { currency: string }) => row.currency);
  expect(new Set(currencies).size).toBe(currencies.length);
  const lines = await gateway.ask(steward, '{ erp { salesMetrics { rows { lines } } } }');
  expect(lines.data.erp.salesMetrics.rows).toHaveLength(1);
});

test('a time series has its periods in order and each period once', async () => {
  const { data, errors } = await gateway.ask(
    steward,
    `{ readingSeries(
      range: { from: "2026-09-01T00:00:00Z", to: "2026-09-04T00:00:00Z" }, grain: HOUR,
      where: { metric: { eq: "temperature" } }, groupBy: [UNIT], first: 1000
    ) { rows { period unit mean minimum maximum readings } } }`,
  );
  expect(errors).toBeUndefined();
  const { rows } = data.readingSeries;
  const periods = rows.map((row: { period: string }) => row.period);
  expect(periods.length).toBeGreaterThan(10);
  expect(periods).toEqual([...new Set(periods)].sort());
  for (const row of rows) {
    expect(row.minimum).toBeLessThanOrEqual(row.mean);
    expect(row.maximum).toBeGreaterThanOrEqual(row.mean);
    expect(row.period).toMatch(/:00:00\.000Z$/);
  }
});

test('what cannot be answered says what to do', async () => {
  const metrics = (inner: string): Promise<Answer> =>
    gateway.ask(steward, `{ erp { salesMetrics${inner} } }`);
  const ungrouped = await metrics(' { rows { country lines } }');
  expect([code(ungrouped), ungrouped.errors?.[0]?.message]).toEqual([
    'BAD_USER_INPUT',
    expect.stringContaining('Add it to groupBy'),
  ]);
  const grainless = await metrics(' { rows { period lines } }');
  expect(grainless.errors?.[0]?.message).toContain('Give a grain');
  const backwards = await metrics(
    '(range: { from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z" }) { rows { lines } }',
  );
  expect(code(backwards)).toBe('BAD_USER_INPUT');
  const unselected = await metrics(
    '(groupBy: [COUNTRY], orderBy: [REVENUE_DESC]) { rows { country lines } }',
  );
  expect(code(unselected)).toBe('BAD_USER_INPUT');
  const rangeless = await gateway.ask(steward, '{ readings { nodes { id } } }');
  expect([code(rangeless), rangeless.errors?.[0]?.message]).toEqual([
    'BAD_USER_INPUT',
    expect.stringContaining('range'),
  ]);
});

test('counts and sums may outgrow 32 bits', async () => {
  const aws = new Aws(localAws().endpoints);
  const largest = 2_147_483_647;
  try {
    await aws.runRedshift(
      `INSERT INTO "erp"."sales_lines" ("company_id", "line_id", "sold_at", "product_code", "quantity", "net_amount", "currency")
       VALUES ${[1, 2, 3].map((at) => `('colossus', 'c${at}', '2026-01-0${at} 00:00:00', 'P', ${largest}, 1, 'EUR')`).join()}`,
    );
  } finally {
    aws.close();
  }
  const { data, errors } = await gateway.ask(
    { ...steward, tenant: 'colossus' },
    '{ erp { salesMetrics(groupBy: [PRODUCT_CODE]) { rows { lines pieces } } } }',
  );
  expect(errors).toBeUndefined();
  expect(data.erp.salesMetrics.rows).toEqual([{ lines: 3, pieces: 3 * largest }]);
});
