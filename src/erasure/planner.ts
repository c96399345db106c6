import type { DatasetDeclaration, ErasureRule, RetentionPeriod } from '../schema/declarations';
import { canonicalHash } from './canonical';
import { holdOn, type HoldTerms } from './holds';
import type { ErasurePlan, PlanPart, PlannedAction, PlannedPeriod } from './model';
import { residueOf, storesOf, type ResidueSettings, type SnapshotAges } from './residue';
import {
  allKeptUntil,
  allReleasedOn,
  keptUntil,
  periodsOfRows,
  releaseDay,
  retainedBy,
  staysWithoutPerson,
} from './retention';
import { tableId } from './tables';

/** From declarations, counts, holds and a day to the plan of a request. Pure: the same in, the same plan and hash. */

/** A part before it is counted: which rows of which store, and what becomes of them. */
export type PartTerms = Omit<PlanPart, 'rows' | 'hold'>;

/** What counting found of one part. */
export interface PartCount {
  rows: number;
  /** Day of the newest row, for parts that are kept for a period. */
  newest?: string;
}

/** Counts one part; absent: no row. */
export type Counts = (terms: PartTerms) => PartCount | undefined;

/** The parts that any plan made on a day has, in order: for each dataset with an erasure rule, in each of its stores. */
export function partTerms(datasets: Iterable<DatasetDeclaration>, day: string): PartTerms[] {
  return [...datasets].flatMap((dataset) =>
    storesOf(dataset).flatMap((store) =>
      termsOf(dataset, day).map((terms) => ({ dataset: dataset.name, store, ...terms })),
    ),
  );
}

function termsOf(dataset: DatasetDeclaration, day: string): Pick<PartTerms, 'before' | 'planned'>[] {
  const { erasure } = dataset;
  if (erasure === undefined) return [];
  const fields = Object.keys(erasure.mentions ?? {}).sort();
  const mention = fields.length === 0 ? [] : [{ planned: { action: 'mention', fields } as const }];
  const { rule } = erasure;
  if (rule.action === 'retain') {
    const { ground } = rule;
    const then: PlannedAction =
      rule.then === 'delete' ? { action: 'delete' } : { action: 'pseudonymise', ground };
    return [
      { before: keptUntil(rule, day), planned: then },
      { planned: { action: 'retain', ground, until: releaseDay(rule, day), period: periodOf(rule) } },
      ...mention,
    ];
  }
  if (!staysWithoutPerson(rule)) return [{ planned: { action: 'delete' } }, ...mention];
  const periods = periodsOfRows(rule);
  return [
    ...(periods.length === 0
      ? []
      : [{ before: allKeptUntil(periods, day), planned: { action: 'delete' } as const }]),
    {
      planned: {
        action: 'pseudonymise',
        ground: groundOf(rule),
        ...(rule.action === 'pseudonymise' && rule.keep !== undefined ? { period: periodOf(rule) } : {}),
        ...untilOf(rule, day),
      },
    },
    ...mention,
  ];
}

type Pseudonymised = Extract<PlannedAction, { action: 'pseudonymise' }>;

/** The law by which rows stay: their own, or that of the fields for which alone they do. */
function groundOf(rule: Exclude<ErasureRule, { action: 'retain' }>): string {
  if (rule.action === 'pseudonymise') return rule.ground;
  return [...new Set(retainedBy(rule).map(({ ground }) => ground))].join('; ');
}

/** Until when rows and fields of them are kept whose newest time is on a day. */
function untilOf(
  rule: Exclude<ErasureRule, { action: 'retain' }>,
  rowDay: string,
): Pick<Pseudonymised, 'until' | 'retained'> {
  const periods = periodsOfRows(rule);
  const retained = retainedBy(rule)
    .flatMap((period) =>
      period.fields.map((field) => ({
        field,
        ground: period.ground,
        until: releaseDay(period, rowDay),
        period: periodOf(period),
      })),
    )
    .sort((one, other) => (one.field < other.field ? -1 : 1));
  return {
    ...(periods.length === 0 ? {} : { until: allReleasedOn(periods, rowDay) }),
    ...(retained.length === 0 ? {} : { retained }),
  };
}

function periodOf({ keep, from, fromEndOfYear }: RetentionPeriod): PlannedPeriod {
  return { keep, from, ...(fromEndOfYear === true ? { fromEndOfYear } : {}) };
}

/** What a plan is made of. */
export interface PlanBasis {
  requestId: string;
  tenant: string;
  /** One-way tokens of all keys. */
  subjects: readonly string[];
  datasets: ReadonlyMap<string, DatasetDeclaration>;
  /** Day it is made, `YYYY-MM-DD`. */
  day: string;
  counts: Counts;
  holds: readonly HoldTerms[];
  residue: ResidueSettings;
  /** How long tables keep snapshots, where they say so; the setting's days elsewhere. */
  ages?: SnapshotAges;
  /** Tables that rows of the request went of already (see `tableId`): copies of those are left, though none is counted. */
  gone?: ReadonlySet<string>;
}

/** Makes the plan. Parts without rows are in it too: that a store was looked at is part of the proof. */
export function makePlan(basis: PlanBasis): ErasurePlan {
  const parts = partTerms(basis.datasets.values(), basis.day).map((terms): PlanPart => {
    const count = basis.counts(terms);
    const hold = holdOn(basis.holds, terms.dataset, basis.day);
    return {
      ...terms,
      planned: untilNewest(terms.planned, basis.datasets.get(terms.dataset), count?.newest),
      rows: count?.rows ?? 0,
      ...(hold === undefined ? {} : { hold: { ground: hold.ground, until: hold.until } }),
    };
  });
  const plan = {
    requestId: basis.requestId,
    tenant: basis.tenant,
    subjects: [...new Set(basis.subjects)].sort(),
    parts,
    residue: residueOf(
      parts.filter((part) => hasCopies(part, part.rows, basis.gone)),
      basis.residue,
      basis.ages,
    ),
  };
  return { ...plan, hash: canonicalHash(plan) };
}

/** Whether copies of rows of a table are left once a plan is done. @param gone as in `PlanBasis` */
export function hasCopies(
  table: Pick<PlanPart, 'store' | 'dataset'>,
  rows: number,
  gone: PlanBasis['gone'],
): boolean {
  return rows > 0 || gone?.has(tableId(table)) === true;
}

/** Whether a plan is the one that its hash says. */
export function isWhole({ hash, ...plan }: ErasurePlan): boolean {
  return canonicalHash(plan) === hash;
}

/** Where the newest row is known, rows and fields of them are kept no longer than it asks for. */
function untilNewest(
  planned: PlannedAction,
  dataset: DatasetDeclaration | undefined,
  newest: string | undefined,
): PlannedAction {
  const rule = dataset?.erasure?.rule;
  if (newest === undefined || rule === undefined) return planned;
  if (rule.action === 'retain')
    return planned.action === 'retain' ? { ...planned, until: releaseDay(rule, newest) } : planned;
  return planned.action === 'pseudonymise' ? { ...planned, ...untilOf(rule, newest) } : planned;
}

/** How far counts may grow between approval and batch before the plan has drifted. */
export interface DriftTolerance {
  /** Share of the rows that were approved: 0.1 is a tenth. */
  share: number;
  /** And at least as many rows as this, so that a small dataset is not asked about for each new row. */
  rows: number;
}

/** A tenth, or a hundred rows: what a person goes on causing while their request waits. */
export const DRIFT_TOLERANCE: DriftTolerance = { share: 0.1, rows: 100 };

/** Why a plan is not what was approved any more. */
export type Drift = { what: 'subjects' } | RuleDrift | (Omit<RuleDrift, 'what'> & { what: 'rows' });

/** Another rule for a table. */
export interface RuleDrift {
  what: 'rule';
  dataset: string;
  store: PlanPart['store'];
}

/**
 * What changed for the person between a plan and one made later: other keys, other rules, rows in a store where there
 * were none, or many more than were approved. What is approved is the rule, with its periods: rows that one of them lets
 * go as days pass are no drift, and a period of another length, or counted from another time, always is. Nor are holds, and
 * rows that are gone already. Anything else is a plan with another hash, and needs an approval of its own.
 */
export function driftBetween(
  approved: ErasurePlan,
  now: ErasurePlan,
  tolerance: DriftTolerance = DRIFT_TOLERANCE,
): readonly Drift[] {
  const drift: Drift[] = [];
  if (approved.subjects.join('\n') !== now.subjects.join('\n')) drift.push({ what: 'subjects' });
  const [before, after] = [byTable(approved.parts), byTable(now.parts)];
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [old, fresh] = [before.get(id), after.get(id)];
    const { dataset, store } = (old ?? fresh) as Table;
    if (old?.rules !== fresh?.rules) drift.push({ what: 'rule', dataset, store });
    const [were, are] = [old?.rows ?? 0, fresh?.rows ?? 0];
    const most = were === 0 ? 0 : were + Math.max(tolerance.rows, were * tolerance.share);
    if (are > most) drift.push({ what: 'rows', dataset, store });
  }
  return drift;
}

/**
 * Tables for which another rule is declared than a plan was made by. No store is asked for it, so nothing is said of rows.
 */
export function otherRules(
  plan: ErasurePlan,
  datasets: Iterable<DatasetDeclaration>,
  day: string,
): RuleDrift[] {
  const parts = partTerms(datasets, day).map((terms) => ({ ...terms, rows: 0 }));
  const [before, after] = [byTable(plan.parts), byTable(parts)];
  return [...before.values()]
    .filter(({ rules, ...table }) => after.get(tableId(table))?.rules !== rules)
    .map(({ dataset, store }) => ({ what: 'rule', dataset, store }));
}

/**
 * A plan with some of its tables under the rules that are declared now, where nothing can be counted any more: those rows
 * are its own, and as old as the newest may be.
 *
 * @param changed tables whose rules are others; what the plan says of any other stays
 * @param newest day on which the last row may be: until then they were kept with their person
 */
export function underRulesOf(
  plan: ErasurePlan,
  changed: readonly RuleDrift[],
  datasets: readonly DatasetDeclaration[],
  days: { day: string; newest: string },
): ErasurePlan {
  const ids = new Set(changed.map(tableId));
  const fresh = partTerms(datasets, days.day)
    .filter((terms) => ids.has(tableId(terms)))
    .map(({ planned, ...terms }) => ({
      ...terms,
      planned: untilNewest(
        planned,
        datasets.find(({ name }) => name === terms.dataset),
        days.newest,
      ),
    }));
  const parts = [
    ...plan.parts.filter((part) => !ids.has(tableId(part))),
    ...fresh.map((terms): PlanPart => ({ ...terms, rows: rowsOf(plan, terms) })),
  ];
  const { hash: _hash, ...rest } = plan;
  const next = { ...rest, parts };
  return { ...next, hash: canonicalHash(next) };
}

/** Rows that a plan counted of a table, for the part that takes all but mentions and what no period keeps. */
function rowsOf(plan: ErasurePlan, { planned, before, ...table }: PartTerms): number {
  if (before !== undefined) return 0;
  const isMention = planned.action === 'mention';
  return plan.parts
    .filter((part) => tableId(part) === tableId(table) && (part.planned.action === 'mention') === isMention)
    .reduce((sum, { rows }) => sum + rows, 0);
}

interface Table {
  dataset: string;
  store: PlanPart['store'];
  rules: string;
  rows: number;
}

/** Parts of one table together: rows move from one to another as they get older. */
function byTable(parts: readonly PlanPart[]): Map<string, Table> {
  const tables = new Map<string, Table>();
  for (const { dataset, store, planned, before, rows } of parts) {
    const id = tableId({ store, dataset });
    const table = tables.get(id) ?? { dataset, store, rules: '', rows: 0 };
    const fields = planned.action === 'mention' ? planned.fields.join(',') : '';
    const ground = 'ground' in planned ? planned.ground : '';
    const retained = planned.action === 'pseudonymise' ? (planned.retained ?? []) : [];
    const period = 'period' in planned ? ruleOf(planned.period) : '';
    const kept = retained.map((one) => [one.field, one.ground, ruleOf(one.period)]);
    table.rules += JSON.stringify([planned.action, ground, period, fields, kept, before !== undefined]);
    table.rows += rows;
    tables.set(id, table);
  }
  return tables;
}

/** A period in one word; plans of before had none, and what they kept rows for is not known. */
function ruleOf(period: PlannedPeriod | undefined): string {
  if (period === undefined) return '';
  const { keep, from, fromEndOfYear } = period;
  return `${keep} ${from}${fromEndOfYear === true ? ' end of year' : ''}`;
}
