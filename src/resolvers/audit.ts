import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, Info, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../context';
import { AccessRecord } from '../schema/entities/access-record';
import { listOf } from '../schema/lists';
import { connection, type Connection, type RowsArguments } from './rows';

const records = listOf(AccessRecord);

@Resolver(() => AccessRecord)
export class AuditResolver {
  @Query(() => records.type, {
    description: 'Reads of data in a span of time: who saw what kind of information of whom, and what for.',
  })
  accessRecords(
    @Args(() => records.arguments) args: RowsArguments,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection> {
    return connection(records, args, context, info);
  }
}
