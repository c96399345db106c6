import { ID, Int } from 'type-graphql';
import { datasetOf } from './columns';
import { connectionType, metricsTableType, TimeRangeInput } from './connections';
import type { DatasetDeclaration, MetricsDeclaration } from './declarations';
import { Grain } from './enums';
import { whereInput } from './filters';
import { addField, makeArguments } from './made-types';
import { metricsOf } from './metrics';
import { datasetOrder, metricsDimensions, metricsOrder, type OrderMeaning } from './orders';

/** All that a list or an analytics field has besides its name: result type, arguments, and what their enums mean. */

/** What a list field needs to build its plan. */
export interface ListBinding {
  dataset: DatasetDeclaration;
  type: never;
  arguments: never;
  orders: ReadonlyMap<string, OrderMeaning>;
}

/** What an analytics field needs to build its plan. */
export interface AnalyticsBinding {
  metrics: MetricsDeclaration;
  type: never;
  arguments: never;
  orders: ReadonlyMap<string, OrderMeaning>;
  dimensions: ReadonlyMap<string, string>;
}

/** Rows on a page unless the client says: no role's limit may be lower, so that the shortest query works. */
const DEFAULT_FIRST = 50;

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
  const args = makeArguments(`${dataset.name}ListArguments`);
  addRange(args, dataset);
  addField(args, 'where', () => where, { nullable: true, description: 'Conditions on the rows.' });
  if (dataset.subjectTokens !== undefined) {
    addField(args, 'subject', () => ID, {
      nullable: true,
      description:
        'Only rows about this person: an audit token `a_…`, a pseudonym `p_…` of your tenant or, if your role sees identifiers in the clear, the identifier itself.',
    });
  }
  addField(args, 'orderBy', () => [order.type], {
    nullable: true,
    description: 'Order of the rows; by id unless given.',
  });
  addFirst(args, 'Rows on a page');
  addField(args, 'after', () => String, {
    nullable: true,
    description: 'Cursor of the row before the page. It belongs to one query, tenant and role.',
  });
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
  const args = makeArguments(`${metrics.name}Arguments`);
  addRange(args, metrics.dataset);
  if (metrics.dataset.time !== undefined) {
    addField(args, 'grain', () => Grain, {
      nullable: true,
      description: 'Length of the periods; without it there is one period for the whole range.',
    });
  }
  addField(args, 'groupBy', () => [dimensions.type], {
    nullable: true,
    description: 'What to group by; one row a group.',
  });
  addField(args, 'where', () => where, {
    nullable: true,
    description: 'Conditions on the rows that are added up.',
  });
  addField(args, 'orderBy', () => [order.type], {
    nullable: true,
    description: 'Order of the groups; by period and dimensions unless given.',
  });
  addFirst(args, 'Groups at most');
  return {
    metrics,
    type: metricsTableType(metricsClass, metrics.name) as never,
    arguments: args as never,
    orders: order.meaning,
    dimensions: dimensions.meaning,
  };
}

function addRange(target: Function, dataset: DatasetDeclaration): void {
  if (dataset.time === undefined) return;
  const description = dataset.rangeRequired
    ? 'Span of time. Required: the table is large, and only the partitions inside the span are read.'
    : 'Span of time; all time unless given.';
  addField(target, 'range', () => TimeRangeInput, { nullable: !dataset.rangeRequired, description });
}

function addFirst(target: Function, what: string): void {
  addField(target, 'first', () => Int, { defaultValue: DEFAULT_FIRST, description: `${what}, 1 to 1,000.` });
}
