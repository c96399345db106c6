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

  @Field(() => String, {
    nullable: true,
    description: 'What this request is for, as the header `x-purpose` says it.',
  })
  purpose?: string;

  @Field(() => Boolean, {
    description: 'Whether the role is one for emergencies, whose every use is reviewed.',
  })
  breakGlass: boolean;
}

@Resolver()
export class ViewerResolver {
  @Query(() => ViewerInfo, { description: 'Who is asking, and in which role.' })
  viewer(@Ctx() context: RequestContext): ViewerInfo {
    const { subject, tenant, role, roles, purpose, breakGlass } = context.viewer;
    return {
      subject,
      tenant,
      role,
      roles,
      ...(purpose === undefined ? {} : { purpose }),
      breakGlass: breakGlass !== undefined,
    };
  }
}
