import type { RetentionPeriod } from '../../schema/declarations';

/**
 * Verification's own count of days. What goes is decided by other code (retention.ts); a fault there must not make
 * verification agree. So this counts in whole numbers and asks no `Date`. The calendar is the Gregorian one, as ISO 8601
 * has it; the two conversions are days_from_civil and civil_from_days of H. Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms".
 */

/**
 * The day before which a row's time must lie for its period to have ended by a day, both `YYYY-MM-DD`. Years and months
 * are taken off first; a day that the month does not have becomes its last.
 *
 * @throws TypeError for a text that is no period of years, months, weeks and days
 */
export function endedBefore(period: Pick<RetentionPeriod, 'keep' | 'fromEndOfYear'>, day: string): string {
  const amounts = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$/.exec(period.keep);
  if (amounts === null) throw new TypeError(`${period.keep} is no period.`);
  const [years = 0, months = 0, weeks = 0, days = 0] = amounts.slice(1).map((text) => Number(text ?? 0));
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const first = (year - years) * 12 + month - 1 - months;
  const due = Math.min(countOf(first, date), countOf(first + 1, 1) - 1) - weeks * 7 - days;
  const text = textOf(due);
  return period.fromEndOfYear === true ? `${text.slice(0, 4)}-01-01` : text;
}

const DAYS_OF_400_YEARS = 146_097;

/**
 * Days since 1 March of the year 0. Years begin in March here, so that a leap day is the last of its year.
 *
 * @param month counted from January of the year 0, which is 0
 * @param date of the month; one that it does not have counts on into the next
 */
function countOf(month: number, date: number): number {
  const year = Math.floor((month - 2) / 12);
  const sinceMarch = month - 2 - year * 12;
  const leapDays = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
  return 365 * year + leapDays + Math.floor((153 * sinceMarch + 2) / 5) + date - 1;
}

function textOf(count: number): string {
  const era = Math.floor(count / DAYS_OF_400_YEARS);
  const ofEra = count - era * DAYS_OF_400_YEARS;
  // Without the leap days before it, the day is in this year of the 400.
  const leapDays = Math.floor(ofEra / 1_460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const yearOfEra = Math.floor((ofEra - leapDays) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const sinceMarch = Math.floor((5 * ofYear + 2) / 153);
  const date = ofYear - Math.floor((153 * sinceMarch + 2) / 5) + 1;
  const month = sinceMarch < 10 ? sinceMarch + 3 : sinceMarch - 9;
  const year = era * 400 + yearOfEra + (month < 3 ? 1 : 0);
  return [String(year).padStart(4, '0'), ...[month, date].map((part) => String(part).padStart(2, '0'))].join(
    '-',
  );
}
