/** Legal holds: rows of a person that must stay, whatever was asked, until a day or until they are released. */

/** A hold on the rows of a request's people. */
export interface Hold {
  id: string;
  /** Datasets it keeps back; one that names a field keeps back its dataset, since a row goes or stays whole. */
  datasets: readonly string[] | 'all';
  /** The law, order or proceeding that asks for it. */
  ground: string;
  /** Who placed it: subject of the token. */
  placedBy: string;
  /** First day, `YYYY-MM-DD`, on which it no longer holds. */
  until: string;
}

/** Longest hold, in days: ten years. A longer one is placed again. */
export const LONGEST_HOLD_DAYS = 3_653;

/** Holds that still hold on a day. */
export function activeHolds(holds: readonly Hold[], day: string): readonly Hold[] {
  return holds.filter(({ until }) => until > day);
}

/** Whether a dataset is kept back on a day. */
export function isHeld(holds: readonly Hold[], dataset: string, day: string): boolean {
  return holds.some(
    ({ until, datasets }) => until > day && (datasets === 'all' || datasets.includes(dataset)),
  );
}
