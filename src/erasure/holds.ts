/** Legal holds: rows that must stay, whatever was asked, until a day or until they are released. */

/** What a hold keeps back, and how long. */
export interface HoldTerms {
  /** All datasets when absent. */
  dataset?: string;
  /** A field of the dataset; a row goes or stays whole, so it is kept as long as one of its fields must be. */
  field?: string;
  ground: string;
  /** Last day it holds, `YYYY-MM-DD`; until it is released when absent. */
  until?: string;
  /** When it was released. */
  releasedAt?: string;
}

/** Whether a hold keeps anything back on a day. One that ended holds again when a clock that was ahead is set right. */
export function holdsOn(hold: HoldTerms, day: string): boolean {
  return hold.releasedAt === undefined && (hold.until === undefined || day <= hold.until);
}

/** The hold that keeps a dataset back on a day. */
export function holdOn(holds: readonly HoldTerms[], dataset: string, day: string): HoldTerms | undefined {
  return holds.find((hold) => (hold.dataset === undefined || hold.dataset === dataset) && holdsOn(hold, day));
}
