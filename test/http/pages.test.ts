import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import { startGateway, type Gateway } from '../support/gateway';
import { listOf, listQuery } from '../support/listings';

const datasets = [...declarations.datasets.values()];

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const PAGE = 'totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor }';

async function page(
  dataset: DatasetDeclaration,
  extra: string,
  after: string | null,
  role = 'steward',
  tenant = 'aurora',
) {
  const query = listQuery(dataset, PAGE, `${extra}, after: $after`, '$after: String');
  return gateway.ask({ role, tenant }, query, { after });
}

/** Orders that meet nulls, repeats and both directions. */
const ORDERS: Record<string, string> = {
  Decision: 'orderBy: [RISK_GRADE_DESC, DECIDED_AT_ASC]',
  Reading: 'orderBy: [VALUE_DESC, RECORDED_AT_ASC]',
  Employee: 'orderBy: [DEPARTMENT_ASC, LAST_RAISE_DESC]',
  SalesLine: 'orderBy: [CUSTOMER_ID_ASC, NET_AMOUNT_DESC]',
  AccessRecord: 'orderBy: [ROLE_DESC, ROWS_ASC]',
};

test.each(datasets.map((dataset) => [dataset.name, dataset] as const))(
  'pages of %s together hold every row once, in order',
  async (name, dataset) => {
    const whole = await page(dataset, `first: 1000, ${ORDERS[name]}`, null);
    expect(whole.errors).toBeUndefined();
    const all = listOf(dataset, whole.data);
    expect(all.totalCount).toBeGreaterThan(100);
    const ids: unknown[] = [];
    let after: string | null = null;
    for (let count = 0; count < 6; count += 1) {
      const part = await page(dataset, `first: 37, ${ORDERS[name]}`, after);
      const { nodes, pageInfo, totalCount } = listOf(dataset, part.data);
      expect(totalCount).toBe(all.totalCount);
      ids.push(...nodes.map((row) => row.id));
      after = pageInfo.endCursor;
      if (!pageInfo.hasNextPage) break;
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(all.nodes.slice(0, ids.length).map((row) => row.id));
  },
);

test('the last page says so, and a page after it is empty', async () => {
  const employees = declarations.datasets.get('Employee') as DatasetDeclaration;
  let after: string | null = null;
  let seen = 0;
  for (;;) {
    const { nodes, pageInfo, totalCount } = listOf(
      employees,
      (await page(employees, 'first: 150', after)).data,
    );
    seen += nodes.length;
    after = pageInfo.endCursor;
    if (pageInfo.hasNextPage) continue;
    expect(seen).toBe(totalCount);
    break;
  }
  expect(listOf(employees, (await page(employees, 'first: 150', after)).data).nodes).toEqual([]);
});

test('a cursor belongs to its role, tenant, order and filter', async () => {
  const sales = declarations.datasets.get('SalesLine') as DatasetDeclaration;
  const first = listOf(sales, (await page(sales, 'first: 5', null)).data).pageInfo.endCursor;
  expect(typeof first).toBe('string');
  const code = async (
    extra: string,
    after: string | null,
    role?: string,
    tenant?: string,
  ): Promise<unknown> => (await page(sales, extra, after, role, tenant)).errors?.[0]?.extensions.code;
  expect(await code('first: 9', first)).toBeUndefined();
  expect(await code('first: 5', first, 'sales_analyst')).toBe('BAD_CURSOR');
  expect(await code('first: 5', first, 'steward', 'borealis')).toBe('BAD_CURSOR');
  expect(await code('first: 5, orderBy: [SOLD_AT_ASC]', first)).toBe('BAD_CURSOR');
  expect(await code('first: 5, where: { quantity: { gt: 1 } }', first)).toBe('BAD_CURSOR');
  expect(await code('first: 5', `${first}x`)).toBe('BAD_CURSOR');
  expect(await code('first: 5', '')).toBe('BAD_CURSOR');
  expect(await code('first: 5', 'not a cursor')).toBe('BAD_CURSOR');
});

test('a cursor belongs to the rows that its row rules let through', async () => {
  const sales = declarations.datasets.get('SalesLine') as DatasetDeclaration;
  const rep = (markets: string[], after: string | null) =>
    gateway.ask(
      { role: 'sales_rep', claims: { markets } },
      listQuery(
        sales,
        'nodes { country } pageInfo { hasNextPage endCursor }',
        'first: 5, after: $after',
        '$after: String',
      ),
      { after },
    );
  const { data } = await gateway.ask(
    { role: 'steward' },
    listQuery(sales, 'nodes { country }', 'first: 1000'),
  );
  const [one, other] = [...new Set(listOf(sales, data).nodes.map(({ country }) => country as string))];
  const cursor = listOf(sales, (await rep([one as string], null)).data).pageInfo.endCursor;
  expect(typeof cursor).toBe('string');
  expect((await rep([one as string], cursor)).errors).toBeUndefined();
  for (const markets of [[other as string], [one as string, other as string]])
    expect((await rep(markets, cursor)).errors?.[0]?.extensions.code).toBe('BAD_CURSOR');
});

test.each([0, -1, 1001, 100000])('first: %d is refused', async (first) => {
  for (const dataset of datasets) {
    const { errors } = await gateway.ask(
      { role: 'steward' },
      listQuery(dataset, 'nodes { id }', `first: ${first}`),
    );
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  }
});
