import type { DataClass, Domain, EngineName, SubjectKeyKind, ValueKind } from './vocabulary';

/**
 * The registry of declarations: what the decorators of `columns.ts` and `metrics.ts` wrote down.
 * SQL, masks, filters, tables, imports and documentation all read it; nothing else describes a column.
 */

/** One column of a dataset. */
export interface ColumnDeclaration {
  /** Name of the GraphQL field. */
  field: string;
  /** Physical column or attribute name; the same in every store that holds the dataset. */
  column: string;
  kind: ValueKind;
  class: DataClass;
  nullable: boolean;
  description: string;
  /** Unit of a number, for its description: `degrees`, `°C`, `years`. */
  unit?: string;
  /** Allowed values of an enum, as stored and as GraphQL spells them. */
  values?: readonly string[];
  /** Name of the GraphQL enum. */
  enumName?: string;
  /** Digits after the point of a decimal (18 in all). */
  scale?: number;
  /** Width of a band, in the column's unit, for roles that see only the band. */
  band?: number;
  /** For `coarse` numbers: the step they are floored to, in the column's unit (0.1 degree is about 10 km). */
  coarse?: number;
}

/** A value of one field; decimals, dates and times as text, as everywhere. */
export type PlainValue = string | number | boolean | null;

/**
 * A field computed from others of its row. Nobody writes its class: it has those of all it reads, so a role gets it only
 * where it sees every one of them in the clear. It exists in no store, so nothing can be filtered or ordered by it.
 */
export interface DerivedDeclaration {
  field: string;
  description: string;
  /** Fields of the dataset that it is computed from, in the order `compute` takes them. */
  reads: readonly string[];
  /** Classes of all it reads. */
  classes: readonly DataClass[];
  /** Never called with null: where anything it reads is missing, so is the derived value. */
  compute: (...values: NonNullable<PlainValue>[]) => PlainValue;
}

/** A list of rows kept inside its parent's item (DynamoDB), such as a decision's transactions. */
export interface EmbeddedDeclaration {
  field: string;
  /** Attribute that holds the list. */
  column: string;
  description: string;
  columns: ReadonlyMap<string, ColumnDeclaration>;
  /** GraphQL name of the row type. */
  typeName: string;
}

/** How rows of a dataset are spread over partitions. */
export interface PartitionDeclaration {
  /** Text column `YYYY-MM-DD` that is not part of the schema and is always constrained from the time range. */
  column: string;
  /** Field with the time the partition is cut from. */
  from: string;
}

/** Point reads of the same rows in DynamoDB: key attribute `pk` is `tenant#id`. */
export interface PointReadDeclaration {
  table: string;
}

/** A period for which rows must be kept. */
export interface RetentionPeriod {
  /** The law that asks for it, with its source. */
  ground: string;
  /** How long, as a calendar period of ISO 8601: `P25M`, `P8Y`. */
  keep: string;
  /** Field with the time it is counted from; never null for rows under `retain` and for retained fields. Rows without that time are kept. */
  from: string;
  /** Set: it is counted from the end of that time's calendar year. */
  fromEndOfYear?: true;
}

/**
 * Fields that a law asks to keep as they are, though the person goes out of their rows: for a period of their own, and no
 * longer than the rows stay. All periods of a dataset are counted from the same time.
 */
export interface RetainedFields extends RetentionPeriod {
  fields: readonly string[];
}

/** What an erasure does to the rows about a person. */
export type ErasureRule =
  /** Rows go. Where fields are retained, rows keep those and their time until the last of them is over, and nothing else. */
  | { action: 'delete'; retained?: readonly RetainedFields[] }
  /** The person goes out of the rows at once. Rows themselves are deleted when their period is over, if there is one. */
  | ({ action: 'pseudonymise'; retained?: readonly RetainedFields[] } & (
      { ground: string; keep?: never; from?: never } | RetentionPeriod
    ))
  /** Rows stay as they are for their period; `then` is done with them when it is over. */
  | ({ action: 'retain'; then: 'delete' | 'pseudonymise' } & RetentionPeriod);

/** How a dataset's rows are found and erased when a person asks for it. */
export interface ErasureDeclaration {
  /**
   * Fields that name the person a row is about, with the kind of key they hold. A row is a person's when the dataset's
   * subject field is one of their keys of that kind, or the subject field is null and another of these is. Rows with
   * several of them link one key to the others.
   */
  keys: Readonly<Record<string, SubjectKeyKind>>;
  /** Fields that name somebody else than the row is about: of such a row, only the field is pseudonymised. */
  mentions?: Readonly<Record<string, SubjectKeyKind>>;
  rule: ErasureRule;
}

/** A dataset: its rows, where they live and whose they are. */
export interface DatasetDeclaration {
  /** Name in plans, audit lines and the policy's column overrides: the GraphQL type's name. */
  name: string;
  /** File it is written in, for what the boot says about it. */
  file: string;
  domain: Domain;
  /** Engine of listings and analytics. */
  engine: Extract<EngineName, 'athena' | 'redshift'>;
  /** Athena database or Redshift schema. */
  database: string;
  table: string;
  /** Physical tenant column, or `shared` when all tenants may see every row. */
  tenant: string;
  /** Field that names a row and breaks ties in any order. Never null, seen clear by every role that reads the dataset. */
  key: string;
  /** Field with the time that `range` is about. */
  time?: string;
  /** Whether a listing must name a range (partitioned tables: an unbounded scan is a surprise on the bill). */
  rangeRequired: boolean;
  partition?: PartitionDeclaration;
  /** Field that identifies the person or device owner a row is about; the privacy unit of small groups and erasure. */
  subject?: string;
  /** What an erasure does to it; a dataset with a subject always says so. */
  erasure?: ErasureDeclaration;
  pointReads?: PointReadDeclaration;
  /** Rows are Parquet objects, a folder for each partition, that something else than SQL writes below the table's location. */
  external?: boolean;
  /** `spark`: a Hudi table, which Athena reads and only a Spark job may change. Everything else is Iceberg, which Athena changes. */
  writer?: 'spark';
  /** Field that holds audit tokens of people as `a_…a_…`: rows can then be asked for by one of them. */
  subjectTokens?: string;
  columns: ReadonlyMap<string, ColumnDeclaration>;
  derived: ReadonlyMap<string, DerivedDeclaration>;
  embedded: ReadonlyMap<string, EmbeddedDeclaration>;
}

/** How a measure is computed from columns of its dataset. Ratios are computed from two other measures after the engine. */
export type MeasureFormula =
  | { count: true; where?: MeasureCondition }
  | { sum: string }
  | { average: string }
  | { minimum: string }
  | { maximum: string }
  | { countDistinct: string }
  | { ratio: readonly [numerator: string, denominator: string] };

/** Counts only rows where a field has one of the values. */
export interface MeasureCondition {
  field: string;
  in: readonly (string | boolean)[];
}

/** A number computed over the rows of a group. */
export interface MeasureDeclaration {
  field: string;
  formula: MeasureFormula;
  kind: ValueKind;
  description: string;
  /** Money never mixes currencies: a money measure always groups by the dataset's currency field. */
  currency?: string;
}

/** A field that rows can be grouped by. */
export interface DimensionDeclaration {
  field: string;
  /** The dataset's field it groups by. */
  of: string;
  column: ColumnDeclaration;
}

/** An analytics type over one dataset. */
export interface MetricsDeclaration {
  /** GraphQL name of the row type. */
  name: string;
  /** File it is written in, for what the boot says about it. */
  file: string;
  dataset: DatasetDeclaration;
  dimensions: ReadonlyMap<string, DimensionDeclaration>;
  measures: ReadonlyMap<string, MeasureDeclaration>;
  description: string;
}

/** All of them, by name. */
export interface Declarations {
  datasets: ReadonlyMap<string, DatasetDeclaration>;
  metrics: ReadonlyMap<string, MetricsDeclaration>;
}

/** The column behind a dotted field path such as `outcome` or `transactions.value`, or undefined. */
export function findColumn(dataset: DatasetDeclaration, path: string): ColumnDeclaration | undefined {
  const dot = path.indexOf('.');
  if (dot < 0) return dataset.columns.get(path);
  return dataset.embedded.get(path.slice(0, dot))?.columns.get(path.slice(dot + 1));
}

/** Fields that rows of analytics have besides dimensions and measures. */
export const METRICS_ROW_FIELDS: readonly string[] = ['period', 'suppressed'];

/** The measures that the engine computes for one: the two parts of a ratio, else the measure itself. */
export function measureParts(metrics: MetricsDeclaration, measure: string): readonly string[] {
  const formula = metrics.measures.get(measure)?.formula;
  return formula !== undefined && 'ratio' in formula ? formula.ratio : [measure];
}

/** The field whose amounts a formula puts together: what a noisy copy must put noise on. */
export function amountRead(formula: MeasureFormula): string | undefined {
  if ('sum' in formula) return formula.sum;
  if ('average' in formula) return formula.average;
  if ('minimum' in formula) return formula.minimum;
  return 'maximum' in formula ? formula.maximum : undefined;
}

/** Fields of the dataset that a measure reads, ratios followed to their parts. */
export function fieldsReadBy(metrics: MetricsDeclaration, measure: MeasureDeclaration): string[] {
  const formula = measure.formula;
  const own = measure.currency === undefined ? [] : [measure.currency];
  if ('count' in formula) return formula.where === undefined ? own : [formula.where.field, ...own];
  if ('ratio' in formula) {
    return formula.ratio.flatMap((part) => {
      const declared = metrics.measures.get(part);
      return declared === undefined ? [] : fieldsReadBy(metrics, declared);
    });
  }
  return [...Object.values(formula), ...own];
}
