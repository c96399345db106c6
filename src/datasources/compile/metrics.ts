import { sql } from 'kysely';
import type { Scoped, StepAction } from '../../auth/scope';
import { SluiceError } from '../../errors';
import {
  amountRead,
  fieldsReadBy,
  type ColumnDeclaration,
  type DimensionDeclaration,
  type MeasureDeclaration,
  type MetricsDeclaration,
} from '../../schema/declarations';
import type { Grain, ValueKind } from '../../schema/vocabulary';
import type { MetricsPlan, Order } from '../plans';
import { columnFor, reference } from './conditions';
import { bind, dialectOf, type Dialect, type Expression } from './dialects';
import { exactAggregates, noisyAggregates, soleValue, type Aggregates } from './aggregates';
import { noisyCopy, WEIGHT } from './noisy-copy';
import { tableWithout } from './gone';
import { finish } from './rows';
import { whereOf } from './where';
import type { Statement } from './statement';
import { steppedExpression } from './steps';

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
 * grain), the dimensions, the measures, then the number of distinct privacy units and the sole subject (when the scoped
 * plan names them).
 *
 * @throws SluiceError BAD_USER_INPUT or QUERY_TOO_COMPLEX
 */
export function compileMetrics(metrics: MetricsDeclaration, scoped: Scoped<MetricsPlan>): Statement {
  const { plan, privacyUnit, soleSubject, steps = {} } = scoped;
  const { dataset } = metrics;
  const dialect = dialectOf(dataset.engine);
  const measures = plan.measures.map((name) => measureNamed(metrics, name));
  const aggregates = scoped.noise === undefined ? exactAggregates(dialect) : noisyAggregates(dialect);
  const outputs: Output[] = [
    ...(plan.grain === undefined ? [] : [periodOf(metrics, plan.grain)]),
    ...plan.dimensions.map((name) => dimensionOf(dialect, metrics, name, steps[name])),
    ...measures.map((measure) => ({
      alias: measure.field,
      expression: measureOf(aggregates, metrics, measure),
      kind: measure.kind,
      grouped: false,
    })),
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
  if (soleSubject !== undefined) {
    const column = columnFor(dataset, soleSubject);
    outputs.push({
      alias: 'sole_subject',
      expression: soleValue(column),
      kind: column.kind,
      grouped: false,
    });
  }
  if (outputs.length === 0) throw new SluiceError('BAD_USER_INPUT', 'Ask for at least one measure.');
  let query = sourceOf(dialect, metrics, scoped)
    .select(outputs.map((output) => output.expression.as(output.alias)))
    .limit(sql.lit(plan.first + 1));
  for (const output of outputs) if (output.grouped) query = query.groupBy(output.expression);
  for (const { field, direction } of orderOf(plan)) {
    query = query.orderBy(sortKey(outputs, field), (by) =>
      (direction === 'asc' ? by.asc() : by.desc()).nullsLast(),
    );
  }
  return finish(
    dialect,
    dataset,
    `metrics ${metrics.name}`,
    query.compile(),
    outputs.map((output) => output.kind),
    plan.where,
  );
}

/** The table, or the noisy copy of it, with every row that the scope and the filter leave. */
function sourceOf(dialect: Dialect, metrics: MetricsDeclaration, scoped: Scoped<MetricsPlan>) {
  const { plan, scope, noise } = scoped;
  const { dataset } = metrics;
  if (noise === undefined) {
    return dialect.builder
      .selectFrom(tableWithout(dataset, scope.gone))
      .where((by) => by.and(whereOf(dataset, scope, plan.range, plan.where)));
  }
  const measures = plan.measures.map((name) => measureNamed(metrics, name));
  const amounts = measures.flatMap(({ formula }) => amountRead(formula) ?? []);
  const exact = [
    ...plan.dimensions.map((name) => dimensionNamed(metrics, name).of),
    ...(plan.grain === undefined || dataset.time === undefined ? [] : [dataset.time]),
    ...measures.flatMap((measure) =>
      fieldsReadBy(metrics, measure).filter((field) => field !== amountRead(measure.formula)),
    ),
  ];
  return dialect.builder
    .selectFrom(noisyCopy(dialect, dataset, noise, { exact, amounts }, { ...plan, scope }))
    .where(sql<boolean>`${WEIGHT} > 0`);
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

/** A selected output by its name. */
function sortKey(outputs: Output[], field: string): Expression {
  if (outputs.some((output) => output.alias === field)) return sql`${sql.id(field)}`;
  throw new SluiceError('BAD_USER_INPUT', `Groups can be sorted by what they show, not by ${field}.`);
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

function dimensionOf(
  dialect: Dialect,
  metrics: MetricsDeclaration,
  name: string,
  step: StepAction | undefined,
): Output {
  const { column } = dimensionNamed(metrics, name);
  const at = reference(column.column);
  const expression = step === undefined ? at : steppedExpression(dialect, column, step, at);
  return { alias: name, expression, kind: column.kind, grouped: true };
}

function dimensionNamed(metrics: MetricsDeclaration, name: string): DimensionDeclaration {
  const dimension = metrics.dimensions.get(name);
  if (dimension === undefined)
    throw new SluiceError('BAD_USER_INPUT', `${metrics.name} has no dimension ${name}.`);
  return dimension;
}

function measureNamed(metrics: MetricsDeclaration, name: string): MeasureDeclaration {
  const measure = metrics.measures.get(name);
  if (measure === undefined)
    throw new SluiceError('BAD_USER_INPUT', `${metrics.name} has no measure ${name}.`);
  return measure;
}

function measureOf(
  aggregates: Aggregates,
  metrics: MetricsDeclaration,
  { formula }: MeasureDeclaration,
): Expression {
  const column = (field: string): ColumnDeclaration => columnFor(metrics.dataset, field);
  if ('count' in formula) {
    if (formula.where === undefined) return aggregates.count(undefined);
    const { field, in: values } = formula.where;
    if (values.length === 0) return aggregates.count(sql<boolean>`1 = 0`);
    const list = sql.join(values.map((value) => bind(column(field), value)));
    return aggregates.count(sql<boolean>`${reference(column(field).column)} in (${list})`);
  }
  if ('sum' in formula) return aggregates.sum(column(formula.sum));
  if ('average' in formula) return aggregates.average(column(formula.average));
  if ('minimum' in formula) return aggregates.extreme('min', column(formula.minimum));
  if ('maximum' in formula) return aggregates.extreme('max', column(formula.maximum));
  if ('countDistinct' in formula)
    return sql`count(distinct ${reference(column(formula.countDistinct).column)})`;
  throw new SluiceError('INTERNAL', undefined, 'A ratio is computed after the engine.');
}
