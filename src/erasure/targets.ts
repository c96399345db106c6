import type { DatasetDeclaration, ErasureDeclaration } from '../schema/declarations';
import { EMPTIED_CLASSES, TOKENISED_CLASSES, type SubjectKeyKind } from '../schema/vocabulary';
import { keptUntil } from './retention';
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
  /** Columns that get the token where they held a value; the subject always gets it and is not among them. */
  tokenised: readonly string[];
  /** Columns that are emptied. */
  emptied: readonly string[];
}

/** One thing done to a dataset's rows in a batch, in the order it is done. */
export interface RowAction {
  what: 'delete' | 'pseudonymise';
  /** Keys that it is done for. */
  of: readonly StagedKey['action'][];
  /** Only to rows whose time is before this day (`YYYY-MM-DD`); rows without that time are left. */
  before?: { column: string; day: string };
}

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
  const personal = [...dataset.columns.values()].filter(
    ({ column }) => column !== subject.column && !mentions.some((mention) => mention.column === column),
  );
  const columnsOf = (classes: readonly string[]): string[] =>
    personal.filter((column) => classes.includes(column.class)).map(({ column }) => column);
  return {
    dataset,
    erasure,
    subject,
    others: keys.filter((key) => key !== subject),
    mentions,
    tokenised: columnsOf(TOKENISED_CLASSES),
    emptied: columnsOf(EMPTIED_CLASSES),
  };
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

/** What a batch that began on a day does to the rows of its people, in order. */
export function rowActions({ dataset, erasure }: ErasureTarget, day: string): RowAction[] {
  const { rule } = erasure;
  if (rule.action === 'delete') return [{ what: 'delete', of: ['delete'] }];
  if (rule.keep === undefined) return [{ what: 'pseudonymise', of: ['pseudonymise'] }];
  const column = dataset.columns.get(rule.from)?.column ?? rule.from;
  const before = { column, day: keptUntil(rule, day) };
  if (rule.action === 'retain') return [{ what: rule.then, of: [rule.then], before }];
  // Rows that were pseudonymised before are found by their token, and staged to be deleted.
  return [
    { what: 'delete', of: ['delete', 'pseudonymise'], before },
    { what: 'pseudonymise', of: ['pseudonymise'] },
  ];
}

/** Whether a batch has keys for something that is done to a dataset. */
export function hasKeys(
  keys: readonly StagedKey[],
  dataset: string,
  actions?: readonly StagedKey['action'][],
): boolean {
  return keys.some((key) => key.dataset === dataset && (actions?.includes(key.action) ?? true));
}
