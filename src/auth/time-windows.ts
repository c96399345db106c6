/**
 * Time windows of row rules: the last days, weeks, months or years up to today, in whole days of UTC. The bounds stay
 * the same all day, so that equal questions share an execution and a cursor stays good.
 */

/** A calendar period of ISO 8601: `P90D`, `P2W`, `P1Y6M`. */
export interface Period {
  years: number;
  months: number;
  days: number;
}

/** First and last day of a window, both `YYYY-MM-DD` and in it. */
export interface DayWindow {
  from: string;
  to: string;
}

const PERIOD = /^P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?$/;
/** Longest period, in years: beyond it a window keeps nothing back. */
const MAX_YEARS = 100;

/** The period, or undefined for text that is none, for none at all, and for one of over a hundred years. */
export function periodOf(text: string): Period | undefined {
  const parts = PERIOD.exec(text);
  if (parts === null) return undefined;
  const [years, months, weeks, days] = parts
    .slice(1)
    .map((part) => Number((part as string | undefined) ?? 0));
  const period = { years: years ?? 0, months: months ?? 0, days: (weeks ?? 0) * 7 + (days ?? 0) };
  const length = period.years + period.months / 12 + period.days / 365;
  return length > 0 && length <= MAX_YEARS ? period : undefined;
}

/**
 * The window that ends with the UTC day of a moment. Years and months are taken off first, and a day that the month
 * does not have becomes its last: a month before 31 March is 28 or 29 February.
 *
 * @param now milliseconds since 1970
 */
export function windowUntil(now: number, period: Period): DayWindow {
  const today = new Date(now);
  const month = today.getUTCFullYear() * 12 + today.getUTCMonth() - period.years * 12 - period.months;
  const lastDay = new Date(Date.UTC(Math.floor(month / 12), (month % 12) + 1, 0)).getUTCDate();
  const from = Date.UTC(
    Math.floor(month / 12),
    month % 12,
    Math.min(today.getUTCDate(), lastDay) - period.days,
  );
  return { from: dayOf(from), to: dayOf(now) };
}

/** The day after, `YYYY-MM-DD`. */
export function nextDay(day: string): string {
  return dayOf(Date.parse(day) + 86_400_000);
}

function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}
