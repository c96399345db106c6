import type { MaskAction } from '../schema/vocabulary';

/** Plain words for what a policy says. */

/** What a role gets of a field, as in `support sees it in part`. */
export const SEEN: Readonly<Record<MaskAction, string>> = {
  clear: 'in the clear',
  pseudonym: 'as a pseudonym',
  partial: 'in part',
  band: 'in bands',
  coarse: 'coarsely',
  redact: 'as null',
  hide: 'nothing',
};

/** What each action gives, for a legend. */
export const MEANING: Readonly<Record<MaskAction, string>> = {
  clear: 'the value',
  pseudonym: 'a stable token for each value and tenant',
  partial: 'enough to recognise the value, such as the last digits',
  band: 'the floor of its band',
  coarse: 'the month of a date, the step of a number',
  redact: 'null; the value is not even read',
  hide: 'the field does not exist for the role',
};

/** A mapping, list or scalar as one line: `minimum 5, window P1D`; nested keys with dots. */
export function oneLine(value: unknown): string {
  if (Array.isArray(value)) return value.map(oneLine).join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, inner]) => {
        if (Array.isArray(inner)) return `${key} [${oneLine(inner)}]`;
        return typeof inner === 'string' && inner.includes(' ')
          ? `${key} (${inner})`
          : `${key} ${oneLine(inner)}`;
      })
      .join(', ');
  }
  return String(value);
}

/** A row rule as a half sentence, whatever keys it has: `country in the claim markets`. */
export function rowRuleWords(rule: Readonly<Record<string, unknown>>): string {
  const { dataset: _dataset, field, ...test } = rule;
  const known = Object.entries(test).filter(([, value]) => value !== undefined);
  const words = known.map(([key, value]) => {
    if (key === 'in') return `is one of the values of the claim ${oneLine(value)}`;
    if (key === 'equals') return `is the value of the claim ${oneLine(value)}`;
    if (key === 'within') return `is at or below a value of the claim ${oneLine(value)}`;
    if (key === 'hierarchy') return `in the hierarchy ${oneLine(value)}`;
    if (key === 'last') return `lies within the last ${oneLine(value)}`;
    return `${key} ${oneLine(value)}`;
  });
  return `${oneLine(field)} ${words.join(' ')}`;
}

/** `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
