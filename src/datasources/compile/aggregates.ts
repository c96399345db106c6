import { sql } from 'kysely';
import type { ColumnDeclaration } from '../../schema/declarations';
import { ALIAS, reference } from './conditions';
import type { Dialect, Expression, Predicate } from './dialects';
import { noisyColumn, WEIGHT } from './noisy-copy';

/** How measures are computed over the rows of a group. */
export interface Aggregates {
  /** Rows, or those of them that a condition holds for. */
  count(condition: Predicate | undefined): Expression;
  sum(column: ColumnDeclaration): Expression;
  average(column: ColumnDeclaration): Expression;
  extreme(of: 'min' | 'max', column: ColumnDeclaration): Expression;
}

/** The one value that a column has in a group; missing when it has several, or none. */
export function soleValue(column: ColumnDeclaration): Expression {
  const at = reference(column.column);
  return sql`case when min(${at}) = max(${at}) then min(${at}) end`;
}

/** Over the table itself. CASE because Redshift has no FILTER; means of doubles because its AVG of ints is an int. */
export function exactAggregates(dialect: Dialect): Aggregates {
  const double = sql.raw(dialect.double);
  return {
    count: (condition) =>
      condition === undefined ? sql`count(*)` : sql`count(case when ${condition} then 1 end)`,
    sum(column) {
      const sum = sql`sum(${reference(column.column)})`;
      return column.kind === 'integer' ? sql`cast(${sum} as bigint)` : sum;
    },
    average(column) {
      const of = reference(column.column);
      return column.kind === 'float' ? sql`avg(${of})` : sql`avg(cast(${of} as ${double}))`;
    },
    extreme: (of, column) => sql`${sql.raw(of)}(${reference(column.column)})`,
  };
}

/** Over the noisy copy, in which a row stands as often as its weight says. */
export function noisyAggregates(dialect: Dialect): Aggregates {
  const double = sql.raw(dialect.double);
  const amount = (column: ColumnDeclaration): Expression => sql`${sql.id(ALIAS, noisyColumn(column))}`;
  const typed = (column: ColumnDeclaration, value: Expression): Expression => {
    if (column.kind === 'float') return value;
    if (column.kind === 'integer') return sql`cast(round(${value}) as bigint)`;
    return sql`cast(${value} as decimal(38, ${sql.lit(column.scale ?? 4)}))`;
  };
  return {
    count(condition) {
      const counted =
        condition === undefined ? WEIGHT : sql`case when ${condition} then ${WEIGHT} else 0 end`;
      return sql`cast(coalesce(sum(${counted}), 0) as bigint)`;
    },
    sum: (column) => typed(column, sql`sum(${amount(column)} * ${WEIGHT})`),
    average(column) {
      // The weight on both sides keeps the mean near the true one.
      const present = sql`case when ${amount(column)} is not null then ${WEIGHT} end`;
      return sql`sum(cast(${amount(column)} as ${double}) * ${WEIGHT}) / sum(${present})`;
    },
    extreme: (of, column) => typed(column, sql`${sql.raw(of)}(${amount(column)})`),
  };
}
