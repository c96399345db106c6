import { ArgsType, Field, Int } from 'type-graphql';
import { datasetOf } from './columns';
import { connectionType, metricsTableType, TimeRangeInput } from './connections';
import type { DatasetDeclaration, MetricsDeclaration } from './declarations';
import { Grain } from './enums';
import { whereInput } from './filters';
import { metricsOf } from './metrics';
import { datasetOrder, metricsDimensions, metricsOrder, type OrderMeaning } from './orders';

/** All that a list or an analytics field has besides its name: result type, arguments, and what their enums mean. */

export interface ListBinding {
  dataset: DatasetDeclaration;
  type: never;
  arguments: never;
  orders: ReadonlyMap<string, OrderMeaning>;
}

export interface AnalyticsBinding {
  metrics: MetricsDeclaration;
  type: never;
  arguments: never;
  orders: ReadonlyMap<string, OrderMeaning>;
  dimensions: ReadonlyMap<string, string>;
}

const wheres = new Map<Function, Function>();

function whereOf(target: Function): Function {
  const where = wheres.get(target) ?? whereInput(target);
  wheres.set(target, where);
  return where;
}

/** The list field of a dataset class. */
export function listOf(target: Function): ListBinding {
  const dataset = datasetOf(target);
  const order = datasetOrder(dataset);
  const where = whereOf(target);
  const args = argumentsClass(`${dataset.name}ListArguments`);
  addRange(args, dataset);
  add(args, 'where', () => where, 'Conditions on the rows.');
  add(args, 'orderBy', () => [order.type], 'Order of the rows; by id unless given.');
  addFirst(args, 'Rows on a page');
  add(
    args,
    'after',
    () => String,
    'Cursor of the row before the page. It belongs to one query, tenant and role.',
  );
  return {
    dataset,
    type: connectionType(target, dataset.name) as never,
    arguments: args as never,
    orders: order.meaning,
  };
}

/** The analytics field of a metrics class over a dataset class. */
export function analyticsOf(metricsClass: Function, datasetClass: Function): AnalyticsBinding {
  const metrics = metricsOf(metricsClass);
  const order = metricsOrder(metrics);
  const dimensions = metricsDimensions(metrics);
  const where = whereOf(datasetClass);
  const args = argumentsClass(`${metrics.name}Arguments`);
  addRange(args, metrics.dataset);
  if (metrics.dataset.time !== undefined) {
    add(
      args,
      'grain',
      () => Grain,
      'Length of the periods; without it there is one period for the whole range.',
    );
  }
  add(args, 'groupBy', () => [dimensions.type], 'What to group by; one row a group.');
  add(args, 'where', () => where, 'Conditions on the rows that are added up.');
  add(args, 'orderBy', () => [order.type], 'Order of the groups; by period and dimensions unless given.');
  addFirst(args, 'Groups at most');
  return {
    metrics,
    type: metricsTableType(metricsClass, metrics.name) as never,
    arguments: args as never,
    orders: order.meaning,
    dimensions: dimensions.meaning,
  };
}

function argumentsClass(name: string): Function {
  const created = { [name]: class {} }[name] as Function;
  ArgsType()(created);
  return created;
}

function add(target: Function, name: string, type: () => unknown, description: string): void {
  Field(type as () => never, { nullable: true, description })(target.prototype, name);
}

function addRange(target: Function, dataset: DatasetDeclaration): void {
  if (dataset.time === undefined) return;
  const description = dataset.rangeRequired
    ? 'Span of time. Required: the table is large, and only the partitions inside the span are read.'
    : 'Span of time; all time unless given.';
  Field(() => TimeRangeInput, { nullable: !dataset.rangeRequired, description })(target.prototype, 'range');
}

function addFirst(target: Function, what: string): void {
  Field(() => Int, { defaultValue: 100, description: `${what}, 1 to 1,000.` })(target.prototype, 'first');
}
