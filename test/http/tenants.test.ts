import { declarations } from '../../src/schema/catalog';
import { startGateway, type Gateway } from '../support/gateway';
import { listOf, listQuery } from '../support/listings';

const datasets = [...declarations.datasets.values()];

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

/** The sample gives both tenants rows with equal ids, so that a lost tenant predicate shows as the other's content. */
test.each(datasets.map((dataset) => [dataset.name, dataset] as const))(
  '%s rows of two tenants never mix',
  async (_name, dataset) => {
    const query = listQuery(
      dataset,
      `totalCount nodes { ${[...dataset.columns.keys()].join(' ')} }`,
      'first: 500',
    );
    const [here, there] = await Promise.all(
      ['aurora', 'borealis'].map(async (tenant) =>
        listOf(dataset, (await gateway.ask({ role: 'steward', tenant }, query)).data),
      ),
    );
    const text = (list: typeof here): string[] => (list?.nodes ?? []).map((row) => JSON.stringify(row));
    expect(here?.nodes.length).toBeGreaterThan(0);
    expect(there?.nodes.length).toBeGreaterThan(0);
    const mine = new Set(text(here));
    expect(text(there).filter((row) => mine.has(row))).toEqual([]);
    const stranger = await gateway.ask({ role: 'steward', tenant: 'nobody' }, query);
    expect(listOf(dataset, stranger.data)).toMatchObject({ totalCount: 0, nodes: [] });
  },
);

test('figures are of the rows of one tenant, and of none for a stranger', async () => {
  const range = 'range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }';
  const query = `{
    decisions(${range}, first: 1) { totalCount } decisionMetrics(${range}) { rows { rows: decisions } }
    readings(${range}, first: 1) { totalCount } readingSeries(${range}) { rows { rows: readings } }
    hr { employees(first: 1) { totalCount } headcount { rows { rows: people } } }
    erp { salesLines(first: 1) { totalCount } salesMetrics { rows { rows: lines } } } }`;
  const counted = async (tenant: string): Promise<{ listed: number[]; summed: number[] }> => {
    const { data, errors } = await gateway.ask({ role: 'steward', tenant }, query);
    expect(errors).toBeUndefined();
    const lists = [data.decisions, data.readings, data.hr.employees, data.erp.salesLines];
    const tables = [data.decisionMetrics, data.readingSeries, data.hr.headcount, data.erp.salesMetrics];
    return {
      listed: lists.map(({ totalCount }) => totalCount),
      summed: tables.map(({ rows }) =>
        rows.reduce((sum: number, one: { rows: number }) => sum + one.rows, 0),
      ),
    };
  };
  for (const tenant of ['aurora', 'borealis']) {
    const { listed, summed } = await counted(tenant);
    expect(Math.min(...listed)).toBeGreaterThan(0);
    expect(summed).toEqual(listed);
  }
  expect(await counted('nobody')).toEqual({ listed: [0, 0, 0, 0], summed: [0, 0, 0, 0] });
});

test('figures through noise are of the people of one tenant, and of nobody for a stranger', async () => {
  const query =
    '{ hr { headcount(first: 1000, groupBy: [DEPARTMENT, JOB_ROLE]) { rows { department jobRole people } } } }';
  const groups = async (tenant: string): Promise<unknown[]> => {
    const { data, errors } = await gateway.ask({ role: 'hr_analyst', tenant }, query);
    expect(errors).toBeUndefined();
    return data.hr.headcount.rows;
  };
  const [here, there] = [await groups('aurora'), await groups('borealis')];
  expect(here.length).toBeGreaterThan(0);
  expect(there.length).toBeGreaterThan(0);
  expect(here).not.toEqual(there);
  expect(await groups('nobody')).toEqual([]);
});

test("another tenant's decision is not found, never forbidden", async () => {
  const decisions = declarations.datasets.get('Decision');
  if (decisions === undefined) throw new Error('no decisions');
  const { data } = await gateway.ask(
    { role: 'steward' },
    listQuery(decisions, 'nodes { id applicantName }', 'first: 1'),
  );
  const [row] = listOf(decisions, data).nodes;
  const query = 'query One($id: ID!) { decision(id: $id) { id applicantName } }';
  const own = await gateway.ask({ role: 'steward' }, query, { id: row?.id });
  expect(own.data).toEqual({ decision: row });
  const other = await gateway.ask({ role: 'steward', tenant: 'nobody' }, query, { id: row?.id });
  expect(other.data).toEqual({ decision: null });
  expect(other.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  const missing = await gateway.ask({ role: 'steward', tenant: 'nobody' }, query, { id: 'no such id' });
  expect(missing.errors?.[0]?.message).toBe(other.errors?.[0]?.message);
});

test('row rules keep a role to its own rows', async () => {
  const sales = declarations.datasets.get('SalesLine');
  if (sales === undefined) throw new Error('no sales');
  const query = listQuery(sales, 'totalCount nodes { country }', 'first: 1000');
  const seen = async (markets: string[]): Promise<Set<unknown>> => {
    const answer = await gateway.ask({ role: 'sales_rep', claims: { markets } }, query);
    expect(answer.errors).toBeUndefined();
    return new Set(listOf(sales, answer.data).nodes.map((row) => row.country));
  };
  const everywhere = await gateway.ask({ role: 'steward' }, query);
  const countries = [...new Set(listOf(sales, everywhere.data).nodes.map((row) => row.country as string))];
  expect(countries.length).toBeGreaterThan(1);
  expect(await seen([countries[0] as string])).toEqual(new Set([countries[0]]));
  expect(await seen(['Nowhere'])).toEqual(new Set());
  const without = await gateway.ask({ role: 'sales_rep', claims: {} }, query);
  expect(without.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
});
