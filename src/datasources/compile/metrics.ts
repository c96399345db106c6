import { sql } from 'kysely';
import type { Scoped } from '../../auth/scope';
import { SluiceError } from '../../errors';
import type { ColumnDeclaration, MeasureDeclaration, MetricsDeclaration } from '../../schema/declarations';
import type { Grain, ValueKind } from '../../schema/vocabulary';
import type { MetricsPlan, Order } from '../plans';
import { columnFor, reference } from './conditions';
import { bind, dialectOf, type Dialect, type Expression } from './dialects';
import { finish, tableReference } from './rows';
import { whereOf } from './where';
import type { Statement } from './statement';

interface Output {
  alias: string;
  expression: Expression;
  kind: ValueKind;
  grouped: boolean;
}

/** date_trunc units; a fixed list, so they are written into the text. Weeks start on Monday on every engine. */
const UNITS: Record<Grain, string> = {
  MINUTE: 'minute',
  HOUR: 'hour',
  DAY: 'day',
  WEEK: 'week',
  MONTH: 'month',
  QUARTER: 'quarter',
  YEAR: 'year',
};

/**
 * Measures by dimensions and period: at most `first` + 1 groups. The columns are the period (when the plan has a
 * grain), the dimensions, the measures, then the number of distinct privacy units (when the scope names one).
 *
 * @throws SluiceError BAD_USER_INPUT or QUERY_TOO_COMPLEX
 */
export function compileMetrics(
  metrics: MetricsDeclaration,
  { plan, scope, privacyUnit }: Scoped<MetricsPlan>,
): Statement {
  const { dataset } = metrics;
  const dialect = dialectOf(dataset.engine);
  const outputs: Output[] = [
    ...(plan.grain === undefined ? [] : [periodOf(metrics, plan.grain)]),
    ...plan.dimensions.map((name) => dimensionOf(metrics, name)),
    ...plan.measures.map((name) => measureOutput(dialect, metrics, name)),
  ];
  if (privacyUnit !== undefined) {
    const unit = reference(columnFor(dataset, privacyUnit).column);
    outputs.push({
      alias: 'privacy_units',
      expression: sql`count(distinct ${unit})`,
      kind: 'integer',
      grouped: false,
    });
  }
  if (outputs.length === 0) throw new SluiceError('BAD_USER_INPUT', 'Ask for at least one measure.');
  let query = dialect.builder
    .selectFrom(tableReference(dataset))
    .select(outputs.map((output) => output.expression.as(output.alias)))
    .where((by) => by.and(whereOf(dataset, scope, plan.range, plan.where)))
    .limit(sql.lit(plan.first + 1));
  for (const output of outputs) if (output.grouped) query = query.groupBy(output.expression);
  for (const { field, direction } of orderOf(plan)) {
    query = query.orderBy(sortKey(dialect, metrics, outputs, field), (by) =>
      (direction === 'asc' ? by.asc() : by.desc()).nullsLast(),
    );
  }
  return finish(
    dialect,
    dataset,
    `metrics ${metrics.name}`,
    query.compile(),
    outputs.map((output) => output.kind),
  );
}

/** What was asked for, then period and dimensions, so that groups always come in one order. */
function orderOf(plan: MetricsPlan): Order[] {
  const rest = [...(plan.grain === undefined ? [] : ['period']), ...plan.dimensions];
  const named = new Set(plan.orderBy.map((order) => order.field));
  return [
    ...plan.orderBy,
    ...rest.filter((field) => !named.has(field)).map((field): Order => ({ field, direction: 'asc' })),
  ];
}

/** A selected output by its name; a measure that is only sorted by, by its expression. */
function sortKey(
  dialect: Dialect,
  metrics: MetricsDeclaration,
  outputs: Output[],
  field: string,
): Expression {
  if (outputs.some((output) => output.alias === field)) return sql`${sql.id(field)}`;
  const measure = metrics.measures.get(field);
  if (measure === undefined) {
    throw new SluiceError('BAD_USER_INPUT', `Groups can be sorted by what they show, not by ${field}.`);
  }
  return measureOf(dialect, metrics, measure);
}

function periodOf(metrics: MetricsDeclaration, grain: Grain): Output {
  const { dataset } = metrics;
  if (dataset.time === undefined) {
    throw new SluiceError('BAD_USER_INPUT', `${dataset.name} has no time, so it has no periods.`);
  }
  const column = columnFor(dataset, dataset.time);
  const at = reference(column.column);
  const time = column.kind === 'date' ? sql`cast(${at} as timestamp)` : at;
  return {
    alias: 'period',
    expression: sql`date_trunc(${sql.lit(UNITS[grain])}, ${time})`,
    kind: 'datetime',
    grouped: true,
  };
}

function dimensionOf(metrics: MetricsDeclaration, name: string): Output {
  const dimension = metrics.dimensions.get(name);
  if (dimension === undefined)
    throw new SluiceError('BAD_USER_INPUT', `${metrics.name} has no dimension ${name}.`);
  const { column, kind } = dimension.column;
  return { alias: name, expression: reference(column), kind, grouped: true };
}

function measureOutput(dialect: Dialect, metrics: MetricsDeclaration, name: string): Output {
  const measure = metrics.measures.get(name);
  if (measure === undefined)
    throw new SluiceError('BAD_USER_INPUT', `${metrics.name} has no measure ${name}.`);
  return {
    alias: name,
    expression: measureOf(dialect, metrics, measure),
    kind: measure.kind,
    grouped: false,
  };
}

/** Conditional counts use CASE because Redshift has no FILTER; means are of doubles because its AVG of ints is an int. */
function measureOf(dialect: Dialect, metrics: MetricsDeclaration, measure: MeasureDeclaration): Expression {
  const { formula } = measure;
  const column = (field: string): ColumnDeclaration => columnFor(metrics.dataset, field);
  const at = (field: string): Expression => reference(column(field).column);
  const double = sql.raw(dialect.double);
  if ('count' in formula) {
    if (formula.where === undefined) return sql`count(*)`;
    const { field, in: values } = formula.where;
    if (values.length === 0) return sql`count(case when 1 = 0 then 1 end)`;
    const list = sql.join(values.map((value) => bind(column(field), value)));
    return sql`count(case when ${at(field)} in (${list}) then 1 end)`;
  }
  if ('sum' in formula) {
    const sum = sql`sum(${at(formula.sum)})`;
    return column(formula.sum).kind === 'integer' ? sql`cast(${sum} as bigint)` : sum;
  }
  if ('average' in formula) {
    const of = at(formula.average);
    return column(formula.average).kind === 'float' ? sql`avg(${of})` : sql`avg(cast(${of} as ${double}))`;
  }
  if ('minimum' in formula) return sql`min(${at(formula.minimum)})`;
  if ('maximum' in formula) return sql`max(${at(formula.maximum)})`;
  if ('countDistinct' in formula) return sql`count(distinct ${at(formula.countDistinct)})`;
  const [numerator, denominator] = formula.ratio.map((part) => {
    const declared = metrics.measures.get(part);
    if (declared === undefined) throw new SluiceError('INTERNAL', undefined, `No measure ${part}`);
    return measureOf(dialect, metrics, declared);
  });
  return sql`cast(${numerator} as ${double}) / nullif(${denominator}, 0)`;
}
