import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { Aws } from '../../../local/src/import/aws';
import { createLedgerTable } from '../../../local/src/import/tables';
import type { Config } from '../../../src/config';
import { SluiceError } from '../../../src/errors';
import type { SubjectKey } from '../../../src/erasure/model';
import { LeaseLost } from '../../../src/erasure/ledger/leases';
import { createLedger, type Ledger } from '../../../src/erasure/ledger/ledger';
import { MOST_TOMBSTONES } from '../../../src/erasure/ledger/tombstones';
import type { NewRequest } from '../../../src/erasure/ledger/requests';
import type { PointStoreUnderTest } from './point-store';

/** What the ledger must do on any DynamoDB. */
export function ledgerContract(make: () => Promise<PointStoreUnderTest>): void {
  let store: PointStoreUnderTest;
  let aws: Aws;
  let ledger: Ledger;
  let config: Config;

  beforeAll(async () => {
    store = await make();
    config = { ...store.config, SLUICE_ERASURE_TABLE: `ledger-${process.pid}-${Date.now()}` };
    const dynamodb = config.SLUICE_DYNAMODB_ENDPOINT ?? '';
    aws = new Aws({ dynamodb, athena: dynamodb, redshiftData: dynamodb, s3: dynamodb });
    await createLedgerTable(aws.dynamodb, config.SLUICE_ERASURE_TABLE);
    ledger = createLedger(config);
  });

  afterAll(async () => {
    ledger.close();
    aws.close();
    await store.close();
  });

  const KEYS: SubjectKey[] = [
    { kind: 'email', key: 'Quokka.Secret@example.com' },
    { kind: 'customer', key: 'c-\'"%_☃' },
  ];
  let asked = 0;
  const request = (parts: Partial<NewRequest> = {}): NewRequest => ({
    tenant: 'acme',
    regulation: 'GDPR',
    receivedOn: '2026-11-24',
    dueOn: '2026-12-24',
    requestedBy: 'a_someone',
    keys: KEYS,
    idempotencyKey: `submission ${(asked += 1)}`,
    ...parts,
  });
  const made = async (parts: Partial<NewRequest> = {}) =>
    (await ledger.requests.create(request(parts))).request;
  async function codeOf(work: Promise<unknown>): Promise<string> {
    try {
      await work;
    } catch (error) {
      return error instanceof SluiceError ? error.code : String(error);
    }
    return 'none';
  }

  test('a request is found by its tenant alone', async () => {
    const { id, version } = await made();
    expect(await ledger.requests.get('acme', id)).toMatchObject({ id, version, state: 'RECEIVED' });
    expect(await codeOf(ledger.requests.get('other', id))).toBe('NOT_FOUND');
    expect(await codeOf(ledger.requests.get('acme', ''))).toBe('NOT_FOUND');
  });

  test('the same submission is the same request, however often and at once; another content is a conflict', async () => {
    const same = request({ tenant: 'same' });
    const all = await Promise.all(Array.from({ length: 8 }, () => ledger.requests.create(same)));
    expect(new Set(all.map((one) => one.request.id)).size).toBe(1);
    expect((await ledger.requests.list('same', { first: 10 })).length).toBe(1);
    const turned = { ...same, keys: [...KEYS].reverse() };
    expect((await ledger.requests.create(turned)).request.id).toBe(all[0]?.request.id);
    const changed = { ...same, keys: KEYS.slice(1) };
    expect(await codeOf(ledger.requests.create(changed))).toBe('CONFLICT');
    expect((await made({ ...same, tenant: 'same too' })).id).not.toBe(all[0]?.request.id);
  });

  test('keys come back to the byte from many chunks, and stand nowhere in the clear', async () => {
    const keys = Array.from({ length: 3_000 }, (_none, index) => ({
      kind: 'email' as const,
      key: `numbat-${index}-${'x'.repeat(150)}@example.com`,
    }));
    const { id, asked: reference } = await made({ keys });
    expect(reference.chunks).toBeGreaterThan(2);
    expect(await ledger.requests.readKeys('acme', id, reference)).toEqual(keys);
    const text = await everything();
    expect(text).not.toContain('numbat');
    expect(text).not.toContain('Quokka');
    await ledger.requests.forgetKeys('acme', id);
    expect(await codeOf(ledger.requests.readKeys('acme', id, reference))).toBe('NOT_FOUND');
  });

  test('keys open with their own key and for their own tenant only', async () => {
    const { id, asked: reference } = await made();
    const other = createLedger({ ...config, SLUICE_ERASURE_KEY: Buffer.alloc(32, 1) });
    expect(await codeOf(other.requests.readKeys('acme', id, reference))).toBe('INTERNAL');
    other.close();
  });

  test('of two who change the same, one learns of it', async () => {
    const read = await made();
    const results = await Promise.all(
      ['a', 'b', 'c'].map((decidedBy) => codeOf(ledger.requests.update(read, { decidedBy }))),
    );
    expect(results.sort()).toEqual(['CONFLICT', 'CONFLICT', 'none']);
    expect((await ledger.requests.get('acme', read.id)).version).toBe(read.version + 1);
  });

  test('a listing filters by state, regulation and due day, newest first, a page at a time', async () => {
    const tenant = 'lists';
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      const one = await made({
        tenant,
        regulation: index % 2 === 0 ? 'GDPR' : 'CCPA',
        dueOn: `2026-12-0${index + 1}`,
      });
      ids.unshift(one.id);
      if (index === 3) await ledger.requests.update(one, { state: 'PLANNED' });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const list = async (filter: Omit<Parameters<Ledger['requests']['list']>[1], 'first'>, first = 100) =>
      (await ledger.requests.list(tenant, { ...filter, first })).map(({ id }) => id);
    expect(await list({})).toEqual(ids);
    expect(await list({}, 3)).toEqual(ids.slice(0, 3));
    expect(await list({ after: ids[2]! }, 3)).toEqual(ids.slice(3, 6));
    expect(await list({ states: ['PLANNED'] })).toEqual([ids[3]]);
    expect(await list({ regulations: ['CCPA'] }, 2)).toEqual([ids[1], ids[3]]);
    expect(await list({ dueBy: '2026-12-02' })).toEqual(ids.slice(5));
    expect(await list({ states: [] })).toEqual([]);
  });

  test('a listing reads on over pages of the service', async () => {
    const tenant = 'many';
    const reason = 'r'.repeat(40_000);
    for (let index = 0; index < 40; index += 1) await made({ tenant, reason });
    expect((await ledger.requests.list(tenant, { first: 100 })).length).toBe(40);
  });

  test('approval writes tombstones before the state; giving up takes them away', async () => {
    const tenant = 'tombs';
    const one = await made({ tenant });
    const approved = await ledger.requests.approve(one, KEYS, { state: 'APPROVED', decidedBy: 'a_other' });
    expect(approved.state).toBe('APPROVED');
    expect(await tombstonesOf(tenant)).toEqual([one.id]);
    expect(await codeOf(ledger.requests.approve(one, KEYS, { state: 'APPROVED' }))).toBe('CONFLICT');
    expect(await tombstonesOf(tenant)).toEqual([one.id]);
    await ledger.requests.update(approved, { state: 'CANCELLED' });
    expect(await tombstonesOf(tenant)).toEqual([]);
    expect((await ledger.requests.open()).map(({ id }) => id)).not.toContain(one.id);
  });

  test('an approval that lost against a rejection leaves no tombstone, nor does one that was cut off', async () => {
    const tenant = 'races';
    const one = await made({ tenant });
    await ledger.requests.update(one, { state: 'REJECTED' });
    expect(await codeOf(ledger.requests.approve(one, KEYS, { state: 'APPROVED' }))).toBe('CONFLICT');
    await ledger.requests.sweepTombstones(tenant);
    expect(await tombstonesOf(tenant)).toEqual([]);
  });

  test('too many people of a tenant at once are refused, and none of them is half there', async () => {
    const tenant = 'crowds';
    const keys = Array.from({ length: MOST_TOMBSTONES }, (_none, index) => ({
      kind: 'customer' as const,
      key: `c${index}`,
    }));
    const one = await made({ tenant, keys });
    await ledger.requests.approve(one, keys, { state: 'APPROVED' });
    const two = await made({ tenant });
    expect(await codeOf(ledger.requests.approve(two, KEYS, { state: 'APPROVED' }))).toBe('RATE_LIMITED');
    expect((await ledger.requests.get(tenant, two.id)).state).toBe('RECEIVED');
    expect(await tombstonesOf(tenant)).toEqual([one.id]);
  });

  test('keys that no table holds together do not count together', async () => {
    const apart = createLedger(config, Date.now, [['customer', 'email'], ['device']]);
    try {
      const many = (kind: 'customer' | 'email' | 'device', count: number): SubjectKey[] =>
        Array.from({ length: count }, (_none, index) => ({ kind, key: `${kind}${index}` }));
      const tenant = 'apart';
      const one = await made({ tenant, keys: KEYS });
      const keys = [...many('customer', MOST_TOMBSTONES), ...many('device', MOST_TOMBSTONES)];
      await apart.requests.approve(one, keys, { state: 'APPROVED' });
      const two = await made({ tenant });
      expect(await codeOf(apart.requests.approve(two, many('email', 1), { state: 'APPROVED' }))).toBe(
        'RATE_LIMITED',
      );
    } finally {
      apart.close();
    }
  });

  test('holds are placed on a request, listed and released once', async () => {
    const hold = {
      tenant: 'holds',
      requestId: 'r1',
      datasets: 'all' as const,
      purpose: 'litigation',
      ground: 'court order',
      placedBy: 'a_1',
      until: '2026-12-01',
    };
    const one = await ledger.holds.place(hold);
    await ledger.holds.place({ ...hold, datasets: ['Decision'] });
    await ledger.holds.place({ ...hold, requestId: 'r2' });
    const ofRequest = async () => (await ledger.holds.of('holds', 'r1')).length;
    expect(await ofRequest()).toBe(2);
    const released = await ledger.holds.release('holds', one.id, 'a_2');
    expect((await ledger.holds.release('holds', one.id, 'a_3')).releasedBy).toBe(released.releasedBy);
    expect(await ofRequest()).toBe(1);
    expect(await codeOf(ledger.holds.release('acme', one.id, 'a_2'))).toBe('NOT_FOUND');
  });

  test('one batch at a time, its steps written down once', async () => {
    const batches = await Promise.all([1, 2, 3].map(() => ledger.batches.begin([])));
    expect(new Set(batches.map(({ id }) => id)).size).toBe(1);
    const batch = batches[0]!;
    const steps = ['a', 'b'].map((id) => ({
      id,
      kind: 'erase' as const,
      store: 'athena' as const,
      after: [],
    }));
    await ledger.batches.plan(batch, steps);
    const [first] = await ledger.batches.steps(batch.id);
    await ledger.batches.updateStep(batch.id, first!, { state: 'done' });
    await ledger.batches.plan(batch, steps);
    const known = await ledger.batches.steps(batch.id);
    expect(known.map(({ step, state }) => [step.id, state])).toEqual([
      ['a', 'done'],
      ['b', 'planned'],
    ]);
    expect(await ledger.batches.updateStep(batch.id, first!, { state: 'failed' })).toBeUndefined();
    await ledger.batches.end(batch);
    expect(await ledger.batches.current()).toBeUndefined();
  });

  test('a lease has one holder; who loses it learns so; its number only grows', async () => {
    const { signal } = new AbortController();
    const [a, b] = [ledger.leases('a', 300), ledger.leases('b', 300)];
    const first = (await a.acquire('work', signal))!;
    const soon = await b.acquire('work', AbortSignal.timeout(50));
    expect(soon).toBeUndefined();
    // It is not renewed, so the other one takes over.
    const second = (await b.acquire('work', signal))!;
    expect(second.fence).toBeGreaterThan(first.fence);
    await expect(first.beat()).rejects.toThrow(LeaseLost);
    await second.release();
    const third = (await a.acquire('work', signal))!;
    expect(third.fence).toBeGreaterThan(second.fence);
    await third.release();
  });

  test('a clock of the world that jumps gives nobody a lease', async () => {
    const { signal } = new AbortController();
    const held = (await ledger.leases('a', 60_000).acquire('clock', signal))!;
    const real = Date.now;
    Date.now = () => real() + 86_400_000;
    try {
      expect(await ledger.leases('b', 60_000).acquire('clock', AbortSignal.timeout(300))).toBeUndefined();
      await held.beat();
    } finally {
      Date.now = real;
    }
    await held.release();
  });

  test('a lease is kept as long as it is renewed', async () => {
    const { signal } = new AbortController();
    const held = (await ledger.leases('a', 400).acquire('long', signal))!;
    const other = ledger.leases('b', 400).acquire('long', AbortSignal.timeout(1_200));
    for (let beats = 0; beats < 24; beats += 1) {
      await held.beat();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await other).toBeUndefined();
  });

  async function tombstonesOf(tenant: string): Promise<string[]> {
    const stored = await ledger.table.get<{ requests: object }>({
      pk: `TENANT#${tenant}`,
      sk: 'TOMBSTONES',
    });
    return Object.keys(stored?.body.requests ?? {});
  }

  async function everything(): Promise<string> {
    const texts: string[] = [];
    let start: Record<string, never> | undefined;
    do {
      const page = await aws.dynamodb.send(
        new ScanCommand({
          TableName: config.SLUICE_ERASURE_TABLE,
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        }),
      );
      texts.push(JSON.stringify(page.Items));
      start = page.LastEvaluatedKey as Record<string, never> | undefined;
    } while (start !== undefined);
    return texts.join('\n');
  }
}
