import type { EngineName } from '../schema/vocabulary';

/** A decoded value of one column; embedded rows are lists of such lists. Never null in the wrong place: see Cells. */
export type Cell = string | number | boolean | null | readonly (readonly Cell[])[];

/** One row, positional: one cell for each field asked for, in the plan's order. Shared between requests: never change it. */
export type Cells = readonly Cell[];

/** What one engine call did, for `extensions.cost`, audit and metrics. */
export interface EngineCall {
  engine: EngineName;
  /** The service's own id of the statement or request; of a scan, which takes many requests, that of the first. */
  statementId: string;
  dataset: string;
  scannedBytes: number;
  /** Time in the engine's queue, in milliseconds, where it says so. */
  queuedMs: number;
  /** From asking to the last row, in milliseconds, as this request saw it. */
  elapsedMs: number;
  costUsd: number;
  /** True when the statement was already running for somebody else, or its batch was. */
  shared: boolean;
}

/** Rows of one statement and what it cost. */
export interface EngineResult {
  rows: readonly Cells[];
  call: EngineCall;
}

/** What every call into a store carries. */
export interface CallContext {
  tenant: string;
  /** Aborted when the client leaves or the request's deadline passes. */
  signal: AbortSignal;
}

/** Work that takes several calls. Each is added when it has ended: it has its price, whatever becomes of the work. */
export interface BilledRun {
  /** As in `CallContext`. */
  signal: AbortSignal;
  calls: EngineCall[];
}

/** The step in which Athena bills what it scans (Amazon Athena pricing), in bytes. */
const SHOWN_STEP = 1024 ** 2;

/** Bytes in whole steps, begun ones whole. */
export function wholeSteps(bytes: number): number {
  return Math.ceil(bytes / SHOWN_STEP) * SHOWN_STEP;
}

/**
 * A call as the client may see it. Tables hold the rows of every tenant, so what was scanned to the byte would tell of
 * rows that the viewer may not see; it is shown in whole megabytes, rounded up and never less than one, since an engine
 * may see at once that no tenant's rows fit. What cost nothing scanned nothing.
 */
function shownCall(call: EngineCall): EngineCall {
  const scanned = call.scannedBytes > 0 || (call.engine === 'athena' && call.costUsd > 0);
  return { ...call, scannedBytes: scanned ? Math.max(wholeSteps(call.scannedBytes), SHOWN_STEP) : 0 };
}

/** The calls of an answer as the client may see them, in an order that does not tell which was quicker. */
export function shownCalls(calls: readonly EngineCall[]): EngineCall[] {
  const name = ({ dataset, engine, scannedBytes, costUsd }: EngineCall): string =>
    [dataset, engine, scannedBytes, costUsd].join(' ');
  return calls.map(shownCall).sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0));
}

/** Cost of several calls together, in US dollars, rounded to a millionth of a cent. */
export function totalCost(calls: readonly EngineCall[]): number {
  const total = calls.reduce((sum, call) => sum + call.costUsd, 0);
  return Math.round(total * 1e8) / 1e8;
}

/** Time since a reading of `performance.now()`, in milliseconds with one decimal. */
export function elapsedSince(began: number): number {
  return Math.round((performance.now() - began) * 10) / 10;
}
