import { addDays } from '../../src/calendar';
import type { HoldTerms } from '../../src/erasure/holds';
import type { ErasurePlan, PlannedAction } from '../../src/erasure/model';
import { driftBetween, makePlan } from '../../src/erasure/planner';
import { SERVICE_RESIDUE } from '../../src/erasure/residue';
import { advance, type RequestEvent, type RequestStanding } from '../../src/erasure/states';
import type { Look, TableProgress } from '../../src/erasure/tables';
import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import { runSchedules } from './schedules';

const DAY = '2026-11-24';
const TABLES = [
  'athena.Decision',
  'dynamodb.Decision',
  'athena.Reading',
  'redshift.Employee',
  'redshift.SalesLine',
];
const received: RequestStanding = { state: 'RECEIVED', requestedBy: 'ann', dueOn: '2026-12-24', tables: [] };

function planWith(rows: number | ((dataset: string) => number), subjects = ['a_1']): ErasurePlan {
  return makePlan({
    requestId: 'r1',
    tenant: 'aurora',
    subjects,
    datasets: declarations.datasets,
    day: DAY,
    counts: ({ dataset, planned }) =>
      planned.action === 'mention' ? undefined : { rows: typeof rows === 'number' ? rows : rows(dataset) },
    holds: [],
    residue: SERVICE_RESIDUE,
  });
}
const plan = planWith(2);

/** The request after some events, all on one day under the same holds unless said. */
function after(
  events: readonly RequestEvent[],
  holds: HoldTerms[] = [],
  day = DAY,
  from = received,
): RequestStanding {
  return events.reduce((request, event) => advance(request, event, { day, checked: true, holds }), from);
}
const code = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return undefined;
};

const approved: RequestEvent[] = [
  { type: 'planned', plan },
  { type: 'approve', by: 'bob', hash: plan.hash },
];
const erased = (tables: readonly string[]): RequestEvent[] =>
  tables.flatMap((table): RequestEvent[] => [
    { type: 'begin', table },
    { type: 'gone', table, rows: 2 },
  ]);
const batch: RequestEvent = { type: 'batch', id: 'b1' };
const verified: RequestEvent = { type: 'verified', survivors: [], looks: {} };
/** A look at the tables whose rows went, some days after the batch. */
const lookedAt = (days: number, look: Partial<Look> = {}, tables = TABLES): RequestEvent => ({
  type: 'looked',
  looks: Object.fromEntries(
    tables.map((id) => [
      id,
      { at: `${addDays(DAY, days)}T01:00:00Z`, day: addDays(DAY, days), found: 0, ...look },
    ]),
  ),
});
const outcomes = ({ tables }: RequestStanding) =>
  Object.fromEntries(tables.map(({ id, outcome }) => [id, outcome?.state]));

describe('a request', () => {
  it('is not complete while objects of its batch are left, and is once they are removed', () => {
    const leftover = {
      batch: 'b1',
      step: 's3.unstage',
      what: 'staged_keys',
      reason: 'NO_PERMISSION',
    } as const;
    const left = after([...approved, batch, { type: 'left', leftover }, ...erased(TABLES), verified]);
    expect(left).toMatchObject({ state: 'PARTIAL', leftovers: [leftover] });
    const asked = after([{ type: 'retry' }], [], DAY, left);
    // Its tables are well, and need no batch.
    expect(asked).toMatchObject({ state: 'PARTIAL', leftovers: [{ ...leftover, now: true }] });
    const done = after([{ type: 'removed', batch: 'b1', step: 's3.unstage' }], [], DAY, asked);
    expect(done.state).toBe('COMPLETED');
    expect(done).not.toHaveProperty('leftovers');
    expect(outcomes(done)).toEqual(outcomes(left));
  });

  it('counts items that went before a hold came, and has the others go after it', () => {
    const [table = ''] = TABLES.filter((id) => id.startsWith('dynamodb'));
    const others = TABLES.filter((id) => id !== table);
    const begun = after([...approved, batch, ...erased(others), { type: 'begin', table }]);
    expect(code(() => after([{ type: 'interrupted', table, rows: 1 }], [], DAY, begun))).toBe('CONFLICT');
    const hold = { datasets: ['Decision'], ground: 'x', until: addDays(DAY, 9) };
    const kept = after([{ type: 'interrupted', table, rows: 1 }, verified], [hold], DAY, begun);
    expect(kept.state).toBe('ON_HOLD');
    expect(kept.tables.find(({ id }) => id === table)).toMatchObject({ state: 'waiting', erased: 1 });
    const rest: RequestEvent[] = [
      { type: 'settle' },
      { ...batch, id: 'b2' },
      { type: 'begin', table },
      { type: 'gone', table, rows: 1 },
      verified,
    ];
    const done = after(rest, [], DAY, kept);
    expect(done.state).toBe('COMPLETED');
    expect(done.tables.find(({ id }) => id === table)?.erased).toBe(2);
  });

  it('goes from receipt to its end, and says of each store what is known', () => {
    const done = after([...approved, batch, ...erased(TABLES), verified]);
    expect(done.state).toBe('COMPLETED');
    expect(done.tables.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['athena.Decision', { state: 'PSEUDONYMISED', until: '2028-12-25' }],
      ['dynamodb.Decision', { state: 'PSEUDONYMISED', until: '2028-12-25' }],
      ['athena.Reading', { state: 'PENDING_HORIZON', date: addDays(DAY, 46) }],
      ['redshift.Employee', { state: 'PENDING_HORIZON', date: addDays(DAY, 8) }],
      ['redshift.SalesLine', { state: 'PSEUDONYMISED', until: '2035-01-01' }],
    ]);
    const later = after([lookedAt(46)], [], addDays(DAY, 46), done);
    expect(outcomes(later)).toMatchObject({ 'athena.Reading': 'ERASED', 'redshift.Employee': 'ERASED' });
    // Rows that were kept for a time go by themselves when it is over.
    const over = after([{ type: 'settle' }], [], '2028-12-25', later);
    expect([over.state, over.tables[0]?.state]).toEqual(['APPROVED', 'waiting']);
    const gone = after(
      [batch, ...erased(['athena.Decision', 'dynamodb.Decision']), verified],
      [],
      '2028-12-25',
      over,
    );
    expect([gone.state, gone.tables[0]?.outcome?.state]).toEqual(['COMPLETED', 'PENDING_HORIZON']);
  });

  it.each<[string, RequestEvent, string]>([
    ['the day alone', { type: 'settle' }, 'PENDING_HORIZON'],
    ['a look of the day before', lookedAt(45), 'PENDING_HORIZON'],
    ['a look at another table', lookedAt(46, {}, ['redshift.Employee']), 'PENDING_HORIZON'],
    ['rows that were found', lookedAt(46, { found: 1 }), 'PENDING_HORIZON'],
    ['rows in files', lookedAt(46, { files: { read: 3, rows: 1 } }), 'PENDING_HORIZON'],
    [
      'snapshots that nobody could expire or list',
      lookedAt(46, { snapshotsUnknown: true }),
      'PENDING_HORIZON',
    ],
    ['a look that found nothing', lookedAt(46, { files: { read: 3, rows: 0 } }), 'ERASED'],
    ['a later one', lookedAt(50), 'ERASED'],
  ])('of which the last copy is due to be gone: %s', (_name, event, state) => {
    const done = after([...approved, batch, ...erased(TABLES), verified]);
    const then = after([event], [], addDays(DAY, 50), done);
    expect(outcomes(then)['athena.Reading']).toBe(state);
    // What was found on one day does not hold for the next.
    const next = after([{ type: 'settle' }], [], addDays(DAY, 51), then);
    expect(outcomes(next)['athena.Reading']).toBe(state);
  });

  it('is not erased while a snapshot is left that was taken before its rows were gone', () => {
    const snapshots = (oldest: string): Partial<Look> => ({
      snapshots: { oldest: `${oldest}T01:00:00.000Z`, newest: `${DAY}T01:00:00.000Z`, statementId: 'q-1' },
    });
    const looks = lookedAt(0, snapshots('2026-11-20')) as { looks: Record<string, Look> };
    const done = after([...approved, batch, ...erased(TABLES), { ...verified, ...looks, type: 'verified' }]);
    const old = after([lookedAt(46, snapshots('2026-11-20'))], [], addDays(DAY, 46), done);
    const reading = ({ tables }: RequestStanding) => tables.find(({ id }) => id === 'athena.Reading');
    expect(reading(old)?.outcome).toEqual({ state: 'PENDING_HORIZON', date: addDays(DAY, 47) });
    const gone = after([lookedAt(47, snapshots(DAY))], [], addDays(DAY, 47), old);
    expect(reading(gone)?.outcome).toEqual({ state: 'ERASED' });
    expect(reading(gone)?.clean?.seen).toEqual({
      day: addDays(DAY, 47),
      oldest: `${DAY}T01:00:00.000Z`,
      statementId: 'q-1',
    });
  });

  it('about a person who is nowhere ends at once, and says so', () => {
    const done = after([{ type: 'planned', plan: planWith(0) }]);
    expect([done.state, new Set(Object.values(outcomes(done)))]).toEqual([
      'COMPLETED',
      new Set(['NOT_FOUND']),
    ]);
  });

  it.each<[string, string, RequestEvent[]]>([
    ['its requester approving', 'FORBIDDEN', [approved[0]!, { type: 'approve', by: 'ann', hash: plan.hash }]],
    ['its requester rejecting', 'FORBIDDEN', [approved[0]!, { type: 'reject', by: 'ann' }]],
    [
      'approval of another plan',
      'CONFLICT',
      [approved[0]!, { type: 'planned', plan: planWith(3) }, { type: 'approve', by: 'bob', hash: plan.hash }],
    ],
    ['a batch before approval', 'CONFLICT', [approved[0]!, batch]],
    ['a batch after drift', 'CONFLICT', [...approved, { type: 'drifted', plan: planWith(900) }, batch]],
    ['drift to the same plan', 'BAD_USER_INPUT', [...approved, { type: 'drifted', plan }]],
    ['cancelling what runs', 'CONFLICT', [...approved, batch, { type: 'cancel', by: 'ann' }]],
    [
      'rows that go twice',
      'CONFLICT',
      [...approved, batch, ...erased(['athena.Reading']), { type: 'begin', table: 'athena.Reading' }],
    ],
    ['rows of no table', 'CONFLICT', [...approved, batch, { type: 'begin', table: 'athena.Other' }]],
    ['an extension to an earlier day', 'BAD_USER_INPUT', [{ type: 'extend', dueOn: '2026-12-01' }]],
    [
      'a second extension',
      'CONFLICT',
      [
        { type: 'extend', dueOn: '2027-01-24' },
        { type: 'extend', dueOn: '2027-02-24' },
      ],
    ],
    ['retrying what has not failed', 'CONFLICT', [{ type: 'retry' }]],
  ])('refuses %s', (_name, expected, events) => {
    after(events.slice(0, -1));
    expect(code(() => after(events))).toBe(expected);
  });

  it('is not extended once it is overdue', () => {
    expect(code(() => after([{ type: 'extend', dueOn: '2027-02-24' }], [], '2026-12-25'))).toBe('CONFLICT');
    expect(after([{ type: 'extend', dueOn: '2027-02-24' }], [], '2026-12-24').extendedOn).toBe('2026-12-24');
  });

  it('is wholly, partly or not done', () => {
    const fail = (table: string): RequestEvent[] => [{ type: 'failed', table, reason: 'NO_PERMISSION' }];
    const some = after([...approved, batch, ...fail(TABLES[0]!), ...erased(TABLES.slice(1)), verified]);
    expect(some.state).toBe('PARTIAL');
    expect(after([...approved, batch, ...TABLES.flatMap(fail)]).state).toBe('FAILED');
    const retried = after([{ type: 'retry' }, batch, ...erased(TABLES.slice(0, 1)), verified], [], DAY, some);
    expect(retried.state).toBe('COMPLETED');
  });

  it('goes again over rows that survived or came back, and stops after three times', () => {
    const survivors: RequestEvent = { type: 'verified', survivors: ['athena.Reading'], looks: {} };
    const once = after([...approved, batch, ...erased(TABLES), survivors]);
    expect(once.state).toBe('APPROVED');
    const round = [batch, ...erased(['athena.Reading']), survivors];
    expect(after([...round, ...round], [], DAY, once).state).toBe('PARTIAL');
    const done = after([batch, ...erased(['athena.Reading']), verified], [], DAY, once);
    expect(done.state).toBe('COMPLETED');
    const back: RequestEvent = { type: 'resurrected', table: 'athena.Reading' };
    const resurrected = after([back], [], DAY, done);
    expect(resurrected.state).toBe('APPROVED');
    const stays = after([batch, ...erased(['athena.Reading']), verified, back], [], DAY, resurrected);
    expect([stays.state, outcomes(stays)['athena.Reading']]).toEqual(['PARTIAL', 'RESURRECTED']);
  });
});

describe('what is kept', () => {
  const retained = { state: 'RETAINED', ground: 'Some law', until: '2027-03-01' } as const;
  const keptAs = (kept: TableProgress['kept'], from = after(approved)): RequestStanding => ({
    ...from,
    tables: from.tables.map(({ kept: _kept, ...table }) => (kept === undefined ? table : { ...table, kept })),
  });
  /** A plan under which rows of sales stay whole. */
  const counted = (newest: string, rest = 2): ErasurePlan => {
    const sales = declarations.datasets.get('SalesLine') as DatasetDeclaration;
    const rule = {
      action: 'retain',
      then: 'pseudonymise',
      ground: 'Some law',
      keep: 'P1Y',
      from: 'soldAt',
    } as const;
    return makePlan({
      requestId: 'r1',
      tenant: 'aurora',
      subjects: ['a_1'],
      datasets: new Map([['SalesLine', { ...sales, erasure: { keys: {}, rule } }]]),
      day: DAY,
      counts: ({ before }) => (before === undefined ? { rows: rest, newest } : { rows: 2 - rest }),
      holds: [],
      residue: SERVICE_RESIDUE,
    });
  };
  const sales = ({ tables }: RequestStanding) => tables.find(({ id }) => id === 'redshift.SalesLine');
  const batchOf = (plan: ErasurePlan, kept: TableProgress['kept'], day = DAY) =>
    sales(after([{ type: 'batch', id: 'b1', plan }], [], day, keptAs(kept)))?.kept;

  it('goes by the day of a clock that was checked, and by no other', () => {
    const done = after([batch, ...erased(TABLES), verified], [], DAY, keptAs(retained));
    const at = (checked: boolean): RequestStanding =>
      advance(done, { type: 'settle' }, { day: '2027-03-01', checked, holds: [] });
    expect(at(false)).toEqual(done);
    expect([at(true).state, sales(at(true))?.state]).toEqual(['APPROVED', 'waiting']);
  });

  it('is what the plan of the batch counted, whatever an earlier one said', () => {
    const whole = { ...retained, until: '2027-06-02' };
    expect(batchOf(counted('2026-06-01'), undefined)).toEqual(whole);
    expect(batchOf(counted('2026-06-01'), retained)).toEqual(whole);
    expect(batchOf(counted('2026-06-01'), { state: 'PSEUDONYMISED', until: '2026-12-01' })).toEqual(whole);
    // Their day has come meanwhile: they lose the person.
    expect(batchOf(counted('2026-06-01', 0), retained, '2027-03-01')).toEqual({ state: 'PSEUDONYMISED' });
    expect(batchOf(counted('2026-06-01', 0), retained)).toEqual(retained);
  });

  it('does not forget rows that lost the person before, and are counted no more', () => {
    const known = {
      state: 'PSEUDONYMISED',
      until: '2040-01-01',
      retained: [{ field: 'city', ground: 'Some law', until: '2039-01-01' }],
    } as const;
    expect(batchOf(planWith(0), known)).toEqual(known);
    expect(batchOf(plan, known)).toEqual(known);
    expect(batchOf(plan, { ...known, until: '2030-01-01' })).toEqual({ ...known, until: '2035-01-01' });
  });
});

describe('a hold', () => {
  const all: HoldTerms = { datasets: 'all', ground: 'Lawsuit', until: '2026-12-02' };
  const employee: HoldTerms = { datasets: ['Employee'], ground: 'Lawsuit', until: '2026-12-02' };
  const rest = TABLES.filter((table) => table !== 'redshift.Employee');

  it('keeps a request where it is, and lets it go on by itself', () => {
    for (const [events, state] of [
      [[], 'RECEIVED'],
      [approved.slice(0, 1), 'PLANNED'],
      [approved, 'APPROVED'],
    ] as const) {
      const held = after([{ type: 'settle' }], [all], DAY, after(events));
      expect([held.state, held.heldFrom]).toEqual(['ON_HOLD', state]);
      expect(after([{ type: 'settle' }], [all], '2026-12-01', held).state).toBe('ON_HOLD');
      expect(after([{ type: 'settle' }], [all], '2026-12-02', held)).toEqual(after(events));
      expect(after([{ type: 'settle' }], [{ ...all, releasedAt: DAY }], DAY, held).state).toBe(state);
    }
  });

  it('on one dataset lets the others go, and the rest follows when it ends', () => {
    const held = after([...approved, batch, ...erased(rest), verified], [employee]);
    expect([held.state, held.heldFrom]).toEqual(['ON_HOLD', 'APPROVED']);
    const end = after(
      [{ type: 'settle' }, batch, ...erased(['redshift.Employee']), verified],
      [employee],
      '2026-12-02',
      held,
    );
    expect(end.state).toBe('COMPLETED');
  });

  it('placed while a batch runs keeps back what has not begun, and no more', () => {
    const running = after([...approved, batch, { type: 'begin', table: 'athena.Reading' }]);
    expect(code(() => after([{ type: 'begin', table: 'redshift.Employee' }], [all], DAY, running))).toBe(
      'CONFLICT',
    );
    const held = after([{ type: 'settle' }], [all], DAY, running);
    expect(held.tables.filter(({ state }) => state === 'begun').map(({ id }) => id)).toEqual([
      'athena.Reading',
    ]);
    const looked = after([{ type: 'gone', table: 'athena.Reading', rows: 2 }], [all], DAY, held);
    expect(looked.state).toBe('VERIFYING');
    expect(after([verified], [all], DAY, looked).state).toBe('ON_HOLD');
  });

  it('lets what waits be cancelled, and what was done be said', () => {
    const held = after([...approved, batch, ...erased(rest), verified], [employee]);
    const cancelled = after([{ type: 'cancel', by: 'ann' }], [employee], DAY, held);
    expect([cancelled.state, cancelled.tables[3]?.outcome]).toEqual([
      'PARTIAL',
      { state: 'FAILED', reason: 'WITHDRAWN' },
    ]);
  });
});

function withoutPeriods(planned: PlannedAction): PlannedAction {
  if (!('period' in planned) && !('retained' in planned)) return planned;
  const { period: _period, ...rest } = planned;
  if (rest.action === 'retain' || rest.retained === undefined) return rest;
  return { ...rest, retained: rest.retained.map(({ period: _own, ...field }) => field) };
}

describe('random schedules', () => {
  const clean = {
    holdViolations: 0,
    unapprovedRuns: 0,
    otherRules: 0,
    doubleRuns: 0,
    unseenEnds: 0,
    lateFields: 0,
    unended: 0,
    faults: 0,
  };

  it('break no hold, run nothing unapproved, and end', () => {
    const report = runSchedules({ plans: 1_000, seed: 'schedules' });
    expect(report).toMatchObject(clean);
    expect(Object.keys(report.ends)).toEqual(
      expect.arrayContaining(['CANCELLED', 'COMPLETED', 'PARTIAL', 'REJECTED']),
    );
  });

  /** The judge is no good unless it sees broken states. */
  it.each<[keyof typeof clean, typeof advance]>([
    [
      'holdViolations',
      (request, event, moment) =>
        advance(request, event, event.type === 'begin' ? { ...moment, holds: [] } : moment),
    ],
    [
      'unapprovedRuns',
      (request, event, moment) =>
        advance(request, event.type === 'approve' ? { ...event, by: 'nobody' } : event, moment),
    ],
    [
      'unapprovedRuns',
      (request, event, moment) => (event.type === 'drifted' ? request : advance(request, event, moment)),
    ],
    [
      'doubleRuns',
      (request, event, moment) => {
        const twice = request.tables.map((table) =>
          table.state === 'begun' ? { ...table, state: 'picked' as const } : table,
        );
        return advance(event.type === 'begin' ? { ...request, tables: twice } : request, event, moment);
      },
    ],
    [
      'lateFields',
      (request, event, moment) => (event.type === 'settle' ? request : advance(request, event, moment)),
    ],
    [
      'unseenEnds',
      (request, event, moment) => {
        // As if somebody had looked each day.
        const { day } = moment;
        const tables = request.tables.map((table) => ({
          ...table,
          look: { at: `${day}T00:00:00Z`, day, found: 0 },
        }));
        return advance({ ...request, tables }, event, moment);
      },
    ],
    [
      'unended',
      (request, event, moment) => (event.type === 'settle' ? request : advance(request, event, moment)),
    ],
  ])('show %s in states that are broken', (what, states) => {
    const report = runSchedules({ plans: 300, seed: 'broken', states });
    expect(report[what]).toBeGreaterThan(0);
    expect(report.firstBroken).toMatch(/^broken \d+$/);
  });

  it('show a batch under another rule where drift does not look at periods', () => {
    const blind: typeof driftBetween = (approved, now) => {
      const without = ({ parts, ...plan }: ErasurePlan): ErasurePlan => ({
        ...plan,
        parts: parts.map((part) => ({ ...part, planned: withoutPeriods(part.planned) })),
      });
      return driftBetween(without(approved), without(now));
    };
    expect(runSchedules({ plans: 300, seed: 'broken', drift: blind }).otherRules).toBeGreaterThan(0);
  });
});
