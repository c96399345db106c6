import type { Random } from '../random';
import type { Memory } from './memory';

/** Values of scalars: seen in answers, or made up. */

export type Plain = string | number | boolean | null | Plain[] | { [field: string]: Plain };

const WORDS = ['a', 'x y', '', '%', "it's", '_', '\\', '💠', 'null', '0', 'A', 'decision-001', 'p_', 'EUR'];
const FIRST_DAY = Date.UTC(2025, 11, 1);
const DAYS = 400;

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';

/**
 * A value for a scalar.
 * @param names fields whose seen values would fit, nearest first: `country`, then `eq`
 */
export function scalarValue(type: string, names: readonly string[], random: Random, memory: Memory): Plain {
  const seen = random.chance(0.85) ? recall(names, random, memory) : undefined;
  switch (type) {
    case 'Boolean':
      return random.chance(0.5);
    case 'Int':
      if (names.includes('first')) return size(random);
      if (isNumber(seen) && Number.isInteger(seen)) return seen;
      return random.weighted(
        [random.whole(0, 9), random.whole(-3, 60), random.whole(0, 2_000_000_000)],
        (value) => (value < 61 ? 3 : 1),
      );
    case 'Float':
      if (isNumber(seen)) return seen;
      return random.chance(0.5) ? random.whole(0, 99) / 2 : random.whole(-9, 9_999_999) / 16;
    case 'Decimal':
      if (isText(seen) && /^-?\d{1,14}(\.\d{1,4})?$/.test(seen)) return seen;
      return random.chance(0.5) ? `${random.whole(0, 12)}.5` : `${random.whole(0, 99_999_999)}.25`;
    case 'Date':
      if (isText(seen) && /^\d{4}-\d\d-\d\d$/.test(seen)) return seen;
      return moment(random).slice(0, 10);
    case 'DateTime':
      if (isText(seen) && /^\d{4}-\d\d-\d\dT.*Z$/.test(seen)) return seen;
      return moment(random);
    default:
      if (isText(seen)) return cut(seen, names, random);
      if (isNumber(seen)) return String(seen);
      return memory.recallAny(random, isText) ?? random.one(WORDS);
  }
}

function recall(names: readonly string[], random: Random, memory: Memory): unknown {
  for (const name of names) {
    const value = memory.recall(name, random);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Text to look for is often part of a value, and sometimes a value that was changed. */
function cut(text: string, names: readonly string[], random: Random): string {
  const part = names.includes('contains') || names.includes('startsWith');
  if (part && random.chance(0.7)) {
    const start = names.includes('contains') ? random.whole(0, Math.max(0, text.length - 2)) : 0;
    return text.slice(start, start + random.whole(1, 5));
  }
  if (random.chance(0.03)) return text.slice(0, -1);
  return random.chance(0.02) ? `${text}A` : text;
}

function size(random: Random): number {
  return random.weighted([random.whole(1, 4), random.whole(3, 12), 50, 1000, 0], (first) =>
    first === 0 ? 0.1 : first > 49 ? 0.3 : 5,
  );
}

export function moment(random: Random): string {
  const day = FIRST_DAY + random.whole(0, DAYS) * 86_400_000;
  return new Date(day + (random.chance(0.5) ? 0 : random.whole(0, 86_399_999))).toISOString();
}

/** From the earlier to the later, and often the whole of time. */
export function span(random: Random): { from: string; to: string } {
  if (random.chance(0.6))
    return { from: '2020-01-01T00:00:00Z', to: `20${random.whole(28, 40)}-01-01T00:00:00Z` };
  const ends = [moment(random), moment(random)].sort();
  return { from: ends[0] ?? '', to: ends[1] ?? '' };
}
