import type { KeyLink, KeyMatch } from '../identity';
import type { SubjectKey } from '../model';

/** What the stores are searched for, whichever way a store is read. */

/** Keys beside known ones, and how many rows hold each known one. */
export interface FoundLinks {
  links: readonly KeyLink[];
  matches: readonly KeyMatch[];
}

/** Rows of people in one table. */
export interface FoundRows {
  dataset: string;
  /** Past the period for which they are kept; 0 where there is none. */
  old: number;
  rest: number;
  /** Day of the newest of the rest, where they are kept for a period. */
  newest?: string;
  /** Rows that mention the people; they may be somebody else's or their own. */
  mentions: number;
}

/** Puts rows of one key, found through several fields, together. */
export function togetherMatches(matches: readonly KeyMatch[]): KeyMatch[] {
  const whole = new Map<string, KeyMatch>();
  for (const match of matches) {
    const id = JSON.stringify([match.dataset, match.key.kind, match.key.key]);
    const known = whole.get(id);
    whole.set(id, known === undefined ? match : { ...known, rows: known.rows + match.rows });
  }
  return [...whole.values()];
}

/** Whether a text can be somebody's key: blanks name nobody. */
export function namesSomebody(text: string): boolean {
  return text.trim() !== '';
}

/** Whether a key may stand in one of the columns, by its kind. */
export function holdsAny(columns: readonly { kind: string }[], keys: readonly SubjectKey[]): boolean {
  return keys.some(({ kind }) => columns.some((column) => column.kind === kind));
}
