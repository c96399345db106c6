import type { GraphQLResolveInfo } from 'graphql';
import { Args, Ctx, FieldResolver, Info, ObjectType, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../context';
import { Employee } from '../schema/entities/employee';
import { Headcount } from '../schema/entities/headcount';
import { analyticsOf, listOf } from '../schema/lists';
import { table, type AnalyticsArguments, type AnalyticsTable } from './analytics';
import { connection, type Connection, type RowsArguments } from './rows';

const employees = listOf(Employee);
const headcount = analyticsOf(Headcount, Employee);

@ObjectType({ description: 'People: who works here, and figures about them.' })
export class Hr {}

@Resolver(() => Hr)
export class HrResolver {
  @Query(() => Hr, { description: 'People: who works here, and figures about them.' })
  hr(): Hr {
    return {};
  }

  @FieldResolver(() => employees.type, { description: 'Employees, read from the warehouse.' })
  employees(
    @Args(() => employees.arguments) args: RowsArguments,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Connection> {
    return connection(employees, args, context, info);
  }

  @FieldResolver(() => headcount.type, { description: 'People counted, by dimension.' })
  headcount(
    @Args(() => headcount.arguments) args: AnalyticsArguments,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<AnalyticsTable> {
    return table(headcount, args, context, info);
  }
}
