import type { Condition, Plan } from '../datasources/plans';
import type { MaskAction } from '../schema/vocabulary';

declare const checked: unique symbol;

/** Hashes of one field's keys that are gone; see `tombstones.ts`. */
export interface GoneKeys {
  field: string;
  salt: string;
  /** Hexadecimal digits, sorted. */
  hashes: ReadonlySet<string>;
}

/** People who are treated as gone, though their rows may still be there. */
export interface Gone {
  /** The dataset's subject: a row that has one is that person's and nobody else's. */
  subject?: string;
  /** Rows with one of these keys are left out. */
  keys: readonly GoneKeys[];
  /** These fields are missing where they hold one. */
  mentions: readonly GoneKeys[];
  /** When the list last changed, in milliseconds since 1970: results from before may show whoever was erased by then. */
  changedAt?: number;
}

/** What the gate adds to every table reference and key request. */
export interface Scope {
  tenant: string;
  /** Row rules of the acting role, over the dataset's own fields; all must hold. */
  rows: readonly Condition[];
  /** Absent when nobody is. */
  gone?: Gone;
}

/** Keyset position of a page: the sort values of the last row seen, in the order of `orderBy`, the key last. */
export type Position = readonly (string | number | boolean | null)[];

/** Masks whose value the engine can compute, to group by it. */
export type StepAction = Extract<MaskAction, 'band' | 'coarse'>;

/** Salts of the noisy copy that protected analytics are computed from: secret, and the same every time. */
export interface Noise {
  /** The field with the people: who stands in the copy follows from it. */
  unit: string;
  weight: string;
  /** By field of the dataset whose amounts are added up. */
  factors: Readonly<Record<string, string>>;
}

/**
 * A plan the gate has checked and scoped. Compilers and engines accept nothing else, and only the gate
 * can make one: the brand has no value outside this folder.
 */
export type Scoped<P extends Plan> = {
  readonly [checked]: true;
  readonly plan: P;
  readonly scope: Scope;
  /** For rows plans: where the page starts. */
  readonly position?: Position;
  /** For lookups: the fields whose length the role may know, since it sees them in the clear; the price counts no others. */
  readonly priced?: readonly string[];
  /** For metrics plans: also count distinct values of this field, to find small groups. */
  readonly privacyUnit?: string;
  /** For metrics and count plans: say also, of this field with people, whose a group is when it is of one person. */
  readonly soleSubject?: string;
  /** For metrics plans: dimensions that are grouped by the floor of their band or their coarse value. */
  readonly steps?: Readonly<Record<string, StepAction>>;
  /** For metrics plans: compute from the noisy copy. */
  readonly noise?: Noise;
};

/** Called by the gate alone; lint refuses to import it outside this folder. */
export function scoped<P extends Plan>(parts: Omit<Scoped<P>, typeof checked>): Scoped<P> {
  return parts as Scoped<P>;
}
