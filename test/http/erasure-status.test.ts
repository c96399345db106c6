import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditTokens } from '../../src/auth/audit-tokens';
import { CLEAR, deskOf, NOON, type Desk } from '../support/erasures';
import { startGateway, type Caller, type Gateway } from '../support/gateway';

/** What is seen of erasures over HTTP: lists, plans, keys, holds, clocks, the schedule; and what of it by whom. */

let gateway: Gateway;
let desk: Desk;
/** Goes on with each look, so that requests have an order. */
let clock = NOON;
/** Gateways that tests start for themselves. */
const others: Gateway[] = [];

beforeAll(async () => {
  gateway = await startGateway({ SLUICE_TOMBSTONE_SECONDS: '0' }, undefined, { now: () => (clock += 1) });
  desk = deskOf(gateway);
});

afterAll(async () => {
  for (const clear of CLEAR) expect(gateway.log() + JSON.stringify(gateway.audited())).not.toContain(clear);
  for (const one of [gateway, ...others]) await one.close();
  desk.ledger.close();
});

const ERASES: Caller['role'][] = ['compliance', 'compliance_approver', 'auditor'];

test('the plan: what happens to which rows, what outlives them and how long', async () => {
  const { id, hash } = await desk.planned();
  const { erasureRequest } = await desk.as(
    desk.auditor,
    `query($id: ID!) { erasureRequest(id: $id) { planHash leftOutKeyCount plan { hash keyCount
       parts { dataset store action rows before ground until fields hold { ground until } }
       residue { store kind description horizonDays } } } }`,
    { id },
  );
  const { plan, planHash, leftOutKeyCount } = erasureRequest;
  expect([plan.hash, planHash, leftOutKeyCount, plan.keyCount]).toEqual([hash, hash, 1, 2]);
  expect(plan.parts).toContainEqual(
    expect.objectContaining({ dataset: 'Decision', store: 'athena', action: 'PSEUDONYMISE', rows: 7 }),
  );
  expect(plan.parts).toContainEqual(
    expect.objectContaining({ dataset: 'SalesLine', action: 'MENTION', fields: ['salesRepresentative'] }),
  );
  expect(plan.parts).toContainEqual(
    expect.objectContaining({ dataset: 'Employee', action: 'DELETE', rows: 0, ground: null, hold: null }),
  );
  expect(plan.residue).toContainEqual(
    expect.objectContaining({ store: 'athena', kind: 'snapshots', horizonDays: 5 }),
  );
});

const KEYS = `query($id: ID!, $first: Int, $after: String) { erasureRequest(id: $id) {
  keys(first: $first, after: $after) { nodes { kind token person distance evidence { dataset from to rows } KEY }
    pageInfo { hasNextPage endCursor } }
  leftOutKeys { nodes { kind token why KEY } } } }`;

test('keys with their evidence: clear for who the policy says, and the look is in the audit', async () => {
  const { id } = await desk.planned();
  for (const caller of [desk.staff, desk.approver]) {
    const before = gateway.audited().length;
    const { erasureRequest } = await desk.as(caller, KEYS.replaceAll('KEY', 'key'), { id, first: 100 });
    const [asked, found] = erasureRequest.keys.nodes;
    expect(asked).toMatchObject({ kind: 'CUSTOMER', key: CLEAR[0], distance: 0, evidence: null });
    expect(found).toMatchObject({
      kind: 'EMAIL',
      key: CLEAR[1],
      distance: 1,
      evidence: { dataset: 'Decision', from: 'applicantId', to: 'applicantEmail', rows: 3 },
    });
    expect(erasureRequest.leftOutKeys.nodes).toMatchObject([{ key: CLEAR[2], why: 'TOO_COMMON' }]);
    const lines = gateway
      .audited()
      .slice(before)
      .sort((one, other) => Number(one.subject_count) - Number(other.subject_count));
    expect(lines.map((line) => [line.call_kind, line.subject_count, line.clear_classes])).toEqual([
      ['ERASURE_KEYS', 1, 'identifier contact'],
      ['ERASURE_KEYS', 2, 'identifier contact'],
    ]);
    expect(lines[1]?.subjects).toContain(AuditTokens.markOf(asked.token));
  }
});

test('tokens are no look at keys, and an auditor gets nothing else', async () => {
  const { id } = await desk.planned();
  const before = gateway.audited().length;
  const answer = await gateway.ask(desk.auditor, KEYS.replaceAll('KEY', ''), { id, first: 100 });
  expect(answer.errors).toBeUndefined();
  for (const clear of CLEAR) expect(answer.text).not.toContain(clear);
  expect(answer.data.erasureRequest.keys.nodes[0].token).toMatch(/^a_/);
  expect(gateway.audited()).toHaveLength(before);
});

test('keys that cannot be audited are not shown, and a change says that it was made', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-erasures-'));
  const blind = await startGateway({ SLUICE_AUDIT_DIR: folder }, undefined, { now: () => NOON });
  rmSync(folder, { recursive: true, force: true });
  others.push(blind);
  const { id } = await desk.planned();
  const keys = await blind.ask(desk.staff, KEYS.replaceAll('KEY', 'key'), { id, first: 100 });
  for (const clear of CLEAR) expect(keys.text).not.toContain(clear);
  expect(keys.errors?.[0]?.extensions.code).toBe('ENGINE_UNAVAILABLE');
  const tokens = await blind.ask(desk.staff, KEYS.replaceAll('KEY', ''), { id, first: 100 });
  expect(tokens.errors).toBeUndefined();
  const { errors } = await blind.ask(desk.staff, 'mutation($id: ID!) { cancelErasure(id: $id) { id } }', {
    id,
  });
  expect(errors?.[0]?.message).toMatch(/It was done, and stands in the audit chain/);
  expect((await desk.ledger.requests.get(desk.tenant, id)).state).toBe('CANCELLED');
});

test('keys by pages; a cursor is of one request and one role', async () => {
  const { id } = await desk.planned();
  const query = KEYS.replaceAll('KEY', '');
  const first = (await desk.as(desk.staff, query, { id, first: 1 })).erasureRequest.keys;
  expect(first.pageInfo.hasNextPage).toBe(true);
  const after = first.pageInfo.endCursor;
  const second = (await desk.as(desk.staff, query, { id, first: 1, after })).erasureRequest.keys;
  expect(second.nodes[0].kind).toBe('EMAIL');
  expect(second.pageInfo.hasNextPage).toBe(false);
  const other = await desk.planned();
  expect((await desk.refused(desk.staff, query, { id: other.id, first: 1, after }))[0]).toBe('BAD_CURSOR');
  expect((await desk.refused(desk.approver, query, { id, first: 1, after }))[0]).toBe('BAD_CURSOR');
  expect((await desk.refused(desk.staff, query, { id, first: 1_001 }))[0]).toBe('BAD_USER_INPUT');
});

test('forgotten keys are said to be', async () => {
  const { id } = await desk.planned();
  const request = await desk.ledger.requests.get(desk.tenant, id);
  await desk.ledger.requests.forgetKeys(desk.tenant, id);
  await desk.ledger.requests.update(request, { keysForgotten: true });
  const { erasureRequest } = await desk.as(
    desk.staff,
    'query($id: ID!) { erasureRequest(id: $id) { keysForgotten keyCount keys { nodes { key } } } }',
    { id },
  );
  expect(erasureRequest).toEqual({ keysForgotten: true, keyCount: 2, keys: null });
});

describe('the list', () => {
  const LIST = `query($where: ErasureRequestWhere, $first: Int, $after: String) {
    erasureRequests(where: $where, first: $first, after: $after) {
      nodes { id state regulation dueOn overdue } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`;
  let own: Desk;
  let made: string[];

  beforeAll(async () => {
    own = deskOf(gateway);
    made = [];
    for (const more of [
      { receivedOn: '2026-11-01' },
      { receivedOn: '2026-01-01', regulation: 'CCPA' },
      { receivedOn: '2026-11-10', regulation: 'LGPD' },
      { receivedOn: '2026-01-02' },
    ])
      made.push(await own.request(more));
    await own.as(own.staff, 'mutation($id: ID!) { cancelErasure(id: $id) { id } }', { id: made[3] });
  });

  afterAll(() => own.ledger.close());

  const ids = async (where: object): Promise<string[]> =>
    (await own.as(own.auditor, LIST, { where, first: 100 })).erasureRequests.nodes.map(
      ({ id }: { id: string }) => id,
    );

  test('newest first, page by page', async () => {
    const newest = [...made].reverse();
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = (await own.as(own.staff, LIST, { first: 3, after })).erasureRequests;
      expect(page.pageInfo.hasPreviousPage).toBe(after !== undefined);
      expect(page.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(
        page.nodes.map(({ id }: { id: string }) => id),
      );
      seen.push(...page.nodes.map(({ id }: { id: string }) => id));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
    } while (after !== undefined);
    expect(seen).toEqual(newest);
  });

  test('by state, law, due date and lateness', async () => {
    const [first, late, soon, cancelled] = made;
    expect(await ids({ states: ['CANCELLED'] })).toEqual([cancelled]);
    expect(await ids({ regulations: ['CCPA', 'LGPD'] })).toEqual([soon, late]);
    expect(await ids({ dueBy: '2026-11-25' })).toEqual([cancelled, soon, late]);
    expect(await ids({ overdue: true })).toEqual([late]);
    expect(await ids({ overdue: false })).toEqual([cancelled, soon, first]);
    expect(await ids({ states: [] })).toEqual([]);
  });

  test('a cursor is of one filter, role and tenant, and nobody makes one', async () => {
    const page = (await own.as(own.staff, LIST, { first: 1 })).erasureRequests;
    const after = page.pageInfo.endCursor;
    const code = async (caller: Caller, variables: object) =>
      (await own.refused(caller, LIST, { first: 1, after, ...variables }))[0];
    expect(await code(own.staff, { where: { overdue: true } })).toBe('BAD_CURSOR');
    expect(await code(own.auditor, {})).toBe('BAD_CURSOR');
    expect(await code({ ...own.staff, tenant: 'borealis' }, {})).toBe('BAD_CURSOR');
    expect(await code(own.staff, { after: Buffer.from(String(made[0])).toString('base64url') })).toBe(
      'BAD_CURSOR',
    );
  });

  test('too much at once is refused', async () => {
    expect((await own.refused(own.staff, LIST, { first: 101 }))[0]).toBe('BAD_USER_INPUT');
    const regulations = Array.from({ length: 51 }, () => 'GDPR');
    expect((await own.refused(own.staff, LIST, { where: { regulations } }))[0]).toBe('BAD_USER_INPUT');
    const heavy =
      '{ erasureRequests(first: 100) { nodes { keys(first: 1000) { nodes { kind token person distance } } } } }';
    expect((await own.refused(own.staff, heavy))[0]).toBe('QUERY_TOO_COMPLEX');
  });

  test('another tenant’s list has none of them', async () => {
    const page = await own.as({ ...own.staff, tenant: 'borealis' }, LIST, { first: 100 });
    const there = page.erasureRequests.nodes.map(({ id }: { id: string }) => id);
    for (const id of made) expect(there).not.toContain(id);
  });
});

test.each(ERASES)('%s: laws with their sources and clocks', async (role) => {
  const { regulations } = await desk.as(
    { role, tenant: desk.tenant },
    '{ regulations { id name source due dueIfReceivedToday extension extensionSource } }',
  );
  expect(regulations).toContainEqual({
    id: 'GDPR',
    name: expect.stringContaining('General Data Protection'),
    source: expect.stringContaining('Article 12(3)'),
    due: 'P1M',
    dueIfReceivedToday: '2026-12-24',
    extension: 'P2M',
    extensionSource: expect.stringContaining('Article 12(3)'),
  });
  expect(regulations).toContainEqual(expect.objectContaining({ id: 'LGPD', due: 'P15D', extension: null }));
});

const DAY = '2026-11-24';
const DELETED = {
  id: 'athena.Decision.erase',
  kind: 'erase' as const,
  rows: 12,
  endedAt: `${DAY}T01:00:00.000Z`,
  statementIds: ['q-1'],
};
const VACUUMED = {
  id: 'athena.Decision.expire',
  kind: 'expire' as const,
  rows: 0,
  endedAt: `${DAY}T01:30:00.000Z`,
  statementIds: ['q-2'],
};

test('progress of the batch, the outcomes of the tables and the certificate', async () => {
  const { id } = await desk.planned();
  const request = await desk.ledger.requests.get(desk.tenant, id);
  await desk.ledger.requests.update(request, {
    batch: 'b1',
    progress: { stepsDone: 2, steps: 9, rows: 31 },
    tables: request.tables.map((table, index) =>
      index === 0
        ? {
            ...table,
            state: 'ended',
            erased: 7,
            outcome: { state: 'PENDING_HORIZON', date: '2026-11-30' },
            effects: [{ batch: 'b1', requests: 2, steps: [DELETED, VACUUMED] }],
            look: { at: `${DAY}T02:00:00.000Z`, day: DAY, found: 0, statementId: 'q-3' },
            goneOn: DAY,
          }
        : table,
    ),
  });
  await desk.ledger.requests.writeCertificate(desk.tenant, id, 'head.body.signature');
  const { erasureRequest } = await desk.as(
    desk.auditor,
    `query($id: ID!) { erasureRequest(id: $id) { certificate progress { batch stepsDone steps rows }
       tables { dataset store state erased outcome until ground failure changed
         batches { batch requests steps { id rows endedAt statementIds } }
         look { at path found statementId filesRead rowsInFiles oldestSnapshot }
         logicallyGone { ...day } unreachable { ...day } physicallyGone { ...day } } } }
     fragment day on ErasureHorizonDate { date evidence { kind name at days statementIds } }`,
    { id },
  );
  expect(erasureRequest.certificate).toBe('head.body.signature');
  expect(erasureRequest.progress).toEqual({ batch: 'b1', stepsDone: 2, steps: 9, rows: 31 });
  expect(erasureRequest.tables[0]).toMatchObject({
    state: 'ENDED',
    erased: 7,
    outcome: 'PENDING_HORIZON',
    until: '2026-11-30',
    failure: null,
    changed: 12,
    batches: [
      { batch: 'b1', requests: 2, steps: [DELETED, VACUUMED].map(({ kind: _kind, ...step }) => step) },
    ],
    look: { path: 'TABLE', found: 0, statementId: 'q-3', filesRead: null, oldestSnapshot: null },
    logicallyGone: {
      date: DAY,
      evidence: [
        {
          kind: 'STEP',
          name: 'athena.Decision.erase',
          at: DELETED.endedAt,
          days: null,
          statementIds: ['q-1'],
        },
        {
          kind: 'LOOK',
          name: 'athena.Decision',
          at: `${DAY}T02:00:00.000Z`,
          days: null,
          statementIds: ['q-3'],
        },
      ],
    },
    unreachable: {
      date: '2026-11-30',
      evidence: [
        { kind: 'STEP', name: 'athena.Decision.expire', statementIds: ['q-2'] },
        { kind: 'RULE', name: 'athena snapshots', at: null, days: 5, statementIds: [] },
      ],
    },
    physicallyGone: { date: '2026-11-30' },
  });
  // Nothing is known of what has not begun.
  expect(erasureRequest.tables[1]).toMatchObject({
    changed: 0,
    batches: [],
    look: null,
    logicallyGone: null,
    unreachable: null,
    physicallyGone: null,
  });
});
