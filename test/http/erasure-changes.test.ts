import { CLEAR, deskOf, NOON, REQUEST, submission, type Desk } from '../support/erasures';
import { startGateway, type Gateway } from '../support/gateway';

/** Holds, extensions, retries and pauses over HTTP. */

let gateway: Gateway;
let desk: Desk;

beforeAll(async () => {
  gateway = await startGateway({ SLUICE_TOMBSTONE_SECONDS: '0' }, undefined, { now: () => NOON });
  desk = deskOf(gateway);
});

/** A hold binds its people in every request, and all tests here ask for the same. */
afterEach(async () => {
  const { holds } = desk.ledger;
  for (const { id } of await holds.list(desk.tenant)) await holds.release(desk.tenant, id, 'a_test');
});
afterAll(async () => {
  for (const clear of CLEAR) expect(gateway.log() + JSON.stringify(gateway.audited())).not.toContain(clear);
  await gateway.close();
  desk.ledger.close();
});

const HOLD = `mutation($input: HoldErasureInput!) { holdErasure(input: $input) {
  id state holds { id datasets ground purpose until active placedBy releasedAt releasedBy } history { event note chain } } }`;
const RELEASE =
  'mutation($id: ID!) { releaseHold(id: $id) { id state holds { active releasedBy } history { event } } }';
const EXTEND =
  'mutation($id: ID!, $note: String!) { extendErasure(id: $id, note: $note) { dueOn extendedOn history { event note } } }';
const RETRY = 'mutation($id: ID!) { retryErasure(id: $id) { state tables { dataset state outcome } } }';

function terms(id: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    input: { id, ground: 'Court order 4 K 17/26', purpose: 'Pending lawsuit', until: '2027-01-01', ...more },
  };
}

describe('holds', () => {
  test('a hold on everything stops the request, and its release lets it go on', async () => {
    const { id, hash } = await desk.planned();
    const { holdErasure } = await desk.as(desk.staff, HOLD, terms(id));
    expect(holdErasure.state).toBe('ON_HOLD');
    expect(holdErasure.holds).toEqual([
      expect.objectContaining({ datasets: null, active: true, until: '2027-01-01', releasedAt: null }),
    ]);
    expect(holdErasure.history.at(-1)).toMatchObject({ event: 'HELD', note: 'Court order 4 K 17/26' });
    expect(holdErasure.history.at(-1).chain).toBeGreaterThan(0);
    const hold = holdErasure.holds[0].id;
    const { releaseHold } = await desk.as(desk.approver, RELEASE, { id: hold });
    expect(releaseHold).toMatchObject({ id, state: 'PLANNED', holds: [{ active: false }] });
    expect(releaseHold.holds[0].releasedBy).toMatch(/^a_/);
    // Released again, nothing happens.
    const again = (await desk.as(desk.approver, RELEASE, { id: hold })).releaseHold;
    expect(again.history).toEqual(releaseHold.history);
    const approve = 'mutation($id: ID!, $hash: ID!) { approveErasure(id: $id, planHash: $hash) { state } }';
    expect((await desk.as(desk.approver, approve, { id, hash })).approveErasure.state).toBe('APPROVED');
  });

  test('a hold on one dataset keeps back that one alone; a field keeps back its dataset', async () => {
    const { id } = await desk.planned();
    const { holdErasure } = await desk.as(desk.staff, HOLD, terms(id, { datasets: ['Decision.amount'] }));
    expect(holdErasure).toMatchObject({
      state: 'PLANNED',
      holds: [{ datasets: ['Decision'], active: true }],
    });
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['a dataset that is none', { datasets: ['Planets'] }, /Name datasets that hold people.*Decision/],
    ['a dataset without people', { datasets: ['AccessRecord'] }, /Name datasets/],
    ['no dataset', { datasets: [] }, /Name datasets/],
    ['an end today', { until: '2026-11-24' }, /from tomorrow to ten years ahead/],
    ['an end too far', { until: '2037-01-01' }, /ten years/],
    ['no ground', { ground: '' }, /`ground` is a text/],
    ['no purpose', { purpose: ' ' }, /`purpose` is a text/],
  ])('%s is refused', async (_what, more, message) => {
    const { id } = await desk.planned();
    const [code, said] = await desk.refused(desk.staff, HOLD, terms(id, more));
    expect(code).toBe('BAD_USER_INPUT');
    expect(said).toMatch(message);
    expect(await desk.ledger.holds.of(desk.tenant, id)).toEqual([]);
  });

  test('nothing is held of what was given up, of another tenant, or by who may not', async () => {
    const { id } = await desk.planned();
    expect((await desk.refused({ ...desk.staff, tenant: 'borealis' }, HOLD, terms(id)))[0]).toBe('NOT_FOUND');
    const { holdErasure } = await desk.as(desk.staff, HOLD, terms(id));
    const hold = { id: holdErasure.holds[0].id };
    expect((await desk.refused({ ...desk.staff, tenant: 'borealis' }, RELEASE, hold))[0]).toBe('NOT_FOUND');
    expect((await desk.refused(desk.auditor, RELEASE, hold))[0]).toBe('BAD_USER_INPUT');
    await desk.as(desk.staff, 'mutation($id: ID!) { cancelErasure(id: $id) { id } }', { id });
    expect((await desk.refused(desk.staff, HOLD, terms(id)))[0]).toBe('CONFLICT');
  });

  test('holds that are placed at once are all there, each in the history and the chain', async () => {
    const { id } = await desk.planned();
    const grounds = ['One', 'Two', 'Three', 'Four'];
    await Promise.all(grounds.map((ground) => desk.as(desk.staff, HOLD, terms(id, { ground }))));
    const { history } = await desk.ledger.requests.get(desk.tenant, id);
    const held = history.filter(({ event }) => event === 'HELD');
    expect(held.map(({ note }) => note).sort()).toEqual([...grounds].sort());
    expect(new Set(held.map(({ chain }) => chain)).size).toBe(grounds.length);
    expect(await desk.ledger.holds.of(desk.tenant, id)).toHaveLength(grounds.length);
  });

  test('a hold while the batch runs takes out what has not begun', async () => {
    const { id } = await desk.planned();
    const request = await desk.ledger.requests.get(desk.tenant, id);
    await desk.ledger.requests.update(request, {
      state: 'RUNNING',
      approvedHash: String(request.planHash),
      batch: 'b1',
      tables: request.tables.map((table) => ({
        ...table,
        state: table.dataset === 'Decision' ? 'begun' : 'picked',
      })),
    });
    await desk.as(desk.staff, HOLD, terms(id));
    const { tables } = await desk.ledger.requests.get(desk.tenant, id);
    const states = new Map(tables.map(({ dataset, state }) => [dataset, state]));
    expect([states.get('Decision'), states.get('SalesLine')]).toEqual(['begun', 'waiting']);
  });
});

test('a gateway whose clock is ahead lets nothing go that is retained', async () => {
  const { id } = await desk.planned();
  const request = await desk.ledger.requests.get(desk.tenant, id);
  const tables = request.tables.map((table) => {
    const kept =
      table.dataset === 'Decision'
        ? ({ state: 'RETAINED', ground: 'Some law', until: '2027-03-01' } as const)
        : ({ state: 'PSEUDONYMISED', until: '2028-12-25' } as const);
    return { ...table, kept, state: 'ended' as const, outcome: kept };
  });
  const { planHash = '' } = request;
  await desk.ledger.requests.update(request, { state: 'COMPLETED', approvedHash: planHash, tables });
  const ahead = await startGateway({ SLUICE_TOMBSTONE_SECONDS: '0' }, undefined, {
    now: () => Date.parse('2046-11-24T12:00:00Z'),
  });
  try {
    const held = await ahead.ask(desk.staff, HOLD, terms(id, { until: '2047-01-01' }));
    expect(held.data.holdErasure.state).toBe('COMPLETED');
    const released = await ahead.ask(desk.approver, RELEASE, { id: held.data.holdErasure.holds[0].id });
    expect(released.data.releaseHold.state).toBe('COMPLETED');
  } finally {
    await ahead.close();
  }
  expect((await desk.ledger.requests.get(desk.tenant, id)).tables).toEqual(tables);
});

describe('extension', () => {
  test('once, as far as the law allows, with the notice', async () => {
    const id = await desk.request({ receivedOn: '2026-11-20' });
    const { extendErasure } = await desk.as(desk.staff, EXTEND, {
      id,
      note: 'Told by letter on 24 November.',
    });
    expect(extendErasure).toMatchObject({ dueOn: '2027-02-20', extendedOn: '2026-11-24' });
    expect(extendErasure.history.at(-1)).toEqual({
      event: 'EXTENDED',
      note: 'Told by letter on 24 November.',
    });
    expect((await desk.refused(desk.staff, EXTEND, { id, note: 'Again.' }))[0]).toBe('CONFLICT');
  });

  test('not where the law knows none, nor when it is late, nor without a notice', async () => {
    const id = await desk.request({ regulation: 'LGPD' });
    expect(await desk.refused(desk.staff, EXTEND, { id, note: 'Told.' })).toEqual([
      'BAD_USER_INPUT',
      expect.stringMatching(/knows no extension/),
    ]);
    const late = await desk.request({ receivedOn: '2026-01-01' });
    expect((await desk.refused(desk.staff, EXTEND, { id: late, note: 'Told.' }))[0]).toBe('CONFLICT');
    expect((await desk.refused(desk.staff, EXTEND, { id, note: '' }))[0]).toBe('BAD_USER_INPUT');
    expect((await desk.refused(desk.approver, EXTEND, { id, note: 'Told.' }))[1]).toMatch(
      /Cannot query field/,
    );
  });
});

test('with the key gone for good: tombstones taken away, what waited is cancelled and asked for anew', async () => {
  const { id, hash } = await desk.planned();
  const approve = 'mutation($id: ID!, $hash: ID!) { approveErasure(id: $id, planHash: $hash) { state } }';
  const cancel = 'mutation($id: ID!) { cancelErasure(id: $id) { state } }';
  await desk.as(desk.approver, approve, { id, hash });
  const other = await startGateway(
    { SLUICE_ERASURE_KEY: Buffer.alloc(32, 7).toString('base64'), SLUICE_TOMBSTONE_SECONDS: '0' },
    undefined,
    { now: () => NOON },
  );
  try {
    const sales = '{ erp { salesMetrics { rows { lines } } } }';
    const steward = { role: 'steward', tenant: desk.tenant };
    expect((await other.ask(steward, sales)).errors?.[0]?.extensions.code).toBe('ENGINE_UNAVAILABLE');
    await desk.ledger.table.remove({ pk: `TENANT#${desk.tenant}`, sk: 'TOMBSTONES' });
    expect((await other.ask(steward, sales)).errors).toBeUndefined();
    expect((await other.ask(desk.staff, cancel, { id })).data.cancelErasure.state).toBe('CANCELLED');
    const again = await other.ask(desk.staff, REQUEST, { input: submission() });
    expect(again.data.requestErasure.state).toBe('RECEIVED');
  } finally {
    await other.close();
  }
});

test('a retry takes up what failed, under the same approval', async () => {
  const { id } = await desk.planned();
  expect((await desk.refused(desk.staff, RETRY, { id }))[0]).toBe('CONFLICT');
  const request = await desk.ledger.requests.get(desk.tenant, id);
  await desk.ledger.requests.update(request, {
    state: 'PARTIAL',
    approvedHash: String(request.planHash),
    tables: request.tables.map((table) => ({
      ...table,
      state: 'ended',
      outcome:
        table.dataset === 'SalesLine'
          ? { state: 'FAILED', reason: 'ENGINE_UNAVAILABLE' }
          : { state: 'NOT_FOUND' },
    })),
  });
  await desk.ledger.requests.markClosed(desk.tenant, id);
  const { retryErasure } = await desk.as(desk.staff, RETRY, { id });
  expect(retryErasure.state).toBe('APPROVED');
  expect(retryErasure.tables).toContainEqual({ dataset: 'SalesLine', state: 'WAITING', outcome: null });
  // The worker sees it again.
  expect((await desk.ledger.requests.open()).map((one) => one.id)).toContain(id);
});

test('the batches are paused and resumed, and the reason stays in the tenant', async () => {
  const PAUSE = 'mutation { pauseErasures(reason: "Ingestion starves.") { paused by at reason } }';
  const STATE = '{ erasureSchedule { paused by at reason window batch { id requests } } }';
  try {
    const { pauseErasures } = await desk.as(desk.approver, PAUSE);
    expect(pauseErasures).toMatchObject({ paused: true, reason: 'Ingestion starves.' });
    expect(pauseErasures.by).toMatch(/^a_/);
    expect((await desk.as(desk.auditor, STATE)).erasureSchedule).toMatchObject({ paused: true });
    const elsewhere = await desk.as({ ...desk.auditor, tenant: 'borealis' }, STATE);
    expect(elsewhere.erasureSchedule).toMatchObject({ paused: true, by: null, reason: null });
    expect((await desk.refused(desk.auditor, PAUSE))[0]).toBe('BAD_USER_INPUT');
  } finally {
    const { resumeErasures } = await desk.as(desk.staff, 'mutation { resumeErasures { paused reason } }');
    expect(resumeErasures).toEqual({ paused: false, reason: null });
  }
});
