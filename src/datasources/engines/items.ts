import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { ColumnDeclaration, DatasetDeclaration } from '../../schema/declarations';
import type { ValueKind } from '../../schema/vocabulary';
import { columnFor } from '../compile/conditions';
import type { Cell, Cells } from '../results';

/**
 * The form of an item in the point-read store, one item a row:
 *
 * - key `pk` (S): the tenant, `#`, the row's id; `%` and `#` of the tenant are written `%25` and `%23`, so that no
 *   two pairs share a key;
 * - the tenant under the dataset's tenant column (S);
 * - one attribute for each column, under its physical name: texts, ids and enums as S; integers and floats as N;
 *   booleans as BOOL; decimals as S, digits as given; days as S `2014-01-31`; times as S `2014-01-31T08:30:00.000Z`;
 * - a missing value is a missing attribute;
 * - an embedded list as L of M, each M with the row's columns in the same way.
 */
export type Item = Record<string, AttributeValue>;

/** A row to be written, by field name; embedded rows by their field name. */
export type ItemRow = Readonly<
  Record<string, Cell | undefined | readonly Readonly<Record<string, Cell | undefined>>[]>
>;

/** Name of the partition key. There is no sort key. */
export const POINT_KEY = 'pk';
/** DynamoDB: a partition key value has at most 2,048 bytes. */
const LONGEST_KEY_BYTES = 2_048;

/** The value of `pk`, or undefined when no item can have it. */
export function pointKey(tenant: string, id: string): string | undefined {
  if (tenant === '' || id === '' || /\p{Surrogate}/u.test(tenant + id)) return undefined;
  const key = `${tenant.replaceAll('%', '%25').replaceAll('#', '%23')}#${id}`;
  return Buffer.byteLength(key) > LONGEST_KEY_BYTES ? undefined : key;
}

/**
 * The item of a row: what seeding and import write.
 *
 * @throws RangeError when the row has no id that can be a key
 */
export function itemOf(dataset: DatasetDeclaration, tenant: string, row: ItemRow): Item {
  const id = row[dataset.key];
  const key = typeof id === 'string' ? pointKey(tenant, id) : undefined;
  if (key === undefined) throw new RangeError(`${dataset.name}: the row has no usable ${dataset.key}.`);
  const item: Item = { [POINT_KEY]: { S: key } };
  if (dataset.tenant !== 'shared') item[dataset.tenant] = { S: tenant };
  writeColumns(item, dataset.columns, row as Readonly<Record<string, Cell | undefined>>);
  for (const embedded of dataset.embedded.values()) {
    const rows = row[embedded.field];
    if (!Array.isArray(rows)) continue;
    item[embedded.column] = {
      L: rows.map((one: Readonly<Record<string, Cell | undefined>>) => {
        const map: Item = {};
        writeColumns(map, embedded.columns, one);
        return { M: map };
      }),
    };
  }
  return item;
}

function writeColumns(
  item: Item,
  columns: ReadonlyMap<string, ColumnDeclaration>,
  row: Readonly<Record<string, Cell | undefined>>,
): void {
  for (const column of columns.values()) {
    const value = row[column.field];
    if (value !== undefined && value !== null) item[column.column] = attributeOf(column.kind, value);
  }
}

function attributeOf(kind: ValueKind, value: Cell): AttributeValue {
  switch (kind) {
    case 'integer':
    case 'float':
      return { N: String(value) };
    case 'boolean':
      return { BOOL: value === true };
    default:
      return { S: String(value) };
  }
}

/** Reads the cells of a lookup's fields from an item, and names the attributes they are in. */
export interface ItemReader {
  attributes: readonly string[];
  read(item: Item): Cells;
}

interface CellReader {
  attribute: string;
  read(item: Item): Cell;
}

/**
 * A reader of the fields, in order; dotted fields of one embedded list make one cell (see `Stores.lookup`).
 *
 * @throws SluiceError BAD_USER_INPUT for an unknown field
 */
export function itemReader(dataset: DatasetDeclaration, fields: readonly string[]): ItemReader {
  const lists = new Set<string>();
  const cells: CellReader[] = [];
  for (const field of fields) {
    const dot = field.indexOf('.');
    const list = field.slice(0, dot);
    if (dot < 0) cells.push(columnReader(columnFor(dataset, field)));
    else if (!lists.has(list)) {
      lists.add(list);
      cells.push(listReader(dataset, list, fields));
    }
  }
  return {
    attributes: [...new Set(cells.map((cell) => cell.attribute))],
    read: (item) => cells.map((cell) => cell.read(item)),
  };
}

/** The cell of one column. */
export function columnReader(column: ColumnDeclaration): CellReader {
  const decode = DECODERS[column.kind];
  return {
    attribute: column.column,
    read: (item) => {
      const attribute = item[column.column];
      return attribute === undefined ? null : decode(attribute);
    },
  };
}

function listReader(dataset: DatasetDeclaration, list: string, fields: readonly string[]): CellReader {
  const embedded = dataset.embedded.get(list);
  if (embedded === undefined) return columnReader(columnFor(dataset, list));
  const inner = fields
    .filter((field) => field.startsWith(`${list}.`))
    .map((field) =>
      columnReader(columnFor({ ...dataset, columns: embedded.columns }, field.slice(list.length + 1))),
    );
  return {
    attribute: embedded.column,
    read: (item) =>
      item[embedded.column]?.L?.map((row) => inner.map((cell) => cell.read(row.M ?? {}))) ?? null,
  };
}

const text = (attribute: AttributeValue): Cell => attribute.S ?? attribute.N ?? null;
const number = (attribute: AttributeValue): Cell => {
  const value = Number(attribute.N ?? attribute.S ?? NaN);
  return Number.isFinite(value) ? value : null;
};

const DECODERS: Record<ValueKind, (attribute: AttributeValue) => Cell> = {
  id: text,
  string: text,
  enum: text,
  decimal: text,
  date: text,
  datetime: text,
  integer: number,
  float: number,
  boolean: (attribute) => attribute.BOOL ?? null,
};
