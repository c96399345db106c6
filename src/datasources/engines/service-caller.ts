import { setTimeout as sleep } from 'node:timers/promises';
import { ConsecutiveBreaker, circuitBreaker, handleWhen, isBrokenCircuitError } from 'cockatiel';
import { SluiceError } from '../../errors';
import { clientError, faultName, troubleOf } from './service-errors';

/** Throttled calls are sent this often in all; waits grow from 50 ms, with full jitter. */
const THROTTLED_ATTEMPTS = 7;
/** Calls whose reply was lost, or that met a server error, are sent this often in all. */
const LOST_ATTEMPTS = 3;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_600;

/** So many calls in a row without an answer open the breaker; after the pause one call may try again. */
const BREAKER_FAILURES = 8;
const BREAKER_PAUSE_MS = 2_000;

/** Thrown when nobody waits for the answer any more; never reaches a client. */
export class Abandoned extends Error {}

/** How one call differs from others. */
export interface CallOptions {
  /** Aborted when nobody waits any more. */
  signal?: AbortSignal;
  /** Names of service errors that the caller handles itself; they are thrown as they are. */
  expected?: readonly string[];
}

/**
 * Every call to one service: a deadline for each attempt, retries for throttling and lost replies (which is safe
 * because starting calls carry a client token), a circuit breaker, and errors in our own words.
 */
export class ServiceCaller {
  private readonly breaker = circuitBreaker(
    handleWhen(
      (error) =>
        error instanceof SluiceError &&
        (error.code === 'ENGINE_UNAVAILABLE' || error.code === 'ENGINE_TIMEOUT'),
    ),
    { halfOpenAfter: BREAKER_PAUSE_MS, breaker: new ConsecutiveBreaker(BREAKER_FAILURES) },
  );

  constructor(private readonly deadlineMs: number) {}

  /**
   * @param send carries out one attempt; it must give up when its signal is aborted
   * @throws SluiceError ENGINE_TIMEOUT, ENGINE_UNAVAILABLE, ENGINE_FAILED or RATE_LIMITED; Abandoned
   */
  async call<T>(send: (signal: AbortSignal) => Promise<T>, options: CallOptions = {}): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.breaker.execute(() => this.attempt(send, options));
      } catch (error) {
        if (isBrokenCircuitError(error)) throw new SluiceError('ENGINE_UNAVAILABLE', undefined, error);
        if (!(error instanceof SluiceError) || !mayRetry(error, attempt)) throw error;
      }
      await pause(backoff(attempt), options.signal);
    }
  }

  /** One attempt that neither asks nor tells the breaker and is never repeated: health checks and cancelling. */
  attempt<T>(send: (signal: AbortSignal) => Promise<T>, options: CallOptions = {}): Promise<T> {
    const { signal: outer, expected = [] } = options;
    if (outer?.aborted === true) return Promise.reject(new Abandoned());
    const controller = new AbortController();
    return new Promise<T>((resolve, reject) => {
      const giveUp = (error: Error): void => {
        settle();
        reject(error);
        controller.abort();
      };
      const leave = (): void => giveUp(new Abandoned());
      const timer = setTimeout(() => giveUp(new SluiceError('ENGINE_TIMEOUT')), this.deadlineMs);
      const settle = (): void => {
        clearTimeout(timer);
        outer?.removeEventListener('abort', leave);
      };
      outer?.addEventListener('abort', leave, { once: true });
      send(controller.signal).then(
        (value) => {
          settle();
          resolve(value);
        },
        (error: unknown) => {
          settle();
          reject(expected.includes(faultName(error) ?? '') ? (error as Error) : inOurWords(error));
        },
      );
    });
  }
}

function inOurWords(error: unknown): SluiceError {
  return error instanceof SluiceError ? error : clientError(troubleOf(error), error);
}

function mayRetry(error: SluiceError, attempt: number): boolean {
  const trouble = troubleOf(error.cause);
  if (trouble === 'throttled') return attempt < THROTTLED_ATTEMPTS;
  return trouble === 'lost' && attempt < LOST_ATTEMPTS;
}

/** Full jitter: anywhere between nothing and the growing limit, so that waiters don't come back together. */
export function backoff(attempt: number): number {
  return Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
}

/** Waits, or throws Abandoned as soon as nobody waits any more. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch {
    throw new Abandoned();
  }
}

/** Waits between polls: from 50 ms, growing by half, up to a second, each within a fifth of its length. */
export function* pollWaits(): Generator<number, never> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 1.5, 1_000))
    yield wait * (0.9 + Math.random() * 0.2);
}
