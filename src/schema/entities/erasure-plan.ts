import { Field, ID, Int, ObjectType } from 'type-graphql';
import { ErasureAction } from '../erasure-enums';
import { CalendarDate, SafeInt } from '../scalars';

/** What an erasure would do, for whoever approves it. */

@ObjectType({ simpleResolvers: true, description: 'A legal ground that keeps rows back, and until when.' })
export class ErasurePlanHold {
  @Field(() => String, { description: 'The law, order or proceeding.' })
  ground: string;

  @Field(() => CalendarDate, { description: 'First day on which it no longer holds.' })
  until: string;
}

@ObjectType({ simpleResolvers: true, description: 'How long a rule keeps rows or fields of them.' })
export class ErasureRetentionPeriod {
  @Field(() => String, { description: 'Calendar period of ISO 8601, such as P8Y.' })
  keep: string;

  @Field(() => String, { description: 'Field with the time that it is counted from.' })
  from: string;

  @Field(() => Boolean, {
    description: 'Whether it is counted from the end of that time’s calendar year.',
  })
  fromEndOfYear: boolean;
}

@ObjectType({
  simpleResolvers: true,
  description: 'A field that rows keep for a law of its own when they lose the person.',
})
export class ErasureRetainedField {
  @Field(() => String, { description: 'Field of the dataset.' })
  field: string;

  @Field(() => String, { description: 'The law that asks for it.' })
  ground: string;

  @Field(() => CalendarDate, {
    description: 'First day on which no row has it any more. A row loses it when its own period is over.',
  })
  until: string;

  @Field(() => ErasureRetentionPeriod, {
    nullable: true,
    description:
      'Period that a plan keeps it for; null in tables of requests, and in plans made before there were periods.',
  })
  period?: ErasureRetentionPeriod | null;
}

@ObjectType({ simpleResolvers: true, description: 'What happens to some rows of one table.' })
export class ErasurePlanPart {
  @Field(() => String, { description: 'Dataset.' })
  dataset: string;

  @Field(() => String, { description: 'Store: athena, redshift or dynamodb.' })
  store: string;

  @Field(() => ErasureAction, { description: 'What happens to the rows.' })
  action: keyof typeof ErasureAction;

  @Field(() => SafeInt, { description: 'Rows counted when the plan was made.' })
  rows: number;

  @Field(() => CalendarDate, {
    nullable: true,
    description: 'Only rows whose time is before this day; null: all rows that no other part takes.',
  })
  before?: string | null;

  @Field(() => String, { nullable: true, description: 'Legal ground of what stays.' })
  ground?: string | null;

  @Field(() => CalendarDate, { nullable: true, description: 'Day from which nothing of it stays.' })
  until?: string | null;

  @Field(() => ErasureRetentionPeriod, {
    nullable: true,
    description: 'Period that rows are kept for; null where they have none of their own.',
  })
  period?: ErasureRetentionPeriod | null;

  @Field(() => [String], { nullable: true, description: 'Fields that name the person in rows about others.' })
  fields?: readonly string[] | null;

  @Field(() => [ErasureRetainedField], {
    description: 'Fields that are kept in rows which lose the person; they go by themselves.',
  })
  retained: readonly ErasureRetainedField[];

  @Field(() => ErasurePlanHold, {
    nullable: true,
    description: 'Hold that keeps the rows back; they go once it ends.',
  })
  hold?: ErasurePlanHold | null;
}

@ObjectType({ simpleResolvers: true, description: 'What is still there after the rows are gone.' })
export class ErasureResidue {
  @Field(() => String, { description: 'Where: athena, redshift, dynamodb, s3 or gateway.' })
  store: string;

  @Field(() => String, {
    description: 'What: snapshots, recovery_points, backups, query_history and the like.',
  })
  kind: string;

  @Field(() => String, { nullable: true, description: 'Dataset that it is of; null: all of the store.' })
  dataset?: string | null;

  @Field(() => String, { description: 'The same in words.' })
  description: string;

  @Field(() => Int, { description: 'Days after the batch by which it is gone.' })
  horizonDays: number;

  @Field(() => String, {
    nullable: true,
    description: 'Where the days come from: a service’s documentation, a property of the table, a setting.',
  })
  source?: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'All that an erasure does: what is approved is what runs.',
})
export class ErasurePlan {
  @Field(() => ID, { description: 'Names the plan: give it to `approveErasure`.' })
  hash: string;

  @Field(() => Int, { description: 'Keys of the people, those that were found among them.' })
  keyCount: number;

  @Field(() => [ErasurePlanPart], { description: 'Table by table; those without rows too.' })
  parts: readonly ErasurePlanPart[];

  @Field(() => [ErasureResidue], { description: 'What outlives the rows, and for how long.' })
  residue: readonly ErasureResidue[];
}
