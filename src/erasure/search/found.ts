import { keyId, type KeyLink, type KeyMatch } from '../identity';
import type { SubjectKey } from '../model';

/** What the stores are searched for, whichever way a store is read. */

/** Keys beside known ones, and how many rows hold each known one. */
export interface FoundLinks {
  links: readonly KeyLink[];
  matches: readonly KeyMatch[];
}

/** Rows of one request's people in one table. */
export interface FoundRows {
  /** Past the period for which they are kept; 0 where there is none. */
  old: number;
  rest: number;
  /** Day of the newest of the rest, where they are kept for a period. */
  newest?: string;
  /** Rows that mention the people; they may be somebody else's or their own. */
  mentions: number;
}

/** Of each dataset that was looked at the rows of each request, in the order in which they asked. */
export type FoundByDataset = ReadonlyMap<string, readonly FoundRows[]>;

/** A key, and which requests look for it: several may name one person. */
export interface SharedKey extends SubjectKey {
  requests: readonly number[];
}

/** The keys of several requests, each once, by its id. @param requests the keys of each */
export function sharedKeys(requests: readonly (readonly SubjectKey[])[]): Map<string, SharedKey> {
  const shared = new Map<string, SubjectKey & { requests: number[] }>();
  for (const [request, keys] of requests.entries())
    for (const { kind, key } of keys) {
      const id = keyId({ kind, key });
      const known = shared.get(id);
      if (known === undefined) shared.set(id, { kind, key, requests: [request] });
      else if (known.requests.at(-1) !== request) known.requests.push(request);
    }
  return shared;
}

/** Nothing, for so many requests, to add rows to. */
export function noRows(requests: number): FoundRows[] {
  return Array.from({ length: requests }, () => ({ old: 0, rest: 0, mentions: 0 }));
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
