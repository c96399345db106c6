import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, ID, Info, Query, Resolver, Root } from 'type-graphql';
import type { MaskedRow } from '../auth/gate';
import type { RequestContext } from '../context';
import { SluiceError } from '../errors';
import { Decision, Transaction } from '../schema/entities/decision';
import { DecisionMetrics } from '../schema/entities/decision-metrics';
import { analyticsOf, listOf } from '../schema/lists';
import { table, type AnalyticsArguments, type AnalyticsTable } from './analytics';
import { connection, type Connection, type RowsArguments } from './rows';
import { Selection } from './selection';

const decisions = listOf(Decision);
const decisionMetrics = analyticsOf(DecisionMetrics, Decision);
const { dataset } = decisions;

@Resolver(() => Decision)
export class DecisionResolver {
  @Query(() => Decision, {
    nullable: true,
    description: 'One decision by its id, read from the decision store.',
  })
  async decision(
    @Arg('id', () => ID, { description: 'Id of the decision.' }) id: string,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<MaskedRow> {
    const selection = Selection.of(info);
    const own = selection.names().filter((name) => !dataset.embedded.has(name));
    const fields = [...own, ...transactionFields(selection.below('transactions'))];
    const row = await context.loaders.rows(dataset.name, fields).load(id);
    if (row === null) throw new SluiceError('NOT_FOUND', 'There is no decision with this id.');
    return row;
  }

  @Query(() => decisions.type, { description: 'Decisions in a span of time, read from the lake.' })
  decisions(
    @Args(() => decisions.arguments) args: RowsArguments,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection> {
    return connection(decisions, args, context, info);
  }

  @Query(() => decisionMetrics.type, {
    description: 'Decisions counted and summed, by period and dimension.',
  })
  decisionMetrics(
    @Args(() => decisionMetrics.arguments) args: AnalyticsArguments,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<AnalyticsTable> {
    return table(decisionMetrics, args, context, info);
  }

  /** The transactions of all decisions on a page are read together. */
  @FieldResolver(() => [Transaction], { nullable: true })
  async transactions(
    @Root() decision: MaskedRow,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<unknown> {
    if (decision.transactions !== undefined) return decision.transactions;
    const id = decision[dataset.key];
    if (typeof id !== 'string') throw new SluiceError('INTERNAL');
    const row = await context.loaders.rows(dataset.name, transactionFields(Selection.of(info))).load(id);
    return row?.transactions ?? null;
  }
}

/** Dotted paths of the selected fields of transactions; the id when nothing but `__typename` is selected. */
function transactionFields(selection: Selection | undefined): string[] {
  if (selection === undefined) return [];
  const names = selection.names();
  return (names.length === 0 ? ['id'] : names).map((name) => `transactions.${name}`);
}
