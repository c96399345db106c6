import { SluiceError } from '../errors';
import { holdOn, type HoldTerms } from './holds';
import { isSame, withLeftover, type Leftover } from './leftovers';
import type { ErasurePlan, FailureReason, RequestState } from './model';
import {
  again,
  ended,
  endState,
  failed,
  looked,
  MOST_ROUNDS,
  onDay,
  outcomeOf,
  recounted,
  seenGone,
  tablesOf,
  takenOut,
  type Looks,
  type TableProgress,
  type TakenOut,
} from './tables';

/** The states of a request, as a function of plain data: a request, what happens, the day and the holds of that day. */

/** What the states are about. The ledger's record of a request has all of it, and more. */
export interface RequestStanding {
  state: RequestState;
  /** Who asked. */
  requestedBy: string;
  dueOn: string;
  /** Day on which the due date was moved. */
  extendedOn?: string;
  /** The plan that was shown last. */
  planHash?: string;
  /** The plan that was approved, and who did. */
  approvedHash?: string;
  decidedBy?: string;
  /** State that a request on hold goes back to. */
  heldFrom?: RequestState;
  /** The batch that has it. */
  batch?: string;
  tables: readonly TableProgress[];
  /** What its batches were to delete and could not; absent where nothing is. */
  leftovers?: readonly Leftover[];
}

/** What can happen to a request. */
export type RequestEvent =
  /** A plan was made: the first, a fresh one that was asked for, or one that is no longer what was approved. */
  | { type: 'planned' | 'drifted'; plan: ErasurePlan }
  /** @param hash of the plan that the approver saw */
  | { type: 'approve'; by: string; hash: string }
  | { type: 'reject' | 'cancel'; by: string }
  /** The due date moves, and the person is told so. */
  | { type: 'extend'; dueOn: string }
  /** The day or the holds changed: a hold was placed, released or is over, a horizon has passed, a period has ended. */
  | { type: 'settle' }
  /**
   * A batch takes the request, with every table that no hold keeps back.
   *
   * @param plan that counted its rows just before; none where only tokens are left, by which nothing is counted
   */
  | { type: 'batch'; id: string; plan?: ErasurePlan }
  /** The next step makes rows of the table go: written down before it runs. */
  | { type: 'begin'; table: string }
  /** All steps of the table ended; or one failed for good, even before rows went. */
  | { type: 'gone'; table: string; rows: number }
  | { type: 'failed'; table: string; reason: FailureReason }
  /** A hold came while items went one by one: these rows had gone, the others wait until it ends. */
  | { type: 'interrupted'; table: string; rows: number }
  /** Other rules are declared for these tables than the batch counted by: what has not gone waits for a plan of its own. */
  | { type: 'outdated'; tables: Readonly<Record<string, TakenOut>> }
  /** Objects of a batch could not be deleted; or they are gone by now. */
  | { type: 'left'; leftover: Leftover }
  | { type: 'removed'; batch: string; step: string }
  /**
   * Somebody looked at all tables that are gone, and found rows in these.
   *
   * @param asOf day of the batch, where that was another
   */
  | { type: 'verified'; survivors: readonly string[]; looks: Looks; asOf?: string }
  /** Somebody looked again later. Rows that were found are events of their own. */
  | { type: 'looked'; looks: Looks }
  /** A later look found rows in a table that had ended. */
  | { type: 'resurrected'; table: string }
  /** What failed is tried again. */
  | { type: 'retry' };

/** When it happens. */
export interface Moment {
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  /**
   * Whether the day is that of a clock which was compared with the ledger's. No other day ends what is kept: one that lies
   * ahead would let go what must stay.
   */
  checked: boolean;
  /** All holds on the request's people. */
  holds: readonly HoldTerms[];
}

export const END_STATES: readonly RequestState[] = [
  'COMPLETED',
  'PARTIAL',
  'FAILED',
  'REJECTED',
  'CANCELLED',
];

/**
 * The request after an event.
 *
 * @throws SluiceError CONFLICT when its state does not allow it, FORBIDDEN when the person may not do it,
 * BAD_USER_INPUT when the event makes no sense; each says what to do
 */
export function advance<R extends RequestStanding>(request: R, event: RequestEvent, moment: Moment): R {
  return settle(changed(request, event, moment), moment);
}

/** Whether a hold keeps back what is left to do. */
export function isKeptBack({ tables }: RequestStanding, { day, holds }: Moment): boolean {
  const waiting = tables.filter(({ state }) => state === 'waiting');
  if (tables.length === 0) return holdOn(holds, '', day) !== undefined;
  return waiting.length > 0 && waiting.every(({ dataset }) => holdOn(holds, dataset, day) !== undefined);
}

function changed<R extends RequestStanding>(request: R, event: RequestEvent, moment: Moment): R {
  switch (event.type) {
    case 'planned':
      return planned(request, event.plan, moment.day);
    case 'drifted':
      return drifted(request, event.plan, moment.day);
    case 'approve':
      return approved(request, event.by, event.hash);
    case 'reject':
      if (request.state !== 'PLANNED') throw refused(request, 'rejected', 'Only a planned request is');
      if (event.by === request.requestedBy)
        throw new SluiceError('FORBIDDEN', 'You asked for it yourself: cancel it instead of rejecting it.');
      return givenUp(request, 'REJECTED', event.by);
    case 'cancel':
      if (!['RECEIVED', 'PLANNED', 'APPROVED', 'ON_HOLD'].includes(request.state))
        throw refused(
          request,
          'cancelled',
          'Only what has not begun is; a hold keeps back what is left of it',
        );
      return givenUp(request, 'CANCELLED');
    case 'extend':
      return extended(request, event.dueOn, moment.day);
    case 'settle':
      return request;
    case 'batch':
      return batched(request, event, moment);
    case 'begin':
      return begun(request, event.table, moment);
    case 'gone':
      return withTable(request, event.table, ['begun'], (table) => ({
        ...table,
        state: 'gone',
        erased: table.erased + event.rows,
      }));
    case 'failed':
      return withTable(request, event.table, ['picked', 'begun'], (table) => failed(table, event.reason));
    case 'interrupted':
      return interrupted(request, event, moment);
    case 'outdated':
      return outdated(request, event.tables);
    case 'left':
      // Whoever withdrew it before anything went has nothing to complete.
      if (request.state === 'REJECTED' || request.state === 'CANCELLED') return request;
      return withLeftovers(request, withLeftover(request.leftovers ?? [], event.leftover));
    case 'removed':
      return withLeftovers(
        request,
        (request.leftovers ?? []).filter((one) => !isSame(one, event)),
      );
    case 'verified':
      return verified(request, event, moment.day);
    case 'looked':
      return { ...request, tables: request.tables.map((table) => looked(table, event.looks)) };
    case 'resurrected':
      return resurrected(request, event.table);
    case 'retry':
      return retried(request);
  }
}

function planned<R extends RequestStanding>(request: R, plan: ErasurePlan, day: string): R {
  if (request.state !== 'RECEIVED' && request.state !== 'PLANNED')
    throw refused(request, 'planned again', 'Only a received or planned request is');
  return withPlan(request, plan, day);
}

function drifted<R extends RequestStanding>(request: R, plan: ErasurePlan, day: string): R {
  const from = request.state === 'ON_HOLD' ? request.heldFrom : request.state;
  if (from !== 'APPROVED') throw refused(request, 'planned anew', 'Only an approved request that waits is');
  if (plan.hash === request.approvedHash)
    throw new SluiceError('BAD_USER_INPUT', 'The plan is the one that was approved. Go on with it.');
  return withPlan(request, plan, day);
}

/** Shows a plan; nothing is approved any more. A person who is nowhere needs no approval. */
function withPlan<R extends RequestStanding>(request: R, plan: ErasurePlan, day: string): R {
  const tables = tablesOf(plan, request.tables);
  const { approvedHash: _hash, decidedBy: _by, heldFrom: _from, ...rest } = request;
  const next = { ...rest, state: 'PLANNED', planHash: plan.hash, tables } as unknown as R;
  const nowhere = tables.every(({ rows, erased, outcome }) => rows === 0 && erased === 0 && !outcome);
  if (!nowhere) return next;
  return { ...next, state: 'COMPLETED', tables: tables.map((table) => ended(table, outcomeOf(table, day))) };
}

function approved<R extends RequestStanding>(request: R, by: string, hash: string): R {
  const held = request.state === 'ON_HOLD' && request.heldFrom === 'PLANNED';
  if (request.state !== 'PLANNED' && !held) throw refused(request, 'approved', 'Only a planned request is');
  if (by === request.requestedBy)
    throw new SluiceError('FORBIDDEN', 'You asked for it yourself. Somebody else approves it.');
  if (hash !== request.planHash) {
    throw new SluiceError(
      'CONFLICT',
      'The plan changed since you saw it. Look at it again, and approve the plan it has now.',
    );
  }
  return held
    ? { ...request, heldFrom: 'APPROVED', approvedHash: hash, decidedBy: by }
    : { ...request, state: 'APPROVED', approvedHash: hash, decidedBy: by };
}

/** What is done stays done, and is said: then the request ends in part. */
function givenUp<R extends RequestStanding>(request: R, state: RequestState, by?: string): R {
  const { heldFrom: _from, approvedHash: _hash, ...rest } = request;
  const next = { ...rest, ...(by === undefined ? {} : { decidedBy: by }) } as R;
  const { leftovers = [] } = request;
  const begun = request.tables.some((table) => table.erased > 0 || table.state === 'ended');
  if (!begun && leftovers.length === 0) return { ...next, state };
  const tables = request.tables.map((table) =>
    table.state === 'ended' ? table : failed(table, 'WITHDRAWN'),
  );
  return { ...next, tables, state: endState(tables, leftovers) };
}

function extended<R extends RequestStanding>(request: R, dueOn: string, day: string): R {
  if (END_STATES.includes(request.state)) throw refused(request, 'extended', 'It has ended');
  if (request.extendedOn !== undefined)
    throw new SluiceError('CONFLICT', 'It was extended before, and may be only once.');
  if (day > request.dueOn) {
    throw new SluiceError(
      'CONFLICT',
      'It is overdue: the person had to be told of an extension before it was due. Erase it now.',
    );
  }
  if (dueOn <= request.dueOn)
    throw new SluiceError('BAD_USER_INPUT', `It is due on ${request.dueOn}. Extend it to a later day.`);
  return { ...request, dueOn, extendedOn: day };
}

function batched<R extends RequestStanding>(
  request: R,
  { id, plan }: Extract<RequestEvent, { type: 'batch' }>,
  { day, holds }: Moment,
): R {
  if (request.state !== 'APPROVED') throw refused(request, 'taken by a batch', 'Only an approved request is');
  if (request.approvedHash === undefined || request.approvedHash !== request.planHash)
    throw new SluiceError('CONFLICT', 'Its plan is not the one that was approved. Have it approved.');
  const tables = request.tables.map((table) =>
    table.state === 'waiting' && holdOn(holds, table.dataset, day) === undefined
      ? again(plan === undefined ? table : recounted(table, plan, day), 'picked')
      : table,
  );
  if (!tables.some(({ state }) => state === 'picked'))
    throw new SluiceError('CONFLICT', 'A hold keeps all of it back. Wait for its end, or release it.');
  return { ...request, state: 'RUNNING', batch: id, tables };
}

function begun<R extends RequestStanding>(request: R, id: string, { day, holds }: Moment): R {
  const table = request.tables.find((one) => one.id === id);
  if (table !== undefined && holdOn(holds, table.dataset, day) !== undefined)
    throw new SluiceError(
      'CONFLICT',
      'A hold keeps this table back. Leave its rows, and go on with the others.',
    );
  return withTable(request, id, ['picked'], (one) => ({ ...one, state: 'begun' }));
}

/** What went stays gone, and is counted. */
function interrupted<R extends RequestStanding>(
  request: R,
  { table: id, rows }: Extract<RequestEvent, { type: 'interrupted' }>,
  { day, holds }: Moment,
): R {
  const table = request.tables.find((one) => one.id === id);
  if (table !== undefined && holdOn(holds, table.dataset, day) === undefined)
    throw new SluiceError('CONFLICT', 'No hold keeps this table back. Go on with its rows.');
  return withTable(request, id, ['begun'], (one) => takenOut(one, { gone: rows, unsure: 0 }));
}

function outdated<R extends RequestStanding>(
  request: R,
  tables: Extract<RequestEvent, { type: 'outdated' }>['tables'],
): R {
  return Object.entries(tables).reduce(
    (next, [id, left]) => withTable(next, id, ['picked', 'begun'], (table) => takenOut(table, left)),
    request,
  );
}

function withLeftovers<R extends RequestStanding>(request: R, leftovers: readonly Leftover[]): R {
  const { leftovers: before = [], ...rest } = request;
  const same = leftovers.length === before.length && leftovers.every((one, at) => one === before[at]);
  if (same) return request;
  return (leftovers.length === 0 ? rest : { ...rest, leftovers }) as R;
}

function withTable<R extends RequestStanding>(
  request: R,
  id: string,
  states: readonly TableProgress['state'][],
  change: (table: TableProgress) => TableProgress,
): R {
  const table = request.tables.find((one) => one.id === id);
  if (request.state !== 'RUNNING' || table === undefined || !states.includes(table.state))
    throw refused(request, 'worked on like this', `Table ${id} is ${table?.state ?? 'not in its plan'}`);
  return { ...request, tables: request.tables.map((one) => (one === table ? change(one) : one)) };
}

function verified<R extends RequestStanding>(
  request: R,
  { survivors, looks, asOf }: Extract<RequestEvent, { type: 'verified' }>,
  day: string,
): R {
  if (request.state !== 'VERIFYING') throw refused(request, 'verified', 'Only what a batch has done is');
  return {
    ...request,
    tables: request.tables.map((before) => {
      if (before.state !== 'gone') return before;
      const table = looked(before, looks);
      if (!survivors.includes(table.id)) return seenGone(table, day, asOf ?? day);
      const found = { ...table, rounds: table.rounds + 1 };
      return found.rounds >= MOST_ROUNDS ? failed(found, 'SURVIVORS') : again(found);
    }),
  };
}

/** Rows that came back go again under the same approval, unless they come back too often or nobody has approved. */
function resurrected<R extends RequestStanding>(request: R, id: string): R {
  const table = request.tables.find((one) => one.id === id);
  if (request.state === 'REJECTED' || request.state === 'CANCELLED' || table?.state !== 'ended')
    throw refused(request, 'brought back', `Table ${id} had not ended`);
  const found = { ...table, rounds: table.rounds + 1 };
  const stays = found.rounds >= MOST_ROUNDS || request.approvedHash === undefined;
  const next = stays ? ended(found, { state: 'RESURRECTED' }) : again(found);
  return { ...request, tables: request.tables.map((one) => (one === table ? next : one)) };
}

function retried<R extends RequestStanding>(request: R): R {
  if (request.state !== 'PARTIAL' && request.state !== 'FAILED')
    throw refused(request, 'tried again', 'Only a request that failed, whole or in part, is');
  const { leftovers = [] } = request;
  const isApproved = request.approvedHash !== undefined;
  // Objects are taken away whoever approves: they should not be there.
  if (!isApproved && leftovers.length === 0)
    throw new SluiceError('CONFLICT', 'Nobody approved what is left of it. Ask for the erasure anew.');
  const next = withLeftovers(
    request,
    leftovers.map((one) => ({ ...one, now: true as const })),
  );
  if (!isApproved) return next;
  return {
    ...next,
    tables: request.tables.map((table) =>
      table.outcome?.state === 'FAILED' || table.outcome?.state === 'RESURRECTED'
        ? { ...again(table), rounds: 0 }
        : table,
    ),
  };
}

/** Brings the state in line with the tables, the day and the holds. */
function settle<R extends RequestStanding>(request: R, moment: Moment): R {
  const { state } = request;
  if (state === 'REJECTED' || state === 'CANCELLED') return request;
  if (state === 'RUNNING') return settleBatch(request, moment);
  const tables = request.tables.map((table) => (moment.checked ? onDay(table, moment.day) : table));
  const same = tables.every((table, index) => table === request.tables[index]);
  const next = same ? request : { ...request, tables };
  const waits = tables.some((table) => table.state === 'waiting');
  if (state === 'VERIFYING' && tables.some((table) => table.state === 'gone')) return next;
  if (state === 'VERIFYING' || END_STATES.includes(state)) {
    if (!waits) return { ...next, state: endState(tables, next.leftovers) };
    return settleHolds(
      { ...next, state: request.approvedHash === undefined ? 'PLANNED' : 'APPROVED' },
      moment,
    );
  }
  return settleHolds(next, moment);
}

function settleHolds<R extends RequestStanding>(request: R, moment: Moment): R {
  const kept = isKeptBack(request, moment);
  if (request.state === 'ON_HOLD') {
    if (kept) return request;
    const { heldFrom = 'RECEIVED', ...rest } = request;
    return { ...rest, state: heldFrom } as R;
  }
  return kept ? { ...request, heldFrom: request.state, state: 'ON_HOLD' } : request;
}

/**
 * A hold takes tables out of a batch as long as nothing of theirs has begun (see `interrupted` for what has); with none
 * left, the batch is through.
 */
function settleBatch<R extends RequestStanding>(request: R, moment: Moment): R {
  const tables = request.tables.map((table) =>
    table.state === 'picked' && holdOn(moment.holds, table.dataset, moment.day) !== undefined
      ? again(table)
      : table,
  );
  const next = { ...request, tables };
  if (tables.some(({ state }) => state === 'picked' || state === 'begun')) return next;
  // What is gone is looked at; where nothing is, the states after verifying follow at once.
  return settle({ ...next, state: 'VERIFYING' }, moment);
}

function refused({ state }: RequestStanding, what: string, why: string): SluiceError {
  return new SluiceError('CONFLICT', `The request is ${state} and can’t be ${what}. ${why}. Read it again.`);
}
