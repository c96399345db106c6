import { Field, ID, Int, ObjectType } from 'type-graphql';
import { CalendarDate, DateTime } from '../scalars';
import { ErasureKey, LeftOutErasureKey } from './erasure-keys';
import { ErasurePlan } from './erasure-plan';

/** What erasures go by, and what one would do. */

@ObjectType({ simpleResolvers: true, description: 'A law’s clock.' })
export class Regulation {
  @Field(() => ID, { description: 'Name to give when asking for an erasure.' })
  id: string;

  @Field(() => String, { description: 'What people call it.' })
  name: string;

  @Field(() => String, { description: 'Where the law says so.' })
  source: string;

  @Field(() => String, { description: 'Time from receipt, as a period of ISO 8601: `P1M`, `P45D`.' })
  due: string;

  @Field(() => CalendarDate, { description: 'When a request that comes in today is due.' })
  dueIfReceivedToday: string;

  @Field(() => String, {
    nullable: true,
    description: 'How much longer it may take, once, if the people are told; null where the law knows none.',
  })
  extension?: string | null;

  @Field(() => String, { nullable: true, description: 'Where the law says so.' })
  extensionSource?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'The batch that is under way.' })
export class RunningErasureBatch {
  @Field(() => ID, { description: 'The batch.' })
  id: string;

  @Field(() => String, { description: 'FORMING, RUNNING, VERIFYING or DONE.' })
  state: string;

  @Field(() => DateTime, { description: 'When it began.' })
  startedAt: string;

  @Field(() => Int, { description: 'Requests of your tenant in it.' })
  requests: number;
}

@ObjectType({ simpleResolvers: true, description: 'When batches run. It is one for all tenants.' })
export class ErasureSchedule {
  @Field(() => Boolean, { description: 'Whether nothing more is erased until somebody resumes it.' })
  paused: boolean;

  @Field(() => ID, { nullable: true, description: 'Who paused or resumed them last, as a one-way token.' })
  by?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When.' })
  at?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why they are paused; null for a reason of another tenant.',
  })
  reason?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Time of day in UTC in which batches begin, such as `01:00-05:00`; null: at any time.',
  })
  window?: string | null;

  @Field(() => RunningErasureBatch, { nullable: true, description: 'The batch under way, if any.' })
  batch?: RunningErasureBatch | null;
}

@ObjectType({ simpleResolvers: true, description: 'A person whom an erasure would be about.' })
export class ErasurePreviewPerson {
  @Field(() => [ErasureKey], { description: 'Their keys.' })
  keys: readonly ErasureKey[];

  @Field(() => [LeftOutErasureKey], { description: 'Linked keys that would not be taken.' })
  leftOutKeys: readonly LeftOutErasureKey[];
}

@ObjectType({
  simpleResolvers: true,
  description:
    'What an erasure would find and do. Nothing of it is written, and its plan cannot be approved.',
})
export class ErasurePreview {
  @Field(() => Int, { description: 'People that were found; keys that are linked are one’s.' })
  personCount: number;

  @Field(() => ErasurePlan, { description: 'What would happen.' })
  plan: ErasurePlan;
}
