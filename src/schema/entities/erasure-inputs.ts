import { ArgsType, Field, ID, InputType, Int } from 'type-graphql';
import { ErasureState } from '../erasure-enums';
import { CalendarDate } from '../scalars';
import { SubjectKeyInput } from './erasure-keys';

/** What is sent about erasures. */

@InputType({ description: 'A request for the erasure of people, by keys, a file of keys, or both.' })
export class RequestErasureInput {
  @Field(() => [SubjectKeyInput], {
    nullable: true,
    description: 'Keys of the people. Each starts one person; people whose keys are linked are one.',
  })
  keys?: SubjectKeyInput[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Text of a CSV file with the header `kind,key` and one key a line. With any broken line nothing is written; the error names the lines.',
  })
  csv?: string | null;

  @Field(() => ID, { description: 'Law that they asked under: the name of one of `regulations`.' })
  regulation: string;

  @Field(() => CalendarDate, { description: 'Day on which they asked. The due date is counted from it.' })
  receivedOn: string;

  @Field(() => String, {
    nullable: true,
    description: 'Why, for whoever approves: a ticket, a letter. At most 1,000 characters; name no person.',
  })
  reason?: string | null;

  @Field(() => ID, {
    description:
      'Names this submission: sent again with the same content, it is the same request. 1 to 200 characters.',
  })
  idempotencyKey: string;
}

@InputType({ description: 'A legal hold on the rows of a request’s people.' })
export class HoldErasureInput {
  @Field(() => ID, { description: 'The request.' })
  id: string;

  @Field(() => [String], {
    nullable: true,
    description:
      'Datasets to keep back, such as `Decision`; `Decision.amount` keeps its row. Left out: all of them.',
  })
  datasets?: string[] | null;

  @Field(() => String, {
    description: 'The law, order or proceeding that asks for it. At most 300 characters.',
  })
  ground: string;

  @Field(() => String, { description: 'What the rows are kept for. At most 300 characters.' })
  purpose: string;

  @Field(() => CalendarDate, {
    description: 'First day on which it no longer holds; at most ten years ahead.',
  })
  until: string;
}

@InputType({ description: 'Which requests. All conditions hold together.' })
export class ErasureRequestWhere {
  @Field(() => [ErasureState], { nullable: true, description: 'In one of these states.' })
  states?: (keyof typeof ErasureState)[] | null;

  @Field(() => [ID], { nullable: true, description: 'Under one of these laws.' })
  regulations?: string[] | null;

  @Field(() => CalendarDate, { nullable: true, description: 'Due on this day or before.' })
  dueBy?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: only late ones that have not ended; false: only others.',
  })
  overdue?: boolean | null;
}

@ArgsType()
export class ErasureRequestsArguments {
  @Field(() => ErasureRequestWhere, { nullable: true, description: 'Which requests; all unless given.' })
  where?: ErasureRequestWhere | null;

  @Field(() => Int, { defaultValue: 20, description: 'Requests on a page, 1 to 100. Newest come first.' })
  first: number;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the request before the page. It belongs to one filter, tenant and role.',
  })
  after?: string | null;
}

@ArgsType()
export class ErasureKeysArguments {
  @Field(() => Int, { defaultValue: 100, description: 'Keys on a page, 1 to 1,000.' })
  first: number;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the key before the page. It belongs to one request, plan, tenant and role.',
  })
  after?: string | null;
}
