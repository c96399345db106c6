/** Reads a time by a format the mapping names; a text that does not fit, or is no day of the calendar, gives undefined. */
export type TimeReader = (text: string) => string | undefined;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const TOKENS: Record<string, { pattern: string; part: Part }> = {
  YYYY: { pattern: '(\\d{4})', part: 'year' },
  MMM: { pattern: '([A-Za-z]{3})', part: 'month' },
  MM: { pattern: '(\\d{2})', part: 'month' },
  M: { pattern: '(\\d{1,2})', part: 'month' },
  DD: { pattern: '(\\d{2})', part: 'day' },
  D: { pattern: '(\\d{1,2})', part: 'day' },
  HH: { pattern: '(\\d{2})', part: 'hour' },
  H: { pattern: '(\\d{1,2})', part: 'hour' },
  mm: { pattern: '(\\d{2})', part: 'minute' },
  ss: { pattern: '(\\d{2})', part: 'second' },
  SSS: { pattern: '(\\d{3})', part: 'millisecond' },
};
type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond';

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:(Z)|([+-])(\d{2}):?(\d{2}))?)?$/;

/**
 * A reader for `ISO` (with or without time, `Z` or an offset such as `+02:00`) or for a format of the letters
 * `YYYY MMM MM M DD D HH H mm ss SSS`. Times without a zone are UTC; a format without a day means the first.
 * The reader gives ISO text in UTC with milliseconds; finer fractions are cut.
 * @returns undefined when the format is not one of these
 */
export function timeReader(format: string): TimeReader | undefined {
  if (format === 'ISO') return readIso;
  const parts: Part[] = [];
  let pattern = '';
  for (const piece of format.match(/Y+|M+|D+|H+|m+|s+|S+|[^A-Za-z]|[A-Za-z]/g) ?? []) {
    const token = TOKENS[piece];
    if (token !== undefined) {
      parts.push(token.part);
      pattern += token.pattern;
    } else if (/[A-SU-Za-z]/.test(piece)) return undefined;
    else pattern += piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  }
  if (!parts.includes('year') || new Set(parts).size !== parts.length) return undefined;
  const expression = new RegExp(`^${pattern}$`);
  return (text) => {
    const match = expression.exec(text);
    if (match === null) return undefined;
    const found: Record<Part, number> = {
      year: 0,
      month: 1,
      day: 1,
      hour: 0,
      minute: 0,
      second: 0,
      millisecond: 0,
    };
    for (const [index, part] of parts.entries()) {
      const piece = match[index + 1] ?? '';
      found[part] = /^\d/.test(piece) ? Number(piece) : MONTHS.indexOf(piece.toLowerCase()) + 1;
    }
    return utc(found);
  };
}

function readIso(text: string): string | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const number = (index: number): number => Number(match[index] ?? '0');
  const moment = utc({
    year: number(1),
    month: number(2),
    day: number(3),
    hour: number(4),
    minute: number(5),
    second: number(6),
    millisecond: Number((match[7] ?? '').slice(0, 3).padEnd(3, '0')),
  });
  if (moment === undefined || match[9] === undefined) return moment;
  if (number(10) > 23 || number(11) > 59) return undefined;
  const offset = (number(10) * 60 + number(11)) * 60_000 * (match[9] === '-' ? -1 : 1);
  return new Date(Date.parse(moment) - offset).toISOString();
}

function utc(parts: Record<Part, number>): string | undefined {
  const { year, month, day, hour, minute, second, millisecond } = parts;
  if (year < 1 || month < 1 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  moment.setUTCHours(hour, minute, second, millisecond);
  if (moment.getUTCMonth() !== month - 1 || moment.getUTCDate() !== day) return undefined;
  return moment.toISOString();
}
