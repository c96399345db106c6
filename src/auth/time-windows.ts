import { dayOf, shiftDay, type Period } from '../calendar';

/**
 * Time windows of row rules: the last days, weeks, months or years up to today, in whole days of UTC. The bounds stay
 * the same all day, so that equal questions share an execution and a cursor stays good.
 */

/** First and last day of a window, both `YYYY-MM-DD` and in it. */
export interface DayWindow {
  from: string;
  to: string;
}

/**
 * The window that ends with the UTC day of a moment.
 *
 * @param now milliseconds since 1970
 */
export function windowUntil(now: number, period: Period): DayWindow {
  const to = dayOf(now);
  return { from: shiftDay(to, period, -1), to };
}
