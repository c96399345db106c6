import type { GraphQLResolveInfo } from 'graphql';
import type { MaskedRow } from '../auth/gate';
import type { RequestContext } from '../context';
import type { TimeRange } from '../datasources/plans';
import { SluiceError } from '../errors';
import { measureParts, type MetricsDeclaration } from '../schema/declarations';
import type { AnalyticsBinding } from '../schema/lists';
import type { Grain } from '../schema/vocabulary';
import { conditionOf, type WhereInput } from './conditions';
import { ordersOf } from './rows';
import { Selection } from './selection';

/** Arguments that every analytics field takes. */
export interface AnalyticsArguments {
  range?: TimeRange | null;
  grain?: Grain | null;
  groupBy?: readonly string[] | null;
  where?: WhereInput | null;
  orderBy?: readonly string[] | null;
  first: number;
}

/** Analytics rows as GraphQL reads them. */
export interface AnalyticsTable {
  rows: readonly MaskedRow[];
  hasMore: boolean;
}

/** Turns arguments and selection into a metrics plan: only selected measures are computed. */
export async function table(
  binding: AnalyticsBinding,
  args: AnalyticsArguments,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<AnalyticsTable> {
  const { metrics } = binding;
  const selection = Selection.of(info).below('rows');
  const selected = selection?.names() ?? [];
  const measures = selected.filter((name) => metrics.measures.has(name));
  const dimensions = new Set((args.groupBy ?? []).flatMap((name) => binding.dimensions.get(name) ?? []));
  for (const currency of currencies(metrics, measures)) dimensions.add(currency);
  const ungrouped = selected.find((name) => metrics.dimensions.has(name) && !dimensions.has(name));
  if (ungrouped !== undefined) {
    throw new SluiceError(
      'BAD_USER_INPUT',
      `${ungrouped} is selected but not grouped by. Add it to groupBy or take it out.`,
    );
  }
  if (selected.includes('period') && !args.grain) {
    throw new SluiceError(
      'BAD_USER_INPUT',
      'period is selected but there is no grain. Give a grain such as MONTH.',
    );
  }
  const where = conditionOf(args.where);
  return context.gate.metrics({
    kind: 'metrics',
    metrics: metrics.name,
    dimensions: [...dimensions],
    measures,
    ...(args.grain ? { grain: args.grain } : {}),
    ...(args.range ? { range: args.range } : {}),
    ...(where === undefined ? {} : { where }),
    orderBy: ordersOf(args.orderBy, binding.orders),
    first: args.first,
  });
}

/** Currency dimensions of the selected money measures. */
function currencies(metrics: MetricsDeclaration, measures: readonly string[]): string[] {
  const parts = measures.flatMap((name) => measureParts(metrics, name));
  return parts.flatMap((name) => metrics.measures.get(name)?.currency ?? []);
}
