import { createPublicKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../../local/src/wire/faults';
import { AuditChain, checkChain, type ChainEntry } from '../../../src/erasure/chain';
import type { Request } from '../../../src/erasure/history';
import type { LakeAws } from '../../engines/support/lake-aws';
import { stepRecord, type Boundaries } from '../support/boundaries';
import { compileSources } from '../support/compiled';
import { keysOf } from '../support/person';
import { startWorker } from '../support/worker-process';
import { DAY_MS, outcomesOf, type Desk } from '../support/work';
import { Workplace } from '../support/workplace';

/** A worker whose ledger, staging, clock or log does not do what it should: it destroys nothing unwritten, and goes on. */

/** More calls than any worker makes before it gives up. */
const ALL = 100_000;
/** So often a step is tried. */
const TRIED = 6;
/** Requests that take something away, by the store that they are of. */
const DESTRUCTIVE: readonly [store: string, name: RegExp][] = [
  ['athena', /^athena StartQueryExecution (DELETE|MERGE|OPTIMIZE|VACUUM)/],
  ['redshift', /^redshiftData (Batch)?ExecuteStatement (DELETE|UPDATE|VACUUM)/],
  // Records of the ledger have two keys, items have one.
  ['dynamodb', /^dynamodb (Update|Delete)Item \S+$/],
];
/** The keys of a batch, and none of a search or a verification. */
const STAGING = /^s3 PUT (?!.*(search|verify)-).*keys\.parquet/;

describe('a worker among faults', () => {
  let lake: LakeAws;
  let wire: Boundaries;
  let place: Workplace;
  let destroyed: string[] = [];
  /** Those whose step did not stand in ledger and chain before. */
  let unwritten: string[] = [];

  beforeAll(async () => {
    place = await Workplace.open();
    ({ lake, wire } = place);
  });

  beforeEach(() => {
    [destroyed, unwritten] = [[], []];
  });

  afterEach(() => place.undisturbed());

  afterAll(() => place?.close());

  const entriesOf = async (desk: Desk): Promise<ChainEntry[]> =>
    (await new AuditChain(desk.ledger.table).read()).entries.map((entry) => JSON.parse(entry) as ChainEntry);

  /** Looks in the ledger itself, when something is about to be taken away, whether its step stands there. */
  const watch = (desk: Desk): void => {
    const { onRequest } = wire;
    wire.onRequest = async (passing) => {
      const [store] = DESTRUCTIVE.find(([, name]) => name.test(passing)) ?? [];
      if (store !== undefined) {
        destroyed.push(passing);
        const { id = '' } = (await desk.ledger.batches.current()) ?? {};
        const running = (await desk.ledger.batches.steps(id)).find(
          (stored) => stored.step.store === store && stored.state === 'running',
        );
        const name = `${id} ${running?.step.id} BEGUN ${running?.runs}`;
        if (!(await entriesOf(desk)).some((entry) => entry.name === name)) unwritten.push(passing);
      }
      await onRequest?.(passing);
    };
  };
  /** The same end as if nothing had been. */
  const endedWell = async (desk: Desk, one: Request, mark: string): Promise<void> => {
    const ended = await desk.get(one);
    expect(ended.state).toBe('COMPLETED');
    expect(outcomesOf(ended).map((text) => text.split(' ')[2])).toEqual(['2', '2', '1', '1', '3']);
    const rows = Object.values(await desk.rows()).flat();
    for (const key of [`"ann${mark}"`, `"dev${mark}"`, `"E${mark}"`, `"K${mark}"`])
      expect(rows.filter((row) => row.includes(key))).toEqual([]);
    const key = createPublicKey(desk.config.SLUICE_ERASURE_SIGNING_KEY as KeyObject);
    expect((await checkChain(await new AuditChain(desk.ledger.table).read(), key)).fault).toBeUndefined();
    const done = (await entriesOf(desk)).filter(({ event }) => event === 'STEP_DONE');
    expect(new Set(done.map(({ batch, step: id }) => `${batch} ${id}`)).size).toBe(done.length);
    expect(destroyed.length).toBeGreaterThan(0);
    expect(unwritten).toEqual([]);
  };
  const nextWorker = async (desk: Desk, one: Request, mark: string): Promise<void> => {
    place.undisturbed();
    watch(desk);
    await desk.endLease();
    expect(await desk.work({ changes: wire.config })).toBe('idle');
    await endedWell(desk, one, mark);
  };

  const LAST = ['Reading', 'Employee', 'SalesLine'];

  test.each<[what: string, Omit<Fault, 'operation'>, code: string, places: RegExp[], untouched: string[]]>([
    [
      'throttles, before a step is said to run',
      { kind: 'throttle' },
      'RATE_LIMITED',
      [stepRecord('athena.Reading.erase'), stepRecord('athena.Reading.erase')],
      LAST,
    ],
    [
      'stalls, before a step that runs stands in the chain',
      { kind: 'stall', millis: 60_000 },
      'ENGINE_TIMEOUT',
      [stepRecord('redshift.erase'), stepRecord('redshift.erase'), /PutItem CHAIN/],
      ['Employee', 'SalesLine'],
    ],
    [
      'fails, before a step is said to be done',
      { kind: 'fail' },
      'ENGINE_UNAVAILABLE',
      [
        stepRecord('athena.Decision.erase'),
        stepRecord('athena.Decision.erase'),
        stepRecord('athena.Decision.erase'),
      ],
      LAST,
    ],
  ])(
    'a ledger that %s, lets nothing more go, and the next worker comes to the same end',
    async (what, fault, code, places, untouched) => {
      const mark = `of ${what.split(',')[0]}`;
      const { desk, one } = await place.approved(mark);
      const before = await desk.rows();
      wire.when(places, () => lake.faults.dynamodb.add({ ...fault, operation: 'PutItem', times: ALL }));
      watch(desk);
      const changes = { ...wire.config, SLUICE_CALL_DEADLINE_MS: 2_000 };
      await expect(desk.work({ changes })).rejects.toMatchObject({ code });
      expect(lake.faults.dynamodb.pending()).toHaveLength(1);
      const after = await desk.rows();
      for (const name of untouched) expect(after[name]).toEqual(before[name]);
      expect((await desk.get(one)).state).toBe('RUNNING');
      await nextWorker(desk, one, mark);
    },
  );

  test('staging that fails now and then is tried again, and nothing goes before it is there', async () => {
    const { desk, one } = await place.approved('staged');
    wire.when(STAGING, () => lake.faults.s3.add({ operation: 'PutObject', kind: 'fail', times: 2 }));
    watch(desk);
    expect(await desk.work({ changes: wire.config })).toBe('idle');
    const steps = await desk.ledger.batches.steps((await desk.get(one)).batch ?? '');
    expect(steps.find(({ step: { id } }) => id === 's3.stage')).toMatchObject({ failures: 2, state: 'done' });
    await endedWell(desk, one, 'staged');
  });

  test('staging that takes no keys lets no row of a table go, and the request ends when it is tried again', async () => {
    const { desk, one } = await place.approved('unstaged');
    const before = await desk.rows();
    wire.when(STAGING, () => lake.faults.s3.add({ operation: 'PutObject', kind: 'fail', times: TRIED }));
    watch(desk);
    expect(await desk.work({ changes: wire.config })).toBe('idle');
    // Items are named one by one, and need no keys beside them.
    expect(destroyed.filter((name) => !name.startsWith('dynamodb'))).toEqual([]);
    const { items: _items, ...after } = await desk.rows();
    expect(before).toMatchObject(after);
    const failed = await desk.get(one);
    expect(failed.state).toBe('PARTIAL');
    for (const { store, outcome } of failed.tables)
      if (store !== 'dynamodb') expect(outcome).toEqual({ state: 'FAILED', reason: 'ENGINE_UNAVAILABLE' });
    await desk.happen(one, { type: 'retry' });
    await nextWorker(desk, one, 'unstaged');
  });

  test('keys that a hold takes back and that cannot be staged anew are not gone by', async () => {
    const { desk, one } = await place.approved('taken back');
    const before = await desk.rows();
    let hold: { id: string } | undefined;
    wire.when(/^athena StartQueryExecution (DELETE|MERGE)/, async () => {
      hold = await desk.hold(one, ['Employee']);
      lake.faults.s3.add({ operation: 'PutObject', kind: 'fail', times: TRIED });
    });
    watch(desk);
    expect(await desk.work({ changes: wire.config })).toBe('idle');
    const after = await desk.rows();
    for (const name of LAST) expect(after[name]).toEqual(before[name]);
    expect(after.Decision).not.toEqual(before.Decision);
    const half = await desk.get(one);
    expect(half.tables.map(({ id, outcome }) => [id, outcome?.state])).toEqual([
      ['athena.Decision', 'PSEUDONYMISED'],
      ['dynamodb.Decision', 'PSEUDONYMISED'],
      ['athena.Reading', 'FAILED'],
      ['redshift.Employee', undefined],
      ['redshift.SalesLine', 'FAILED'],
    ]);
    await desk.ledger.holds.release('acme', hold?.id ?? '', 'a_lawyer');
    expect(await desk.work({ changes: wire.config })).toBe('idle');
    expect((await desk.get(one)).state).toBe('PARTIAL');
    await desk.happen(one, { type: 'retry' });
    await nextWorker(desk, one, 'taken back');
  });

  test('a service waits between rounds that fail, and goes on by itself when what was wrong is right', async () => {
    const { desk, one } = await place.approved('served');
    const before = await desk.rows();
    const said = (text: string): number => desk.lines.filter((line) => line.includes(text)).length;
    const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
      while (!(await holds())) await sleep(50);
    };
    let ahead = 400 * DAY_MS;
    wire.when([stepRecord('redshift.erase'), stepRecord('redshift.erase')], () =>
      lake.faults.dynamodb.add({ operation: 'PutItem', kind: 'fail', times: ALL }),
    );
    watch(desk);
    const service = await desk.serve({
      now: () => Date.now() + ahead,
      changes: { ...wire.config, SLUICE_ERASURE_POLL_SECONDS: 0.3, SLUICE_ERASURE_LEASE_SECONDS: 3 },
    });
    try {
      await until(() => said('clock is') > 0);
      await sleep(1_500);
      expect(said('erasure_round_failed')).toBeLessThan(8);
      expect(await desk.rows()).toEqual(before);
      ahead = 0;
      await until(() => said('ENGINE_UNAVAILABLE') > 0);
      expect((await desk.rows()).Employee).toEqual(before.Employee);
      place.undisturbed();
      watch(desk);
      await until(async () => (await desk.get(one)).state === 'COMPLETED');
    } finally {
      await service.stop();
    }
    await endedWell(desk, one, 'served');
  });

  test('a request that somebody cancels while it is planned is passed over, and is no fault', async () => {
    const desk = await place.desk();
    const one = await desk.ask('acme', ...keysOf('quick'));
    wire.when(/^s3 PUT \S+batch%3Dsearch-/, async () => {
      await desk.happen(one, { type: 'cancel', by: 'a_requester' });
    });
    expect(await desk.work({ changes: wire.config })).toBe('idle');
    expect((await desk.get(one)).state).toBe('CANCELLED');
    const said = desk.lines.filter((line) => line.includes(one.id) && line.includes('erasure_request_'));
    expect(said).toEqual([expect.stringContaining('"event":"erasure_request_changed"')]);
    expect(desk.lines.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  test('a log whose disk is full keeps no batch waiting', async () => {
    const compiled = await compileSources();
    const full = await open('/dev/full', 'w');
    try {
      const { desk, one } = await place.approved('logged');
      watch(desk);
      const { SLUICE_ERASURE_TABLE: table } = desk.config;
      const worker = await startWorker(
        compiled.folder,
        wire.endpoints,
        lake.dataDir,
        table,
        ['--once'],
        full.fd,
      );
      expect(await once(worker.process, 'exit')).toEqual([0, null]);
      await endedWell(desk, one, 'logged');
    } finally {
      await full.close();
      await compiled.remove();
    }
  });
});
