/** The time of day in which batches begin; a batch that has begun is brought to its end. */

/** Minutes of the day, UTC. One that ends before it begins goes over midnight. */
export interface DailyWindow {
  from: number;
  to: number;
}

/** As it is configured: `01:00-05:00`. */
export function windowText({ from, to }: DailyWindow): string {
  const time = (minute: number): string =>
    [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
  return `${time(from)}-${time(to)}`;
}

export function isOpen(window: DailyWindow | undefined, moment: number): boolean {
  if (window === undefined) return true;
  const at = new Date(moment);
  const minute = at.getUTCHours() * 60 + at.getUTCMinutes();
  const { from, to } = window;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}
