/** Days and periods of the calendar, in UTC. A day is `YYYY-MM-DD`; such texts compare as the days do. */

/** A calendar period of ISO 8601: `P90D`, `P2W`, `P1Y6M`. */
export interface Period {
  years: number;
  months: number;
  days: number;
}

const PERIOD = /^P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?$/;
/** Longest period, in years. */
const MAX_YEARS = 100;
const DAY = 86_400_000;

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
 * The day a period before or after another. Years and months go first, and a day that the month does not have becomes
 * its last: a month before 31 March is 28 or 29 February.
 *
 * @param sign -1: before; 1: after
 */
export function shiftDay(day: string, period: Period, sign: -1 | 1): string {
  const start = new Date(day);
  const months = sign * (period.years * 12 + period.months);
  const month = start.getUTCFullYear() * 12 + start.getUTCMonth() + months;
  const [year, monthOfYear] = [Math.floor(month / 12), month - Math.floor(month / 12) * 12];
  const lastDay = new Date(Date.UTC(year, monthOfYear + 1, 0)).getUTCDate();
  const date = Math.min(start.getUTCDate(), lastDay) + sign * period.days;
  return dayOf(Date.UTC(year, monthOfYear, date));
}

/** The day some days after another; before it where the number is negative. */
export function addDays(day: string, days: number): string {
  return dayOf(Date.parse(day) + days * DAY);
}

/** The day after, `YYYY-MM-DD`. */
export function nextDay(day: string): string {
  return addDays(day, 1);
}

/** The day of a moment, which is milliseconds since 1970. */
export function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}

/** Whether a text is a day that the calendar has. */
export function isDay(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && dayOf(Date.parse(text)) === text
  );
}
