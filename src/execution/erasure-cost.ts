import type { EngineName } from '../schema/vocabulary';

/** What fields about erasures read: from the ledger, and from every store where keys are looked for. */

export interface ErasureReads {
  /** Statements by engine. */
  statements: Partial<Record<EngineName, number>>;
  /** Rows: as many as `first` says, or that many times as many. */
  rows?: { each: number };
}

/** A preview asks each SQL store for links at every hop, and then for counts; the point store is scanned likewise. */
const PLANNING = { athena: 5, redshift: 5, dynamodb: 5 } as const;
const LEDGER = { dynamodb: 1 } as const;
/** Keys that a person of a preview may have; `RESOLUTION_LIMITS`. */
const KEYS_OF_A_PERSON = 50;

const READS: Readonly<Record<string, ErasureReads>> = {
  'Query.erasureRequest': { statements: LEDGER },
  'Query.erasureRequests': { statements: LEDGER, rows: { each: 1 } },
  'Query.erasureSchedule': { statements: { dynamodb: 2 } },
  'Query.erasurePreview': { statements: PLANNING },
  'ErasurePreview.people': { statements: {}, rows: { each: KEYS_OF_A_PERSON } },
  'Mutation.replanErasure': { statements: PLANNING },
  'ErasureRequest.plan': { statements: LEDGER },
  'ErasureRequest.holds': { statements: LEDGER },
  'ErasureRequest.certificate': { statements: LEDGER },
  'ErasureRequest.keys': { statements: LEDGER, rows: { each: 1 } },
  'ErasureRequest.leftOutKeys': { statements: LEDGER, rows: { each: 1 } },
};

/** By `Type.field`; undefined for what reads nothing of its own. */
export function erasureReads(type: string, field: string): ErasureReads | undefined {
  const name = `${type}.${field}`;
  return Object.hasOwn(READS, name) ? READS[name] : undefined;
}
