import { AthenaClient, GetQueryExecutionCommand, type QueryExecution } from '@aws-sdk/client-athena';
import { startGateway, type Gateway } from '../support/gateway';
import { localAws } from '../support/local-aws';

/** The compiled executor against what the GraphQL specification says. */

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const ask = (query: string, variables?: Record<string, unknown>): ReturnType<Gateway['ask']> =>
  gateway.ask({ role: 'steward' }, query, variables);

test('a where given as a variable, nested, means what it means in the query text', async () => {
  const where = {
    or: [{ country: { eq: 'Germany' } }, { and: [{ country: { eq: 'France' } }, { quantity: { gt: 3 } }] }],
  };
  const byVariable = await ask(
    'query Q($where: SalesLineWhere) { erp { salesLines(where: $where) { totalCount } } }',
    { where },
  );
  const byText = await ask(
    '{ erp { salesLines(where: { or: [{ country: { eq: "Germany" } }, { and: [{ country: { eq: "France" } }, { quantity: { gt: 3 } }] }] }) { totalCount } } }',
  );
  expect(byVariable.errors).toBeUndefined();
  expect(byVariable.data.erp.salesLines.totalCount).toBeGreaterThan(0);
  expect(byVariable.data).toEqual(byText.data);
});

test('a variable left out takes the default of the variable, then of the argument', async () => {
  const query = 'query Q($first: Int) { erp { salesLines(first: $first) { nodes { id } } } }';
  expect((await ask(query)).data.erp.salesLines.nodes).toHaveLength(50);
  expect((await ask(query, { first: 7 })).data.erp.salesLines.nodes).toHaveLength(7);
  const preset = 'query Q($first: Int = 3) { erp { salesLines(first: $first) { nodes { id } } } }';
  expect((await ask(preset)).data.erp.salesLines.nodes).toHaveLength(3);
});

test('a variable of the wrong type is refused before anything runs', async () => {
  const query = 'query Q($first: Int!) { erp { salesLines(first: $first) { nodes { id } } } }';
  for (const variables of [{ first: 'ten' }, { first: null }, {}]) {
    const { errors, extensions } = await ask(query, variables);
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(extensions.cost).toBeUndefined();
  }
});

test('null for an argument that takes none is refused, whichever executor runs', async () => {
  const list = 'erp { salesLines(first: $first) { nodes { id } } }';
  for (const query of [
    `query Q($first: Int) { ${list} }`,
    `query Q($first: Int) { __schema { queryType { name } } ${list} }`,
  ]) {
    const { errors } = await ask(query, { first: null });
    expect(errors?.map((error) => error.extensions.code)).toEqual(['BAD_USER_INPUT']);
  }
});

test('aliases, fragments, directives and __typename', async () => {
  const { data, errors } = await ask(
    `query Q($no: Boolean = false) {
      __typename
      erp {
        one: salesLines(first: 2, orderBy: [ID_ASC]) { ...page }
        two: salesLines(first: 2, orderBy: [ID_ASC]) { nodes { key: id ... on SalesLine { key2: id } country @include(if: $no) } }
      }
    }
    fragment page on SalesLineConnection { nodes { ...line quantity @skip(if: true) } pageInfo { hasNextPage } }
    fragment line on SalesLine { __typename id productCode }`,
  );
  expect(errors).toBeUndefined();
  expect(data.__typename).toBe('Query');
  expect(data.erp.one.pageInfo.hasNextPage).toBe(true);
  expect(Object.keys(data.erp.one.nodes[0])).toEqual(['__typename', 'id', 'productCode']);
  expect(data.erp.two.nodes[0]).toEqual({ key: data.erp.one.nodes[0].id, key2: data.erp.one.nodes[0].id });
});

test('one failing field leaves its neighbours and says where it failed', async () => {
  const { data, errors, status } = await ask(
    '{ decision(id: "no such decision") { id } erp { salesLines(first: 1) { nodes { id } } } }',
  );
  expect(status).toBe(200);
  expect(data.decision).toBeNull();
  expect(data.erp.salesLines.nodes).toHaveLength(1);
  expect(errors).toEqual([
    expect.objectContaining({ path: ['decision'], extensions: { code: 'NOT_FOUND' } }),
  ]);
});

test('transactions of a page are read together, and equal those of a single decision', async () => {
  const page = await ask(
    '{ decisions(range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }, first: 50) { nodes { id transactions { id kind value } } } }',
  );
  expect(page.errors).toBeUndefined();
  const calls = page.extensions.cost?.engineCalls.map(({ engine }) => engine) ?? [];
  expect(calls.filter((engine) => engine === 'athena')).toHaveLength(1);
  expect(calls.filter((engine) => engine === 'dynamodb')).toHaveLength(1);
  const [first] = page.data.decisions.nodes;
  expect(first.transactions.length).toBeGreaterThan(0);
  const single = await ask(
    'query One($id: ID!) { decision(id: $id) { id transactions { id kind value } } }',
    { id: first.id },
  );
  expect(single.data.decision).toEqual(first);
});

/** What the local Athena itself says of a query. */
async function executionOf(statementId: string | undefined): Promise<QueryExecution | undefined> {
  const athena = new AthenaClient({ endpoint: localAws().endpoints.athena, region: 'eu-central-1' });
  const { QueryExecution } = await athena.send(
    new GetQueryExecutionCommand({ QueryExecutionId: statementId }),
  );
  athena.destroy();
  return QueryExecution;
}

test('only selected columns are selected, and the cost of each engine call is in the answer', async () => {
  const bytes = async (fields: string): Promise<number> => {
    const { extensions } = await ask(
      `{ readings(range: { from: "2026-09-01T00:00:00Z", to: "2026-10-01T00:00:00Z" }, first: 1000) { nodes { ${fields} } } }`,
    );
    const [call] = extensions.cost?.engineCalls ?? [];
    const exactly = (await executionOf(call?.statementId))?.Statistics?.DataScannedInBytes ?? 0;
    // In the answer rounded up to a megabyte: the table holds rows of other tenants too.
    expect(call?.scannedBytes).toBe(Math.ceil(exactly / 1024 ** 2) * 1024 ** 2);
    return exactly;
  };
  const narrow = await bytes('id');
  expect(narrow).toBeGreaterThan(0);
  expect(await bytes('id deviceId recordedAt metric value unit latitude longitude site')).toBeGreaterThan(
    narrow,
  );
});

test('the partitions of the range, and no others, are named in the statement the engine got', async () => {
  const { extensions } = await ask(
    '{ readings(range: { from: "2026-09-02T10:00:00Z", to: "2026-09-04T00:00:00Z" }, first: 1) { nodes { id } } }',
  );
  const execution = await executionOf(extensions.cost?.engineCalls[0]?.statementId);
  expect(execution?.Query).toContain(`"dt" between '2026-09-02' and '2026-09-03'`);
});

test("an operation of a kind that the schema lacks is the caller's mistake, not a fault", async () => {
  for (const query of ['mutation { erase }', 'subscription { sales }']) {
    const { errors } = await ask(query);
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(errors?.[0]?.message).toMatch(/^The acting role has no (mutation|subscription) to ask\.$/);
  }
});

test('a time or a day that is none is answered with how to write one', async () => {
  const day = await ask('{ decisions(range: { from: "2026-06-01", to: "2026-09-01" }) { totalCount } }');
  expect(day.errors?.[0]?.message).toContain('as text: "2014-01-31T08:30:00.000Z"');
  expect(day.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  const time = await ask(
    'query Q($day: Date) { hr { employees(where: { hiredOn: { gt: $day } }) { totalCount } } }',
    { day: '2026-06-01T00:00:00Z' },
  );
  expect(time.errors?.[0]?.message).toContain('A Date is a calendar day, as text: "2014-01-31".');
});
