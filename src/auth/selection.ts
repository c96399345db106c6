import type { CountPlan } from '../datasources/plans';
import { SluiceError } from '../errors';
import {
  findColumn,
  type ColumnDeclaration,
  type DatasetDeclaration,
  type DerivedDeclaration,
} from '../schema/declarations';
import type { DataClass, MaskAction } from '../schema/vocabulary';
import { visible } from './authorise';
import type { RolePolicy } from './policy';
import type { Scoped } from './scope';

/** What a plan selects, split into what the engine reads and what the role gets. */

/** One field asked for, its column, and what the role gets of it. */
export interface SelectedField {
  /** Name in the masked row. */
  field: string;
  column: ColumnDeclaration;
  action: MaskAction;
}

/** Fields asked for inside one list of embedded rows. */
export interface SelectedList {
  field: string;
  columns: readonly SelectedField[];
  /** Read only so that the list has its length when all that was asked for is redacted. */
  carrier: ColumnDeclaration | undefined;
}

/** One derived field asked for; shown only when all it reads is clear to the role. */
export interface SelectedDerived {
  declaration: DerivedDeclaration;
  shown: boolean;
}

/** All that a plan asks for of one dataset. */
export interface Selection {
  fields: readonly SelectedField[];
  derived: readonly SelectedDerived[];
  lists: readonly SelectedList[];
  /** Every path asked for, each once. */
  paths: readonly string[];
  /** Classes the role sees in the clear and masked, for the audit line. */
  clear: readonly DataClass[];
  masked: readonly DataClass[];
}

/** @throws SluiceError FORBIDDEN_COLUMN_USE for a field that is hidden or does not exist */
export function selectionOf(
  role: RolePolicy,
  dataset: DatasetDeclaration,
  paths: readonly string[],
): Selection {
  const fields: SelectedField[] = [];
  const derived: SelectedDerived[] = [];
  const lists = new Map<string, SelectedField[]>();
  const seen = { clear: new Set<DataClass>(), masked: new Set<DataClass>() };
  for (const path of new Set(paths)) {
    const action = visible(role, dataset, path);
    const declaration = dataset.derived.get(path);
    if (declaration !== undefined) {
      const shown = declaration.reads.every((read) => visible(role, dataset, read) === 'clear');
      for (const read of declaration.classes) seen[shown ? 'clear' : 'masked'].add(read);
      derived.push({ declaration, shown });
      continue;
    }
    const column = findColumn(dataset, path);
    // A visible path has a column: actions are worked out from the columns.
    if (column === undefined) throw new SluiceError('INTERNAL');
    seen[action === 'clear' ? 'clear' : 'masked'].add(column.class);
    const dot = path.indexOf('.');
    if (dot < 0) {
      fields.push({ field: path, column, action });
      continue;
    }
    const list = path.slice(0, dot);
    const columns = lists.get(list) ?? [];
    columns.push({ field: path.slice(dot + 1), column, action });
    lists.set(list, columns);
  }
  return {
    fields,
    derived,
    lists: [...lists].map(([field, columns]) => ({
      field,
      columns,
      carrier: carrierOf(role, dataset, field, columns),
    })),
    paths: [...new Set(paths)],
    clear: [...seen.clear],
    masked: [...seen.masked],
  };
}

function carrierOf(
  role: RolePolicy,
  dataset: DatasetDeclaration,
  list: string,
  columns: readonly SelectedField[],
): ColumnDeclaration | undefined {
  if (columns.some(({ action }) => action !== 'redact')) return undefined;
  const all = dataset.embedded.get(list)?.columns.values() ?? [];
  return [...all].find((column) => role.action(dataset, `${list}.${column.field}`) === 'clear');
}

/** Fields of the dataset itself that the engine reads, each once: redacted ones are not among them. */
export function storedFields(selection: Selection): string[] {
  const own = selection.fields.filter(({ action }) => action !== 'redact').map(({ field }) => field);
  const read = selection.derived.flatMap(({ declaration, shown }) => (shown ? declaration.reads : []));
  return [...new Set([...own, ...read])];
}

/** What was asked for and is shown as it is stored, as `transactions.value` inside lists. */
export function clearFields({ fields, lists }: Selection): string[] {
  const named = (prefix: string, selected: readonly SelectedField[]): string[] =>
    selected.filter(({ action }) => action === 'clear').map(({ field }) => prefix + field);
  return [...named('', fields), ...lists.flatMap((list) => named(`${list.field}.`, list.columns))];
}

/** Whom rows are about is read for the audit, whether or not it was asked for. */
export function withSubject({ subject }: DatasetDeclaration, fields: string[]): string[] {
  return subject === undefined || fields.includes(subject) ? fields : [...fields, subject];
}

/** What a plan of figures or a count asks for the audit: whose it is when it is one person's. */
export function soleSubjectOf({ subject }: DatasetDeclaration): Pick<Scoped<CountPlan>, 'soleSubject'> {
  return subject === undefined ? {} : { soleSubject: subject };
}

/** Fields inside lists that the engine reads, as `transactions.value`, those of one list side by side. */
export function storedListFields(selection: Selection): string[] {
  return selection.lists.flatMap((list) => storedColumns(list).map((field) => `${list.field}.${field}`));
}

/** Lists that the engine reads anything of; each is one cell. */
export function storedLists(selection: Selection): string[] {
  return selection.lists.filter((list) => storedColumns(list).length > 0).map(({ field }) => field);
}

/** Columns of one list that the engine reads, in their order within the list's rows. */
export function storedColumns(list: SelectedList): string[] {
  if (list.carrier !== undefined) return [list.carrier.field];
  return list.columns.filter(({ action }) => action !== 'redact').map(({ field }) => field);
}
