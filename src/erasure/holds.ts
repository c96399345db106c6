/** Legal holds: rows of a person that must stay, whatever was asked, until a day or until they are released. */

/** What a hold keeps back, and how long. */
export interface HoldTerms {
  /** Datasets it keeps back; one that names a field keeps back its dataset, since a row goes or stays whole. */
  datasets: readonly string[] | 'all';
  /** The law, order or proceeding that asks for it. */
  ground: string;
  /** First day, `YYYY-MM-DD`, on which it no longer holds. */
  until: string;
  /** When it was released. */
  releasedAt?: string;
}

/** A hold on the rows of a request's people. */
export interface Hold extends HoldTerms {
  id: string;
  /** Who placed it. */
  placedBy: string;
}

/** Longest hold, in days: ten years. A longer one is placed again. */
export const LONGEST_HOLD_DAYS = 3_653;

/** Holds that keep something back on a day. One that ended holds again when a clock that was ahead is set right. */
export function activeHolds<H extends HoldTerms>(holds: readonly H[], day: string): readonly H[] {
  return holds.filter((hold) => holdsOn(hold, day));
}

/** The hold that keeps a dataset back on a day. */
export function holdOn(holds: readonly HoldTerms[], dataset: string, day: string): HoldTerms | undefined {
  return holds.find(
    (hold) => (hold.datasets === 'all' || hold.datasets.includes(dataset)) && holdsOn(hold, day),
  );
}

function holdsOn({ until, releasedAt }: HoldTerms, day: string): boolean {
  return releasedAt === undefined && until > day;
}
