import { writeHeapSnapshot } from 'node:v8';

/**
 * Loaded into a gateway of its own before anything else: at the messages of its parent it lets half a day pass for whatever
 * is done so seldom, and writes what its memory holds.
 */

/** Timers that are meant run no oftener than this. */
const SELDOM_MS = 3_600_000;

const seldom: (() => void)[] = [];
const real = globalThis.setInterval;
globalThis.setInterval = ((work: () => void, ms = 0, ...rest: unknown[]) => {
  if (ms > 43_200_000) throw new Error('A timer that runs less often than twice a day is not known here.');
  if (ms >= SELDOM_MS) seldom.push(work);
  return real(work, ms, ...(rest as []));
});

process.on('message', (message: { do: 'pass' } | { do: 'write'; file: string }) => {
  if (message.do === 'pass') for (const work of seldom) work();
  else writeHeapSnapshot(message.file);
  process.send?.('done');
});
