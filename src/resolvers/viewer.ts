import { Ctx, Field, ID, ObjectType, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../context';

@ObjectType({ simpleResolvers: true, description: 'Who is asking, as the token says.' })
export class ViewerInfo {
  @Field(() => ID, { description: 'Subject of the token.' })
  subject: string;

  @Field(() => String, { description: 'Tenant whose rows are seen.' })
  tenant: string;

  @Field(() => String, { description: 'Role this request acts in.' })
  role: string;

  @Field(() => [String], { description: 'Roles the token allows; name one in the header `x-acting-role`.' })
  roles: readonly string[];
}

@Resolver()
export class ViewerResolver {
  @Query(() => ViewerInfo, { description: 'Who is asking, and in which role.' })
  viewer(@Ctx() context: RequestContext): ViewerInfo {
    const { subject, tenant, role, roles } = context.viewer;
    return { subject, tenant, role, roles };
  }
}
