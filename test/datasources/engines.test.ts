import { setTimeout as sleep } from 'node:timers/promises';
import { scoped } from '../../src/auth/scope';
import { createStores } from '../../src/datasources/create-stores';
import type { CountPlan, RowsPlan } from '../../src/datasources/plans';
import type { EngineResult } from '../../src/datasources/results';
import type { Stores } from '../../src/datasources/stores';
import { SluiceError } from '../../src/errors';
import { declarations } from '../../src/schema/catalog';
import { startEngines, type Engines } from '../support/engines';
import { sampleRows } from '../support/rows';
import { dataset } from './compile/plans';

/** Behaviour on the wire that both SQL engines owe, asked of each through the SDK and the local servers. */

const RANGE = { from: '2014-01-01T00:00:00.000Z', to: '2014-02-01T00:00:00.000Z' };

const KINDS = {
  athena: {
    name: 'Reading',
    start: 'StartQueryExecution',
    read: 'GetQueryExecution',
    stop: 'StopQueryExecution',
    running: 'QueryExecution',
  },
  redshift: {
    name: 'Employee',
    start: 'ExecuteStatement',
    read: 'GetStatementResultV2',
    stop: 'CancelStatement',
    running: 'StatementExecution',
  },
} as const;

let engines: Engines;

beforeAll(async () => {
  engines = await startEngines();
  for (const { name } of Object.values(KINDS)) {
    await engines.fill(dataset(name), { acme: sampleRows(dataset(name), 1_500, 7) });
  }
});

afterAll(() => engines.close());

function ask(
  stores: Stores,
  name: string,
  signal = new AbortController().signal,
  tenant = 'acme',
): Promise<EngineResult> {
  const range = dataset(name).time === undefined ? {} : { range: RANGE };
  const plan: CountPlan = { kind: 'count', dataset: name, ...range };
  return stores.count(scoped<CountPlan>({ plan, scope: { tenant, rows: [] } }), { tenant, signal });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof SluiceError ? error.code : `not ours: ${String(error)}`;
  }
  return 'nothing was thrown';
}

/** Waits for something that must come to pass, and gives up after 15 s. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 3_000 && !holds(); turn += 1) await sleep(5);
  expect(holds()).toBe(true);
}

describe.each(['athena', 'redshift'] as const)('%s', (engine) => {
  const kind = KINDS[engine];
  let stores: Stores;

  beforeEach(() => {
    engines.faults[engine].reset();
    stores = createStores(engines.config(), declarations);
  });
  afterEach(() => stores.close());

  test('counts, and says what it cost', async () => {
    const { rows, call } = await ask(stores, kind.name);
    expect(rows).toEqual([[1_500]]);
    expect(call).toMatchObject({ engine, dataset: kind.name, shared: false });
    expect(call.statementId).not.toBe('');
    // At least 10 MB are billed for an Athena query.
    if (engine === 'athena') expect(call.costUsd).toBeGreaterThanOrEqual((10 / 1024 ** 2) * 5);
    else expect(call.costUsd).toBe(0);
  });

  test('reads more rows than one page of its API holds', async () => {
    const paged = createStores(engines.config({ SLUICE_ATHENA_RESULTS: 'api' }), declarations);
    const fields = [...dataset(kind.name).columns.keys()];
    const plan: RowsPlan = {
      kind: 'rows',
      dataset: kind.name,
      fields,
      ...(kind.name === 'Reading' ? { range: RANGE } : {}),
      orderBy: [],
      first: 1_200,
    };
    const { rows } = await paged.rows(
      scoped<RowsPlan>({ plan, scope: { tenant: 'acme', rows: [] } }),
      fields,
      { tenant: 'acme', signal: new AbortController().signal },
    );
    expect(rows).toHaveLength(1_201);
    expect(new Set(rows.map((row) => row[0])).size).toBe(1_201);
    if (engine === 'athena') expect(engines.faults.athena.count('GetQueryResults')).toBe(2);
    await paged.close();
  });

  test('runs the same statement once for all who wait for it', async () => {
    const [one, two, other] = await Promise.all([
      ask(stores, kind.name),
      ask(stores, kind.name),
      ask(stores, kind.name, undefined, 'another tenant'),
    ]);
    expect(engines.faults[engine].count(kind.start)).toBe(2);
    expect(two?.call.statementId).toBe(one?.call.statementId);
    expect([one?.call.shared, two?.call.shared, other?.call.shared]).toEqual([false, true, false]);
    expect(other?.rows).toEqual([[0]]);
  });

  test('stops the statement when the last waiter leaves, not before', async () => {
    const faults = engines.faults[engine];
    faults.add({ operation: kind.running, kind: 'stall', millis: 60_000 });
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = [
      codeOf(ask(stores, kind.name, first.signal)),
      codeOf(ask(stores, kind.name, second.signal)),
    ];
    await until(() => faults.count(kind.read) > 0);
    first.abort();
    expect(await waiting[0]).toBe('ENGINE_TIMEOUT');
    await sleep(100);
    expect(faults.count(kind.stop)).toBe(0);
    second.abort();
    expect(await waiting[1]).toBe('ENGINE_TIMEOUT');
    await until(() => faults.count(kind.stop) === 1);
    // The next one to ask does not get the stopped statement.
    expect((await ask(stores, kind.name)).rows).toEqual([[1_500]]);
  });

  test('stops a statement whose start was still under way when everybody left', async () => {
    const faults = engines.faults[engine];
    faults.add({ operation: kind.start, kind: 'stall', millis: 200 });
    faults.add({ operation: kind.running, kind: 'stall', millis: 60_000 });
    const leaver = new AbortController();
    const waiting = codeOf(ask(stores, kind.name, leaver.signal));
    await until(() => faults.count(kind.start) === 1);
    leaver.abort();
    expect(await waiting).toBe('ENGINE_TIMEOUT');
    await until(() => faults.count(kind.stop) === 1);
  });

  test('sends throttled calls again', async () => {
    const faults = engines.faults[engine];
    faults.add({ operation: kind.start, kind: 'throttle', times: 2 });
    expect((await ask(stores, kind.name)).rows).toEqual([[1_500]]);
    expect(faults.count(kind.start)).toBe(3);
  });

  test('a lost reply starts nothing twice', async () => {
    const faults = engines.faults[engine];
    faults.add({ operation: kind.start, kind: 'drop' });
    expect((await ask(stores, kind.name)).rows).toEqual([[1_500]]);
    expect(faults.count(kind.start)).toBe(2);
    expect(faults.count(kind.running)).toBe(1);
  });

  test('a failed statement is not repeated, and its text stays in the cause', async () => {
    const faults = engines.faults[engine];
    faults.add({ operation: kind.start, kind: 'fail', message: 'secret table is broken' });
    const error: unknown = await ask(stores, kind.name).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ENGINE_FAILED' });
    expect(JSON.stringify(error)).not.toContain('secret table');
    expect(JSON.stringify((error as SluiceError).cause)).toContain('secret table');
    expect(faults.count(kind.start)).toBe(1);
  });

  test('a stalled call ends at its deadline', async () => {
    const hasty = createStores(engines.config({ SLUICE_CALL_DEADLINE_MS: '150' }), declarations);
    engines.faults[engine].add({ operation: kind.start, kind: 'stall', millis: 60_000 });
    expect(await codeOf(ask(hasty, kind.name))).toBe('ENGINE_TIMEOUT');
    await hasty.close();
  });

  test('polls when calls are too short to wait at the service', async () => {
    const hasty = createStores(engines.config({ SLUICE_CALL_DEADLINE_MS: '1500' }), declarations);
    expect((await ask(hasty, kind.name)).rows).toEqual([[1_500]]);
    await hasty.close();
  });

  test('an engine that is down is unavailable, then short-circuited', async () => {
    const port = 'http://127.0.0.1:9';
    const down = createStores(
      engines.config({
        SLUICE_ATHENA_ENDPOINT: port,
        SLUICE_REDSHIFT_ENDPOINT: port,
        SLUICE_DYNAMODB_ENDPOINT: port,
      }),
      declarations,
    );
    for (let time = 0; time < 10; time += 1)
      expect(await codeOf(ask(down, kind.name))).toBe('ENGINE_UNAVAILABLE');
    expect(await down.health(AbortSignal.timeout(2_000))).toEqual({
      athena: 'down',
      redshift: 'down',
      dynamodb: 'down',
    });
    await down.close();
  });
});

test('a signal that was aborted before asks nothing', async () => {
  engines.faults.redshift.reset();
  const stores = createStores(engines.config(), declarations);
  expect(await codeOf(ask(stores, 'Employee', AbortSignal.abort()))).toBe('ENGINE_TIMEOUT');
  expect(engines.faults.redshift.seen).toEqual([]);
  await stores.close();
});

test('a waiter is told the reason its signal carries', async () => {
  const stores = createStores(engines.config(), declarations);
  const signal = AbortSignal.abort(new SluiceError('BUDGET_EXCEEDED'));
  expect(await codeOf(ask(stores, 'Employee', signal))).toBe('BUDGET_EXCEEDED');
  await stores.close();
});
