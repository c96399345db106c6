import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import type { FieldRow } from '../support/engines';
import type { Answer } from '../support/gateway';
import { listOf, listQuery } from '../support/listings';
import { startOwnGateway, type OwnGateway } from '../support/own-gateway';
import { writePolicy } from '../support/policy-files';

/** Every kind of row rule in every place that rows are read at. */

const DECISION = declarations.datasets.get('Decision') as DatasetDeclaration;
const TODAY = '2026-05-15';
const PURPOSES = ['house', 'car', 'truck', 'boat'];
const DAYS = ['2026-05-10', '2026-03-20'];
/** So many people that the noisy copy has some of each group. */
const PEOPLE = 16;

interface Stored extends FieldRow {
  id: string;
  purpose: string;
  decidedAt: string;
}
const ROWS = PURPOSES.flatMap((purpose) =>
  DAYS.flatMap((day) =>
    Array.from({ length: PEOPLE }, (_none, at): Stored => {
      const id = `${purpose} ${day} ${at}`;
      return { id, purpose, decidedAt: `${day}T08:00:00.000Z`, applicantId: `applicant of ${id}` };
    }),
  ),
);

interface Kind {
  rule: string;
  claims: Record<string, string | string[]>;
  lets: (row: Stored) => boolean;
}
const KINDS: Record<string, Kind> = {
  equals: {
    rule: 'field: purpose, equals: goal',
    claims: { goal: 'house' },
    lets: ({ purpose }) => purpose === 'house',
  },
  in: {
    rule: 'field: purpose, in: goals',
    claims: { goals: ['house', 'boat'] },
    lets: ({ purpose }) => purpose === 'house' || purpose === 'boat',
  },
  within: {
    rule: 'field: purpose, within: goals, hierarchy: goals',
    claims: { goals: ['wheels'] },
    lets: ({ purpose }) => purpose === 'car' || purpose === 'truck',
  },
  last: {
    rule: 'field: decidedAt, last: P30D',
    claims: {},
    lets: ({ decidedAt }) => decidedAt.startsWith('2026-05'),
  },
};

const CLEAR = 'classes: { public: clear, internal: clear }';
const roles = Object.entries(KINDS).flatMap(([kind, { rule }]) => {
  const rows = `rows: [{ dataset: Decision, ${rule} }]`;
  return [
    `  ${kind}: { description: Rows., domains: { decisions: { ${CLEAR}, ${rows} } } }`,
    `  ${kind}_figures: { description: Figures., domains: { decisions: { access: aggregates, groups: { minimum: 2, protection: noise }, ${CLEAR}, ${rows} } } }`,
  ];
});
const POLICY = `hierarchies: { goals: { wheels: [car, truck] } }\nroles:\n${roles.join('\n')}\n`;

let own: OwnGateway;
beforeAll(async () => {
  own = await startOwnGateway(
    { SLUICE_POLICY_FILE: writePolicy(POLICY), SLUICE_MASK_KEY: Buffer.alloc(64, 7).toString('base64') },
    { now: () => Date.parse(`${TODAY}T13:20:00.000Z`) },
  );
  await own.engines.fill(DECISION, { aurora: ROWS });
  await own.engines.fillPoints(DECISION, { aurora: ROWS });
});
afterAll(() => own.close());

describe.each(Object.entries(KINDS))('%s', (kind, { claims, lets }) => {
  const kept = ROWS.filter(lets);
  const ask = (role: string, query: string): Promise<Answer> => own.gateway.ask({ role, claims }, query);
  const groupsOf = async (role: string): Promise<{ group: string; decisions: number }[]> => {
    const range = 'range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }';
    const fields = 'rows { period purpose decisions }';
    const { data, errors } = await ask(
      role,
      `{ decisionMetrics(${range}, grain: MONTH, groupBy: [PURPOSE]) { ${fields} } }`,
    );
    expect(errors).toBeUndefined();
    const { rows } = (
      data as { decisionMetrics: { rows: { period: string; purpose: string; decisions: number }[] } }
    ).decisionMetrics;
    return rows.map(({ period, purpose, decisions }) => ({
      group: `${purpose} ${period.slice(0, 7)}`,
      decisions,
    }));
  };
  const groups = [...new Set(kept.map(({ purpose, decidedAt }) => `${purpose} ${decidedAt.slice(0, 7)}`))];

  test('rows and their count', async () => {
    const { data, errors } = await ask(kind, listQuery(DECISION, 'totalCount nodes { id }', 'first: 1000'));
    expect(errors).toBeUndefined();
    const { nodes, totalCount } = listOf(DECISION, data);
    expect(nodes.map(({ id }) => id).sort()).toEqual(kept.map(({ id }) => id).sort());
    expect(totalCount).toBe(kept.length);
  });

  test('groups', async () => {
    const found = await groupsOf(kind);
    expect(found.map(({ group }) => group).sort()).toEqual([...groups].sort());
    expect(found.every(({ decisions }) => decisions === PEOPLE)).toBe(true);
  });

  test('groups over the noisy copy', async () => {
    const found = await groupsOf(`${kind}_figures`);
    expect(found.map(({ group }) => group).sort()).toEqual([...groups].sort());
  });

  test('items read by their keys, alone and many at once', async () => {
    const fields = ROWS.map(({ id }, at) => `d${at}: decision(id: ${JSON.stringify(id)}) { id }`);
    const found: (Stored['id'] | undefined)[] = [];
    for (let from = 0; from < fields.length; from += 50) {
      const { data } = await ask(kind, `{ ${fields.slice(from, from + 50).join(' ')} }`);
      found.push(...Object.values(data as Record<string, Stored | null>).map((row) => row?.id));
    }
    expect(found).toEqual(ROWS.map((row) => (lets(row) ? row.id : undefined)));
    const hidden = ROWS.find((row) => !lets(row));
    const { errors } = await ask(kind, `{ decision(id: ${JSON.stringify(hidden?.id)}) { id } }`);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
  });
});
