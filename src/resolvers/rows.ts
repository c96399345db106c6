import type { GraphQLResolveInfo } from 'graphql';
import type { MaskedRow } from '../auth/gate';
import type { RequestContext } from '../context';
import type { Order, RowsPlan, TimeRange } from '../datasources/plans';
import type { DatasetDeclaration } from '../schema/declarations';
import type { ListBinding } from '../schema/lists';
import type { OrderMeaning } from '../schema/orders';
import { conditionOf, type WhereInput } from './conditions';
import { Selection } from './selection';

/** Arguments that every list of rows takes. */
export interface RowsArguments {
  range?: TimeRange | null;
  where?: WhereInput | null;
  /** Of datasets of audit tokens alone. */
  subject?: string | null;
  orderBy?: readonly string[] | null;
  first: number;
  after?: string | null;
}

/** A connection as GraphQL reads it; what is not selected is not there. */
export interface Connection {
  nodes?: readonly MaskedRow[];
  edges?: readonly { node: MaskedRow; cursor: string }[];
  pageInfo?: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  totalCount?: number | null;
}

/** Turns arguments and selection into a rows plan and, when `totalCount` is selected, a count plan. */
export async function connection(
  { dataset, orders }: ListBinding,
  args: RowsArguments,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<Connection> {
  const selection = Selection.of(info);
  const where = conditionOf(args.where);
  const shared = {
    dataset: dataset.name,
    ...(args.range ? { range: args.range } : {}),
    ...(where === undefined ? {} : { where }),
    ...(typeof args.subject === 'string' ? { subject: args.subject } : {}),
  };
  const pageSelected = ['nodes', 'edges', 'pageInfo'].some((name) => selection.has(name));
  const [page, totalCount] = await bothEnded(
    pageSelected ? pageOf(rowsPlan(), selection, context) : Promise.resolve<Connection>({}),
    selection.has('totalCount')
      ? context.gate.count({ kind: 'count', ...shared })
      : Promise.resolve(undefined),
  );
  return { ...page, ...(totalCount === undefined ? {} : { totalCount }) };

  function rowsPlan(): RowsPlan {
    return {
      kind: 'rows',
      ...shared,
      fields: selectedColumns(dataset, [selection.below('nodes'), selection.below('edges')?.below('node')]),
      orderBy: ordersOf(args.orderBy, orders),
      first: args.first,
      ...(typeof args.after === 'string' ? { after: args.after } : {}),
    };
  }
}

/** Both, or the fault of the first: once both have ended, so that the bill does not tell which was quicker. */
async function bothEnded<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}

async function pageOf(plan: RowsPlan, selection: Selection, context: RequestContext): Promise<Connection> {
  const page = await context.gate.rows(plan);
  const last = page.rows.length - 1;
  const result: Connection = {};
  if (selection.has('nodes')) result.nodes = page.rows;
  if (selection.has('edges')) {
    const cursorSelected = selection.below('edges')?.has('cursor') === true;
    result.edges = page.rows.map((node, index) => ({
      node,
      cursor: cursorSelected ? page.cursor(index) : '',
    }));
  }
  if (selection.has('pageInfo')) {
    result.pageInfo = {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: plan.after !== undefined,
      startCursor: last < 0 ? null : page.cursor(0),
      endCursor: last < 0 ? null : page.cursor(last),
    };
  }
  return result;
}

/** Orders named by enum values, as plan orders. */
export function ordersOf(
  names: readonly string[] | null | undefined,
  meaning: ReadonlyMap<string, OrderMeaning>,
): Order[] {
  return (names ?? []).flatMap((name) => {
    const order = meaning.get(name);
    return order === undefined ? [] : [order];
  });
}

/**
 * Columns of the dataset that any of the selections asks for. Embedded rows are read by key from the point-read
 * store, so selecting them asks for the key.
 */
function selectedColumns(
  dataset: DatasetDeclaration,
  selections: readonly (Selection | undefined)[],
): string[] {
  const fields = new Set<string>();
  for (const name of selections.flatMap((selection) => selection?.names() ?? [])) {
    fields.add(dataset.embedded.has(name) ? dataset.key : name);
  }
  return [...fields];
}
