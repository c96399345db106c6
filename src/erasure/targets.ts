import type {
  ColumnDeclaration,
  DatasetDeclaration,
  ErasureDeclaration,
  RetentionPeriod,
} from '../schema/declarations';
import { EMPTIED_CLASSES, TOKENISED_CLASSES, type SubjectKeyKind } from '../schema/vocabulary';
import {
  allKeptUntil,
  fieldsOfRows,
  keptUntil,
  periodsOfRows,
  retainedBy,
  staysWithoutPerson,
} from './retention';
import type { StagedKey } from './steps';

/** A dataset as erasure sees it: which columns name people, which go, and what becomes of a row. */

/** A column that names a person, and the kind of key it holds. */
export interface KeyColumn {
  field: string;
  column: string;
  kind: SubjectKeyKind;
}

export interface ErasureTarget {
  dataset: DatasetDeclaration;
  erasure: ErasureDeclaration;
  /** The dataset's subject. A row that has one is that person's, and nobody else's. */
  subject: KeyColumn;
  /** Whose a row without a subject is. */
  others: readonly KeyColumn[];
  /** Columns that name somebody else than the row is about. */
  mentions: readonly KeyColumn[];
  /** What goes at once of a row that stays. */
  goes: PersonalColumns;
  /** What goes of such a row when a period of its own is over. */
  retained: readonly RetainedColumns[];
  /** All that a row holds which stays for its retained fields alone, declared or not; undefined where none does. */
  bare?: ReadonlySet<string>;
}

/** Columns about a person, and what becomes of them in a row that stays. */
export interface PersonalColumns {
  /** Columns that get the token where they held a value; the subject always gets it and is not among them. */
  tokenised: readonly string[];
  /** Columns that are emptied. */
  emptied: readonly string[];
  /** Lists of rows inside an item that go with it; tables have none. */
  lists: readonly string[];
}

export interface RetainedColumns {
  columns: PersonalColumns;
  period: RetentionPeriod;
}

/** One thing done to a dataset's rows in a batch, in the order it is done. */
export type RowAction = {
  /** Keys that it is done for. */
  of: readonly StagedKey['action'][];
  /** Only to rows whose time is before this day (`YYYY-MM-DD`); rows without that time are left. */
  before?: { column: string; day: string };
} & (
  | { what: 'delete' }
  /** The subject gets the token, and the columns go. */
  | { what: 'pseudonymise'; columns: PersonalColumns }
  /** The columns go of rows whose subject is the token already, where anything is left in them. */
  | { what: 'release'; columns: PersonalColumns }
);

/**
 * The datasets that erasure has to do with. A dataset with keys but no subject, or one that all tenants share, is
 * refused at boot.
 */
export function erasureTargets(datasets: Iterable<DatasetDeclaration>): ErasureTarget[] {
  return [...datasets].flatMap((dataset) =>
    dataset.erasure === undefined ? [] : [targetOf(dataset, dataset.erasure)],
  );
}

/** Kinds of keys that a dataset has columns for, for each dataset. */
export function kindsTogether(targets: readonly ErasureTarget[]): SubjectKeyKind[][] {
  return targets.map(({ subject, others, mentions }) => [
    ...new Set([subject, ...others, ...mentions].map(({ kind }) => kind)),
  ]);
}

function targetOf(dataset: DatasetDeclaration, erasure: ErasureDeclaration): ErasureTarget {
  const keys = keyColumns(dataset, erasure.keys);
  const subject = keys.find(({ field }) => field === dataset.subject);
  if (subject === undefined || dataset.tenant === 'shared')
    throw new TypeError(`${dataset.name} is erased by its subject and its tenant, and lacks one of them.`);
  const mentions = keyColumns(dataset, erasure.mentions ?? {});
  const retained = retainedBy(erasure.rule);
  const isRetained = ({ field }: ColumnDeclaration): boolean =>
    retained.some(({ fields }) => fields.includes(field));
  const others = [...dataset.columns.values()].filter(({ column }) => column !== subject.column);
  return {
    dataset,
    erasure,
    subject,
    others: keys.filter((key) => key !== subject),
    mentions,
    goes:
      erasure.rule.action === 'delete'
        ? wholePerson(dataset, others, isRetained)
        : personal(
            others.filter(
              (column) =>
                !isRetained(column) && !mentions.some((mention) => mention.column === column.column),
            ),
          ),
    retained: retained.map((period) => ({
      columns:
        erasure.rule.action === 'delete'
          ? whole(others.filter(({ field }) => period.fields.includes(field)))
          : personal(others.filter(({ field }) => period.fields.includes(field))),
      period,
    })),
    ...(erasure.rule.action === 'delete' && retained.length > 0
      ? { bare: columnsOfBare(dataset, subject, isRetained) }
      : {}),
  };
}

function columnsOfBare(
  dataset: DatasetDeclaration,
  subject: KeyColumn,
  isRetained: (column: ColumnDeclaration) => boolean,
): ReadonlySet<string> {
  const stays = fieldsOfRows(dataset);
  const declared = [...dataset.columns.values()].filter(
    (column) => column.column === subject.column || isRetained(column) || stays.has(column.field),
  );
  const { tenant, partition } = dataset;
  return new Set([
    tenant,
    ...(partition === undefined ? [] : [partition.column]),
    ...declared.map(({ column }) => column),
  ]);
}

/** What pseudonymising takes out of columns, by their class. */
function personal(columns: readonly ColumnDeclaration[]): PersonalColumns {
  const of = (classes: readonly string[]): string[] =>
    columns.filter((column) => classes.includes(column.class)).map(({ column }) => column);
  return { tokenised: of(TOKENISED_CLASSES), emptied: of(EMPTIED_CLASSES), lists: [] };
}

/** All of a row that should go and is kept for its retained fields: but what no one is known by: its name, times and place. */
function wholePerson(
  dataset: DatasetDeclaration,
  columns: readonly ColumnDeclaration[],
  isRetained: (column: ColumnDeclaration) => boolean,
): PersonalColumns {
  const stays = fieldsOfRows(dataset);
  return {
    ...whole(columns.filter((column) => !isRetained(column) && !stays.has(column.field))),
    lists: [...dataset.embedded.values()].map(({ column }) => column),
  };
}

function whole(columns: readonly ColumnDeclaration[]): PersonalColumns {
  return { tokenised: [], emptied: columns.map(({ column }) => column), lists: [] };
}

function keyColumns(
  dataset: DatasetDeclaration,
  kinds: Readonly<Record<string, SubjectKeyKind>>,
): KeyColumn[] {
  return Object.entries(kinds).map(([field, kind]) => {
    const column = dataset.columns.get(field)?.column;
    if (column === undefined) throw new TypeError(`${dataset.name} has no field ${field}.`);
    return { field, column, kind };
  });
}

/**
 * The target with all that its table has, declared or not: what else stands in rows that stay for their retained fields
 * alone goes too.
 *
 * @param columns names that the engine gives, in small letters as engines spell them
 */
export function withColumnsOf(target: ErasureTarget, columns: readonly string[]): ErasureTarget {
  const { bare, goes } = target;
  if (bare === undefined) return target;
  const known = new Set([...bare, ...goes.emptied].map((column) => column.toLowerCase()));
  const others = columns.filter((column) => !known.has(column.toLowerCase()));
  return { ...target, goes: { ...goes, emptied: [...goes.emptied, ...others] } };
}

const WHOLE: readonly StagedKey['action'][] = ['delete', 'pseudonymise'];

/** What a batch that began on a day does to the rows of its people, in order. */
export function rowActions(target: ErasureTarget, day: string): RowAction[] {
  const { dataset, erasure, goes, retained } = target;
  const { rule } = erasure;
  const before = goneBefore(target, day);
  const late = before === undefined ? {} : { before };
  if (rule.action === 'retain' && rule.then === 'pseudonymise')
    return [{ what: 'pseudonymise', of: ['pseudonymise'], columns: goes, ...late }];
  if (!staysWithoutPerson(rule)) return [{ what: 'delete', of: ['delete'], ...late }];
  return [
    // Rows that were pseudonymised before are found by their token, and staged to be deleted.
    ...(before === undefined ? [] : [{ what: 'delete' as const, of: WHOLE, before }]),
    { what: 'pseudonymise', of: ['pseudonymise'], columns: goes },
    ...retained.map(({ columns, period }) => ({
      what: 'release' as const,
      of: ['release'] as const,
      columns,
      before: { column: columnOf(dataset, period.from), day: keptUntil(period, day) },
    })),
  ];
}

/**
 * The time before which a row must lie to be past all that keeps it: its own period, and those of its retained fields.
 * Undefined where rows have none, or are never past it.
 */
export function goneBefore({ dataset, erasure }: ErasureTarget, day: string): RowAction['before'] {
  const { rule } = erasure;
  const periods = rule.action === 'retain' ? [rule] : periodsOfRows(rule);
  const [first] = periods;
  if (first === undefined) return undefined;
  return { column: columnOf(dataset, first.from), day: allKeptUntil(periods, day) };
}

/** The column that periods of a dataset are counted from, if it has any. */
export function periodColumn({ dataset, erasure: { rule } }: ErasureTarget): string | undefined {
  const from = (rule.action === 'delete' ? undefined : rule.from) ?? retainedBy(rule)[0]?.from;
  return from === undefined ? undefined : columnOf(dataset, from);
}

function columnOf(dataset: DatasetDeclaration, field: string): string {
  return dataset.columns.get(field)?.column ?? field;
}

/** Whether a batch has keys for something that is done to a dataset. */
export function hasKeys(
  keys: readonly StagedKey[],
  dataset: string,
  actions?: readonly StagedKey['action'][],
): boolean {
  return keys.some((key) => key.dataset === dataset && (actions?.includes(key.action) ?? true));
}
