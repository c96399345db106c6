import { sql } from 'kysely';
import type { Noise, Scope } from '../../auth/scope';
import type { ColumnDeclaration, DatasetDeclaration } from '../../schema/declarations';
import type { Condition, TimeRange } from '../plans';
import { ALIAS, columnFor, reference } from './conditions';
import { bind, type Dialect, type Expression } from './dialects';
import { tableWithout } from './gone';
import { whereOf } from './where';

/**
 * The noisy copy that protected analytics are answered from: one fixed copy of the data in which every person stands
 * no, one or two times, and every amount of a person is off by 5 to 15 percent. Everything published is computed from
 * it and from nothing else, so whatever answers somebody puts together, nothing better than the copy comes out.
 *
 * Weights and factors follow from a keyed hash of the person, so the same person always has the same ones. The factors
 * are those of multiplicative noise infusion: Evans, Zayatz, Slanta, "Using Noise for Disclosure Limitation of
 * Establishment Tabular Data", Journal of Official Statistics 14 (4), 1998.
 */

/** How often a row stands in the copy. */
export const WEIGHT: Expression = sql`${sql.id(ALIAS, 'noisy_weight')}`;
/** 24 bits of a hash: 0 to 16,777,215. */
const HASH_RANGE = 2 ** 24;
/** Least distance of a factor from one, and how far beyond it goes. */
const LEAST = 0.05;
const SPREAD = 0.1;

/** The column of the copy with the amounts of a column. */
export function noisyColumn(column: ColumnDeclaration): string {
  return `noisy_${column.column}`;
}

/** What a copy must hold, by field. */
export interface CopyParts {
  /** Fields as they are: dimensions, conditions, the time, what is counted. */
  exact: readonly string[];
  /** Fields whose amounts are added up. */
  amounts: readonly string[];
}

/** The copy as a table reference, only rows that stand in it, scoped and filtered as the table would be. */
export function noisyCopy(
  dialect: Dialect,
  dataset: DatasetDeclaration,
  noise: Noise,
  parts: CopyParts,
  rows: { scope: Scope; range?: TimeRange; where?: Condition },
) {
  const person = reference(columnFor(dataset, noise.unit).column);
  const exact = [...new Set([noise.unit, ...parts.exact])].map((field) => columnFor(dataset, field).column);
  const amounts = [...new Set(parts.amounts)].map((field) => {
    const column = columnFor(dataset, field);
    const salt = noise.factors[field];
    if (salt === undefined) throw new Error(`No noise for ${field}.`);
    return amountOf(dialect, column, person, salt).as(noisyColumn(column));
  });
  const copied = dialect.builder
    .selectFrom(tableWithout(dataset, rows.scope.gone))
    .select([
      ...exact.map((column) => sql`${reference(column)}`.as(column)),
      ...amounts,
      weightOf(dialect, person, noise.weight).as('noisy_weight'),
    ])
    .where((by) => by.and(whereOf(dataset, rows.scope, rows.range, rows.where)));
  return copied.as(ALIAS);
}

/** 0 for a quarter of the people, 1 for half, 2 for a quarter; rows that are nobody's stand once. */
function weightOf(dialect: Dialect, person: Expression, salt: string): Expression {
  const hash = dialect.hash24(bind({ kind: 'string' }, salt), person);
  const quarter = sql.lit(HASH_RANGE / 4);
  const threeQuarters = sql.lit((HASH_RANGE / 4) * 3);
  return sql`case when ${person} is null then 1 when ${hash} < ${quarter} then 0 when ${hash} >= ${threeQuarters} then 2 else 1 end`;
}

/** The amount times the person's factor for this column; a decimal unless the column is a double. */
function amountOf(dialect: Dialect, column: ColumnDeclaration, person: Expression, salt: string): Expression {
  const hash = dialect.hash24(bind({ kind: 'string' }, salt), person);
  const half = HASH_RANGE / 2;
  const double = (value: number): Expression => sql.raw(value.toExponential());
  const from = (least: number, offset: number): Expression =>
    sql`${double(least)} + (${hash} - ${sql.lit(offset)}) * ${double(SPREAD / half)}`;
  const factor = sql`case when ${person} is null then 1e0 when ${hash} < ${sql.lit(half)} then ${from(1 - LEAST - SPREAD, 0)} else ${from(1 + LEAST, half)} end`;
  const at = reference(column.column);
  if (column.kind === 'float') return sql`${at} * cast(${factor} as ${sql.raw(dialect.double)})`;
  // One digit more than the column has: with the factor and the weight that makes 38 on Redshift, the most it takes, and
  // DuckDB multiplies what has 18 or fewer in 64 bits, which overflow.
  const amount =
    column.kind === 'decimal' ? sql`cast(${at} as decimal(19, ${sql.lit(column.scale ?? 4)}))` : at;
  return sql`${amount} * cast(${factor} as decimal(7, 6))`;
}
