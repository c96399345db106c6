import { setMaxListeners } from 'node:events';
import type { BilledRun } from '../../datasources/results';

/**
 * Does works at the same time. When one fails the others are stopped, and its error is thrown once they have ended: nothing
 * goes on that nobody waits for, and the bill is whole.
 */
export async function sideBySide<T>(
  { signal, calls }: BilledRun,
  works: readonly ((run: BilledRun) => Promise<T>)[],
): Promise<T[]> {
  const stop = new AbortController();
  const run = { signal: AbortSignal.any([signal, stop.signal]), calls };
  // Each of the calls made at once listens to it.
  setMaxListeners(0, run.signal);
  const running = works.map((work) => work(run));
  try {
    return await Promise.all(running);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(running);
    throw error;
  }
}
