import fc from 'fast-check';
import { addDays, dayOf, periodOf, shiftDay } from '../../src/calendar';
import { canonicalHash, canonicalJson } from '../../src/erasure/canonical';
import type { HoldTerms } from '../../src/erasure/holds';
import type { ErasurePlan } from '../../src/erasure/model';
import {
  driftBetween,
  isWhole,
  makePlan,
  partTerms,
  type PartTerms,
  type PlanBasis,
} from '../../src/erasure/planner';
import { residueOf, residueSettings, SERVICE_RESIDUE } from '../../src/erasure/residue';
import { keptUntil, releaseDay } from '../../src/erasure/retention';
import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration, ErasureRule, RetentionPeriod } from '../../src/schema/declarations';
import { RETAINING, withRetained } from './support/retained';

const DAY = '2026-11-24';
const day = fc.integer({ min: 0, max: 40_000 }).map((days) => dayOf(days * 86_400_000));
const keep = fc.constantFrom('P25M', 'P8Y', 'P1M', 'P30D', 'P1Y6M', 'P2W');
const period = fc.record({ keep, fromEndOfYear: fc.boolean() }).map(({ keep, fromEndOfYear }) => ({
  keep,
  ...(fromEndOfYear ? { fromEndOfYear: true as const } : {}),
}));

const basis = (change: Partial<PlanBasis> = {}): PlanBasis => ({
  requestId: 'r1',
  tenant: 'aurora',
  subjects: ['a_2', 'a_1', 'a_2'],
  datasets: declarations.datasets,
  day: DAY,
  counts: () => ({ rows: 3 }),
  holds: [],
  residue: SERVICE_RESIDUE,
  ...change,
});
const parts = (plan: ErasurePlan, dataset: string, store = 'redshift') =>
  plan.parts
    .filter((part) => part.dataset === dataset && part.store === store)
    .map(({ dataset: _dataset, store: _store, ...rest }) => rest);

describe('retention', () => {
  it('counts 25 months, and eight years from the end of the year', () => {
    expect(keptUntil({ keep: 'P25M' }, DAY)).toBe('2024-10-24');
    expect(releaseDay({ keep: 'P25M' }, '2024-10-24')).toBe('2026-11-25');
    // A voucher of 2017 is kept through 2025, one of 2018 through 2026 (HGB § 257 (5)).
    expect(keptUntil({ keep: 'P8Y', fromEndOfYear: true }, DAY)).toBe('2018-01-01');
    expect(keptUntil({ keep: 'P8Y', fromEndOfYear: true }, '2026-12-31')).toBe('2018-01-01');
    expect(keptUntil({ keep: 'P8Y', fromEndOfYear: true }, '2027-01-01')).toBe('2019-01-01');
    expect(releaseDay({ keep: 'P8Y', fromEndOfYear: true }, '2018-05-01')).toBe('2027-01-01');
    // A month after 31 January ends on the last of February; the row waits for March, and never goes early.
    expect(releaseDay({ keep: 'P1M' }, '2026-01-31')).toBe('2026-03-01');
  });

  it('never lets a row go before its period is over, and lets it go on the day it says', () => {
    fc.assert(
      fc.property(period, day, fc.integer({ min: 0, max: 5_000 }), (kept, row, later) => {
        const today = addDays(row, later);
        const length = periodOf(kept.keep);
        if (length === undefined) throw new Error('no period');
        const start = kept.fromEndOfYear === true ? `${row.slice(0, 4)}-12-31` : row;
        if (row < keptUntil(kept, today)) expect(shiftDay(start, length, 1) <= today).toBe(true);
        const release = releaseDay(kept, row);
        expect(row < keptUntil(kept, release)).toBe(true);
        expect(row < keptUntil(kept, addDays(release, -1))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a plan', () => {
  it('follows from the declarations', () => {
    const plan = makePlan(basis());
    expect(plan.subjects).toEqual(['a_1', 'a_2']);
    expect(plan.parts.map(({ store, dataset }) => `${store}.${dataset}`)).toEqual([
      'athena.Decision',
      'athena.Decision',
      'dynamodb.Decision',
      'dynamodb.Decision',
      'athena.Reading',
      'redshift.Employee',
      'redshift.SalesLine',
      'redshift.SalesLine',
      'redshift.SalesLine',
    ]);
    expect(parts(plan, 'Employee')).toEqual([{ planned: { action: 'delete' }, rows: 3 }]);
    expect(parts(plan, 'SalesLine')).toEqual([
      { before: '2018-01-01', planned: { action: 'delete' }, rows: 3 },
      {
        planned: {
          action: 'pseudonymise',
          ground: expect.stringContaining('§ 257'),
          until: '2035-01-01',
          period: { keep: 'P8Y', from: 'soldAt', fromEndOfYear: true },
        },
        rows: 3,
      },
      { planned: { action: 'mention', fields: ['salesRepresentative'] }, rows: 3 },
    ]);
    expect(parts(plan, 'Decision', 'dynamodb')).toEqual(parts(plan, 'Decision', 'athena'));
  });

  it('keeps rows no longer than the newest of them asks for', () => {
    const plan = makePlan(basis({ counts: () => ({ rows: 1, newest: '2025-01-31' }) }));
    expect(parts(plan, 'Decision', 'athena')[1]?.planned).toMatchObject({ until: '2027-03-01' });
  });

  it('names what outlives the rows, of the stores that have any', () => {
    const only =
      (store: string) =>
      (terms: PartTerms): { rows: number } => ({ rows: terms.store === store ? 1 : 0 });
    const kinds = (store: string) =>
      makePlan(basis({ counts: only(store) })).residue.map(({ store, dataset, kind, horizonDays }) =>
        [store, dataset, kind, horizonDays].filter((word) => word !== undefined).join(' '),
      );
    expect(kinds('dynamodb')).toEqual([
      'dynamodb recovery_points 35',
      'dynamodb streams 1',
      'gateway caches 1',
      'gateway audit 365',
    ]);
    expect(kinds('redshift')).toEqual([
      'redshift recovery_points 1',
      'redshift query_history 7',
      'redshift results 1',
      'gateway caches 1',
      'gateway audit 365',
    ]);
    expect(kinds('athena')).toEqual([
      'athena Decision snapshots 5',
      'athena Reading snapshots 5',
      'athena query_history 45',
      's3 result_objects 7',
      'gateway caches 1',
      'gateway audit 365',
    ]);
    expect(makePlan(basis({ counts: () => undefined })).residue).toEqual([]);
  });

  it('says who deletes results of Athena: a lifecycle rule, or the service where it keeps them', () => {
    const config = { SLUICE_AUDIT_DAYS: 365, SLUICE_ERASURE_EXPORT_DAYS: 0, SLUICE_ERASURE_RESULT_DAYS: 30 };
    const results = (inObjects: boolean) =>
      residueOf([{ store: 'athena', dataset: 'Decision' }], residueSettings(config, inObjects))
        .filter(({ kind }) => kind.startsWith('result'))
        .map(({ store, kind, horizonDays, source }) => `${store} ${kind} ${horizonDays} ${source}`);
    expect(results(true)).toEqual([
      's3 result_objects 30 SLUICE_ERASURE_RESULT_DAYS: the lifecycle rule of the results bucket.',
    ]);
    expect(results(false)).toEqual(['athena results 1 Amazon Athena User Guide, “Managed query results”.']);
  });

  it('names what gateways hold: exports, caches and lines of the audit, by the settings', () => {
    const config = { SLUICE_AUDIT_DAYS: 90, SLUICE_ERASURE_EXPORT_DAYS: 30, SLUICE_ERASURE_RESULT_DAYS: 7 };
    const residue = residueOf([{ store: 'redshift', dataset: 'Employee' }], residueSettings(config, true));
    expect(
      residue
        .filter(({ store }) => store === 'gateway')
        .map(({ kind, horizonDays, source }) => `${kind} ${horizonDays} ${source}`),
    ).toEqual([
      'exports 30 SLUICE_ERASURE_EXPORT_DAYS.',
      'caches 1 Gateways empty these caches twice a day.',
      'audit 90 SLUICE_AUDIT_DAYS: how long you keep them.',
    ]);
  });

  it('shows the holds of the day', () => {
    const hold: HoldTerms = { datasets: ['Employee'], ground: 'Lawsuit', until: '2027-01-01' };
    const held = (until: string) =>
      parts(makePlan(basis({ holds: [{ ...hold, until }] })), 'Employee')[0]?.hold;
    expect(held('2027-01-01')).toEqual({ ground: 'Lawsuit', until: '2027-01-01' });
    expect(held(DAY)).toBeUndefined();
  });

  it('has the hash of its content, whatever the order it was written in', () => {
    const plan = makePlan(basis());
    expect(plan.hash).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(isWhole(plan)).toBe(true);
    expect(makePlan(basis({ subjects: ['a_1', 'a_2'] })).hash).toBe(plan.hash);
    const paths = fc.constantFrom('requestId', 'tenant', 'subjects', 'rows', 'action', 'residue');
    fc.assert(
      fc.property(paths, fc.nat(plan.parts.length - 1), (path, at) => {
        const broken = structuredClone(plan) as unknown as Record<string, unknown> & { parts: object[] };
        if (path === 'rows') broken.parts[at] = { ...broken.parts[at], rows: 4 };
        else if (path === 'action') broken.parts[at] = { ...broken.parts[at], planned: { action: 'keep' } };
        else if (path === 'residue' || path === 'subjects') broken[path] = [];
        else broken[path] = `${String(broken[path])}x`;
        expect(isWhole(broken as unknown as ErasurePlan)).toBe(false);
      }),
    );
  });

  it('is written as RFC 8785 asks: sorted keys, shortest numbers', () => {
    // Section 3.2.3 of the RFC, on UTF-16 order and numbers.
    expect(
      canonicalJson({ '\u20ac': 'Euro', '\r': 1, '1': 1e30, a: [333333333.33333329, 0.002, 1e-27] }),
    ).toBe('{"\\r":1,"1":1e+30,"a":[333333333.3333333,0.002,1e-27],"€":"Euro"}');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
        const shuffled = Object.fromEntries(Object.entries(data).reverse());
        expect(canonicalHash(shuffled)).toBe(canonicalHash(data));
        expect(JSON.parse(canonicalJson(data))).toEqual(JSON.parse(JSON.stringify(data)));
      }),
    );
  });
});

describe('a plan of fields that are retained', () => {
  const retaining = new Map([...declarations.datasets].map(([name]) => [name, retainedOr(name)]));
  function retainedOr(name: string): DatasetDeclaration {
    return RETAINING[name] === undefined
      ? (declarations.datasets.get(name) as DatasetDeclaration)
      : withRetained(name);
  }
  const planned = (newest?: string): ErasurePlan =>
    makePlan(
      basis({
        datasets: retaining,
        counts: () => ({ rows: 3, ...(newest === undefined ? {} : { newest }) }),
      }),
    );

  it('says of each on what ground it stays, and until when', () => {
    expect(parts(planned(), 'Decision', 'athena')).toEqual([
      { before: '2024-10-24', planned: { action: 'delete' }, rows: 3 },
      {
        planned: {
          action: 'pseudonymise',
          ground: expect.stringContaining('25 months'),
          until: '2028-12-25',
          period: { keep: 'P25M', from: 'decidedAt' },
          retained: [
            {
              field: 'applicantName',
              ground: 'Law of names',
              until: '2028-11-25',
              period: { keep: 'P2Y', from: 'decidedAt' },
            },
            ...['region', 'single'].map((field) => ({
              field,
              ground: 'Fair lending law',
              until: '2027-11-25',
              period: { keep: 'P1Y', from: 'decidedAt' },
            })),
          ],
        },
        rows: 3,
      },
    ]);
    // Rows that stay for good have no day, and their fields have one.
    expect(parts(planned('2020-05-01'), 'SalesLine')[0]?.planned).toEqual({
      action: 'pseudonymise',
      ground: 'Figures of the company',
      retained: ['city', 'customerName'].map((field) => ({
        field,
        ground: expect.stringContaining('§ 14b'),
        until: '2029-01-01',
        period: { keep: 'P8Y', from: 'soldAt', fromEndOfYear: true },
      })),
    });
  });

  it('deletes rows when the last of their fields may go, and names the laws of these until then', () => {
    expect(parts(planned('2026-01-10'), 'Reading', 'athena')).toEqual([
      { before: '2025-11-24', planned: { action: 'delete' }, rows: 3 },
      {
        planned: {
          action: 'pseudonymise',
          ground: expect.stringContaining('561/2006'),
          until: '2027-01-11',
          retained: ['metric', 'unit', 'value'].map((field) => ({
            field,
            ground: expect.stringContaining('561/2006'),
            until: '2027-01-11',
            period: { keep: 'P1Y', from: 'recordedAt' },
          })),
        },
        rows: 3,
      },
    ]);
  });

  it('drifts when another field is retained or on another ground, and not when a day has come', () => {
    const approved = planned('2026-01-10');
    expect(driftBetween(approved, planned('2020-01-10'))).toEqual([]);
    const [first, ...others] =
      RETAINING.Reading?.action === 'delete' ? (RETAINING.Reading.retained ?? []) : [];
    for (const change of [{ fields: ['metric', 'value'] }, { ground: 'Another law' }]) {
      const rule = { action: 'delete', retained: [{ ...first, ...change }, ...others] } as ErasureRule;
      const now = makePlan(
        basis({ datasets: new Map([...retaining, ['Reading', withRetained('Reading', rule)]]) }),
      );
      expect(driftBetween(approved, now)).toEqual([{ what: 'rule', dataset: 'Reading', store: 'athena' }]);
    }
  });
});

describe('drift', () => {
  const approved = makePlan(basis());
  const later = (change: Partial<PlanBasis>) => driftBetween(approved, makePlan(basis(change)));
  const withRule = (rule: ErasureRule): Partial<PlanBasis> => {
    const employee = declarations.datasets.get('Employee') as DatasetDeclaration;
    const { keys } = employee.erasure ?? { keys: {} };
    return {
      datasets: new Map([...declarations.datasets, ['Employee', { ...employee, erasure: { keys, rule } }]]),
    };
  };

  it('is none where only days, holds and fewer rows changed', () => {
    expect(later({})).toEqual([]);
    expect(later({ day: '2027-02-01', counts: () => ({ rows: 1, newest: '2027-01-31' }) })).toEqual([]);
    const hold: HoldTerms = { datasets: 'all', ground: 'Lawsuit', until: '2027-01-01' };
    expect(later({ holds: [hold] })).toEqual([]);
    expect(later({ counts: () => ({ rows: 30 }) })).toEqual([]);
  });

  it('is seen in keys, rules, and rows that nobody approved', () => {
    expect(later({ subjects: ['a_1', 'a_2', 'a_3'] })).toEqual([{ what: 'subjects' }]);
    expect(later(withRule({ action: 'pseudonymise', ground: 'Some law' }))).toEqual([
      { what: 'rule', dataset: 'Employee', store: 'redshift' },
    ]);
    expect(later({ counts: ({ dataset }) => ({ rows: dataset === 'Reading' ? 104 : 3 }) })).toEqual([
      { what: 'rows', dataset: 'Reading', store: 'athena' },
    ]);
    const none = makePlan(basis({ counts: ({ dataset }) => ({ rows: dataset === 'Reading' ? 0 : 3 }) }));
    expect(driftBetween(none, approved)).toEqual([{ what: 'rows', dataset: 'Reading', store: 'athena' }]);
  });

  const ROWS: RetentionPeriod = {
    ground: 'Some law',
    keep: 'P8Y',
    from: 'leftOn',
    fromEndOfYear: true,
  };
  const FIELD = { fields: ['jobTitle'] };
  const kinds: [string, (period: RetentionPeriod) => ErasureRule][] = [
    ['rows that stay whole and then go', (period) => ({ action: 'retain', then: 'delete', ...period })],
    [
      'rows that stay whole and then lose the person',
      (period) => ({ action: 'retain', then: 'pseudonymise', ...period }),
    ],
    ['rows that lose the person', (period) => ({ action: 'pseudonymise', ...period })],
    ['fields of rows that go', (period) => ({ action: 'delete', retained: [{ ...FIELD, ...period }] })],
    [
      'fields of rows that lose the person for good',
      (period) => ({ action: 'pseudonymise', ground: 'Law', retained: [{ ...FIELD, ...period }] }),
    ],
    [
      'fields of rows that lose the person for a time',
      (period) => ({ action: 'pseudonymise', ...ROWS, keep: 'P9Y', retained: [{ ...FIELD, ...period }] }),
    ],
  ];
  const { fromEndOfYear: _end, ...fromItsDay } = ROWS;
  const changes: [string, RetentionPeriod][] = [
    ['a shorter period', { ...ROWS, keep: 'P30D' }],
    ['a longer period', { ...ROWS, keep: 'P10Y' }],
    ['the same length in another unit', { ...ROWS, keep: 'P96M' }],
    ['another time', { ...ROWS, from: 'hiredOn' }],
    ['the day, not the end of its year', fromItsDay],
  ];
  it.each(kinds.flatMap(([what, rule]) => changes.map(([how, to]) => [what, how, rule, to] as const)))(
    'of %s is seen when they are kept by %s, on the same ground',
    (_what, _how, rule, to) => {
      // Also where the person has no row: then nothing but the rule differs.
      for (const counts of [() => ({ rows: 3, newest: DAY }), () => undefined]) {
        const before = makePlan(basis({ counts, ...withRule(rule(ROWS)) }));
        const now = makePlan(basis({ counts, ...withRule(rule(to)) }));
        expect(driftBetween(before, now)).toEqual([{ what: 'rule', dataset: 'Employee', store: 'redshift' }]);
        expect(now.hash).not.toBe(before.hash);
      }
    },
  );

  it.each(kinds)('of %s is none where days let rows go, under the same period', (_what, rule) => {
    const at = (on: string, old: number) =>
      makePlan(
        basis({
          ...withRule(rule(ROWS)),
          day: on,
          counts: ({ before }) => ({ rows: before === undefined ? 9 - old : old }),
        }),
      );
    expect(driftBetween(at(DAY, 0), at('2031-05-01', 9))).toEqual([]);
  });

  it('is seen where a plan of before does not say for how long it keeps rows', () => {
    const before = makePlan(basis(withRule({ action: 'retain', then: 'delete', ...ROWS })));
    const untold = {
      ...before,
      parts: before.parts.map((part) => {
        if (part.planned.action !== 'retain') return part;
        const { period: _period, ...planned } = part.planned;
        return { ...part, planned };
      }),
    };
    expect(driftBetween(untold, before)).toEqual([{ what: 'rule', dataset: 'Employee', store: 'redshift' }]);
  });

  it('never comes without another hash', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { minLength: 9, maxLength: 9 }), day, (rows, on) => {
        const terms = partTerms(declarations.datasets.values(), DAY);
        const counts = ({ dataset, store, planned }: PartTerms) => ({
          rows:
            rows[
              terms.findIndex(
                (each) =>
                  each.dataset === dataset && each.store === store && each.planned.action === planned.action,
              )
            ] ?? 0,
        });
        const now = makePlan(basis({ counts, day: on }));
        if (driftBetween(approved, now).length > 0) expect(now.hash).not.toBe(approved.hash);
        expect(driftBetween(now, now)).toEqual([]);
      }),
    );
  });
});
