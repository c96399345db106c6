import type {
  ColumnDeclaration,
  DatasetDeclaration,
  ErasureRule,
  RetentionPeriod,
} from '../../schema/declarations';
import { EMPTIED_CLASSES, TOKENISED_CLASSES, type SubjectKeyKind } from '../../schema/vocabulary';
import type { StagedKey } from '../steps';
import { endedBefore } from './days';
import { personOf } from './findings';

/**
 * What no row may hold any more, read from the declarations and not from what executors made of them: for each column
 * that can name a person, the keys that must not be found in it.
 */
export interface Expectation {
  column: string;
  kind: SubjectKeyKind;
  actions: readonly StagedKey['action'][];
  /** A row that has a value here is somebody else's. */
  unlessSet?: string;
  /** Only rows with a time before the day must be gone; others are kept. */
  before?: { column: string; day: string };
}

/** @param day of the batch */
export function expectationsOf(dataset: DatasetDeclaration, day: string): Expectation[] {
  const { erasure, subject } = dataset;
  if (erasure === undefined) return [];
  const column = (field: string): string => dataset.columns.get(field)?.column ?? field;
  const { rule } = erasure;
  const own = ownPeriods(rule);
  const days = own.map((period) => endedBefore(period, day)).sort();
  const before =
    own[0] === undefined || days[0] === undefined ? undefined : { column: column(own[0].from), day: days[0] };
  const staying: StagedKey['action'] = rule.action === 'retain' ? rule.then : 'pseudonymise';
  const deletes = rule.action === 'delete' && own.length === 0;
  const found: Expectation[] = [];
  for (const [field, kind] of Object.entries(erasure.keys)) {
    const place = {
      column: column(field),
      kind,
      ...(field === subject || subject === undefined ? {} : { unlessSet: column(subject) }),
    };
    if (rule.action === 'retain') found.push({ ...place, actions: [staying], ...(before && { before }) });
    else found.push({ ...place, actions: [deletes ? 'delete' : staying] });
    // Rows that had been pseudonymised, and are found by their token.
    if (rule.action !== 'retain' && before !== undefined)
      found.push({ ...place, actions: ['delete'], before });
  }
  for (const [field, kind] of Object.entries(erasure.mentions ?? {}))
    found.push({ column: column(field), kind, actions: ['mention'] });
  return found;
}

/** Periods that keep whole rows; of a row that lost its person, all must be over. */
function ownPeriods(rule: ErasureRule): readonly RetentionPeriod[] {
  if (rule.action === 'retain') return [rule];
  const fields = rule.retained ?? [];
  if (rule.action === 'delete') return fields;
  return rule.keep === undefined ? [] : [rule, ...fields];
}

/** What a row that lost its person may hold no more, though no key finds it: only the token is left to know it by. */
export interface Pseudonymised {
  /** Where the token stands. */
  subject: string;
  /** By what is left of the person in such rows; the first is of all of them. */
  left: readonly LeftOver[];
  /** All columns that such a row may have values in, declared or not; undefined where it keeps what it had. */
  only?: readonly string[];
}

export interface LeftOver {
  /** Columns with nothing in them. */
  emptied: readonly string[];
  /** Columns with the token in them, or nothing. */
  tokenised: readonly string[];
  /** Lists inside items that are not there. */
  lists: readonly string[];
  /** Not in rows with a time of the day or later: there they are kept. A row without that time shows no end, and is none of them. */
  before?: { column: string; day: string };
}

/** None where no row of a dataset loses its person and stays. @param day of the batch */
export function pseudonymisedOf(dataset: DatasetDeclaration, day: string): Pseudonymised | undefined {
  const { erasure, subject = '', key, time, partition } = dataset;
  const rule = erasure?.rule;
  const kept = rule === undefined || rule.action === 'retain' ? [] : (rule.retained ?? []);
  const stays =
    rule?.action === 'pseudonymise' ||
    (rule?.action === 'retain' && rule.then === 'pseudonymise') ||
    kept.length > 0;
  if (!stays) return undefined;
  const column = (field: string): string => dataset.columns.get(field)?.column ?? field;
  // A row that should have gone and is there for some of its fields has those, its name and its times.
  const bare = rule?.action === 'delete';
  const named = [key, time, partition?.from, ...kept.map(({ from }) => from)];
  const goes = (of: ColumnDeclaration, classes: readonly string[]): boolean =>
    classes.includes(of.class) && erasure?.mentions?.[of.field] === undefined;
  const leftIn = (fields: (field: string) => boolean): Omit<LeftOver, 'lists'> => {
    const columns = [...dataset.columns.values()].filter(({ field }) => field !== subject && fields(field));
    return {
      emptied: columns.filter((of) => bare || goes(of, EMPTIED_CLASSES)).map((of) => of.column),
      tokenised: columns.filter((of) => !bare && goes(of, TOKENISED_CLASSES)).map((of) => of.column),
    };
  };
  const isPlace = (field: string): boolean => [dataset.tenant, partition?.column].includes(column(field));
  const isKept = (field: string): boolean => kept.some(({ fields }) => fields.includes(field));
  const only = [...named, subject, ...kept.flatMap(({ fields }) => fields)].filter(
    (one) => one !== undefined,
  );
  return {
    subject: column(subject),
    ...(bare
      ? { only: [dataset.tenant, ...(partition ? [partition.column] : []), ...only.map(column)] }
      : {}),
    left: [
      {
        ...leftIn((field) => !isKept(field) && !(bare && (named.includes(field) || isPlace(field)))),
        lists: bare ? [...dataset.embedded.values()].map((list) => list.column) : [],
      },
      ...kept.map((period) => ({
        ...leftIn((field) => period.fields.includes(field)),
        lists: [],
        before: { column: column(period.from), day: endedBefore(period, day) },
      })),
    ],
  };
}

/** What Hudi adds to every row: its commit, file and record key, which repeat the table's own. */
const HUDI_COLUMN = /^_hoodie_/;

/**
 * Whether a row that stays for its retained fields alone may have a value in a column, declared or not; undefined where
 * rows keep what they had. Engines spell columns in small letters.
 */
export function onlyIn(dataset: DatasetDeclaration): ((column: string) => boolean) | undefined {
  // Which columns those are is the same on any day.
  const only = pseudonymisedOf(dataset, '2000-01-01')?.only?.map((column) => column.toLowerCase());
  if (only === undefined) return undefined;
  return (column) =>
    only.includes(column.toLowerCase()) || (dataset.writer === 'spark' && HUDI_COLUMN.test(column));
}

/** Keys whose token stands in rows that lost their person. */
export const BY_TOKEN: readonly StagedKey['action'][] = ['pseudonymise', 'release'];

/** Keys by what they are looked for in: for stores and files that are read row by row. */
export class Wanted {
  /** People by what they are found by; two requests may name one in two ways. */
  private readonly known = new Map<string, Set<string>>();
  private readonly tokens = new Set<string>();
  private readonly expectations: readonly Expectation[];
  private readonly pseudonymised: Pseudonymised | undefined;

  /** @param day of the batch */
  constructor(
    private readonly dataset: DatasetDeclaration,
    day: string,
    keys: readonly StagedKey[],
  ) {
    this.expectations = expectationsOf(dataset, day);
    this.pseudonymised = pseudonymisedOf(dataset, day);
    for (const { dataset: of, action, kind, tenant, key, token } of keys) {
      if (of !== dataset.name) continue;
      const name = [action, kind, tenant, key].join('\0');
      const person = personOf({ tenant, token });
      this.known.set(name, (this.known.get(name) ?? new Set()).add(person));
      if (BY_TOKEN.includes(action)) this.tokens.add(person);
    }
  }

  get columns(): string[] {
    const named = this.expectations.flatMap(({ column, unlessSet, before }) => [
      column,
      unlessSet,
      before?.column,
    ]);
    const { subject, left = [] } = this.pseudonymised ?? {};
    const parts = left.flatMap(({ emptied, tokenised, lists, before }) => [
      ...emptied,
      ...tokenised,
      ...lists,
      before?.column,
    ]);
    const all = [this.dataset.tenant, ...named, subject, ...parts];
    return [...new Set(all.filter((name) => name !== undefined))];
  }

  /** Whether more than `columns` of a row matter: whatever else it has. */
  get whole(): boolean {
    return this.pseudonymised?.only !== undefined;
  }

  /**
   * The people whom a row that should be gone is about; none where it may stay.
   *
   * @param cell text of a column, or null
   * @param names all columns that the row has, but the store's own key
   */
  peopleIn(cell: (column: string) => string | null, names: readonly string[]): Set<string> {
    const people = new Set<string>();
    const tenant = cell(this.dataset.tenant);
    if (tenant === null) return people;
    const left = this.leftOver(tenant, cell, names);
    if (left !== undefined) people.add(left);
    for (const { column, kind, actions, unlessSet, before } of this.expectations) {
      const value = cell(column);
      if (value === null || (unlessSet !== undefined && cell(unlessSet) !== null)) continue;
      if (!isOver(before, cell)) continue;
      for (const action of actions)
        for (const person of this.known.get([action, kind, tenant, value].join('\0')) ?? [])
          people.add(person);
    }
    return people;
  }

  /** The person whose token a row has that still has something of the person. */
  private leftOver(
    tenant: string,
    cell: (column: string) => string | null,
    names: readonly string[],
  ): string | undefined {
    if (this.pseudonymised === undefined) return undefined;
    const { subject, left, only } = this.pseudonymised;
    const token = cell(subject);
    if (token === null) return undefined;
    const person = personOf({ tenant, token });
    if (!this.tokens.has(person)) return undefined;
    const named = (column: string): boolean => ![null, token].includes(cell(column));
    const there = (column: string): boolean => cell(column) !== null;
    if (only !== undefined && names.some((column) => !only.includes(column) && there(column))) return person;
    const isLeft = left.some(
      ({ emptied, lists, tokenised, before }) =>
        !isInside(before, cell) && (emptied.some(there) || lists.some(there) || tokenised.some(named)),
    );
    return isLeft ? person : undefined;
  }
}

/** Whether a retained field is inside its period. */
function isInside(before: LeftOver['before'], cell: (column: string) => string | null): boolean {
  if (before === undefined) return false;
  const time = cell(before.column);
  return time !== null && time >= before.day;
}

/** Whether a row's time is before a day; always where none is asked for. */
function isOver(before: LeftOver['before'], cell: (column: string) => string | null): boolean {
  if (before === undefined) return true;
  const time = cell(before.column);
  return time !== null && time < before.day;
}
