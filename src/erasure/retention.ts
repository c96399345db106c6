import { addDays, periodOf, shiftDay, type Period } from '../calendar';
import type { RetentionPeriod } from '../schema/declarations';

/** How long rows must be kept, counted in whole days of UTC. */

type Counted = Pick<RetentionPeriod, 'keep' | 'fromEndOfYear'>;

/**
 * The day before which a row's time must lie for its period to be over on a day. Never too early: a row that is due on
 * a day that its month does not have waits until the next month.
 */
export function keptUntil({ keep, fromEndOfYear }: Counted, day: string): string {
  const since = shiftDay(day, lengthOf(keep), -1);
  return fromEndOfYear === true ? `${since.slice(0, 4)}-01-01` : since;
}

/** The first day on which a row of a day is no longer kept. */
export function releaseDay(period: Counted, rowDay: string): string {
  const start = period.fromEndOfYear === true ? `${rowDay.slice(0, 4)}-12-31` : rowDay;
  let day = shiftDay(start, lengthOf(period.keep), 1);
  while (keptUntil(period, day) <= rowDay) day = addDays(day, 1);
  return day;
}

function lengthOf(keep: string): Period {
  const period = periodOf(keep);
  if (period === undefined) throw new TypeError(`${keep} is no period.`);
  return period;
}
