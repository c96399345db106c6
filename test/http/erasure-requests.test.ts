import { CLEAR, deskOf, NOON, REQUEST, submission, type Desk } from '../support/erasures';
import { startGateway, type Gateway } from '../support/gateway';

/** Requests for erasure over HTTP: written down, listed, approved, given up; who may, and what is said to who may not. */

let gateway: Gateway;
let desk: Desk;

beforeAll(async () => {
  gateway = await startGateway({ SLUICE_TOMBSTONE_SECONDS: '0' }, undefined, { now: () => NOON });
  desk = deskOf(gateway);
});

afterAll(async () => {
  const log = gateway.log();
  for (const clear of CLEAR) expect(log).not.toContain(clear);
  for (const clear of CLEAR) expect(JSON.stringify(gateway.audited())).not.toContain(clear);
  await gateway.close();
  desk.ledger.close();
});

const STATUS = `query($id: ID!) { erasureRequest(id: $id) {
  id state regulation receivedOn dueOn daysLeft overdue requestedBy decidedBy reason askedKeyCount keyCount planHash approvedHash
  history { event from to by note chain } tables { dataset store state rows outcome } chain certificate } }`;
const APPROVE =
  'mutation($id: ID!, $hash: ID!) { approveErasure(id: $id, planHash: $hash) { state decidedBy approvedHash chain } }';
const REJECT = 'mutation($id: ID!) { rejectErasure(id: $id, reason: "Not our customer.") { state } }';
const CANCEL = 'mutation($id: ID!) { cancelErasure(id: $id, reason: "Asked twice.") { state } }';

test('a request is written down once, with its clock, and stands in the audit and the chain', async () => {
  const input = submission({ reason: 'Ticket 17' });
  const first = (await desk.as(desk.staff, REQUEST, { input })).requestErasure;
  const again = (await desk.as(desk.staff, REQUEST, { input })).requestErasure;
  expect(again).toEqual(first);
  const { erasureRequest } = await desk.as(desk.staff, STATUS, { id: first.id });
  expect(erasureRequest).toMatchObject({
    state: 'RECEIVED',
    regulation: 'GDPR',
    dueOn: '2026-12-20',
    daysLeft: 26,
    overdue: false,
    reason: 'Ticket 17',
    askedKeyCount: 1,
    keyCount: null,
    tables: [],
    certificate: null,
  });
  expect(erasureRequest.requestedBy).toMatch(/^a_/);
  expect(erasureRequest.history).toHaveLength(1);
  expect(erasureRequest.history[0]).toMatchObject({ event: 'RECEIVED', by: erasureRequest.requestedBy });
  expect(erasureRequest.chain).toBeGreaterThan(0);
  const line = gateway.audited().find((one) => one.fields === 'REQUEST');
  expect(line).toMatchObject({ call_kind: 'ERASURE_CHANGE', outcome: 'OK', acting_role: 'compliance' });
});

test('an idempotency key of another content is a conflict', async () => {
  const input = submission();
  await desk.as(desk.staff, REQUEST, { input });
  const other = { ...input, keys: [{ kind: 'CUSTOMER', key: 'another' }] };
  expect((await desk.refused(desk.staff, REQUEST, { input: other }))[0]).toBe('CONFLICT');
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['no key', { keys: [] }, /at least one key/],
  ['an empty key', { keys: [{ kind: 'EMAIL', key: '  ' }] }, /Key 1 of the list: A key is empty/],
  ['a wildcard', { keys: [{ kind: 'EMAIL', key: '%' }] }, /is a pattern/],
  ['a key of another law', { regulation: 'MARS' }, /no such regulation. Regulations are: GDPR/],
  ['a day ahead', { receivedOn: '2026-11-25' }, /lies ahead/],
  ['a reason of two lines', { reason: 'a\nb' }, /without line breaks/],
  ['an empty idempotency key', { idempotencyKey: ' ' }, /`idempotencyKey` is a text/],
])('%s is refused in words', async (_what, more, message) => {
  const [code, said] = await desk.refused(desk.staff, REQUEST, { input: submission(more) });
  expect(code).toBe('BAD_USER_INPUT');
  expect(said).toMatch(message);
});

describe('files', () => {
  test('a file with its header', async () => {
    const csv = '\uFEFFkind,key\r\ncustomer,C-1\r\nEMAIL,"a,b@example.com"\r\n\r\n';
    const { requestErasure } = await desk.as(desk.staff, REQUEST, { input: submission({ keys: null, csv }) });
    const { erasureRequest } = await desk.as(desk.staff, STATUS, { id: requestErasure.id });
    expect(erasureRequest.askedKeyCount).toBe(2);
  });

  test('broken lines are refused together, by number, and nothing is written', async () => {
    const csv = `kind,key\ncustomer,${CLEAR[0]}\nplanet,${CLEAR[0]}\ncustomer,\ncustomer,a,b\ncustomer\n`;
    const input = submission({ keys: null, csv });
    const [code, said] = await desk.refused(desk.staff, REQUEST, { input });
    expect(code).toBe('BAD_USER_INPUT');
    expect(said).toMatch(/4 broken lines, so nothing was written/);
    expect(said).toMatch(
      /line 3: .*no such kind.*line 4: A key is empty.*line 5: .*3 values.*line 6: .*1 value/,
    );
    // The idempotency key was not used up.
    await desk.as(desk.staff, REQUEST, { input: { ...input, csv: 'kind,key\ncustomer,C-1\n' } });
  });

  test('quotes that stay open, and a file without a header', async () => {
    const open = 'kind,key\ncustomer,C-1\ncustomer,"C-2\ncustomer,C-3\n';
    expect(
      (await desk.refused(desk.staff, REQUEST, { input: submission({ keys: null, csv: open }) }))[1],
    ).toMatch(/broken lines.*quotes/);
    const bare = 'customer,C-1\n';
    expect(
      (await desk.refused(desk.staff, REQUEST, { input: submission({ keys: null, csv: bare }) }))[1],
    ).toMatch(/header `kind,key`/);
  });

  test('thousands of keys, in the list or in the file; one too many says so', async () => {
    const keys = Array.from({ length: 3_000 }, (_one, index) => ({ kind: 'CUSTOMER', key: `many-${index}` }));
    const { requestErasure } = await desk.as(desk.staff, REQUEST, { input: submission({ keys }) });
    const { erasureRequest } = await desk.as(desk.staff, STATUS, { id: requestErasure.id });
    expect(erasureRequest.askedKeyCount).toBe(3_000);
    const lines = (count: number) =>
      `kind,key\n${Array.from({ length: count }, (_one, index) => `device,d-${index}`).join('\n')}\n`;
    await desk.as(desk.staff, REQUEST, { input: submission({ keys: null, csv: lines(4_000) }) });
    const [code, said] = await desk.refused(desk.staff, REQUEST, {
      input: submission({ keys: null, csv: lines(4_001) }),
    });
    expect([code, said]).toEqual([
      'BAD_USER_INPUT',
      expect.stringMatching(/at most 4000 different keys.*4001/),
    ]);
  });
});

describe('deciding', () => {
  test('somebody else approves the plan that they saw, and the chain has it', async () => {
    const { id, hash } = await desk.planned();
    const { approveErasure } = await desk.as(desk.approver, APPROVE, { id, hash });
    expect(approveErasure).toMatchObject({ state: 'APPROVED', approvedHash: hash });
    const { erasureRequest } = await desk.as(desk.auditor, STATUS, { id });
    const [received, approved] = erasureRequest.history;
    expect(approved).toMatchObject({ event: 'APPROVED', from: 'PLANNED', to: 'APPROVED' });
    expect(approved.by).not.toBe(received.by);
    expect(approved.chain).toBe(approveErasure.chain);
    expect(erasureRequest.tables.length).toBeGreaterThan(0);
  });

  test('the requester does not approve, in whatever role', async () => {
    const { id, hash } = await desk.planned();
    const same = { ...desk.approver, subject: 'compliance@test' };
    expect(await desk.refused(same, APPROVE, { id, hash })).toEqual([
      'FORBIDDEN',
      expect.stringMatching(/asked for it yourself/),
    ]);
    expect((await desk.refused(same, REJECT, { id }))[0]).toBe('FORBIDDEN');
    expect((await desk.as(desk.staff, STATUS, { id })).erasureRequest.state).toBe('PLANNED');
    expect(gateway.audited()).toContainEqual(
      expect.objectContaining({ fields: 'APPROVE', outcome: 'FORBIDDEN', call_kind: 'ERASURE_CHANGE' }),
    );
  });

  test('another hash, or a plan that changed meanwhile, is a conflict', async () => {
    const { id, hash } = await desk.planned();
    expect((await desk.refused(desk.approver, APPROVE, { id, hash: 'x' }))[0]).toBe('CONFLICT');
    await desk.plan(id, 900);
    expect((await desk.refused(desk.approver, APPROVE, { id, hash }))[0]).toBe('CONFLICT');
  });

  test('what is not planned yet is not approved', async () => {
    const id = await desk.request();
    expect(await desk.refused(desk.approver, APPROVE, { id, hash: 'x' })).toEqual([
      'CONFLICT',
      expect.stringMatching(/RECEIVED and can’t be approved/),
    ]);
  });

  test('two approve at once: one does', async () => {
    const { id, hash } = await desk.planned();
    const other = { ...desk.approver, subject: 'second@test' };
    const answers = await Promise.all(
      [desk.approver, other].map((caller) => gateway.ask(caller, APPROVE, { id, hash })),
    );
    const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'done').sort();
    expect(codes).toEqual(['CONFLICT', 'done']);
    const { history } = (await desk.as(desk.staff, STATUS, { id })).erasureRequest;
    expect(history.filter(({ event }: { event: string }) => event === 'APPROVED')).toHaveLength(1);
  });

  test('rejected and cancelled, each once, with why', async () => {
    const { id } = await desk.planned();
    expect((await desk.as(desk.approver, REJECT, { id })).rejectErasure.state).toBe('REJECTED');
    expect((await desk.refused(desk.approver, REJECT, { id }))[0]).toBe('CONFLICT');
    expect((await desk.as(desk.staff, STATUS, { id })).erasureRequest.history.at(-1)).toMatchObject({
      event: 'REJECTED',
      note: 'Not our customer.',
    });
    const other = await desk.request();
    expect((await desk.as(desk.staff, CANCEL, { id: other })).cancelErasure.state).toBe('CANCELLED');
    expect((await desk.refused(desk.staff, CANCEL, { id: other }))[0]).toBe('CONFLICT');
  });

  test('a cancelled approval lets the people be seen again', async () => {
    const { id, hash } = await desk.planned();
    await desk.as(desk.approver, APPROVE, { id, hash });
    const place = { pk: `TENANT#${desk.tenant}`, sk: 'TOMBSTONES' };
    const waiting = async () =>
      Object.keys((await desk.ledger.table.get<{ requests: object }>(place))?.body.requests ?? {});
    expect(await waiting()).toContain(id);
    await desk.as(desk.staff, CANCEL, { id });
    expect(await waiting()).not.toContain(id);
    // What is given up is approved no more, in the record either.
    expect((await desk.as(desk.staff, STATUS, { id })).erasureRequest.approvedHash).toBeNull();
  });
});

test('another tenant’s request is not there, whoever asks', async () => {
  const { id, hash } = await desk.planned();
  const elsewhere = (caller: object) => ({ ...caller, tenant: 'borealis' }) as typeof desk.staff;
  const says = ['NOT_FOUND', 'There is no such erasure request.'];
  expect(await desk.refused(elsewhere(desk.staff), STATUS, { id })).toEqual(says);
  expect(await desk.refused(elsewhere(desk.staff), CANCEL, { id })).toEqual(says);
  expect(await desk.refused(elsewhere(desk.approver), APPROVE, { id, hash })).toEqual(says);
  expect(await desk.refused(elsewhere(desk.approver), REJECT, { id })).toEqual(says);
});

test.each([
  ['support', '{ erasureRequests { nodes { id } } }', /Cannot query field "erasureRequests"/],
  ['support', '{ regulations { id } }', /Cannot query field "regulations"/],
  [
    'auditor',
    'mutation { cancelErasure(id: "x") { id } }',
    /has no mutation to ask|Schema is not configured/,
  ],
  [
    'compliance',
    'mutation { rejectErasure(id: "x", reason: "y") { id } }',
    /Cannot query field "rejectErasure"/,
  ],
  ['compliance', 'mutation { approveErasure(id: "x", planHash: "y") { id } }', /Cannot query field/],
  ['compliance_approver', 'mutation { cancelErasure(id: "x") { id } }', /Cannot query field "cancelErasure"/],
  [
    'compliance_approver',
    '{ erasurePreview(keys: []) { personCount } }',
    /Cannot query field "erasurePreview"/,
  ],
  ['auditor', '{ erasureRequest(id: "x") { keys { nodes { key } } } }', /Cannot query field "key"/],
])('%s: what it may not does not exist: %s', async (role, query, message) => {
  const [code, said] = await desk.refused({ role, tenant: desk.tenant }, query);
  expect(code).toBe('BAD_USER_INPUT');
  expect(said).toMatch(message);
});
