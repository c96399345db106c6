import type { DataClass } from '../../schema/vocabulary';
import { KINDS, type KindName } from './kinds';
import { kindByName } from './names';
import { kindByShape } from './shapes';

/** A class for a column, and why. */
export interface Suggestion {
  class: DataClass;
  kind: KindName;
  /** What it looks like, in words: `an e-mail address`. */
  words: string;
  /** What gave it away. */
  by: 'name' | 'shape' | 'name and shape';
  /** Whether a class of `public` or `internal` deserves a warning; otherwise it is a hint. */
  warn: boolean;
}

/**
 * Suggests the class of a column from its name and, where there are any, from values of it. What the values are counts
 * for more than what they are called. A suggestion is for a person to confirm; no value is kept or given back.
 *
 * @param name field or column name, in any spelling
 * @param samples values of the column; a few hundred are enough
 */
export function suggestClass(name: string, samples: readonly unknown[] = []): Suggestion | undefined {
  const named = kindByName(name);
  const shaped = kindByShape(samples);
  if (shaped?.sure === true)
    return suggestion(shaped.kind, named === shaped.kind ? 'name and shape' : 'shape', true);
  if (named !== undefined) {
    return suggestion(named, named === shaped?.kind ? 'name and shape' : 'name', KINDS[named].sensitive);
  }
  return shaped === undefined ? undefined : suggestion(shaped.kind, 'shape', false);
}

function suggestion(kind: KindName, by: Suggestion['by'], warn: boolean): Suggestion {
  return { class: KINDS[kind].class, kind, words: KINDS[kind].words, by, warn };
}
