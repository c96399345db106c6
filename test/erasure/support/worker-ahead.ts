import { readSync } from 'node:fs';
import timers from 'node:timers/promises';
import type { ErasureRule } from '../../../src/schema/declarations';
import '../../../src/erasure/commands/work';
import { declare } from './retained';

/**
 * Loaded by a worker's process before its command: it loads what the command needs, and waits until it is told, by one line
 * on its standard input, to begin. Nothing of the worker is another than in production but the day, the rules, and how long
 * it waits: its clock is the machine's, so many milliseconds ahead, as libfaketime does it, and each pause, as between two
 * questions whether a statement has ended, is a short one.
 */

export interface Start {
  /** Of the ledger. */
  table: string;
  aheadMs: number;
  rules: Readonly<Record<string, ErasureRule>>;
}

const LONGEST_PAUSE_MS = 10;

const { table, aheadMs, rules } = JSON.parse(line()) as Start;
process.env.SLUICE_ERASURE_TABLE = table;
declare(rules);
if (aheadMs !== 0) globalThis.Date = ahead(Date, aheadMs);
const pause = timers.setTimeout;
timers.setTimeout = (milliseconds, ...rest) => pause(Math.min(milliseconds ?? 0, LONGEST_PAUSE_MS), ...rest);

function ahead(real: DateConstructor, by: number): DateConstructor {
  const now = (): number => real.now() + by;
  return new Proxy(real, {
    construct: (target, args: unknown[], as) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, as) as Date,
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
}

function line(): string {
  const chunk = Buffer.alloc(65_536);
  let text = '';
  while (!text.includes('\n')) {
    const read = readSync(0, chunk);
    // Whoever started it is gone.
    if (read === 0) process.exit();
    text += chunk.toString('utf8', 0, read);
  }
  return text;
}
