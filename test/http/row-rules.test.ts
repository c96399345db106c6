import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import { startGateway, type Answer, type Caller, type Gateway } from '../support/gateway';
import { listOf, listQuery } from '../support/listings';
import { writePolicy } from '../support/policy-files';

/** Row rules over claims and time: rows, counts, groups, lookups and cursors all keep to them. */

const datasetOf = (name: string): DatasetDeclaration => declarations.datasets.get(name) as DatasetDeclaration;
const decision = datasetOf('Decision');
const employee = datasetOf('Employee');

const CLEAR = 'classes: { public: clear, internal: clear }';
const role = (name: string, domain: string, rule: string): string =>
  `  ${name}:\n    description: A role.\n    domains:\n      ${domain}:\n        ${CLEAR}\n        rows: [${rule}]\n`;
const POLICY = `
hierarchies:
  company:
    Company: [Sales, Works]
    Works: [Operations, Research & Development]
roles:
  all_staff: { description: All., domains: { hr: { ${CLEAR} } } }
  all_decisions: { description: All., domains: { decisions: { ${CLEAR} } } }
${role('equal', 'hr', '{ dataset: Employee, field: department, equals: departments }')}
${role('within', 'hr', '{ dataset: Employee, field: department, within: departments, hierarchy: company }')}
${role('hired', 'hr', '{ dataset: Employee, field: hiredOn, last: P3Y }')}
${role('recent', 'decisions', '{ dataset: Decision, field: decidedAt, last: P30D }')}
`;

let now = Date.parse('2026-05-15T13:20:00.000Z');
let gateway: Gateway;
beforeAll(async () => {
  const file = writePolicy(POLICY);
  gateway = await startGateway({ SLUICE_POLICY_FILE: file }, undefined, { now: () => now });
});
afterAll(() => gateway.close());
beforeEach(() => {
  now = Date.parse('2026-05-15T13:20:00.000Z');
});

type Row = Record<string, string> & { id: string };

/** All rows, page by page; their count must agree. */
async function rowsOf(caller: Caller, dataset: DatasetDeclaration, field: string): Promise<Row[]> {
  const rows: Row[] = [];
  let after = '';
  for (;;) {
    const selection = `totalCount pageInfo { hasNextPage endCursor } nodes { id ${field} }`;
    const answer = await gateway.ask(caller, listQuery(dataset, selection, `first: 1000 ${after}`));
    expect(answer.errors).toBeUndefined();
    const { nodes, totalCount, pageInfo } = listOf(dataset, answer.data);
    rows.push(...(nodes as Row[]));
    after = `after: "${pageInfo.endCursor}"`;
    if (pageInfo.hasNextPage) continue;
    expect(totalCount).toBe(rows.length);
    return rows;
  }
}

const departments = async (name: string, claim: string[]): Promise<string[]> => {
  const rows = await rowsOf({ role: name, claims: { departments: claim } }, employee, 'department');
  return [...new Set(rows.map((row) => row.department as string))].sort();
};

test('within a hierarchy: own node and all below, and nothing above or beside', async () => {
  expect(await departments('within', ['Works'])).toEqual(['Operations', 'Research & Development']);
  expect(await departments('within', ['Company'])).toEqual(['Operations', 'Research & Development', 'Sales']);
  expect(await departments('within', ['Operations', 'Sales'])).toEqual(['Operations', 'Sales']);
  // In no hierarchy: itself alone.
  expect(await departments('within', ['Finance'])).toEqual(['Finance']);
  expect(await departments('within', ['Nowhere', '__proto__', 'constructor'])).toEqual([]);
});

test('groups keep to a hierarchy too', async () => {
  const { data } = await gateway.ask(
    { role: 'within', claims: { departments: ['Works'] } },
    '{ hr { headcount(groupBy: [DEPARTMENT]) { rows { department } } } }',
  );
  const { rows } = (data as { hr: { headcount: { rows: { department: string }[] } } }).hr.headcount;
  expect(rows.map((row) => row.department).sort()).toEqual(['Operations', 'Research & Development']);
});

test('a claim of one value', async () => {
  expect(await departments('equal', ['Sales'])).toEqual(['Sales']);
});

test.each<[string, Record<string, unknown>]>([
  ['none', {}],
  ['an empty list', { departments: [] }],
  ['an empty text', { departments: [''] }],
  ['a number', { departments: 7 }],
  ['an object', { departments: { in: 'Sales' } }],
  ['a list with a number', { departments: ['Sales', 7] }],
  ['a NUL', { departments: ['Sales\0'] }],
  ['half a character', { departments: ['Sales\ud800'] }],
])('a claim that is %s forbids', async (_name, claims) => {
  for (const name of ['equal', 'within']) {
    const answer = await gateway.ask(
      { role: name, claims: claims as Record<string, string[]> },
      listQuery(employee, 'totalCount nodes { id }'),
    );
    expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual(
      answer.errors?.map(() => 'FORBIDDEN'),
    );
    expect(answer.errors?.length).toBeGreaterThan(0);
  }
});

test('a claim of two values forbids where one is needed', async () => {
  const answer = await gateway.ask(
    { role: 'equal', claims: { departments: ['Sales', 'Finance'] } },
    listQuery(employee, 'nodes { id }'),
  );
  expect(answer.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
});

describe('a window of 30 days', () => {
  const inWindow = (moment: string): boolean =>
    moment >= '2026-04-15T00:00:00.000Z' && moment < '2026-05-16T00:00:00.000Z';
  let all: Row[];
  beforeAll(async () => {
    all = await rowsOf({ role: 'all_decisions' }, decision, 'decidedAt');
  });

  test('holds for rows and their count', async () => {
    const expected = all.filter((row) => inWindow(row.decidedAt as string)).map(({ id }) => id);
    expect(expected.length).toBeGreaterThan(1);
    expect(expected.length).toBeLessThan(all.length);
    const seen = await rowsOf({ role: 'recent' }, decision, 'decidedAt');
    expect(seen.map(({ id }) => id).sort()).toEqual(expected.sort());
  });

  test('holds for groups', async () => {
    const { data } = await gateway.ask(
      { role: 'recent' },
      '{ decisionMetrics(range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }) { rows { decisions } } }',
    );
    expect((data as { decisionMetrics: { rows: unknown } }).decisionMetrics.rows).toEqual([
      { decisions: all.filter((row) => inWindow(row.decidedAt as string)).length },
    ]);
  });

  test('holds for the decision store: what lies outside is not found', async () => {
    const lookup = ({ id }: Row): Promise<Answer> =>
      gateway.ask({ role: 'recent' }, `{ decision(id: ${JSON.stringify(id)}) { outcome } }`);
    const inside = all.filter((row) => inWindow(row.decidedAt as string));
    const sorted = [...all].sort((a, b) => ((a.decidedAt ?? '') < (b.decidedAt ?? '') ? -1 : 1));
    const justBefore = sorted.filter((row) => (row.decidedAt as string) < '2026-04-15').at(-1) as Row;
    const justAfter = sorted.find((row) => (row.decidedAt as string) >= '2026-05-16') as Row;
    for (const row of [inside[0] as Row, inside.at(-1) as Row])
      expect((await lookup(row)).errors).toBeUndefined();
    for (const row of [justBefore, justAfter])
      expect((await lookup(row)).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });

  test('moves with the day, and a cursor is good until then', async () => {
    const page = (after?: string): Promise<Answer> =>
      gateway.ask(
        { role: 'recent' },
        listQuery(
          decision,
          'nodes { id } pageInfo { endCursor }',
          `first: 1${after === undefined ? '' : `, after: "${after}"`}`,
        ),
      );
    const cursor = listOf(decision, (await page()).data).pageInfo.endCursor as string;
    now = Date.parse('2026-05-15T23:59:59.999Z');
    expect((await page(cursor)).errors).toBeUndefined();
    now += 1;
    expect((await page(cursor)).errors?.[0]?.extensions.code).toBe('BAD_CURSOR');
    const seen = await rowsOf({ role: 'recent' }, decision, 'decidedAt');
    const expected = all.filter(
      ({ decidedAt = '' }) =>
        decidedAt >= '2026-04-16T00:00:00.000Z' && decidedAt < '2026-05-17T00:00:00.000Z',
    );
    expect(seen).toHaveLength(expected.length);
  });
});

test('a window over days', async () => {
  now = Date.parse('2026-09-30T08:00:00.000Z');
  const all = await rowsOf({ role: 'all_staff' }, employee, 'hiredOn');
  const seen = await rowsOf({ role: 'hired' }, employee, 'hiredOn');
  const expected = all.filter(({ hiredOn = '' }) => hiredOn >= '2023-09-30' && hiredOn <= '2026-09-30');
  expect(expected.length).toBeGreaterThan(0);
  expect(expected.length).toBeLessThan(all.length);
  expect(seen.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).sort());
});
