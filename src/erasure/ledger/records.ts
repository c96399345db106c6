import type { EngineName } from '../../schema/vocabulary';
import type { ErasureStep, StepResult } from '../steps';
import type { Hold } from '../holds';
import type { RequestState, StoreOutcome } from '../model';
import type { Horizon } from '../horizon';
import type { Leftover } from '../leftovers';
import type { BatchEffect, Look, TableProgress } from '../tables';

/** The records of the ledger. None holds a key in the clear; days are `YYYY-MM-DD`, times ISO 8601 in UTC. */

/** A sealed list of keys: written once, read as a whole. */
export interface KeyListReference {
  /** Names the content, one-way. */
  id: string;
  chunks: number;
  count: number;
}

/** One change of a request's state, or a notice about it. */
export interface HistoryEntry {
  at: string;
  /** What happened, in one word of the state machine or of the worker: `APPROVED`, `HELD`, `EXTENDED`, `REMINDED`. */
  event: string;
  from?: RequestState;
  to?: RequestState;
  /** Who did it: one-way token; absent when Sluice did. */
  by?: string;
  /** Text that a person wrote, or what the worker says. No personal data of subjects. */
  note?: string;
  /** Place in the audit chain, of what people did; absent until it is there. */
  chain?: number;
}

/** Progress of a request's batch, for the API. */
export interface Progress {
  stepsDone: number;
  steps: number;
  /** Rows changed or deleted so far, of all requests of the batch. */
  rows: number;
}

export interface ErasureRequest {
  id: string;
  tenant: string;
  state: RequestState;
  /** Name in the table of regulations. */
  regulation: string;
  /** When the person asked, and when it must be answered. */
  receivedOn: string;
  dueOn: string;
  /** Set once the due date was moved. */
  extendedOn?: string;
  createdAt: string;
  updatedAt: string;
  /** One-way tokens of the callers. */
  requestedBy: string;
  decidedBy?: string;
  /** Why, in the requester's words. */
  reason?: string;
  asked: KeyListReference;
  resolved?: KeyListReference;
  /** Linked keys that were not taken. */
  leftOut?: KeyListReference;
  /** The plan that was shown last. */
  planHash?: string;
  /** The plan that was approved; what runs is this. */
  approvedHash?: string;
  /** State before a hold, to which it goes back. */
  heldFrom?: RequestState;
  /** The batch that carries it out, or did. */
  batch?: string;
  progress?: Progress;
  /** How far each dataset of the plan has come in each store. */
  tables: readonly TableProgress[];
  /** What its batches were to delete and could not; absent where nothing is. */
  leftovers?: readonly Leftover[];
  /** Day of the last batch that erased something of it. */
  erasedOn?: string;
  /** When somebody was reminded of the due date last. */
  remindedOn?: string;
  /** Names the end that the certificate states. */
  certified?: string;
  /** Until when rows are looked for again, and when that was last done. */
  rescanUntil?: string;
  rescannedOn?: string;
  /** Whether the clear keys are gone from the ledger; `resolved` then lists the tokens that people were replaced by. */
  keysForgotten?: true;
  history: readonly HistoryEntry[];
}

/** What became of one dataset's rows in one store. */
export interface DatasetOutcome {
  dataset: string;
  store: EngineName | 's3' | 'gateway' | 'spark';
  outcome: StoreOutcome;
  /** Rows of the people that went or lost the person, as counted just before each batch. */
  rows: number;
  /** Statements that changed rows or files, over all batches. */
  statementIds: readonly string[];
  /** From here on since version 2. Rows counted when the plan was made. */
  planned?: number;
  /** What batches did, with the rows that the engines say they changed. */
  effects?: readonly BatchEffect[];
  /** The three dates, each with its evidence. */
  horizon?: Horizon;
  /** The last look for rows, by statements and clients that share nothing with what erased them. */
  look?: Look;
}

/** A hold as it is kept: on the people of one request, see `holds.ts`. */
export interface HoldRecord extends Hold {
  tenant: string;
  requestId: string;
  /** What the rows are kept for. */
  purpose: string;
  placedAt: string;
  releasedBy?: string;
  releasedAt?: string;
}

/** A batch. It is `FORMING` until it is known which requests are in it, and nothing is destroyed before. */
export interface Batch {
  id: string;
  day: string;
  state: 'FORMING' | 'RUNNING' | 'VERIFYING' | 'DONE';
  requests: readonly {
    tenant: string;
    id: string;
    /** Hash of the plan that was made just before, which counts the rows; that of the approved one where none can be. */
    counted: string;
  }[];
  startedAt: string;
  endedAt?: string;
  /** When rows were logically gone, that is, when the last `erase` step ended. */
  erasedAt?: string;
}

/** A step as it was written down before it ran, and what is known of its runs. */
export interface StepRecord {
  step: ErasureStep;
  state: 'planned' | 'running' | 'done' | 'failed';
  /** How often it was begun. */
  runs: number;
  /** How often it failed and was tried again. */
  failures?: number;
  /** How often it was tried again after its batch had ended. */
  retries?: number;
  rows: number;
  /** The rows by dataset, of a step about several; of the run that ended it. */
  datasets?: Readonly<Record<string, number>>;
  statementIds: readonly string[];
  /** The rows by id of the request, of a step that goes item by item. */
  byRequest?: Readonly<Record<string, number>>;
  cursor?: string;
  /** Names the keys that it ran with last. */
  keys?: string;
  /** Version of the lease under which it was begun last. */
  fence?: number;
  startedAt?: string;
  endedAt?: string;
  failure?: Extract<StepResult, { state: 'failed' }>['reason'];
  /** Whether the audit chain has its end. */
  chained?: true;
}

/** Who may work. */
export interface Lease {
  owner: string;
  /** For people: nobody compares it with a clock. */
  until: string;
}
