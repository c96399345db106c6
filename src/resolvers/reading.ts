import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, Info, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../context';
import { Reading } from '../schema/entities/reading';
import { ReadingSeries } from '../schema/entities/reading-series';
import { analyticsOf, listOf } from '../schema/lists';
import { table, type AnalyticsArguments, type AnalyticsTable } from './analytics';
import { connection, type Connection, type RowsArguments } from './rows';

const readings = listOf(Reading);
const series = analyticsOf(ReadingSeries, Reading);

@Resolver(() => Reading)
export class ReadingResolver {
  @Query(() => readings.type, { description: 'Readings in a span of time, read from the lake.' })
  readings(
    @Args(() => readings.arguments) args: RowsArguments,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection> {
    return connection(readings, args, context, info);
  }

  @Query(() => series.type, {
    description: 'Readings put together by period, device or metric: a time series to draw.',
  })
  readingSeries(
    @Args(() => series.arguments) args: AnalyticsArguments,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<AnalyticsTable> {
    return table(series, args, context, info);
  }
}
