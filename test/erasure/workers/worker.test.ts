import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { s3Folder } from '../../../local/src/aws';
import type { Fields } from '../../../local/src/sample/rows';
import { addDays } from '../../../src/calendar';
import { verifyCertificate } from '../../../src/erasure/certificate';
import { createErasures } from '../../../src/erasure/create';
import { AuditChain, checkChain } from '../../../src/erasure/chain';
import { changedRows, type HorizonDate } from '../../../src/erasure/horizon';
import { TombstoneWriter } from '../../../src/erasure/ledger/tombstones';
import type { LakeAws } from '../../engines/support/lake-aws';
import type { Boundaries } from '../support/boundaries';
import { dataset, LATELY } from '../support/people';
import { keysOf, personRows, rowOf, together } from '../support/person';
import { declarations } from '../../../src/schema/catalog';
import type { Request } from '../../../src/erasure/history';
import { DAY_MS, outcomesOf, type Desk } from '../support/work';
import { Workplace } from '../support/workplace';

describe('a worker on local AWS', () => {
  let lake: LakeAws;
  let wire: Boundaries;
  let place: Workplace;

  const load = async (tenant: string, rows: Record<string, Fields[]>): Promise<void> => {
    for (const [name, all] of Object.entries(rows)) await lake.load(dataset(name), tenant, all);
  };
  const open = (changes = {}): Promise<Desk> => place.desk(changes);

  beforeAll(async () => {
    place = await Workplace.open();
    ({ lake, wire } = place);
  });

  afterEach(() => place.undisturbed());

  afterAll(() => place?.close());

  test('takes a request from its receipt to its certificate, and leaves everybody else as they were', async () => {
    const desk = await open();
    await load('acme', personRows('1'));
    await load('umbrella', personRows('1'));
    await load('acme', together(['1 ', ' 1', '10', '１', "1'--", '1%'].map(personRows)));
    const before = await desk.rows();
    const asked = await desk.ask('acme', { kind: 'customer', key: 'ann1' }, { kind: 'device', key: 'dev1' });
    expect(await desk.work()).toBe('idle');
    expect((await desk.get(asked)).state).toBe('PLANNED');
    await desk.approve(asked);
    expect(await desk.work()).toBe('idle');
    const plans = desk.lines.filter((line) => line.includes('"erasure_planning"'));
    // Before it is approved, and before its batch.
    expect(plans.map((line) => JSON.parse(line) as unknown)).toEqual(
      Array.from({ length: 2 }, () => expect.objectContaining({ requests: 1, costUsd: expect.any(Number) })),
    );
    const ended = await desk.get(asked);
    expect(ended.state).toBe('COMPLETED');
    expect(outcomesOf(ended)).toEqual([
      'athena.Decision PSEUDONYMISED 2',
      'dynamodb.Decision PSEUDONYMISED 2',
      'athena.Reading PENDING_HORIZON 1',
      'redshift.Employee PENDING_HORIZON 1',
      'redshift.SalesLine PSEUDONYMISED 3',
    ]);
    const after = await desk.rows();
    const mine = (text: string): boolean =>
      text.includes('"acme"') && /"[drse]-\d1"/.test(text.replaceAll('acme#', ''));
    for (const [name, rows] of Object.entries(before)) {
      // Whoever else there is stays byte for byte.
      expect(after[name]?.filter((text) => !mine(text))).toEqual(rows.filter((text) => !mine(text)));
      expect(rows.filter(mine).length - (after[name]?.filter(mine).length ?? 0)).toBe(1);
    }
    expect(Object.values(after).flat().filter(mine).join()).not.toMatch(/ann1|\+491|"K1"|"E1"|Ann/);
    const key = createPublicKey(desk.config.SLUICE_ERASURE_SIGNING_KEY as KeyObject);
    const text = (await desk.ledger.requests.certificate('acme', asked.id)) ?? '';
    const certificate = await verifyCertificate(text, key);
    expect(certificate).toMatchObject({
      requestId: asked.id,
      state: 'COMPLETED',
      planHash: ended.approvedHash,
    });
    expect(certificate?.outcomes.map(({ rows }) => rows)).toEqual([2, 2, 1, 1, 3]);
    expect(certificate?.outcomes.map((one) => [one.planned, changedRows(one), one.look?.found])).toEqual([
      [2, 2, 0],
      [2, 2, 0],
      [1, 1, 0],
      [1, 1, 0],
      [3, 3, 0],
    ]);
    const { erasedOn = '' } = ended;
    const dates = certificate?.outcomes.map(({ dataset: name, store, horizon = {} }) =>
      [
        `${store}.${name}`,
        horizon.logicallyGone?.date,
        horizon.unreachable?.date,
        horizon.physicallyGone?.date,
      ].join(' '),
    );
    const on = (...days: number[]): string =>
      [erasedOn, ...days.map((count) => addDays(erasedOn, count))].join(' ');
    expect(dates).toEqual([
      `athena.Decision ${on(6, 46)}`,
      `dynamodb.Decision ${on(36, 36)}`,
      `athena.Reading ${on(6, 46)}`,
      `redshift.Employee ${on(2, 8)}`,
      `redshift.SalesLine ${on(2, 8)}`,
    ]);
    // What a date rests on is what the ledger has of the steps.
    const steps = await desk.ledger.batches.steps(ended.batch ?? '');
    const evidence = certificate?.outcomes.flatMap(({ horizon = {} }) =>
      Object.values(horizon).flatMap((date: HorizonDate) =>
        date.evidence.filter(({ kind }) => kind === 'step'),
      ),
    );
    expect(new Set(evidence?.map(({ name }) => name)).size).toBe(10);
    for (const { name, at, statementIds } of evidence ?? [])
      expect(steps.find(({ step }) => step.id === name)).toMatchObject({ endedAt: at, statementIds });
    expect(certificate?.residue.find(({ kind }) => kind === 'snapshots')?.goneBy).toBe(
      addDays(ended.erasedOn ?? '', 6),
    );
    const chain = await new AuditChain(desk.ledger.table).read();
    const checked = await checkChain(chain, key);
    expect(checked).toEqual({ entries: chain.entries.length, signedUpTo: chain.entries.length });
    const all = [...chain.entries, ...desk.lines, text, JSON.stringify(ended)].join('\n');
    expect(all).not.toMatch(/ann1|\+491|"K1"|"E1"|dev1/);
    expect(chain.entries.filter((entry) => entry.includes('STEP_DONE')).length).toBe(12);
    expect(
      await new TombstoneWriter(desk.ledger.table, desk.config.SLUICE_ERASURE_KEY).requests('acme'),
    ).toEqual([]);
  });

  const refuseVacuum = (): void =>
    wire.when(/athena StartQueryExecution VACUUM/, async () =>
      lake.faults.athena.add({
        operation: 'QueryExecution',
        kind: 'fail',
        message: 'PERMISSION_DENIED: Access Denied: Cannot vacuum table',
        times: 1,
      }),
    );
  const eventsOf = ({ history }: Request): string[] => history.map(({ event }) => event);
  test('certifies that a person is nowhere, without an approval', async () => {
    const desk = await open();
    const asked = await desk.ask('acme', { kind: 'customer', key: 'nobody' });
    expect(await desk.work()).toBe('idle');
    const ended = await desk.get(asked);
    expect(ended).toMatchObject({ state: 'COMPLETED', keysForgotten: true });
    expect(new Set(ended.tables.map(({ outcome }) => outcome?.state))).toEqual(new Set(['NOT_FOUND']));
    expect(await desk.ledger.requests.certificate('acme', asked.id)).toMatch(/^ey/);
    expect(await desk.ledger.requests.open()).toEqual([]);
  });

  test('a hold that is placed while a batch runs keeps back what has not begun, and its end lets it go', async () => {
    const desk = await open();
    await load('acme', personRows('2'));
    const one = await desk.approved('acme', ...keysOf('2'));
    let hold: { id: string } | undefined;
    wire.when(/athena StartQueryExecution DELETE/, async () => {
      hold = await desk.hold(one, ['Employee']);
    });
    expect(await desk.work({ changes: wire.config })).toBe('idle');
    const held = await desk.get(one);
    expect(held).toMatchObject({ state: 'ON_HOLD', heldFrom: 'APPROVED' });
    expect(held.tables.find(({ dataset: name }) => name === 'Employee')).toMatchObject({
      state: 'waiting',
      erased: 0,
    });
    expect((await desk.rows()).Employee?.filter((row) => row.includes('"E2"')).length).toBe(1);
    expect(held.tables.find(({ dataset: name }) => name === 'SalesLine')).toMatchObject({ erased: 3 });
    const tombstones = new TombstoneWriter(desk.ledger.table, desk.config.SLUICE_ERASURE_KEY);
    expect(await tombstones.requests('acme')).toContain(one.id);
    await desk.ledger.holds.release('acme', hold?.id ?? '', 'a_lawyer');
    expect(await desk.work()).toBe('idle');
    expect((await desk.get(one)).state).toBe('COMPLETED');
    expect((await desk.rows()).Employee?.filter((row) => row.includes('"E2"'))).toEqual([]);
  });

  test('a hold keeps a person’s rows from other requests about that person too', async () => {
    const desk = await open();
    await load('acme', personRows('20'));
    await load('acme', personRows('21'));
    const first = await desk.ask('acme', ...keysOf('20'));
    const second = await desk.ask('acme', { kind: 'device', key: 'dev20' }, ...keysOf('20'));
    const other = await desk.ask('acme', ...keysOf('21'));
    await desk.work();
    const hold = await desk.hold(first, ['Employee']);
    await desk.approve(second);
    await desk.approve(other);
    expect(await desk.work()).toBe('idle');
    expect(await desk.get(second)).toMatchObject({ state: 'ON_HOLD', heldFrom: 'APPROVED' });
    expect((await desk.get(other)).state).toBe('COMPLETED');
    const employees = async (mark: string): Promise<number> =>
      (await desk.rows()).Employee?.filter((row) => row.includes(`"E${mark}"`)).length ?? 0;
    expect([await employees('20'), await employees('21')]).toEqual([1, 0]);
    await desk.ledger.holds.release('acme', hold.id, 'a_lawyer');
    expect(await desk.work()).toBe('idle');
    expect((await desk.get(second)).state).toBe('COMPLETED');
    expect(await employees('20')).toBe(0);
  });

  test('of two workers at once one works, and each step is done once', async () => {
    const desk = await open();
    await load('acme', personRows('3'));
    const one = await desk.approved('acme', ...keysOf('3'));
    const ends = await Promise.all([desk.work(), desk.work(), desk.work()]);
    expect(ends).toContain('idle');
    const ended = await desk.get(one);
    expect(ended.state).toBe('COMPLETED');
    expect(outcomesOf(ended).map((text) => text.split(' ')[2])).toEqual(['2', '2', '1', '1', '3']);
    const steps = await desk.ledger.batches.steps(ended.batch ?? '');
    // A purge notes a moment first, and deletes what is older in its second run.
    expect(steps.map(({ step, runs }) => (step.id === 's3.purge' ? 1 : runs))).toEqual(steps.map(() => 1));
  });

  test('a plan that is no longer what was approved is shown and approved anew', async () => {
    const desk = await open();
    await load('acme', personRows('4'));
    const one = await desk.approved('acme', ...keysOf('4'));
    await lake.load(dataset('Decision'), 'acme', [
      rowOf('Decision', 'd-94', LATELY, { applicantId: 'ann4', applicantEmail: 'new4@example.com' }),
    ]);
    const before = await desk.rows();
    expect(await desk.work()).toBe('idle');
    const drifted = await desk.get(one);
    expect(drifted.state).toBe('PLANNED');
    expect(drifted.history.at(-1)).toMatchObject({
      event: 'DRIFTED',
      note: expect.stringContaining('other keys'),
    });
    expect(await desk.rows()).toEqual(before);
    await desk.approve(one);
    expect(await desk.work()).toBe('idle');
    expect((await desk.get(one)).state).toBe('COMPLETED');
  });

  test('asks the stores as often for many requests as for one', async () => {
    const desk = await open();
    const statements = async (tenant: string, marks: readonly string[]): Promise<string[]> => {
      await load(tenant, together(marks.map(personRows)));
      const asked = await Promise.all(marks.map((mark) => desk.ask(tenant, ...keysOf(mark))));
      wire.arm();
      await desk.work({ changes: wire.config });
      for (const one of asked) await desk.approve(one);
      await desk.work({ changes: wire.config });
      for (const one of asked) {
        const ended = await desk.get(one);
        expect(ended.state).toBe('COMPLETED');
        expect(outcomesOf(ended).map((text) => text.split(' ')[2])).toEqual(['2', '2', '1', '1', '3']);
      }
      return wire.seen.filter((name) => /StartQueryExecution|ExecuteStatement|Scan/.test(name)).sort();
    };
    const one = await statements('single', ['of 1']);
    const marks = Array.from({ length: 20 }, (_none, at) => `of ${at}`);
    expect(await statements('crowd', marks)).toEqual(one);
    expect(one.filter((name) => name.includes('StartQueryExecution SELECT')).length).toBeGreaterThan(3);
  });

  test('a store without permission is said, the rest is done, and it is done when tried again', async () => {
    const desk = await open();
    await load('acme', personRows('5'));
    const one = await desk.approved('acme', ...keysOf('5'));
    refuseVacuum();
    expect(await desk.work({ changes: wire.config })).toBe('idle');
    const failed = await desk.get(one);
    expect(failed.state).toBe('PARTIAL');
    expect(
      failed.tables.filter(({ outcome }) => outcome?.state === 'FAILED').map(({ outcome }) => outcome),
    ).toEqual([{ state: 'FAILED', reason: 'NO_PERMISSION' }]);
    const tombstones = new TombstoneWriter(desk.ledger.table, desk.config.SLUICE_ERASURE_KEY);
    expect(await tombstones.requests('acme')).toContain(one.id);
    await desk.happen(one, { type: 'retry' });
    expect(await desk.work()).toBe('idle');
    expect((await desk.get(one)).state).toBe('COMPLETED');
    expect(await tombstones.requests('acme')).not.toContain(one.id);
  });

  test('what killed searches left goes after an hour, and nothing else', async () => {
    const desk = await open();
    const place = (name: string): string => join(s3Folder(lake.dataDir), name);
    const names = ['old', 'new'].flatMap((age) => [
      `sluice-lake/erasure/subject_keys/batch=search-${age}/keys.parquet`,
      `sluice-results/athena/erasure-search/${age}.csv`,
      `sluice-results/athena/${age}.csv`,
    ]);
    const twoHoursAgo = new Date(Date.now() - 7_200_000);
    for (const name of names) {
      await mkdir(dirname(place(name)), { recursive: true });
      await writeFile(place(name), 'ann');
      if (name.includes('old')) await utimes(place(name), twoHoursAgo, twoHoursAgo);
    }
    expect(await desk.work()).toBe('idle');
    const left = names.filter((name) => existsSync(place(name)));
    for (const name of left) await rm(place(name));
    expect(left).toEqual(['sluice-results/athena/old.csv', ...names.slice(3)]);
  });

  test('once a part is done, a fresh plan has all keys that were approved', async () => {
    const desk = await open();
    await load('acme', personRows('r'));
    const one = await desk.approved('acme', ...keysOf('r'));
    refuseVacuum();
    await desk.work({ changes: wire.config });
    const { resolved } = await desk.happen(one, { type: 'retry' });
    const many = Array.from({ length: 120 }, (_none, at) =>
      rowOf('Reading', `r-r${at}`, LATELY, { deviceId: 'devr' }),
    );
    await lake.load(dataset('Reading'), 'acme', many);
    await desk.work();
    expect(await desk.get(one)).toMatchObject({ state: 'PLANNED', resolved });
    const erasures = createErasures(desk.config, declarations.datasets.values());
    const actor = { tenant: 'acme', token: 'a_requester' };
    const again = await erasures.service.replan(actor, one.id, {
      signal: new AbortController().signal,
      calls: [],
    });
    const plan = await erasures.service.plan(again);
    await erasures.close();
    expect(again).toMatchObject({ state: 'PLANNED', resolved });
    expect(plan?.subjects.length).toBe(resolved?.count);
  });

  test('a row that survives is found by verification, and goes in the next batch', async () => {
    const desk = await open();
    await load('acme', personRows('6'));
    const [one, other] = [
      await desk.ask('acme', ...keysOf('6')),
      await desk.ask('acme', { kind: 'device', key: 'dev2' }),
    ];
    await lake.load(dataset('Reading'), 'acme', [rowOf('Reading', 'r-92', LATELY, { deviceId: 'dev2' })]);
    await desk.work();
    await desk.approve(one);
    await desk.approve(other);
    wire.arm();
    wire.when(/s3 PUT .*wanted/, () =>
      lake.load(dataset('Reading'), 'acme', [rowOf('Reading', 'r-96', LATELY, { deviceId: 'dev6' })]),
    );
    expect(await desk.work({ changes: wire.config })).toBe('idle');
    // One look after each batch says whose row it is.
    expect(wire.seen.filter((name) => /s3 PUT .*wanted/.test(name)).length).toBe(2);
    const ended = await desk.get(one);
    expect(ended.state).toBe('COMPLETED');
    expect(eventsOf(ended)).toEqual(expect.arrayContaining(['SURVIVORS', 'VERIFIED']));
    expect(ended.tables.find(({ dataset: name }) => name === 'Reading')).toMatchObject({
      rounds: 1,
      erased: 2,
    });
    expect(eventsOf(await desk.get(other))).not.toContain('SURVIVORS');
    expect((await desk.rows()).Reading?.filter((row) => row.includes('"dev6"'))).toEqual([]);
  });

  test('whoever comes back is found later, and at the end only tokens are left, by which kept rows go in time', async () => {
    const desk = await open();
    await load('acme', personRows('7'));
    const one = await desk.approved('acme', ...keysOf('7'));
    await desk.work();
    expect(await desk.later(wire, 1)).toBe('idle');
    expect(eventsOf(await desk.get(one))).not.toContain('RESURRECTED');
    await lake.load(dataset('Reading'), 'acme', [rowOf('Reading', 'r-97', LATELY, { deviceId: 'dev7' })]);
    expect(await desk.later(wire, 2)).toBe('idle');
    const back = await desk.get(one);
    expect(eventsOf(back)).toContain('RESURRECTED');
    expect(back.state).toBe('COMPLETED');
    expect((await desk.rows()).Reading?.filter((row) => row.includes('"dev7"'))).toEqual([]);
    expect(await desk.later(wire, 60)).toBe('idle');
    const over = await desk.get(one);
    expect(over.tables.map(({ outcome }) => outcome?.state)).toEqual([
      'PSEUDONYMISED',
      'PSEUDONYMISED',
      'ERASED',
      'ERASED',
      'PSEUDONYMISED',
    ]);
    expect(over.keysForgotten).toBe(true);
    await expect(desk.ledger.requests.readKeys('acme', one.id, over.asked)).rejects.toThrow('no longer kept');
    const tokenised = (rows: Record<string, string[]>): number[] =>
      ['Decision', 'items', 'SalesLine'].map(
        (name) => rows[name]?.filter((row) => /-\d7"/.test(row)).length ?? 0,
      );
    expect(tokenised(await desk.rows())).toEqual([1, 1, 2]);
    expect(await desk.later(wire, 365 * 10)).toBe('idle');
    // The line on which they were the representative is somebody else's, and stays.
    expect(tokenised(await desk.rows())).toEqual([0, 0, 1]);
    expect((await desk.get(one)).state).toBe('COMPLETED');
  });

  test('a pause lets the step that runs end, and nothing more until it is lifted', async () => {
    const desk = await open();
    await load('acme', personRows('8'));
    const one = await desk.approved('acme', ...keysOf('8'));
    await desk.ledger.schedule.pause('a_operator', 'maintenance');
    const before = await desk.rows();
    expect(await desk.work()).toBe('paused');
    expect(await desk.rows()).toEqual(before);
    await desk.ledger.schedule.resume('a_operator');
    wire.when(/athena StartQueryExecution DELETE/, () => desk.ledger.schedule.pause('a_operator', 'load'));
    expect(await desk.work({ changes: wire.config })).toBe('paused');
    const half = await desk.get(one);
    expect(half.state).toBe('RUNNING');
    const steps = await desk.ledger.batches.steps(half.batch ?? '');
    expect(steps.filter(({ state }) => state === 'done').map(({ step }) => step.id)).toEqual([
      's3.stage',
      'dynamodb.Decision.erase',
      'athena.Decision.erase',
    ]);
    expect(steps.every(({ state }) => state === 'done' || state === 'planned')).toBe(true);
    await desk.ledger.schedule.resume('a_operator');
    expect(await desk.work()).toBe('idle');
    expect((await desk.get(one)).state).toBe('COMPLETED');
  });

  test('a clock that jumped ends no hold and erases nothing', async () => {
    const desk = await open();
    await load('acme', personRows('9'));
    const one = await desk.approved('acme', ...keysOf('9'));
    await desk.hold(one, 'all');
    const before = await desk.rows();
    const jumped = desk.work({ now: () => Date.now() + 3_650 * DAY_MS });
    await expect(jumped).rejects.toThrow(/clock is \d+ s off/);
    expect(await desk.rows()).toEqual(before);
    expect(await desk.work()).toBe('idle');
    expect((await desk.get(one)).state).toBe('ON_HOLD');
  });

  test('batches begin inside the daily window, and people hear of what is due and late', async () => {
    const desk = await open();
    await load('acme', personRows('0'));
    const one = await desk.approved('acme', ...keysOf('0'));
    const minute = new Date().getUTCHours() * 60 + new Date().getUTCMinutes();
    const closed = { SLUICE_ERASURE_WINDOW: { from: (minute + 120) % 1_440, to: (minute + 180) % 1_440 } };
    expect(await desk.work({ changes: closed })).toBe('outside_window');
    expect((await desk.get(one)).state).toBe('APPROVED');
    wire.aheadMs = 25 * DAY_MS;
    const noticed = { now: () => Date.now() + wire.aheadMs, changes: { ...wire.config, ...closed } };
    await desk.work(noticed);
    await desk.work(noticed);
    wire.aheadMs = 40 * DAY_MS;
    await desk.work(noticed);
    await desk.work(noticed);
    const told = eventsOf(await desk.get(one)).filter((event) => event === 'REMINDED' || event === 'OVERDUE');
    expect(told).toEqual(['REMINDED', 'OVERDUE']);
    expect(await desk.work({ changes: closed, anyTime: true })).toBe('idle');
    expect((await desk.get(one)).state).toBe('COMPLETED');
  });
});
