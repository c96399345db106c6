'use strict';
const { writeHeapSnapshot } = require('node:v8');

/**
 * Loaded into a gateway of its own before anything else: at the messages of its parent it lets half a day pass for whatever
 * is done so seldom, and writes what its memory holds.
 */

/** Timers that are meant run no oftener than this. */
const SELDOM_MS = 3_600_000;
const HALF_A_DAY_MS = 43_200_000;

const seldom = [];
const real = globalThis.setInterval;
globalThis.setInterval = (work, ms = 0, ...rest) => {
  if (ms >= SELDOM_MS && ms <= HALF_A_DAY_MS) seldom.push(work);
  return real(work, ms, ...rest);
};

process.on('message', (message) => {
  if (message.do === 'pass') for (const work of seldom) work();
  else writeHeapSnapshot(message.file);
  process.send('done');
});
