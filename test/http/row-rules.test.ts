import { writeFileSync } from 'node:fs';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import { startGateway, type Caller, type Gateway } from '../support/gateway';
import { listOf, listQuery } from '../support/listings';

/** Row rules hold on every way to a row: pages, counts, analytics and reads by id, in every store. */

const decision = declarations.datasets.get('Decision') as DatasetDeclaration;
const sales = declarations.datasets.get('SalesLine') as DatasetDeclaration;
const RANGE = '{ from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }';

let folder: string;
let gateway: Gateway;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-rows-'));
  const file = join(folder, 'policy.yaml');
  // The sample's steward, kept to the outcomes and countries of the token's claims.
  const ruled = `
  ruled:
    description: Sees everything of the rows that the token's claims name.
    domains:
      decisions:
        classes: { public: clear, internal: clear, identifier: clear, financial: clear, risk: clear }
        rows: [{ dataset: Decision, field: outcome, in: outcomes }]
      erp:
        classes: { public: clear, internal: clear, identifier: clear, financial: clear }
        rows: [{ dataset: SalesLine, field: country, equals: country }]
`;
  writeFileSync(file, `${(await readFile('policy/policy.yaml', 'utf8')).trimEnd()}\n${ruled}`);
  gateway = await startGateway({ SLUICE_POLICY_FILE: file });
});
afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true, force: true });
});

const ruled = (claims: Caller['claims']): Caller => ({ role: 'ruled', claims: claims ?? {} });

async function counted(caller: Caller, field: string): Promise<Map<string, number>> {
  const query =
    field === 'outcome'
      ? `{ decisionMetrics(range: ${RANGE}, groupBy: [OUTCOME]) { rows { outcome decisions } } }`
      : '{ erp { salesMetrics(groupBy: [COUNTRY]) { rows { country lines } } } }';
  const answer = await gateway.ask(caller, query);
  expect(answer.errors).toBeUndefined();
  const rows = (answer.data.decisionMetrics ?? answer.data.erp.salesMetrics).rows as Record<
    string,
    unknown
  >[];
  return new Map(rows.map((row) => [String(row[field]), Number(row.decisions ?? row.lines)]));
}

describe.each([
  ['the lake, a set of values', decision, 'outcome', 'outcomes'],
  ['the warehouse, one value', sales, 'country', 'country'],
] as const)('%s', (_title, dataset, field, claim) => {
  test('pages, counts and analytics show the rows of the claim alone', async () => {
    const all = await counted({ role: 'steward' }, field);
    expect(all.size).toBeGreaterThan(1);
    const [value = '', number] = [...all].find(([name]) => name !== 'null') ?? [];
    const caller = ruled({ [claim]: [value] });
    expect(await counted(caller, field)).toEqual(new Map([[value, number]]));
    const page = await gateway.ask(
      caller,
      listQuery(dataset, `totalCount nodes { ${field} }`, 'first: 1000'),
    );
    const { nodes, totalCount } = listOf(dataset, page.data);
    expect(totalCount).toBe(number);
    expect(new Set(nodes.map((row) => row[field]))).toEqual(new Set([value]));
  });

  test('what a filter asks for beyond the claim is not there', async () => {
    const [one = '', other = ''] = [...(await counted({ role: 'steward' }, field)).keys()].filter(
      (name) => name !== 'null',
    );
    const kind = field === 'outcome' ? other : JSON.stringify(other);
    const page = await gateway.ask(
      ruled({ [claim]: [one] }),
      listQuery(dataset, 'totalCount nodes { id }', `where: { or: [{ ${field}: { eq: ${kind} } }] }`),
    );
    expect(listOf(dataset, page.data)).toMatchObject({ totalCount: 0, nodes: [] });
  });

  test.each([[{}], [{ other: ['x'] }], [{ [claim]: [] }], [{ [claim]: [''] }]])(
    'a token with the claims %j is refused',
    async (claims) => {
      const answer = await gateway.ask(
        ruled(claims),
        listQuery(dataset, 'totalCount nodes { id }', 'first: 1'),
      );
      expect(answer.errors?.map((error) => error.extensions.code)).toContain('FORBIDDEN');
      expect(JSON.stringify(answer.data)).not.toContain('"id":');
    },
  );
});

test('a read by id finds only the rows of the claim, and says of others what it says of none', async () => {
  const list = await gateway.ask(
    { role: 'steward' },
    listQuery(decision, 'nodes { id outcome }', 'first: 200'),
  );
  const rows = listOf(decision, list.data).nodes as { id: string; outcome: string }[];
  const mine = rows[0];
  const foreign = rows.find(({ outcome }) => outcome !== mine?.outcome);
  const caller = ruled({ outcomes: [mine?.outcome ?? ''] });
  const read = (id: string | undefined) =>
    gateway.ask(caller, 'query One($id: ID!) { decision(id: $id) { id transactions { id } } }', { id });
  expect((await read(mine?.id)).data.decision.id).toBe(mine?.id);
  const kept = await read(foreign?.id);
  const none = await read('no such decision');
  expect(kept.data).toEqual({ decision: null });
  expect(kept.errors).toEqual(none.errors);
  expect(kept.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
});
