import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { parse, stringify } from 'yaml';
import { introspect, RandomClient } from '../privacy/generator/client';
import { startGateway, type Answer, type Gateway } from '../support/gateway';

/** What a query may cost is worked out before it runs, from the operation, its variables and the engines it reads. */

interface Cost {
  estimated: { total: number; values: number; limit: number };
  values: number;
}
const costOf = ({ extensions }: Answer): Cost | undefined => extensions.cost as Cost | undefined;
const code = ({ errors }: Answer): string | undefined => errors?.[0]?.extensions.code;

const folder = mkdtempSync(join(tmpdir(), 'limits-'));
let gateway: Gateway;
let bounded: Gateway;
beforeAll(async () => {
  const policy = parse(readFileSync('policy/policy.yaml', 'utf8')) as {
    roles: Record<string, { limits?: Record<string, number> }>;
  };
  policy.roles.support!.limits = { maxRows: 60, maxDepth: 4, maxAliases: 2, maxTokens: 1_000, maxFields: 10 };
  policy.roles.steward!.limits = { maxCost: 2_000 };
  const file = join(folder, 'policy.yaml');
  writeFileSync(file, stringify(policy));
  gateway = await startGateway();
  bounded = await startGateway({ SLUICE_POLICY_FILE: file });
});
afterAll(async () => {
  await gateway.close();
  await bounded.close();
  rmSync(folder, { recursive: true });
});

const RANGE = 'range: { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" }';
const STEWARD = { role: 'steward' };

describe('the estimate', () => {
  const counted: [string, string, Record<string, unknown>, { values: number; total: number }][] = [
    ['no read', '{ viewer { role } }', {}, { values: 0, total: 0 }],
    [
      'a page',
      '{ erp { salesLines(first: 20) { nodes { id quantity again: quantity __typename } } } }',
      {},
      { values: 40, total: 240 },
    ],
    [
      'fields of nodes and edges once',
      '{ erp { salesLines(first: 20) { nodes { id } edges { node { id country } } } } }',
      {},
      { values: 40, total: 240 },
    ],
    [
      'a page by a variable',
      'query($n: Int!) { erp { salesLines(first: $n) { nodes { id } } } }',
      { n: 7 },
      { values: 7, total: 207 },
    ],
    [
      'a page by a variable that is left out',
      'query($n: Int = 9) { erp { salesLines(first: $n) { nodes { id } } } }',
      {},
      { values: 9, total: 209 },
    ],
    ['a page unless said', '{ erp { salesLines { nodes { id } } } }', {}, { values: 50, total: 250 }],
    ['a count', '{ erp { salesLines(first: 20) { totalCount } } }', {}, { values: 0, total: 200 }],
    [
      'what is skipped',
      'query($no: Boolean!) { erp { salesLines(first: 20) { nodes { id quantity @include(if: $no) } } } }',
      { no: false },
      { values: 20, total: 220 },
    ],
    [
      'aliases, each a read',
      '{ erp { a: salesLines(first: 2) { nodes { id } } b: salesLines(first: 3) { nodes { id } } } }',
      {},
      { values: 5, total: 405 },
    ],
    [
      'fragments',
      '{ erp { ...f } } fragment f on Erp { salesLines(first: 2) { nodes { ...g } } } fragment g on SalesLine { id country }',
      {},
      { values: 4, total: 204 },
    ],
    [
      'lists in rows',
      `{ decisions(${RANGE}, first: 10) { nodes { id transactions { kind name } } } }`,
      {},
      { values: 30, total: 1_085 },
    ],
    ['a lookup', '{ decision(id: "x") { id outcome transactions { kind } } }', {}, { values: 3, total: 8 }],
    [
      'groups, their money by currency',
      '{ erp { salesMetrics(groupBy: [COUNTRY], orderBy: [LINES_DESC], first: 10) { rows { country revenue } } } }',
      {},
      { values: 50, total: 250 },
    ],
  ];
  test.each(counted)('%s', async (_name, query, variables, expected) => {
    const answer = await gateway.ask(STEWARD, query, variables);
    const cost = costOf(answer);
    if (expected.total === 0) expect(cost).toBeUndefined();
    else expect(cost?.estimated).toEqual({ ...expected, limit: 500_000 });
    if (answer.errors === undefined) expect(cost?.values ?? 0).toBeLessThanOrEqual(expected.values);
  });

  test('is never below what the gate counts, for queries made at random', async () => {
    let read = 0;
    for (const role of ['steward', 'auditor', 'chatbot', 'hr_analyst', 'sales_rep']) {
      const post = async (body: string): Promise<Answer> =>
        gateway.post(body, {
          'content-type': 'application/json',
          authorization: `Bearer ${await gateway.token({ role })}`,
        });
      const schema = await introspect(post);
      const client = new RandomClient(`cost ${role}`, schema, schema, []);
      for (let number = 0; number < 60; number += 1) {
        const query = client.query(number);
        const answer = await post(JSON.stringify({ query: query.text, variables: query.variables }));
        const codes = (answer.errors ?? []).map(({ extensions }) => extensions.code);
        client.learn([{ query, data: answer.data as unknown, codes }]);
        const cost = costOf(answer);
        if (cost === undefined) continue;
        if (cost.values > 0) read += 1;
        expect([query.text, query.variables, cost.values <= cost.estimated.values]).toEqual([
          query.text,
          query.variables,
          true,
        ]);
      }
    }
    expect(read).toBeGreaterThan(50);
  });
});

describe('limits of a role', () => {
  const refused: [string, string, string, RegExp][] = [
    [
      'cost',
      'steward',
      `{ decisions(${RANGE}, first: 500) { nodes { id outcome } } }`,
      /may cost 2500, 2500 of it for decisions; the role steward may spend 2000 a query\. Ask for fewer rows/,
    ],
    [
      'depth',
      'support',
      `{ decisions(${RANGE}, first: 5) { edges { node { transactions { kind } } } } }`,
      /has 5 levels of fields; the acting role may have 4/,
    ],
    [
      'depth through fragments',
      'support',
      `{ ...a } fragment a on Query { decisions(${RANGE}, first: 5) { edges { ...b } } } fragment b on DecisionEdge { node { transactions { kind } } }`,
      /has 5 levels/,
    ],
    ['aliases', 'support', '{ viewer { a: role b: role c: role } }', /has 3 aliases.*may have 2/],
    ['fields', 'support', `{ viewer { ${'role '.repeat(10)} } }`, /has 11 fields.*may have 10/],
    ['tokens', 'support', `{ viewer { ${'role '.repeat(1_000)} } }`, /more than 1000 tokens/],
  ];
  test.each(refused)('%s', async (_name, role, query, words) => {
    const calls = bounded.log().split('"audit":true').length;
    const answer = await bounded.ask({ role }, query);
    expect([answer.status, code(answer), answer.data]).toEqual([400, 'QUERY_TOO_COMPLEX', undefined]);
    expect(answer.errors?.[0]?.message).toMatch(words);
    // Nothing of it ran.
    expect(bounded.log().split('"audit":true').length).toBe(calls);
  });

  test('rows', async () => {
    const answer = await bounded.ask(
      { role: 'support' },
      `{ decisions(${RANGE}, first: 61) { nodes { id } } }`,
    );
    expect([code(answer), answer.errors?.[0]?.message]).toEqual([
      'BAD_USER_INPUT',
      '`first` must be a whole number from 1 to 60.',
    ]);
  });

  test('leave introspection alone, so that GraphiQL works', async () => {
    const { errors } = await bounded.ask({ role: 'support' }, getIntrospectionQuery());
    expect(errors).toBeUndefined();
  });

  test('hold for one role alone', async () => {
    const { errors } = await bounded.ask({ role: 'auditor' }, '{ viewer { a: role b: role c: role } }');
    expect(errors).toBeUndefined();
  });
});
