import { addDays } from '../calendar';
import type { Residue } from './model';
import type { BatchEffect, TableProgress } from './tables';

/**
 * The three dates of what went of a table: gone from the table, out of reach of the store's own ways back, gone from every
 * copy. Each says what it rests on.
 */

/** One thing that a date rests on. */
export interface Evidence {
  /**
   * `step`: a step that ended; `look`: somebody looked for rows and found none; `snapshots`: the oldest snapshot that is
   * left is younger than what went; `rule`: how long a kind of copy lives at most.
   */
  kind: 'step' | 'look' | 'snapshots' | 'rule';
  /** Id of the step; the table that was looked at; store and kind of the copies. */
  name: string;
  /** When it ended or was seen, ISO 8601 in UTC; of snapshots, when the oldest was taken. */
  at?: string;
  /** Days that the copies live after the batch, at most. */
  days?: number;
  /** Statements that did it or saw it. */
  statementIds?: readonly string[];
}

export interface HorizonDate {
  /** `YYYY-MM-DD`. */
  date: string;
  evidence: readonly Evidence[];
}

export interface Horizon {
  /** No query of the table as it is gives the rows. */
  logicallyGone?: HorizonDate;
  /** Neither do snapshots nor the store's own recovery. */
  unreachable?: HorizonDate;
  /** Nor any other copy that the plan names. */
  physicallyGone?: HorizonDate;
}

/** Copies through which a store itself goes back in time. */
const TIME_TRAVEL: readonly Residue['kind'][] = ['snapshots', 'recovery_points'];

/** What keeps rows of a table after they went. Audit lines hold one-way tokens alone. */
export function copiesOf(
  residue: readonly Residue[],
  { store, dataset }: Pick<TableProgress, 'store' | 'dataset'>,
): TableProgress['copies'] {
  const stores: readonly string[] = [store, 'gateway', ...(store === 'athena' ? ['s3'] : [])];
  return residue
    .filter((one) => one.kind !== 'audit' && stores.includes(one.store))
    .filter((one) => one.dataset === undefined || one.dataset === dataset)
    .map((one) => ({ store: one.store, kind: one.kind, horizonDays: one.horizonDays }));
}

/** Days after which the last of the copies is gone. */
export function horizonDays({ copies }: Pick<TableProgress, 'copies'>): number {
  return copies.reduce((most, { horizonDays: days }) => Math.max(most, days), 0);
}

/**
 * The first day on which no copy is left of what went on a day, given the days that copies live. What went late on that
 * day is copied until as late on the last of them, so a whole day more is counted.
 */
export function goneBy(day: string, days: number): string {
  return days === 0 ? day : addDays(day, days + 1);
}

/** The day by which the rules say that no copy is left of what went of a table; none where nothing went. */
export function horizonDay(table: Pick<TableProgress, 'goneOn' | 'copies'>): string | undefined {
  return table.goneOn === undefined ? undefined : goneBy(table.goneOn, horizonDays(table));
}

/** Whether a snapshot was left that was taken before the rows were gone. */
export function reachesBack({ clean, look }: Pick<TableProgress, 'clean' | 'look'>): boolean {
  return clean !== undefined && look?.snapshots !== undefined && look.snapshots.oldest < clean.since;
}

/** Whether the last look saw a snapshot from before when none should be left any more, or could not tell. */
export function isOverdue(table: TableProgress): boolean {
  const { goneOn, copies, look, clean, outcome } = table;
  if (goneOn === undefined || look === undefined) return false;
  if (look.day < goneBy(goneOn, horizonDays({ copies: copies.filter(isTimeTravel) }))) return false;
  if (reachesBack(table)) return true;
  // Once they were seen gone, or the table was found erased, it does not matter.
  return look.snapshotsUnknown === true && clean?.seen === undefined && outcome?.state !== 'ERASED';
}

/** Rows that the engines say they changed, in all batches that a table was in; of all requests of those batches. */
export function changedRows({ effects = [] }: Pick<TableProgress, 'effects'>): number {
  return effects.flatMap(erasing).reduce((sum, { rows }) => sum + rows, 0);
}

/** Ids of all statements that changed rows or files of a table. */
export function statementIdsOf({ effects = [] }: Pick<TableProgress, 'effects'>): readonly string[] {
  return effects.flatMap(({ steps }) => steps.flatMap(({ statementIds }) => statementIds));
}

/** The dates that are known of a table: none where nothing of it went. */
export function horizonOf(table: TableProgress): Horizon {
  const { goneOn, copies, effects = [], look, clean, outcome, overdueUntil = '' } = table;
  const last = effects.at(-1);
  const erased = last === undefined ? [] : erasing(last);
  const endedAt = erased
    .map((step) => step.endedAt)
    .sort()
    .at(-1);
  const nothingWent = table.erased === 0 && (table.rows === 0 || table.kept?.state === 'RETAINED');
  if (last === undefined || endedAt === undefined || nothingWent || (look?.found ?? 0) > 0) return {};
  const seen: Evidence[] = look?.found === 0 ? [lookOf(table.id, look)] : [];
  const logicallyGone = { date: endedAt.slice(0, 10), evidence: [...erased.map(stepOf), ...seen] };
  // No rule says when a snapshot goes that should have gone before.
  if (goneOn === undefined || isOverdue(table)) return { logicallyGone };
  const files = last.steps.filter((step) => !erased.includes(step)).map(stepOf);
  const ways = copies.filter(isTimeTravel);
  const rules = ways.map(ruleOf);
  const unreachable =
    clean?.seen === undefined
      ? {
          date: latest(goneBy(goneOn, horizonDays({ copies: ways })), overdueUntil),
          evidence: [...files, ...rules],
        }
      : {
          date: clean.seen.day,
          evidence: [
            ...files,
            {
              kind: 'snapshots' as const,
              name: table.id,
              at: clean.seen.oldest,
              statementIds: [clean.seen.statementId],
            },
          ],
        };
  const byRule = outcome?.state === 'PENDING_HORIZON' ? outcome.date : goneBy(goneOn, horizonDays(table));
  const date = latest(byRule, unreachable.date);
  const over = look !== undefined && look.day >= date ? seen : [];
  return {
    logicallyGone,
    unreachable,
    physicallyGone: { date, evidence: [...files, ...copies.map(ruleOf), ...over] },
  };
}

type Step = BatchEffect['steps'][number];

function latest(one: string, other: string): string {
  return one > other ? one : other;
}

function isTimeTravel({ kind }: TableProgress['copies'][number]): boolean {
  return TIME_TRAVEL.includes(kind);
}

function erasing({ steps }: BatchEffect): readonly Step[] {
  return steps.filter(({ kind }) => kind === 'erase');
}

function stepOf({ id, endedAt, statementIds }: Step): Evidence {
  return { kind: 'step', name: id, at: endedAt, statementIds };
}

function lookOf(name: string, { at, statementId }: NonNullable<TableProgress['look']>): Evidence {
  return { kind: 'look', name, at, ...(statementId === undefined ? {} : { statementIds: [statementId] }) };
}

function ruleOf({ store, kind, horizonDays: days }: TableProgress['copies'][number]): Evidence {
  return { kind: 'rule', name: `${store} ${kind}`, days };
}
