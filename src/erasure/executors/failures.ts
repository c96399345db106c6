import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Abandoned } from '../../datasources/engines/service-caller';
import { faultName } from '../../datasources/engines/service-errors';
import { SluiceError } from '../../errors';
import type { StepResult } from '../steps';

/** What a failed call means for a step, in our own words; an engine's text goes no further than this file. */

type Failed = Extract<StepResult, { state: 'failed' }>;

const REASONS: readonly [pattern: RegExp, failed: Failed][] = [
  // Somebody else wrote the table meanwhile (Iceberg), or rows that the transaction read (Redshift error 1023).
  [
    /ICEBERG_COMMIT_ERROR|HoodieWriteConflictException|CONCURRENT_?MODIFICATION|Serializable isolation violation|TRANSACTION_CONFLICT|deadlock/i,
    { state: 'failed', reason: 'CONFLICTS', retryable: true },
  ],
  [
    /PERMISSION_DENIED|Access ?Denied|not authorized|permission denied|Insufficient .*permission|must be owner/i,
    { state: 'failed', reason: 'NO_PERMISSION', retryable: false },
  ],
  [
    /No space left|disk full|disk is full|quota ?exceeded|insufficient storage|out of disk/i,
    { state: 'failed', reason: 'STORAGE_FULL', retryable: false },
  ],
  // The statement or the table is wrong, and will be the next time.
  [
    /SYNTAX_ERROR|(TABLE|SCHEMA|COLUMN|CATALOG|FUNCTION)_NOT_FOUND|TYPE_MISMATCH|NOT_SUPPORTED|INVALID_|does not exist/i,
    { state: 'failed', reason: 'ENGINE_FAILED', retryable: false },
  ],
];

/** @throws what is no failure of the engine: an abandoned call, a lost lease, a defect of ours */
export function failureOf(error: unknown): Failed {
  if (error instanceof Abandoned) throw error;
  if (!(error instanceof SluiceError)) throw error;
  if (error.code === 'ENGINE_UNAVAILABLE' || error.code === 'ENGINE_TIMEOUT' || error.code === 'RATE_LIMITED')
    return { state: 'failed', reason: 'ENGINE_UNAVAILABLE', retryable: true };
  if (error.code !== 'ENGINE_FAILED') throw error;
  const text = engineText(error.cause);
  const known = REASONS.find(([pattern]) => pattern.test(text));
  return known?.[1] ?? { state: 'failed', reason: 'ENGINE_FAILED', retryable: true };
}

/** What the engine said, to be matched and not shown. */
export function engineText(cause: unknown): string {
  if (typeof cause === 'string') return cause;
  if (typeof cause !== 'object' || cause === null) return '';
  const { reason, message } = cause as { reason?: unknown; message?: unknown };
  const texts: unknown[] = [faultName(cause), reason, message];
  return texts.filter((text) => typeof text === 'string').join(' ');
}

/** Between two signs of life while an engine works, in milliseconds. */
const BEAT_MS = 5_000;

/** What a step runs in; see `ErasureExecutor.run`. */
export interface StepContext {
  cursor?: string;
  signal: AbortSignal;
  beat(): Promise<void>;
}

/** Waits for work and beats meanwhile; a beat that throws stops the work and is thrown. */
export async function whileBeating<T>(
  context: StepContext,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  await context.beat();
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  // Each of the calls that a step makes at once listens to it.
  setMaxListeners(0, signal);
  const outcome = work(signal);
  // Looked at below, or already thrown in its place.
  outcome.catch(() => undefined);
  const done = new AbortController();
  outcome.finally(() => done.abort()).catch(() => undefined);
  try {
    while (!done.signal.aborted) {
      await sleep(BEAT_MS, undefined, { signal: done.signal }).catch(() => undefined);
      if (!done.signal.aborted) await context.beat();
    }
    return await outcome;
  } catch (error) {
    stop.abort();
    throw error;
  }
}
