import type { EngineName, SubjectKeyKind } from '../schema/vocabulary';

export { SUBJECT_KEY_KINDS, type SubjectKeyKind } from '../schema/vocabulary';

/**
 * The words of erasure: requests, their plans, the batches that carry them out and what is known of each store.
 * Everything here is plain data, so that it can be stored, hashed and compared.
 */

/** One key of a person, in the clear. Never in a log, an error, an audit line, a certificate or a statement's text. */
export interface SubjectKey {
  kind: SubjectKeyKind;
  key: string;
}

/** States of a request. */
export const REQUEST_STATES = [
  'RECEIVED',
  'PLANNED',
  'APPROVED',
  'RUNNING',
  'VERIFYING',
  'COMPLETED',
  'PARTIAL',
  'FAILED',
  'REJECTED',
  'CANCELLED',
  'ON_HOLD',
] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/** What is known of one dataset's rows in one store, for one request. */
export type StoreOutcome =
  | { state: 'ERASED' }
  /** The person is out of the rows but for the retained fields; the rows stay until the day, or for good. */
  | { state: 'PSEUDONYMISED'; until?: string; retained?: readonly RetainedField[] }
  /** Rows are kept as they are, for a legal ground. */
  | { state: 'RETAINED'; ground: string; until: string }
  | { state: 'NOT_FOUND' }
  /** Logically gone; files or snapshots that still hold the rows go by that day. */
  | { state: 'PENDING_HORIZON'; date: string }
  /** Rows were seen again after they were gone. */
  | { state: 'RESURRECTED' }
  | { state: 'FAILED'; reason: FailureReason };

/** A field of rows that lost their person, which is kept as it is for a legal ground. */
export interface RetainedField {
  field: string;
  ground: string;
  /** First day, `YYYY-MM-DD`, on which no row has it any more. */
  until: string;
}

/** Why a store's part failed, in our own words; never an engine's text. */
export type FailureReason =
  | 'ENGINE_UNAVAILABLE'
  | 'ENGINE_FAILED'
  | 'NO_PERMISSION'
  | 'CONFLICTS'
  | 'STORAGE_FULL'
  | 'SURVIVORS'
  /** Rejected or cancelled when other stores were done already. */
  | 'WITHDRAWN';

/** How long a rule keeps rows or fields, as it is declared. What was approved is this; days follow from it. */
export interface PlannedPeriod {
  /** Calendar period of ISO 8601: `P8Y`. */
  keep: string;
  /** Field with the time that it is counted from. */
  from: string;
  /** Set: it is counted from the end of that time's calendar year. */
  fromEndOfYear?: true;
}

/** A retained field in a plan. Plans of before have no period. */
export interface PlannedField extends RetainedField {
  period?: PlannedPeriod;
}

/** What happens to a dataset's rows about a person. Days are `YYYY-MM-DD`. Plans of before have no periods. */
export type PlannedAction =
  | { action: 'delete' }
  /**
   * Identifiers become one-way tokens, other personal fields are emptied; retained ones when their day has come. The
   * period is that of the rows, where they have one of their own.
   */
  | {
      action: 'pseudonymise';
      ground: string;
      until?: string;
      period?: PlannedPeriod;
      retained?: readonly PlannedField[];
    }
  | { action: 'retain'; ground: string; until: string; period?: PlannedPeriod }
  /** Rows about others that name the person in these fields: only the fields become tokens. */
  | { action: 'mention'; fields: readonly string[] };

/** One dataset in one store. A dataset whose rows differ in action has a part for each. */
export interface PlanPart {
  dataset: string;
  store: EngineName;
  /** Rows whose time is before this day only; none: all rows that no other part takes. */
  before?: string;
  planned: PlannedAction;
  /** Rows counted when the plan was made. */
  rows: number;
  /** The hold that kept the rows back when the plan was made; they go once it ends. */
  hold?: { ground: string; until: string };
}

/** What is still there after the rows are gone, and when it will not be. */
export interface Residue {
  store: EngineName | 's3' | 'gateway';
  kind:
    | 'snapshots'
    | 'recovery_points'
    | 'backups'
    | 'query_history'
    | 'result_objects'
    | 'results'
    | 'exports'
    | 'streams'
    | 'caches'
    | 'audit';
  /** Dataset whose copies live so long; all of the store unless given. */
  dataset?: string;
  description: string;
  /** Days after the batch by which it is gone. */
  horizonDays: number;
  /** Where the days come from: a service's documentation, a table's property, a setting. Plans of before have none. */
  source?: string;
}

/** The whole plan of a request: what was approved is what runs. Holds no key in the clear. */
export interface ErasurePlan {
  requestId: string;
  tenant: string;
  /** One-way tokens of all keys that resolution found, sorted. */
  subjects: readonly string[];
  parts: readonly PlanPart[];
  residue: readonly Residue[];
  /** SHA-256 over the canonical JSON of all above, base64url. */
  hash: string;
}

/** A key that resolution found, and why. */
export interface ResolvedKey extends SubjectKey {
  /** Number of the person in the request, from 0: keys of one number are one person's. */
  person: number;
  /** Hops from what was asked for; 0 is what was asked for. */
  distance: number;
  /** Dataset and fields whose row links it, and how many rows say so; none at distance 0. */
  evidence?: { dataset: string; from: string; to: string; rows: number };
}
