import { Float, ID, Int } from 'type-graphql';
import { columnType, datasetOf } from './columns';
import type { ColumnDeclaration } from './declarations';
import { addField, makeInputType } from './made-types';
import { whereName } from './names';
import { CalendarDate, DateTime, Decimal } from './scalars';
import type { ValueKind } from './vocabulary';

/** Typed `where` inputs, derived from the declarations: one filter type per kind of value, one input per dataset. */

type FilterField = { op: string; list?: boolean; boolean?: boolean; description: string };

const EQUALITY: FilterField[] = [
  { op: 'eq', description: 'Equal to this value.' },
  { op: 'ne', description: 'Not equal to this value; null counts as not equal.' },
  { op: 'in', list: true, description: 'Equal to one of these values (at most 1,000).' },
];
const RANGE: FilterField[] = [
  { op: 'lt', description: 'Less than, or before.' },
  { op: 'lte', description: 'Less than or equal, or not after.' },
  { op: 'gt', description: 'Greater than, or after.' },
  { op: 'gte', description: 'Greater than or equal, or not before.' },
];
const TEXT: FilterField[] = [
  { op: 'contains', description: 'Contains this text, taken literally and case-sensitive.' },
  { op: 'startsWith', description: 'Starts with this text, taken literally and case-sensitive.' },
];
const NULLNESS: FilterField = { op: 'isNull', boolean: true, description: 'Whether the value is null.' };

const FIELDS: Record<ValueKind, FilterField[]> = {
  id: [...EQUALITY, NULLNESS],
  enum: [...EQUALITY, NULLNESS],
  boolean: [EQUALITY[0] as FilterField, NULLNESS],
  string: [...EQUALITY, ...TEXT, NULLNESS],
  integer: [...EQUALITY, ...RANGE, NULLNESS],
  float: [...EQUALITY, ...RANGE, NULLNESS],
  decimal: [...EQUALITY, ...RANGE, NULLNESS],
  date: [...EQUALITY, ...RANGE, NULLNESS],
  datetime: [...EQUALITY, ...RANGE, NULLNESS],
};

const SCALARS: Partial<Record<ValueKind, { name: string; type: unknown }>> = {
  id: { name: 'IdFilter', type: ID },
  string: { name: 'StringFilter', type: String },
  integer: { name: 'IntFilter', type: Int },
  float: { name: 'FloatFilter', type: Float },
  decimal: { name: 'DecimalFilter', type: Decimal },
  boolean: { name: 'BooleanFilter', type: Boolean },
  date: { name: 'DateFilter', type: CalendarDate },
  datetime: { name: 'DateTimeFilter', type: DateTime },
};

const filters = new Map<string, Function>();

function filterFor(column: ColumnDeclaration, enumType: unknown): Function {
  const { name, type } = SCALARS[column.kind] ?? { name: `${column.enumName}Filter`, type: enumType };
  const known = filters.get(name);
  if (known !== undefined) return known;
  const created = makeInputType(name, `Conditions on a value; all that are given must hold.`);
  for (const { op, list, boolean, description } of FIELDS[column.kind]) {
    const valueType = boolean === true ? Boolean : type;
    addField(created, op, () => (list === true ? [valueType] : valueType), { nullable: true, description });
  }
  filters.set(name, created);
  return created;
}

/** The `where` input of a dataset class: one filter a column, and `and`, `or`, `not` around them. */
export function whereInput(target: Function): Function {
  const dataset = datasetOf(target);
  const created = makeInputType(
    whereName(dataset.name),
    `Conditions on ${dataset.name} rows; all fields that are given must hold. A field that your role does not see in the clear cannot be used.`,
  );
  const nest = (op: string, list: boolean, description: string): void => {
    addField(created, op, () => (list ? [created] : created), { nullable: true, description });
  };
  nest('and', true, 'All of these must hold.');
  nest('or', true, 'At least one of these must hold.');
  nest('not', false, 'This must not hold.');
  for (const column of dataset.columns.values()) {
    const filter = filterFor(column, columnType(target, column.field));
    addField(created, column.field, () => filter, { nullable: true, description: column.description });
  }
  return created;
}
