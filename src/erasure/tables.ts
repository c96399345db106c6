import { addDays } from '../calendar';
import type { ErasurePlan, FailureReason, PlanPart, RequestState, StoreOutcome } from './model';

/** What somebody found who looked at a table by a way of their own; see verify/verifier.ts. */
export interface Look {
  /** When, ISO 8601 in UTC. */
  at: string;
  /** Day that it counts for: that of the batch, or of the later look. */
  day: string;
  /** Rows that should have been gone, and could be read. */
  found: number;
  /** Statement that counted them; none where every item was read. */
  statementId?: string;
  /** Data files that were read too, and rows in them, of all people who were looked for together. */
  files?: { read: number; rows: number };
}

/** Looks by table. */
export type Looks = Readonly<Record<string, Look>>;

/** One dataset in one store, and how far a request has come with it. */
export interface TableProgress {
  /** `store.dataset`. */
  id: string;
  dataset: string;
  store: PlanPart['store'];
  /** Rows counted when the plan was made. */
  rows: number;
  /** Rows that stay, where the plan says so. */
  kept?: Extract<StoreOutcome, { state: 'PSEUDONYMISED' | 'RETAINED' }>;
  /** Days after the batch by which the last copy of what went is gone. */
  horizonDays: number;
  /**
   * `waiting`: nothing has begun; `picked`: a batch has it, and nothing has begun; `begun`: its rows are going, and no hold
   * can keep them back any more; `gone`: they went, and nobody has looked yet; `ended`: see the outcome.
   */
  state: 'waiting' | 'picked' | 'begun' | 'gone' | 'ended';
  /** Rows that went, over all rounds. */
  erased: number;
  /** How often rows were found after they were gone. */
  rounds: number;
  outcome?: StoreOutcome;
  /** Ids of the statements that did it, over all rounds. */
  statementIds?: readonly string[];
  /** The last look for its rows. */
  look?: Look;
}

/** Rows that come back more often than this are a person's business. */
export const MOST_ROUNDS = 3;

/** The tables of a plan; what an earlier plan of the request has done already stays done. */
export function tablesOf(plan: ErasurePlan, before: readonly TableProgress[] = []): TableProgress[] {
  const tables = new Map<string, TableProgress>();
  for (const { dataset, store, planned, rows } of plan.parts) {
    const id = `${store}.${dataset}`;
    const table = tables.get(id) ?? {
      id,
      dataset,
      store,
      rows: 0,
      horizonDays: horizonOf(plan, store),
      state: 'waiting' as const,
      erased: 0,
      rounds: 0,
    };
    tables.set(id, {
      ...table,
      rows: table.rows + rows,
      ...(rows > 0 && planned.action === 'retain' ? { kept: retained(planned) } : {}),
      ...(rows > 0 && planned.action === 'pseudonymise' && table.kept?.state !== 'RETAINED'
        ? { kept: pseudonymised(planned.until) }
        : {}),
    });
  }
  return [...tables.values()].map((table) => {
    const old = before.find(({ id }) => id === table.id);
    if (old === undefined) return table;
    const { erased, rounds, statementIds, look } = old;
    const done = {
      ...table,
      erased,
      rounds,
      ...(statementIds === undefined ? {} : { statementIds }),
      ...(look === undefined ? {} : { look }),
    };
    if (old.state === 'waiting' || old.outcome === undefined) return done;
    return { ...done, state: old.state, outcome: old.outcome };
  });
}

function retained({ ground, until }: { ground: string; until: string }): NonNullable<TableProgress['kept']> {
  return { state: 'RETAINED', ground, until };
}

function pseudonymised(until: string | undefined): NonNullable<TableProgress['kept']> {
  return until === undefined ? { state: 'PSEUDONYMISED' } : { state: 'PSEUDONYMISED', until };
}

/** Copies that hold the person in the clear; audit lines hold one-way tokens alone. */
function horizonOf(plan: ErasurePlan, store: PlanPart['store']): number {
  const stores = [store, 'gateway', ...(store === 'athena' ? ['s3'] : [])];
  return plan.residue
    .filter((one) => one.kind !== 'audit' && stores.includes(one.store))
    .reduce((most, { horizonDays }) => Math.max(most, horizonDays), 0);
}

/** What is known of a table whose rows went on a day, and of which nobody found any afterwards. */
export function outcomeOf(table: TableProgress, day: string): StoreOutcome {
  if (table.kept !== undefined) return table.kept;
  if (table.rows === 0 && table.erased === 0) return { state: 'NOT_FOUND' };
  return table.horizonDays === 0
    ? { state: 'ERASED' }
    : { state: 'PENDING_HORIZON', date: addDays(day, table.horizonDays) };
}

export function ended(table: TableProgress, outcome: StoreOutcome): TableProgress {
  return { ...table, state: 'ended', outcome };
}

export function failed(table: TableProgress, reason: FailureReason): TableProgress {
  return ended(table, { state: 'FAILED', reason });
}

/** A table whose turn comes again. */
export function again(table: TableProgress, state: 'waiting' | 'picked' = 'waiting'): TableProgress {
  const { outcome: _outcome, ...rest } = table;
  return { ...rest, state };
}

export function looked(table: TableProgress, looks: Looks): TableProgress {
  const look = looks[table.id];
  return look === undefined ? table : { ...table, look };
}

/** Whether the day of a table's horizon has come, and nobody has found since that nothing is left. */
export function awaitsLook({ state, outcome, look }: TableProgress, day: string): boolean {
  if (state !== 'ended' || outcome?.state !== 'PENDING_HORIZON' || outcome.date > day) return false;
  return look === undefined || look.day < outcome.date || !isClean(look);
}

/** Nothing was found, neither in the table nor in the files that were read. */
function isClean({ found, files }: Look): boolean {
  return found === 0 && (files?.rows ?? 0) === 0;
}

/** What the day brings to a table that had ended: its horizon is over, or the time for which its rows were kept. */
export function onDay(table: TableProgress, day: string): TableProgress {
  const { outcome } = table;
  if (table.state !== 'ended' || outcome === undefined) return table;
  // A day proves nothing: that nothing is left is known once somebody has looked, on that day or later.
  if (outcome.state === 'PENDING_HORIZON' && outcome.date <= day)
    return awaitsLook(table, day) ? table : ended(table, { state: 'ERASED' });
  const kept = outcome.state === 'PSEUDONYMISED' || outcome.state === 'RETAINED' ? outcome.until : undefined;
  if (kept === undefined || kept > day) return table;
  // All of them go now: nothing of the table is kept any longer.
  const { kept: _kept, ...rest } = again(table);
  return rest;
}

/** How a request ends whose tables all have: whole, in part, or not at all. */
export function endState(
  tables: readonly TableProgress[],
): Extract<RequestState, 'COMPLETED' | 'PARTIAL' | 'FAILED'> {
  const bad = tables.filter(({ outcome }) => outcome?.state === 'FAILED' || outcome?.state === 'RESURRECTED');
  if (bad.length === 0) return 'COMPLETED';
  const nothing = tables.every(
    ({ outcome }) => outcome?.state === 'FAILED' || outcome?.state === 'NOT_FOUND',
  );
  return nothing ? 'FAILED' : 'PARTIAL';
}
