import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { AuditTokens } from '../../../src/auth/audit-tokens';
import type { SubjectKey } from '../../../src/erasure/model';
import {
  createPlanning,
  peopleOf,
  planOne,
  type PlannedErasure,
  type Planning,
} from '../../../src/erasure/planning';
import type { Resolution } from '../../../src/erasure/identity';
import { itemOf } from '../../../src/datasources/engines/items';
import type { EngineCall } from '../../../src/datasources/results';
import { declarations } from '../../../src/schema/catalog';
import type { LakeAws } from '../../engines/support/lake-aws';
import { runAthena, type Clients } from '../../local/support';
import { rowOf } from '../support/person';
import { DAY, DECOYS, LATELY, LONG_AGO, NASTY, dataset, rowsAbout } from '../support/people';
import { Workplace } from '../support/workplace';

const SIGNAL = new AbortController().signal;
const customer = (key: string): SubjectKey => ({ kind: 'customer', key });
const email = (key: string): SubjectKey => ({ kind: 'email', key });

describe('planning on local AWS', () => {
  let lake: LakeAws;
  let clients: Clients;
  let place: Workplace;
  let planning: Planning;

  const plan = (asked: readonly SubjectKey[], tenant = 'acme') =>
    planOne(planning, tenant, { id: 'r-1', asked, holds: [] }, DAY, { signal: SIGNAL, calls: [] });
  const counted = async (asked: readonly SubjectKey[], tenant = 'acme'): Promise<string[]> => {
    const { plan: made } = await plan(asked, tenant);
    return made.parts
      .filter(({ rows }) => rows > 0)
      .map(({ dataset: name, store, planned, rows }) => `${name} ${store} ${planned.action} ${rows}`);
  };

  beforeAll(async () => {
    place = await Workplace.open();
    ({ lake, clients } = place);
    const ann = { applicantId: 'ann', applicantEmail: 'ann@example.com', applicantPhone: '+491' };
    const decisions = [
      rowOf('Decision', 'd-1', LATELY, ann),
      rowOf('Decision', 'd-2', LONG_AGO, { applicantId: 'ann', applicantEmail: 'ann@example.com' }),
      rowOf('Decision', 'd-4', LATELY, { applicantId: 'Ann', applicantEmail: 'Ann@example.com' }),
      rowOf('Decision', 'd-5', LATELY, { applicantId: 'ann ', applicantEmail: 'ann@example.com ' }),
    ];
    await lake.load(dataset('Decision'), 'acme', decisions);
    await lake.load(dataset('Decision'), 'umbrella', [
      rowOf('Decision', 'd-1', LATELY, { ...ann, applicantEmail: 'other@example.com' }),
    ]);
    await lake.load(dataset('SalesLine'), 'acme', [
      rowOf('SalesLine', 's-1', '2025-07-01T00:00:00.000Z', {
        customerId: 'K-9',
        customerEmail: 'ann@example.com',
      }),
      rowOf('SalesLine', 's-2', LONG_AGO, { customerId: 'K-9' }),
      rowOf('SalesLine', 's-3', LATELY, { customerId: 'K-9 ', customerEmail: 'blank@example.com' }),
      rowOf('SalesLine', 's-4', LATELY, { customerId: 'K-10', salesRepresentative: 'E-7' }),
    ]);
    await lake.load(dataset('Employee'), 'acme', [
      rowOf('Employee', 'e-1', LATELY, { employeeNumber: 'E-7', email: 'rep@example.com' }),
      rowOf('Employee', 'e-2', LATELY, { employeeNumber: 'E-70', email: 'rep2@example.com' }),
    ]);
    planning = await createPlanning(lake.config, declarations.datasets.values(), SIGNAL);
    // A decision may be in one of its stores alone: only the point-read store says that +492 is Ann's.
    const only = rowOf('Decision', 'd-3', LATELY, {
      applicantEmail: 'ann@example.com',
      applicantPhone: '+492',
    });
    await clients.dynamodb.send(
      new PutItemCommand({ TableName: 'sluice-decisions', Item: itemOf(dataset('Decision'), 'acme', only) }),
    );
    await clients.dynamodb.send(
      new DeleteItemCommand({ TableName: 'sluice-decisions', Key: { pk: { S: 'acme#d-2' } } }),
    );
  });

  afterAll(async () => {
    await planning?.close();
    await place?.close();
  });

  test('snapshots live as long as the table keeps them, by default as long as the service does', async () => {
    const snapshots = async (): Promise<string[]> =>
      (await plan([customer('ann')])).plan.residue
        .filter(({ kind }) => kind === 'snapshots')
        .map(({ dataset: name, horizonDays, source }) => `${name} ${horizonDays} ${source}`);
    const { database, table } = dataset('Decision');
    const keep = async (seconds: string): Promise<void> => {
      const sql = `ALTER TABLE ${database}.${table} SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='${seconds}')`;
      expect((await runAthena(clients.athena, sql)).Status?.State).toBe('SUCCEEDED');
    };
    const preset =
      'The service’s default of vacuum_max_snapshot_age_seconds; the table states none that can be read.';
    expect(await snapshots()).toEqual([`Decision 5 ${preset}`]);
    await keep('8640001');
    expect(await snapshots()).toEqual([
      'Decision 101 vacuum_max_snapshot_age_seconds of the table: 8640001.',
    ]);
    await keep('432000');
    expect(await snapshots()).toEqual(['Decision 5 vacuum_max_snapshot_age_seconds of the table: 432000.']);
  });

  test('finds a person’s keys over three stores and counts every store by itself', async () => {
    const { people, plan: made } = await plan([customer('ann')]);
    expect(people.map(({ keys }) => keys.map(({ kind, key }) => `${kind} ${key}`).sort())).toEqual([
      ['customer K-9', 'customer ann', 'email ann@example.com', 'phone +491', 'phone +492'],
    ]);
    expect(await counted([customer('ann')])).toEqual([
      'Decision athena delete 1',
      'Decision athena pseudonymise 1',
      'Decision dynamodb pseudonymise 2',
      'SalesLine redshift delete 1',
      'SalesLine redshift pseudonymise 1',
    ]);
    const tokens = new AuditTokens(lake.config.SLUICE_AUDIT_KEY);
    expect(made.subjects).toEqual(
      people.flatMap(({ keys }) => keys.map(({ key }) => tokens.token('acme', key))).sort(),
    );
    const kept = made.parts.find(({ dataset: name, planned }) => name === 'SalesLine' && 'until' in planned);
    // Eight years from the end of 2025, the year of the newest row that is hers.
    expect(kept?.planned).toMatchObject({ action: 'pseudonymise', until: '2034-01-01' });
    expect(JSON.stringify(made)).not.toMatch(/"ann|ann@|K-9|\+49/);
  });

  test('the same key of another tenant is somebody else', async () => {
    const { people } = await plan([customer('ann')], 'umbrella');
    expect(people[0]?.keys.map(({ key }) => key).sort()).toEqual(['+491', 'ann', 'other@example.com']);
    expect(await counted([customer('ann')], 'umbrella')).toEqual([
      'Decision athena pseudonymise 1',
      'Decision dynamodb pseudonymise 1',
    ]);
    expect(await counted([customer('ann')], 'stranger')).toEqual([]);
  });

  test('who is named by others’ rows is counted there too', async () => {
    expect(await counted([{ kind: 'employee', key: 'E-7' }])).toEqual([
      'Employee redshift delete 1',
      'SalesLine redshift mention 1',
    ]);
  });

  test('people who share a key are one, others are not', async () => {
    const { people } = await plan([
      email('ann@example.com'),
      { kind: 'employee', key: 'E-7' },
      customer('K-9'),
      customer('K-9'),
      customer('nobody'),
    ]);
    expect(people.map(({ keys }) => keys.length)).toEqual([5, 2, 1]);
    expect(people.map(({ keys }) => [...new Set(keys.map(({ person }) => person))])).toEqual([[0], [1], [2]]);
  });

  test('plans requests together as each alone, also when one of them is refused', async () => {
    const asked: SubjectKey[][] = [
      [customer('ann')],
      [customer('%')],
      [customer('K-9'), customer('K-10')],
      [{ kind: 'employee', key: 'E-7' }],
      [customer('K-10'), { kind: 'employee', key: 'E-7' }, email('nobody@example.com')],
    ];
    const requests = asked.map((keys, at) => ({ id: `r-${at}`, asked: keys, holds: [] }));
    const known = { id: 'known', asked: [email('ann@example.com')], resolved: true, holds: [] };
    const all = [...requests, known];
    const planned = await planning.plan('acme', all, DAY, { signal: SIGNAL, calls: [] });
    expect(planned[1]).toMatchObject({ code: 'BAD_USER_INPUT' });
    for (const [at, one] of all.entries()) {
      const alone = await planOne(planning, 'acme', one, DAY, { signal: SIGNAL, calls: [] }).catch(
        (error: unknown) => error,
      );
      expect(inOrder(planned[at])).toEqual(inOrder(alone));
    }
    const [, , , , both] = planned as Awaited<ReturnType<typeof planOne>>[];
    // The line of K-10 is the representative's too: it is one row of each.
    expect(
      both?.plan.parts.filter(({ rows }) => rows > 0).map(({ planned: { action }, rows }) => [action, rows]),
    ).toEqual([
      ['delete', 1],
      ['pseudonymise', 1],
      ['mention', 1],
    ]);
  });

  test('neither keys nor what was found of them lie about', async () => {
    await plan([customer('ann')]);
    for (const Bucket of ['sluice-lake', 'sluice-results']) {
      const Prefix = Bucket === 'sluice-lake' ? 'erasure/subject_keys/batch=' : 'athena/';
      const before = await clients.s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
      await plan([customer('ann')]);
      const after = await clients.s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
      expect(after.KeyCount).toBe(before.KeyCount);
      if (Bucket === 'sluice-lake') expect(after.KeyCount).toBe(0);
    }
  });

  describe('while Athena’s result lies there', () => {
    const results = async (): Promise<string[]> => {
      const { Contents = [] } = await clients.s3.send(new ListObjectsV2Command({ Bucket: 'sluice-results' }));
      return Contents.map(({ Key = '' }) => Key).sort();
    };
    /** Does something once a search has written its result and does not know it yet. */
    const searching = async (signal: AbortSignal, then: () => void): Promise<unknown> => {
      lake.faults.athena.add({ operation: 'GetQueryExecution', kind: 'stall', millis: 9_000 });
      lake.faults.redshift.add({ operation: 'StatementExecution', kind: 'stall', millis: 30_000 });
      const request = { id: 'r-1', asked: [email('ann@example.com')], holds: [] };
      const planned = planOne(planning, 'acme', request, DAY, { signal, calls: [] }).catch(
        (error: unknown) => error,
      );
      while (!(await results()).some((key) => /erasure-search\/.*\.csv$/.test(key))) await sleep(20);
      then();
      return planned;
    };
    afterEach(() => {
      for (const plan of Object.values(lake.faults)) plan.clear();
    });

    test('it goes with a store that fails', async () => {
      const before = await results();
      const failed = await searching(SIGNAL, () =>
        lake.faults.redshift.add({ operation: 'DescribeStatement', kind: 'fail', times: 3 }),
      );
      expect(failed).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
      expect(await results()).toEqual(before);
    });

    test('it goes with whoever asked', async () => {
      const before = await results();
      const gone = new AbortController();
      expect(await searching(gone.signal, () => gone.abort())).toBeInstanceOf(Error);
      expect(await results()).toEqual(before);
    });
  });

  describe('when a store fails', () => {
    afterEach(() => {
      for (const plan of Object.values(lake.faults)) plan.clear();
    });
    const failing = async (): Promise<string[]> => {
      const run = { signal: SIGNAL, calls: [] as EngineCall[] };
      const request = { id: 'r-1', asked: [email('ann@example.com')], holds: [] };
      await expect(planOne(planning, 'acme', request, DAY, run)).rejects.toMatchObject({
        code: 'ENGINE_FAILED',
      });
      const before = run.calls.map(({ engine, dataset: name }) => `${engine} ${name}`);
      await sleep(300);
      // Nothing comes to the bill once whoever asked has gone.
      expect(run.calls).toHaveLength(before.length);
      return before.sort();
    };

    test('what the others did is billed', async () => {
      const operation = 'BatchExecuteStatement';
      lake.faults.redshift.add({ operation, kind: 'stall', millis: 2_000 });
      lake.faults.redshift.add({ operation, kind: 'fail' });
      expect(await failing()).toEqual(['athena Decision', 'dynamodb Decision']);
    });

    test('the others are stopped, and pages that were scanned are billed', async () => {
      lake.faults.athena.add({ operation: 'QueryExecution', kind: 'fail' });
      const stall = { operation: 'Scan', kind: 'stall', millis: 20_000 } as const;
      // Of the four parts of the table three never come.
      lake.faults.dynamodb.add({ ...stall, times: 3 });
      const began = performance.now();
      expect((await failing()).filter((call) => !call.startsWith('redshift'))).toEqual(['dynamodb Decision']);
      expect(performance.now() - began).toBeLessThan(10_000);
    });
  });

  test('a key of any text finds its own rows, in every kind and place, and does nothing else', async () => {
    for (const name of ['Decision', 'Reading', 'Employee', 'SalesLine'] as const) {
      await lake.load(dataset(name), 'nasty', [
        ...rowsAbout(name, NASTY, 'subject'),
        ...rowsAbout(name, DECOYS, 'decoy'),
      ]);
    }
    const rows = async (): Promise<number | undefined> =>
      (await clients.dynamodb.send(new ScanCommand({ TableName: 'sluice-decisions', Select: 'COUNT' })))
        .Count;
    const before = await rows();
    const keys = NASTY.filter((key) => !/^[%_]$/.test(key));
    for (const kind of ['customer', 'email', 'phone', 'device', 'employee'] as const) {
      const { plan: made } = await plan(
        keys.map((key) => ({ kind, key })),
        'nasty',
      );
      for (const { dataset: name, store, rows: found } of byTable(made.parts)) {
        const { keys: kinds = {}, mentions = {} } = dataset(name).erasure ?? {};
        const fields = [...Object.values(kinds), ...Object.values(mentions)].filter((one) => one === kind);
        expect([kind, name, store, found]).toEqual([kind, name, store, fields.length * keys.length * 2]);
      }
    }
    expect(await rows()).toBe(before);
  });

  test('a key that names too many rows is refused, and one that is none', async () => {
    const many = Array.from({ length: 1_200 }, (_none, at) =>
      rowOf('Employee', `m-${at}`, LATELY, { employeeNumber: `N-${at}`, email: 'all@example.com' }),
    );
    await lake.load(dataset('Employee'), 'crowd', many);
    const refused = { code: 'BAD_USER_INPUT' };
    await expect(plan([email('all@example.com')], 'crowd')).rejects.toMatchObject(refused);
    const { people } = await plan([{ kind: 'employee', key: 'N-7' }], 'crowd');
    expect(people[0]?.keys.length).toBe(1);
    expect(people[0]?.leftOut).toMatchObject([{ key: 'all@example.com', why: 'TOO_COMMON' }]);
    for (const key of ['', '*', '%', '  ', '%%', 'a\0b'])
      await expect(plan([email(key)])).rejects.toMatchObject(refused);
  });
});

/** Keys that are equally far come in the order in which a store finds them. */
function inOrder(planned: unknown): unknown {
  if (!(planned instanceof Object) || !('people' in planned)) return planned;
  const { people, plan } = planned as PlannedErasure;
  const sorted = people.map(({ keys }) =>
    keys.map(({ kind, key, distance }) => `${distance} ${kind} ${key}`).sort(),
  );
  return { sorted, plan };
}

function byTable(parts: readonly { dataset: string; store: string; rows: number }[]) {
  const tables = new Map<string, { dataset: string; store: string; rows: number }>();
  for (const { dataset: name, store, rows } of parts) {
    const id = `${store}.${name}`;
    tables.set(id, { dataset: name, store, rows: rows + (tables.get(id)?.rows ?? 0) });
  }
  return tables.values();
}

test('people are put together exactly when a chain of keys joins them', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(key, { minLength: 1, maxLength: 3 }), { maxLength: 8 }), (asked) => {
      const resolutions = asked.map((keys, person): Resolution => ({
        keys: keys.map((one, distance) => ({ person, distance, ...customer(one) })),
        leftOut: [],
      }));
      const people = peopleOf(resolutions).map(({ keys }) => keys.map((one) => one.key));
      expect(people.flat().sort()).toEqual([...new Set(asked.flat())].sort());
      for (const keys of asked)
        expect(people.filter((person) => keys.some((one) => person.includes(one))).length).toBe(1);
      // Nobody is joined without a reason: what is in one group is reached over shared keys.
      for (const person of people) {
        const reached = new Set(person.slice(0, 1));
        for (const _round of asked)
          for (const keys of asked)
            if (keys.some((one) => reached.has(one))) for (const one of keys) reached.add(one);
        expect([...reached].sort()).toEqual([...person].sort());
      }
    }),
  );
});
