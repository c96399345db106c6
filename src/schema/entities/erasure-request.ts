import { Field, ID, Int, ObjectType } from 'type-graphql';
import { pageType } from '../connections';
import { ErasureFailure, ErasureOutcome, ErasureState, ErasureTableState } from '../erasure-enums';
import { ErasureHorizonDate, ErasureLook, ErasureTableBatch } from './erasure-horizon';
import { CalendarDate, DateTime, SafeInt } from '../scalars';
import { ErasureRetainedField } from './erasure-plan';

/** A request for erasure and all that is known of it. Plans, keys and holds are read when they are selected. */

@ObjectType({ simpleResolvers: true, description: 'One change of a request, or a notice about it.' })
export class ErasureHistoryEntry {
  @Field(() => DateTime, { description: 'When.' })
  at: string;

  @Field(() => String, {
    description: 'What happened, in one word: `RECEIVED`, `APPROVED`, `HELD`, `REMINDED`.',
  })
  event: string;

  @Field(() => ErasureState, { nullable: true, description: 'State before.' })
  from?: string | null;

  @Field(() => ErasureState, { nullable: true, description: 'State after.' })
  to?: string | null;

  @Field(() => ID, { nullable: true, description: 'Who did it, as a one-way token; null when Sluice did.' })
  by?: string | null;

  @Field(() => String, { nullable: true, description: 'Why, in the words of whoever did it.' })
  note?: string | null;

  @Field(() => Int, { nullable: true, description: 'Place in the audit chain, for what people did.' })
  chain?: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'A legal hold: rows that stay, whatever was asked.' })
export class ErasureHold {
  @Field(() => ID, { description: 'Opaque id: give it to `releaseHold`.' })
  id: string;

  @Field(() => [String], { nullable: true, description: 'Datasets that it keeps back; null: all of them.' })
  datasets?: readonly string[] | null;

  @Field(() => String, { description: 'The law, order or proceeding that asks for it.' })
  ground: string;

  @Field(() => String, { description: 'What the rows are kept for.' })
  purpose: string;

  @Field(() => CalendarDate, { description: 'First day on which it no longer holds.' })
  until: string;

  @Field(() => Boolean, { description: 'Whether it holds today.' })
  active: boolean;

  @Field(() => DateTime, { description: 'When it was placed.' })
  placedAt: string;

  @Field(() => ID, { description: 'Who placed it, as a one-way token.' })
  placedBy: string;

  @Field(() => DateTime, { nullable: true, description: 'When it was released.' })
  releasedAt?: string | null;

  @Field(() => ID, { nullable: true, description: 'Who released it, as a one-way token.' })
  releasedBy?: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'One dataset in one store, and how far the erasure is with it.',
})
export class ErasureTable {
  @Field(() => String, { description: 'Dataset.' })
  dataset: string;

  @Field(() => String, { description: 'Store: athena, redshift or dynamodb.' })
  store: string;

  @Field(() => ErasureTableState, { description: 'How far it is.' })
  state: keyof typeof ErasureTableState;

  @Field(() => SafeInt, { description: 'Rows counted when the plan was made.' })
  rows: number;

  @Field(() => SafeInt, {
    description:
      'Rows that went so far, or lost the person: of this request, as counted just before its batch.',
  })
  erased: number;

  @Field(() => SafeInt, {
    description: 'Rows that the engines say they changed, of all requests of the batches; see `batches`.',
  })
  changed: number;

  @Field(() => [ErasureTableBatch], { description: 'What each batch did, the last one at the end.' })
  batches: readonly ErasureTableBatch[];

  @Field(() => ErasureLook, {
    nullable: true,
    description: 'The last look for its rows; null before the first.',
  })
  look?: ErasureLook | null;

  @Field(() => ErasureHorizonDate, {
    nullable: true,
    description: 'Since when no query of the table gives them; null where none went.',
  })
  logicallyGone?: ErasureHorizonDate | null;

  @Field(() => ErasureHorizonDate, {
    nullable: true,
    description:
      'From when snapshots and the store’s own recovery do not either; null until a look found none of the rows, and while a snapshot stays that should be gone. A day to come rests on rules.',
  })
  unreachable?: ErasureHorizonDate | null;

  @Field(() => ErasureHorizonDate, {
    nullable: true,
    description:
      'From when no copy that the plan names does; null until a look found none of the rows, and while a snapshot stays that should be gone. A day to come rests on rules.',
  })
  physicallyGone?: ErasureHorizonDate | null;

  @Field(() => ErasureOutcome, {
    nullable: true,
    description: 'What is known of its rows; null until it ended.',
  })
  outcome?: string | null;

  @Field(() => CalendarDate, {
    nullable: true,
    description:
      'Day from which nothing is kept (PSEUDONYMISED, RETAINED), or nothing is left (PENDING_HORIZON).',
  })
  until?: string | null;

  @Field(() => String, { nullable: true, description: 'Legal ground of rows that are RETAINED.' })
  ground?: string | null;

  @Field(() => [ErasureRetainedField], {
    description: 'Fields that rows which are PSEUDONYMISED still have, and until when.',
  })
  retained: readonly ErasureRetainedField[];

  @Field(() => ErasureFailure, { nullable: true, description: 'Why it FAILED.' })
  failure?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'How far the batch of a request is.' })
export class ErasureProgress {
  @Field(() => ID, { description: 'The batch.' })
  batch: string;

  @Field(() => Int, { description: 'Steps that are done.' })
  stepsDone: number;

  @Field(() => Int, { description: 'Steps in all.' })
  steps: number;

  @Field(() => SafeInt, { description: 'Rows changed or deleted so far, of all requests of the batch.' })
  rows: number;
}

@ObjectType({ simpleResolvers: true, description: 'A request for the erasure of people.' })
export class ErasureRequest {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => ErasureState, { description: 'How far it is.' })
  state: string;

  @Field(() => ID, { description: 'Law that it was asked under; see `regulations`.' })
  regulation: string;

  @Field(() => CalendarDate, { description: 'Day on which the people asked.' })
  receivedOn: string;

  @Field(() => CalendarDate, { description: 'Last day on which it is in time.' })
  dueOn: string;

  @Field(() => CalendarDate, { nullable: true, description: 'Day on which the due date was moved.' })
  extendedOn?: string | null;

  @Field(() => Int, { description: 'Days until it is due; below zero when that is over.' })
  daysLeft: number;

  @Field(() => Boolean, { description: 'Whether it is late, and not ended.' })
  overdue: boolean;

  @Field(() => DateTime, { description: 'When it was written down.' })
  createdAt: string;

  @Field(() => DateTime, { description: 'When it changed last.' })
  updatedAt: string;

  @Field(() => ID, { description: 'Who asked for it, as a one-way token.' })
  requestedBy: string;

  @Field(() => ID, { nullable: true, description: 'Who approved or rejected it, as a one-way token.' })
  decidedBy?: string | null;

  @Field(() => String, { nullable: true, description: 'Why, in the requester’s words.' })
  reason?: string | null;

  @Field(() => Int, { description: 'Keys that were asked for.' })
  askedKeyCount: number;

  @Field(() => Int, { nullable: true, description: 'Keys of the people in all; null until it is planned.' })
  keyCount?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Linked keys that were not taken; null until it is planned.',
  })
  leftOutKeyCount?: number | null;

  @Field(() => Boolean, { description: 'Whether the keys are no longer kept: only one-way tokens are.' })
  keysForgotten: boolean;

  @Field(() => ID, { nullable: true, description: 'Plan that was shown last. The approver names it.' })
  planHash?: string | null;

  @Field(() => ID, { nullable: true, description: 'Plan that was approved; what runs is this.' })
  approvedHash?: string | null;

  @Field(() => [ErasureTable], { description: 'Table by table; none until it is planned.' })
  tables: readonly ErasureTable[];

  @Field(() => ErasureProgress, { nullable: true, description: 'How far its batch is; null without one.' })
  progress?: ErasureProgress | null;

  @Field(() => [ErasureHistoryEntry], { description: 'What happened, oldest first.' })
  history: readonly ErasureHistoryEntry[];

  @Field(() => CalendarDate, { nullable: true, description: 'Until when rows are looked for again.' })
  rescanUntil?: string | null;

  @Field(() => CalendarDate, { nullable: true, description: 'When rows were last looked for again.' })
  rescannedOn?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Place of its last entry in the audit chain, of what people did.',
  })
  chain?: number | null;
}

export const ErasureRequestConnection = pageType(ErasureRequest, 'ErasureRequest');
