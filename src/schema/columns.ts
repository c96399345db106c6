import 'reflect-metadata';
import { GraphQLScalarType } from 'graphql';
import { Float, ID, Int, ObjectType } from 'type-graphql';
import type {
  ColumnDeclaration,
  DatasetDeclaration,
  DerivedDeclaration,
  EmbeddedDeclaration,
} from './declarations';
import { addField } from './made-types';
import { fileOfCaller } from './places';
import { CalendarDate, DateTime, Decimal } from './scalars';
import type { ValueKind } from './vocabulary';

/** Declares a dataset: a GraphQL object type, where its rows live, and whose they are. */
export interface DatasetOptions extends Omit<
  DatasetDeclaration,
  'name' | 'file' | 'columns' | 'derived' | 'embedded' | 'rangeRequired'
> {
  description: string;
  /** True for partitioned tables unless said. */
  rangeRequired?: boolean;
}

/** Types, describes, classifies and maps one field. The class of information is never left out. */
export interface ColumnOptions extends Pick<
  ColumnDeclaration,
  'class' | 'description' | 'unit' | 'scale' | 'band' | 'coarse'
> {
  /** Physical name; `snake_case` of the field unless said. */
  column?: string;
  /** Only a column that no role redacts may say false. */
  nullable?: boolean;
}

/** Computes one field from others of its row; its class follows from theirs. */
export type DerivedOptions = Pick<DerivedDeclaration, 'reads' | 'compute' | 'description'> & {
  unit?: string;
};

/** A GraphQL enum whose values are also the stored values. */
export interface EnumType {
  name: string;
  values: readonly string[];
  object: object;
}

type TypeOf = () => unknown;

interface ClassNotes {
  columns: { field: string; type: TypeOf; options: ColumnOptions }[];
  derived: { field: string; options: DerivedOptions }[];
  embedded: { field: string; row: () => Function; description: string; column: string }[];
}

const notes = new Map<Function, ClassNotes>();
const datasets = new Map<Function, { name: string; file: string; options: DatasetOptions }>();
const rowTypes = new Map<Function, string>();
const enums = new Map<object, EnumType>();

function notesOf(target: Function): ClassNotes {
  let own = notes.get(target);
  if (own === undefined) {
    own = { columns: [], derived: [], embedded: [] };
    notes.set(target, own);
  }
  return own;
}

/** Makes a GraphQL enum known to `@Column`. Called by `enums.ts`. */
export function rememberEnum(type: EnumType): void {
  enums.set(type.object, type);
}

/** A field of a row and the column behind it. @param type the GraphQL type: a scalar or an enum of `enums.ts` */
export function Column(type: TypeOf, options: ColumnOptions): PropertyDecorator {
  return (prototype, key) => {
    const field = String(key);
    notesOf(prototype.constructor).columns.push({ field, type, options });
    const description = describe(options);
    addField(prototype.constructor, key, type, { nullable: options.nullable ?? true, description });
  };
}

/** A field computed from others of its row, for roles that see all of those in the clear. */
export function Derived(type: TypeOf, options: DerivedOptions): PropertyDecorator {
  return (prototype, key) => {
    notesOf(prototype.constructor).derived.push({ field: String(key), options });
    addField(prototype.constructor, key, type, { nullable: true, description: describe(options) });
  };
}

/** Rows kept inside this row's item in the point-read store. */
export function Embedded(
  row: () => Function,
  options: { description: string; column?: string },
): PropertyDecorator {
  return (prototype, key) => {
    const field = String(key);
    notesOf(prototype.constructor).embedded.push({
      field,
      row,
      description: options.description,
      column: options.column ?? snakeCase(field),
    });
    addField(prototype.constructor, key, () => [row()], { nullable: true, description: options.description });
  };
}

/** A row type that lives only inside another dataset's rows. */
export function EmbeddedRow(name: string, description: string): ClassDecorator {
  return (target) => {
    rowTypes.set(target, name);
    ObjectType(name, { description, simpleResolvers: true })(target);
  };
}

/** A dataset under its GraphQL name. */
export function Dataset(name: string, options: DatasetOptions): ClassDecorator {
  const file = fileOfCaller(Dataset);
  return (target) => {
    datasets.set(target, { name, file, options });
    ObjectType(name, { description: options.description, simpleResolvers: true })(target);
  };
}

/** The declaration of one decorated class. */
export function datasetOf(target: Function): DatasetDeclaration {
  const declared = datasets.get(target);
  if (declared === undefined) throw new Error(`${target.name} has no @Dataset.`);
  const own = notesOf(target);
  const { description: _description, rangeRequired, ...options } = declared.options;
  const columns = columnsOf(target);
  return {
    ...options,
    name: declared.name,
    file: declared.file,
    rangeRequired: rangeRequired ?? options.partition !== undefined,
    columns,
    derived: new Map(
      own.derived.map((entry): [string, DerivedDeclaration] => [
        entry.field,
        {
          field: entry.field,
          description: describe(entry.options),
          reads: entry.options.reads,
          compute: entry.options.compute,
          classes: [...new Set(entry.options.reads.flatMap((field) => columns.get(field)?.class ?? []))],
        },
      ]),
    ),
    embedded: new Map(
      own.embedded.map((entry): [string, EmbeddedDeclaration] => [
        entry.field,
        {
          field: entry.field,
          column: entry.column,
          description: entry.description,
          typeName: rowTypes.get(entry.row()) ?? entry.row().name,
          columns: columnsOf(entry.row()),
        },
      ]),
    ),
  };
}

/** The GraphQL type a field was declared with. */
export function columnType(target: Function, field: string): unknown {
  const column = notesOf(target).columns.find((entry) => entry.field === field);
  if (column === undefined) throw new Error(`${target.name} has no column ${field}.`);
  return column.type();
}

function columnsOf(target: Function): ReadonlyMap<string, ColumnDeclaration> {
  return new Map(
    notesOf(target).columns.map(({ field, type, options }): [string, ColumnDeclaration] => {
      const { nullable, column, ...rest } = options;
      return [
        field,
        {
          ...rest,
          ...kindOf(type(), `${target.name}.${field}`),
          field,
          column: column ?? snakeCase(field),
          nullable: nullable ?? true,
          description: describe(options),
        },
      ];
    }),
  );
}

function kindOf(
  type: unknown,
  where: string,
): { kind: ValueKind; values?: readonly string[]; enumName?: string } {
  const scalars: [unknown, ValueKind][] = [
    [ID, 'id'],
    [String, 'string'],
    [Int, 'integer'],
    [Float, 'float'],
    [Decimal, 'decimal'],
    [Boolean, 'boolean'],
    [CalendarDate, 'date'],
    [DateTime, 'datetime'],
  ];
  const scalar = scalars.find(([candidate]) => candidate === type);
  if (scalar !== undefined) return { kind: scalar[1] };
  if (typeof type === 'object' && type !== null && !(type instanceof GraphQLScalarType)) {
    const known = enums.get(type);
    if (known !== undefined) return { kind: 'enum', values: known.values, enumName: known.name };
  }
  throw new Error(
    `${where}: no column can have this type. Use ID, String, Int, Float, Decimal, Boolean, Date, DateTime or an enum.`,
  );
}

function describe(options: { description: string; unit?: string }): string {
  return options.unit === undefined ? options.description : `${options.description} Unit: ${options.unit}.`;
}

function snakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
