import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { itemOf } from '../../../src/datasources/engines/items';
import { dataset, LATELY } from '../support/people';
import { rowOf } from '../support/person';
import { VirtualClock } from '../support/virtual-clock';
import type { Desk } from '../support/work';
import { Workplace } from '../support/workplace';

/** What the wire saw of one request about the table of decisions. */
interface Seen {
  operation: string;
  /** Units as the service counted them, and when, in seconds of the pacing's own clock. */
  units: number;
  at: number;
}

const READS = 5;
const WRITES = 2;
/** Items of the person, and of others. */
const OWN = 60;
const OTHERS = 40;

describe('the pace of a worker', () => {
  let place: Workplace;
  let desk: Desk;
  let clock: VirtualClock;
  let seen: Seen[];

  /** @param own fields of the person's items more than their id */
  const fill = async (tenant: string, own = {}): Promise<void> => {
    const declared = dataset('Decision');
    const { dynamodb } = place.clients;
    for (let n = 0; n < OWN + OTHERS; n += 1) {
      const row = rowOf(
        'Decision',
        `d-${n}`,
        LATELY,
        n < OWN ? { applicantId: 'ann', ...own } : { applicantId: `other${n}` },
      );
      const item = { ...itemOf(declared, tenant, row), more: { S: 'x'.repeat(1_500) } };
      await dynamodb.send(new PutItemCommand({ TableName: declared.pointReads?.table, Item: item }));
    }
  };

  /** Items that were written so far. */
  const written = (): number => seen.filter(({ operation }) => operation === 'UpdateItem').length;
  /** Items of the person that are left in a tenant. */
  const leftIn = async (tenant: string): Promise<string[]> =>
    ((await desk.rows()).items ?? []).filter((row) => row.includes(`"${tenant}"`) && row.includes('"ann"'));

  const work = () => desk.work({ pacingClock: clock, changes: place.wire.config });

  beforeAll(async () => {
    place = await Workplace.open();
  });

  beforeEach(async () => {
    clock = new VirtualClock();
    seen = [];
    desk = await place.desk({ SLUICE_ERASURE_SCAN_UNITS: READS, SLUICE_ERASURE_WRITE_UNITS: WRITES });
    const table = dataset('Decision').pointReads?.table;
    place.wire.onReply = (name, asked, answered) => {
      if (!name.startsWith('dynamodb')) return;
      const request = JSON.parse(asked.toString()) as { TableName?: string; Segment?: number };
      if (request.TableName !== table) return;
      const { ConsumedCapacity: consumed } = JSON.parse(answered.toString()) as {
        ConsumedCapacity?: { CapacityUnits: number };
      };
      const operation = name.split(' ')[1] ?? '';
      seen.push({
        // Verification reads the table from end to end in one part.
        operation: operation === 'Scan' && request.Segment === undefined ? 'Verify' : operation,
        units: consumed?.CapacityUnits ?? NaN,
        at: clock.seconds,
      });
    };
  });

  afterEach(() => place.undisturbed());

  afterAll(() => place?.close());

  /** From the first of the calls on, which is made alone, nothing was taken ahead of its time but what was under way. */
  const keptTo = (operations: readonly string[], unitsPerSecond: number): void => {
    for (const operation of operations)
      expect(seen.filter((one) => one.operation === operation).length).toBeGreaterThan(3);
    const some = seen.filter(({ operation }) => operations.includes(operation));
    const most = Math.max(...some.map(({ units }) => units));
    const began = some[0]?.at ?? 0;
    let taken = 0;
    for (const { units, at } of some) {
      expect(taken).toBeLessThanOrEqual(unitsPerSecond * (at - began) + 4 * most);
      taken += units;
    }
  };

  test('holds for searches, for what erases, for its writes and for verification', async () => {
    await fill('paced');
    const asked = await desk.ask('paced', { kind: 'customer', key: 'ann' });
    await work();
    keptTo(['Scan'], READS);
    await desk.approve(asked);
    await work();
    expect((await desk.get(asked)).state).toBe('COMPLETED');
    expect(written()).toBe(OWN);
    keptTo(['Scan', 'GetItem', 'Verify'], READS);
    keptTo(['Verify'], READS);
    keptTo(['UpdateItem'], WRITES);
    // No page takes much more than a second's units at once, whatever the table holds.
    const pages = seen.filter(({ operation }) => operation === 'Scan' || operation === 'Verify');
    expect(Math.max(...pages.map(({ units }) => units))).toBeLessThanOrEqual(2 * READS);
  });

  test('does not keep a pause waiting until all items are written', async () => {
    await fill('paused');
    const asked = await desk.ask('paused', { kind: 'customer', key: 'ann' });
    await work();
    await desk.approve(asked);
    place.wire.when(/dynamodb UpdateItem paused/, () => desk.ledger.schedule.pause('a_operator', 'too much'));
    await work();
    const before = written();
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(OWN);
    expect((await desk.get(asked)).state).toBe('RUNNING');
    await desk.ledger.schedule.resume('a_operator');
    await work();
    expect((await desk.get(asked)).state).toBe('COMPLETED');
    expect(written()).toBe(OWN);
  });

  test('gives a hold that comes meanwhile its way, and goes on when it ends', async () => {
    await fill('held');
    const [asked, free] = [
      await desk.ask('held', { kind: 'customer', key: 'ann' }),
      await desk.ask('held', { kind: 'customer', key: 'other99' }),
    ];
    await work();
    await desk.approve(asked);
    await desk.approve(free);
    let hold: { id: string } | undefined;
    let [before, looked] = [0, 0];
    place.wire.when(/dynamodb UpdateItem held/, async () => {
      hold = await desk.hold(asked, ['Decision']);
      before = written();
      // What one run of the step did is written down at its end; then holds are looked for.
      place.wire.when(/PutItem BATCH#\S+ STEP#\d+#dynamodb.Decision.erase/, () => {
        looked = written();
      });
    });
    await work();
    expect(looked).toBeGreaterThan(before);
    expect(looked).toBeLessThan(OWN);
    // Of those who are held, nothing went after that; the one item of the other request did, if it had not.
    expect(written() - looked).toBeLessThanOrEqual(1);
    const left = await leftIn('held');
    const went = OWN - left.length;
    expect(went).toBeGreaterThan(0);
    expect(left.length).toBeGreaterThan(0);
    expect((await desk.get(free)).state).toBe('COMPLETED');
    const kept = await desk.get(asked);
    expect(kept.state).toBe('ON_HOLD');
    const decision = kept.tables.find(({ id }) => id === 'dynamodb.Decision');
    expect(decision).toMatchObject({ state: 'waiting', erased: went });
    expect(decision?.outcome).toBeUndefined();
    const note = kept.history.find(({ event }) => event === 'KEPT_BACK')?.note;
    expect(note).toContain(`dynamodb.Decision: a hold came while its items went. ${went} of them`);

    await desk.ledger.holds.release('held', hold?.id ?? '', 'a_lawyer');
    await work();
    const done = await desk.get(asked);
    expect(done.state).toBe('COMPLETED');
    expect(done.tables.find(({ id }) => id === 'dynamodb.Decision')?.erased).toBe(OWN);
    expect(await leftIn('held')).toEqual([]);
  });

  test('counts for each request what went of a person whom they name by different keys', async () => {
    await fill('twice', { applicantEmail: 'ann@example.com' });
    const asked = [
      await desk.ask('twice', { kind: 'customer', key: 'ann' }),
      await desk.ask('twice', { kind: 'email', key: 'ann@example.com' }),
    ] as const;
    await work();
    for (const one of asked) await desk.approve(one);
    place.wire.when(/dynamodb UpdateItem twice/, () => desk.hold(asked[0], ['Decision']));
    await work();
    const went = OWN - (await leftIn('twice')).length;
    expect(went).toBeGreaterThan(0);
    expect(went).toBeLessThan(OWN);
    for (const one of asked) {
      const { tables, history } = await desk.get(one);
      expect(tables.find(({ id }) => id === 'dynamodb.Decision')?.erased).toBe(went);
      const note = history.find(({ event }) => event === 'KEPT_BACK')?.note;
      expect(note).toContain(`${went} of them had gone`);
    }
  });

  test('heeds a hold that came while it was paused', async () => {
    await fill('both');
    const asked = await desk.ask('both', { kind: 'customer', key: 'ann' });
    await work();
    await desk.approve(asked);
    place.wire.when(/dynamodb UpdateItem both/, () => desk.ledger.schedule.pause('a_operator', 'too much'));
    await work();
    const before = written();
    expect((await desk.get(asked)).state).toBe('RUNNING');
    const hold = await desk.hold(asked, ['Decision']);
    await desk.ledger.schedule.resume('a_operator');
    await work();
    expect(written()).toBe(before);
    const kept = await desk.get(asked);
    expect(kept.state).toBe('ON_HOLD');
    expect(kept.tables.find(({ id }) => id === 'dynamodb.Decision')).toMatchObject({
      state: 'waiting',
      erased: before,
    });
    await desk.ledger.holds.release('both', hold.id, 'a_lawyer');
    await work();
    expect((await desk.get(asked)).state).toBe('COMPLETED');
    expect(written()).toBe(OWN);
  });
});
