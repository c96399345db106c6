import { addDays } from '../calendar';
import { copiesOf, goneBy, horizonDay, horizonDays, isOverdue, reachesBack } from './horizon';
import type {
  ErasurePlan,
  FailureReason,
  PlanPart,
  PlannedAction,
  RequestState,
  Residue,
  StoreOutcome,
} from './model';
import type { Leftover } from './leftovers';
import type { StepKind } from './steps';

/** What somebody found who looked at a table by a way of their own; see verify/verifier.ts. */
export interface Look {
  /** When, ISO 8601 in UTC. */
  at: string;
  /** Day that it counts for: that on which it began. */
  day: string;
  /** Rows that should have been gone, and could be read. */
  found: number;
  /** Statement that counted them; none where every item was read. */
  statementId?: string;
  /** Data files that were read too, and rows in them of the request's people. */
  files?: { read: number; rows: number };
  /** When the oldest and the newest snapshot were taken that the table then had, ISO 8601 in UTC; none where they can't be read. */
  snapshots?: { oldest: string; newest: string; statementId: string };
  /** Whether old snapshots could neither be expired before it nor be listed: some may be left. */
  snapshotsUnknown?: true;
}

/** What one batch did to a table. A statement is about all people of a batch, and so are its counts. */
export interface BatchEffect {
  batch: string;
  /** Requests that the batch was of. */
  requests: number;
  /**
   * Steps that were done, or as far as they had come when a hold took the request out. Where a reply was lost, the rows
   * that it counted are missing.
   */
  steps: readonly {
    id: string;
    kind: StepKind;
    /** Rows that the engine says it changed; a row that two statements change counts twice. */
    rows: number;
    endedAt: string;
    statementIds: readonly string[];
  }[];
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
  /** What keeps copies of what went, and for how many days after the batch at most. */
  copies: readonly Pick<Residue, 'store' | 'kind' | 'horizonDays'>[];
  /**
   * `waiting`: nothing has begun, or a hold keeps back what had not gone yet; `picked`: a batch has it, and nothing has
   * begun; `begun`: its rows are going, by one statement, which no hold can stop any more, or item by item, which one
   * can; `gone`: they went, and nobody has looked yet; `ended`: see the outcome.
   */
  state: 'waiting' | 'picked' | 'begun' | 'gone' | 'ended';
  /** Rows of the people that went or lost the person, as counted just before each batch, over all rounds. */
  erased: number;
  /**
   * Rows of a batch that other rules were declared for before it was known whether they had gone: whatever is still
   * counted of them had not.
   */
  unsure?: number;
  /** How often rows were found after they were gone. */
  rounds: number;
  outcome?: StoreOutcome;
  /** What batches did to it, the last one at the end. */
  effects?: readonly BatchEffect[];
  /** The last look for its rows. */
  look?: Look;
  /** Day on which nobody found any after they went: copies are counted from it. */
  goneOn?: string;
  /** Day of the batch that they went in: periods that end after it keep rows and fields until a batch of their own. */
  asOf?: string;
  /**
   * When the snapshot was taken that was the newest as nobody found any: none older may be read. `seen` once the oldest
   * that was left was no older.
   */
  clean?: { since: string; seen?: { day: string; oldest: string; statementId: string } };
  /** The day after the last look that saw, or could not rule out, an older one when none should be left any more. */
  overdueUntil?: string;
}

/** What names a table in requests, findings and plans. */
export function tableId({ store, dataset }: Pick<TableProgress, 'store' | 'dataset'>): string {
  return `${store}.${dataset}`;
}

/** Rows that come back more often than this are a person's business. */
export const MOST_ROUNDS = 3;

/** The tables of a plan; what an earlier plan of the request has done already stays done. */
export function tablesOf(plan: ErasurePlan, before: readonly TableProgress[] = []): TableProgress[] {
  const tables = new Map<string, TableProgress>();
  for (const { dataset, store, rows } of plan.parts) {
    const id = tableId({ store, dataset });
    const table = tables.get(id) ?? {
      id,
      dataset,
      store,
      rows: 0,
      copies: copiesOf(plan.residue, { store, dataset }),
      state: 'waiting' as const,
      erased: 0,
      rounds: 0,
    };
    tables.set(id, { ...table, rows: table.rows + rows });
  }
  return [...tables.values()].map((planned) => {
    const kept = keptBy(plan, planned.id);
    const table: TableProgress = kept === undefined ? planned : { ...planned, kept };
    const old = before.find(({ id }) => id === table.id);
    if (old === undefined) return table;
    const { rounds, effects, look, goneOn, asOf, clean, overdueUntil } = old;
    const erased = erasedBy(old, table.rows);
    const known = Object.entries({ effects, look, goneOn, asOf, clean, overdueUntil }).filter(
      ([, one]) => one !== undefined,
    );
    // What went is in copies that a plan which finds no row any more does not name.
    const copies = erased > 0 ? longest([...old.copies, ...table.copies]) : table.copies;
    const done = { ...table, copies, erased, rounds, ...Object.fromEntries(known) };
    if (old.state === 'waiting' || old.outcome === undefined) return done;
    return { ...done, state: old.state, outcome: old.outcome };
  });
}

/** Each kind of copy once, with the longest life that is said of it. */
function longest(copies: TableProgress['copies']): TableProgress['copies'] {
  const kinds = new Map<string, TableProgress['copies'][number]>();
  for (const copy of copies) {
    const name = `${copy.store} ${copy.kind}`;
    if (copy.horizonDays > (kinds.get(name)?.horizonDays ?? 0)) kinds.set(name, copy);
  }
  return [...kinds.values()];
}

/** Rows that went of a table, given how many are counted now. */
function erasedBy({ erased, unsure = 0 }: TableProgress, rows: number): number {
  return erased + Math.max(0, unsure - rows);
}

type Kept = NonNullable<TableProgress['kept']>;

/** What a plan counted rows of that stay, where it did. Where some stay whole, the table is not done. */
function keptBy(plan: ErasurePlan, id: string): Kept | undefined {
  const staying = plan.parts
    .filter((part) => tableId(part) === id && part.rows > 0)
    .map(({ planned }) => planned);
  for (const planned of staying)
    if (planned.action === 'retain')
      return { state: 'RETAINED', ground: planned.ground, until: planned.until };
  for (const planned of staying) if (planned.action === 'pseudonymise') return pseudonymised(planned);
  return undefined;
}

/**
 * A table that a batch takes, with what stays of it by the plan that counted its rows just before. The plan that was
 * approved is of an earlier day, and of a clock that nobody checked where a person asked for it.
 */
export function recounted(table: TableProgress, plan: ErasurePlan, day: string): TableProgress {
  const { kept: known, unsure: _unsure, ...before } = table;
  const counted = keptBy(plan, table.id);
  const rows = plan.parts
    .filter((part) => tableId(part) === table.id)
    .reduce((sum, one) => sum + one.rows, 0);
  const rest = { ...before, erased: erasedBy(table, rows) };
  // Rows may come while it waits: those that stay whole until a later day are not forgotten before it.
  const staysWhole = known?.state === 'RETAINED' && known.until > day && counted?.state !== 'RETAINED';
  const kept = staysWhole ? known : keptTogether(known, counted);
  return kept === undefined ? rest : { ...rest, kept };
}

/** Rows that lost the person in an earlier round are counted no more, and stay as long as was said then. */
function keptTogether(known: Kept | undefined, counted: Kept | undefined): Kept | undefined {
  if (known?.state !== 'PSEUDONYMISED' || counted?.state === 'RETAINED') return counted;
  if (counted === undefined) return known;
  const until = [known.until, counted.until];
  const fields = new Map((counted.retained ?? []).map((one) => [one.field, one]));
  for (const one of known.retained ?? [])
    if (one.until > (fields.get(one.field)?.until ?? '')) fields.set(one.field, one);
  return pseudonymised({
    ...(until.every((one) => one !== undefined) ? { until: until.sort().at(-1) ?? '' } : {}),
    ...(fields.size === 0 ? {} : { retained: [...fields.values()] }),
  });
}

function pseudonymised({
  until,
  retained,
}: Pick<Extract<PlannedAction, { action: 'pseudonymise' }>, 'until' | 'retained'>): Kept {
  return {
    state: 'PSEUDONYMISED',
    ...(until === undefined ? {} : { until }),
    ...(retained === undefined
      ? {}
      : { retained: retained.map(({ field, ground, until: day }) => ({ field, ground, until: day })) }),
  };
}

/**
 * What is known of a table whose rows went on a day, and of which nobody found any afterwards.
 *
 * @param asOf day by which it was judged what is kept
 */
export function outcomeOf(table: TableProgress, day: string, asOf = day): StoreOutcome {
  if (table.kept !== undefined) return keptOn(table.kept, asOf);
  if (table.rows === 0 && table.erased === 0) return { state: 'NOT_FOUND' };
  const days = horizonDays(table);
  return days === 0 ? { state: 'ERASED' } : { state: 'PENDING_HORIZON', date: goneBy(day, days) };
}

/** What is kept on a day: fields whose day has come went with the rest. */
function keptOn(kept: Kept, day: string): Kept {
  if (kept.state === 'RETAINED' || kept.retained === undefined) return kept;
  const { retained, ...rest } = kept;
  const left = retained.filter(({ until }) => until > day);
  return left.length === 0 ? rest : { ...rest, retained: left };
}

export function ended(table: TableProgress, outcome: StoreOutcome): TableProgress {
  return { ...table, state: 'ended', outcome };
}

export function failed(table: TableProgress, reason: FailureReason): TableProgress {
  return ended(table, { state: 'FAILED', reason });
}

/** A table whose turn comes again. */
export function again(table: TableProgress, state: 'waiting' | 'picked' = 'waiting'): TableProgress {
  // Dates of rows that went before say nothing of those that go next.
  const {
    outcome: _outcome,
    goneOn: _goneOn,
    asOf: _asOf,
    clean: _clean,
    overdueUntil: _overdueUntil,
    ...rest
  } = table;
  return { ...rest, state };
}

/** What a batch leaves of a table: rows that had gone, and those of which nobody knows yet. */
export interface TakenOut {
  gone: number;
  unsure: number;
}

/** A table that leaves its batch before that has come to its end. */
export function takenOut(table: TableProgress, { gone, unsure }: TakenOut): TableProgress {
  const next = { ...again(table), erased: table.erased + gone };
  return unsure === 0 ? next : { ...next, unsure };
}

/**
 * A table of which nothing was found after its rows went.
 *
 * @param day from which its copies are counted
 * @param asOf day of the batch
 */
export function seenGone(table: TableProgress, day: string, asOf: string): TableProgress {
  const since = table.look?.snapshots?.newest;
  const gone = { ...table, goneOn: day, asOf, ...(since === undefined ? {} : { clean: { since } }) };
  return ended(reached(gone), outcomeOf(table, day, asOf));
}

/** A table after somebody looked. While a snapshot is left that may still show what went, its horizon is not over. */
export function looked(table: TableProgress, looks: Looks): TableProgress {
  const look = looks[table.id];
  if (look === undefined) return table;
  const next = reached({ ...table, look });
  if (!isOverdue(next)) return next;
  const { outcome } = next;
  const overdueUntil = addDays(look.day, 1);
  const isLast = outcome?.state === 'PENDING_HORIZON' && outcome.date <= look.day;
  return { ...next, overdueUntil, ...(isLast ? { outcome: { ...outcome, date: overdueUntil } } : {}) };
}

/** Notes the first look that saw no snapshot from before. */
function reached(table: TableProgress): TableProgress {
  const { clean, look } = table;
  if (clean === undefined || clean.seen !== undefined || look?.snapshots === undefined) return table;
  if (reachesBack(table)) return table;
  const { oldest, statementId } = look.snapshots;
  return { ...table, clean: { ...clean, seen: { day: look.day, oldest, statementId } } };
}

/** What a look read: the table, the files behind it too, or every item. */
export function lookPath({ statementId, files }: Look): 'TABLE' | 'TABLE_AND_FILES' | 'ITEMS' {
  if (statementId === undefined) return 'ITEMS';
  return files === undefined ? 'TABLE' : 'TABLE_AND_FILES';
}

/** Whether the day of a table's horizon has come, and nobody has found since that nothing is left. */
export function awaitsLook(table: TableProgress, day: string): boolean {
  const { look } = table;
  const date = horizonDate(table);
  if (date === undefined || date > day) return false;
  return look === undefined || look.day < date || !isClean(look) || isOverdue(table);
}

/** Day from which nothing may hold what went of a table; none where nothing went of it, or rows are kept as they are. */
export function horizonDate(table: TableProgress): string | undefined {
  const { state, outcome } = table;
  if (state !== 'ended') return undefined;
  if (outcome?.state === 'PENDING_HORIZON') return outcome.date;
  return outcome?.state === 'PSEUDONYMISED' && table.erased > 0 ? horizonDay(table) : undefined;
}

/** Nothing was found, neither in the table nor in the files that were read. */
function isClean({ found, files }: Look): boolean {
  return found === 0 && (files?.rows ?? 0) === 0;
}

/** What the day brings to a table that had ended: its horizon is over, or the time for which rows or fields were kept. */
export function onDay(table: TableProgress, day: string): TableProgress {
  const { outcome } = table;
  if (table.state !== 'ended' || outcome === undefined) return table;
  // A day proves nothing: that nothing is left is known once somebody has looked, on that day or later.
  if (outcome.state === 'PENDING_HORIZON' && outcome.date <= day)
    return awaitsLook(table, day) ? table : ended(table, { state: 'ERASED' });
  if (outcome.state !== 'PSEUDONYMISED' && outcome.state !== 'RETAINED') return table;
  if (outcome.until !== undefined && outcome.until <= day) {
    // All of them go now: nothing of the table is kept any longer.
    const { kept: _kept, ...rest } = again(table);
    return rest;
  }
  const isOver = outcome.state === 'PSEUDONYMISED' && outcome.retained?.some(({ until }) => until <= day);
  return isOver === true ? { ...again(table), kept: keptOn(outcome, day) } : table;
}

/** How a request ends whose tables all have: whole, in part, or not at all. With objects left it is never whole. */
export function endState(
  tables: readonly TableProgress[],
  leftovers: readonly Leftover[] = [],
): Extract<RequestState, 'COMPLETED' | 'PARTIAL' | 'FAILED'> {
  const bad = tables.filter(({ outcome }) => outcome?.state === 'FAILED' || outcome?.state === 'RESURRECTED');
  if (bad.length === 0) return leftovers.length === 0 ? 'COMPLETED' : 'PARTIAL';
  const nothing = tables.every(
    ({ outcome }) => outcome?.state === 'FAILED' || outcome?.state === 'NOT_FOUND',
  );
  return nothing ? 'FAILED' : 'PARTIAL';
}
