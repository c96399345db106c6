import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, FieldResolver, Info, ObjectType, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../context';
import { SalesLine } from '../schema/entities/sales-line';
import { SalesMetrics } from '../schema/entities/sales-metrics';
import { analyticsOf, listOf } from '../schema/lists';
import { table, type AnalyticsArguments, type AnalyticsTable } from './analytics';
import { connection, type Connection, type RowsArguments } from './rows';

const salesLines = listOf(SalesLine);
const salesMetrics = analyticsOf(SalesMetrics, SalesLine);

@ObjectType({ description: 'The business: sales, and figures about them.' })
export class Erp {}

@Resolver(() => Erp)
export class ErpResolver {
  @Query(() => Erp, { description: 'The business: sales, and figures about them.' })
  erp(): Erp {
    return {};
  }

  @FieldResolver(() => salesLines.type, { description: 'Invoice lines, read from the warehouse.' })
  salesLines(
    @Args(() => salesLines.arguments) args: RowsArguments,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection> {
    return connection(salesLines, args, context, info);
  }

  @FieldResolver(() => salesMetrics.type, { description: 'Sales added up, by period and dimension.' })
  salesMetrics(
    @Args(() => salesMetrics.arguments) args: AnalyticsArguments,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<AnalyticsTable> {
    return table(salesMetrics, args, context, info);
  }
}
