import { SluiceError } from '../errors';
import { SUBJECT_KEY_KINDS, type ResolvedKey, type SubjectKey } from './model';

/** From the keys that were asked for to all keys of the person, over the rows that hold several of them. */

/** Rows that hold one key beside another. */
export interface KeyLink {
  dataset: string;
  /** Field with the key that was asked about, and the key. */
  from: string;
  fromKey: SubjectKey;
  /** Field of the same rows with another key, and that key. */
  to: string;
  toKey: SubjectKey;
  rows: number;
}

/** How many rows of a dataset hold a key, of how many that the tenant has there. */
export interface KeyMatch {
  dataset: string;
  key: SubjectKey;
  rows: number;
  of: number;
}

/** Reads the declared datasets of one tenant: the keys of `erasure.keys`, matched to the byte. */
export interface LinkReader {
  /** One answer for all keys, so that a thousand people cost what one does. Keys that are nowhere are in neither list. */
  read(keys: readonly SubjectKey[]): Promise<{ links: readonly KeyLink[]; matches: readonly KeyMatch[] }>;
}

export interface ResolutionLimits {
  /** Links between a key that was asked for and one that is found. */
  hops: number;
  /** Keys of one person, with those that were asked for. */
  keys: number;
  /** Largest part of a table that the rows with one key may be: 0.01 is a hundredth. */
  share: number;
  /** Rows that are few in any table: so many are never too large a part. */
  rows: number;
}

/** More than this is no person, or too much to be looked over by one. */
export const RESOLUTION_LIMITS: ResolutionLimits = { hops: 3, keys: 50, share: 0.01, rows: 1_000 };

/** Longest key, in characters. */
const LONGEST_KEY = 512;

/** One person's keys. */
export interface Resolution {
  /** In order of distance, and then of finding. */
  keys: readonly ResolvedKey[];
  /** Keys that are linked and were not taken, for whoever approves to see. */
  leftOut: readonly (ResolvedKey & { why: 'TOO_COMMON' | 'TOO_FAR' })[];
}

/**
 * A key that can be asked for. What looks like a pattern of all keys is refused, though it would only ever be compared.
 *
 * @throws SluiceError BAD_USER_INPUT, which never repeats the key
 */
export function checkKey({ kind, key }: SubjectKey): void {
  const why = !SUBJECT_KEY_KINDS.includes(kind)
    ? `is of no kind there is. Kinds are: ${SUBJECT_KEY_KINDS.join(', ')}`
    : key.trim() === ''
      ? 'is empty'
      : /^[%*?_.\s]+$/.test(key)
        ? 'is a pattern. Ask for whole keys; they are compared to the byte'
        : key.length > LONGEST_KEY
          ? `is longer than ${LONGEST_KEY} characters`
          : /[\p{Cc}\p{Cs}]/u.test(key)
            ? 'has control characters. Send it as it is stored'
            : undefined;
  if (why !== undefined) throw new SluiceError('BAD_USER_INPUT', `A key ${why}.`);
}

/** All of them, as `checkKey`. @throws SluiceError BAD_USER_INPUT */
export function checkKeys(keys: Iterable<SubjectKey>): void {
  for (const key of keys) checkKey(key);
}

/** The people of one request. */
export interface AskedPeople {
  /** The keys that were asked for, of each person. */
  people: readonly (readonly SubjectKey[])[];
  /** In place of the limits' own. */
  hops?: number;
}

/**
 * Finds the keys of people, breadth first, those of all requests at once: one read for each hop, and one to judge the last
 * keys.
 *
 * @returns the people of each request; in the place of a request the error BAD_USER_INPUT when a key that it asks for is bad
 * or too common, or one of its people has too many keys. The others are found all the same.
 */
export async function resolveKeys(
  requests: readonly AskedPeople[],
  reader: LinkReader,
  limits: ResolutionLimits = RESOLUTION_LIMITS,
): Promise<(Resolution[] | SluiceError)[]> {
  let groups = requests.map(({ people, hops = limits.hops }) =>
    orRefusal(() => {
      checkKeys(people.flat());
      return people.map((keys, person) => new Search(person, keys, { ...limits, hops }));
    }),
  );
  for (let hop = 0; ; hop++) {
    const searches = groups.flatMap((group) => (group instanceof SluiceError ? [] : group));
    const frontier = new Map(searches.flatMap(({ frontier }) => frontier).map((key) => [keyId(key), key]));
    // A search at its last hop finds no key to go on from.
    if (frontier.size === 0) break;
    const { links, matches } = await reader.read(
      [...frontier.values()].map(({ kind, key }) => ({ kind, key })),
    );
    const common = new Set(
      matches
        .filter(({ rows, of }) => rows > limits.rows && rows > of * limits.share)
        .map(({ key }) => keyId(key)),
    );
    const from = byKey(links);
    groups = groups.map((group) =>
      group instanceof SluiceError
        ? group
        : orRefusal(() => {
            for (const search of group) search.step(from, common, hop);
            return group;
          }),
    );
  }
  return groups.map((group) =>
    group instanceof SluiceError ? group : group.map((search) => search.result()),
  );
}

function orRefusal<T>(work: () => T): T | SluiceError {
  try {
    return work();
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'BAD_USER_INPUT') return error;
    throw error;
  }
}

class Search {
  /** Keys that were found last and not asked about yet. */
  frontier: ResolvedKey[];
  private readonly found = new Map<string, ResolvedKey>();
  private readonly leftOut = new Map<string, Resolution['leftOut'][number]>();

  constructor(
    private readonly person: number,
    asked: readonly SubjectKey[],
    private readonly limits: ResolutionLimits,
  ) {
    for (const { kind, key } of asked)
      this.found.set(keyId({ kind, key }), { person, kind, key, distance: 0 });
    this.frontier = [...this.found.values()];
    this.checkCount();
  }

  /** Judges the frontier, and goes on from what is left of it. */
  step(links: ReadonlyMap<string, readonly KeyLink[]>, common: ReadonlySet<string>, hop: number): void {
    const next: ResolvedKey[] = [];
    for (const key of this.frontier) {
      const id = keyId(key);
      if (common.has(id)) {
        this.tooCommon(id, key);
        continue;
      }
      for (const link of links.get(id) ?? []) this.follow(link, hop, next);
    }
    this.frontier = next;
    this.checkCount();
  }

  result(): Resolution {
    return { keys: [...this.found.values()], leftOut: [...this.leftOut.values()] };
  }

  private follow({ dataset, from, to, toKey, rows }: KeyLink, hop: number, next: ResolvedKey[]): void {
    const id = keyId(toKey);
    if (this.found.has(id) || this.leftOut.has(id)) return;
    const key: ResolvedKey = {
      ...toKey,
      person: this.person,
      distance: hop + 1,
      evidence: { dataset, from, to, rows },
    };
    if (hop >= this.limits.hops) {
      this.leftOut.set(id, { ...key, why: 'TOO_FAR' });
      return;
    }
    this.found.set(id, key);
    next.push(key);
  }

  /** A key that many rows hold names no person: `unknown@example.com`, the number of a call centre. */
  private tooCommon(id: string, key: ResolvedKey): void {
    if (key.distance === 0) {
      throw new SluiceError(
        'BAD_USER_INPUT',
        'A key stands in too large a part of a table to be one person’s. Ask by a key that only they have.',
      );
    }
    this.found.delete(id);
    this.leftOut.set(id, { ...key, why: 'TOO_COMMON' });
  }

  private checkCount(): void {
    if (this.found.size <= this.limits.keys) return;
    throw new SluiceError(
      'BAD_USER_INPUT',
      `More than ${this.limits.keys} keys are linked to one person, so one of them is shared. Ask by keys that only they have.`,
    );
  }
}

/** One text for each pair of kind and key. */
export function keyId({ kind, key }: SubjectKey): string {
  return `${kind}\0${key}`;
}

function byKey(links: readonly KeyLink[]): ReadonlyMap<string, readonly KeyLink[]> {
  const of = new Map<string, KeyLink[]>();
  for (const link of links) {
    const id = keyId(link.fromKey);
    const known = of.get(id);
    if (known === undefined) of.set(id, [link]);
    else known.push(link);
  }
  return of;
}
