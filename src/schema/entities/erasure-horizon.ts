import { Field, ID, Int, ObjectType } from 'type-graphql';
import { ErasureEvidenceKind, ErasureLookPath } from '../erasure-enums';
import { CalendarDate, DateTime, SafeInt } from '../scalars';

/** What batches and looks did to a table, and the dates by which its rows are gone from where. */

@ObjectType({
  simpleResolvers: true,
  description: 'One step of a batch that changed rows or files of a table.',
})
export class ErasureTableStep {
  @Field(() => String, { description: 'The step: `athena.Reading.erase`.' })
  id: string;

  @Field(() => SafeInt, {
    description:
      'Rows that the engine says it changed. A row that two statements change counts twice; what a lost reply counted is missing.',
  })
  rows: number;

  @Field(() => DateTime, { description: 'When it ended.' })
  endedAt: string;

  @Field(() => [ID], { description: 'Statements that did it; none where items were written.' })
  statementIds: readonly string[];
}

@ObjectType({ simpleResolvers: true, description: 'What one batch did to a table.' })
export class ErasureTableBatch {
  @Field(() => ID, { description: 'The batch.' })
  batch: string;

  @Field(() => Int, {
    description: 'Requests that the batch was of: its counts are of all of them together.',
  })
  requests: number;

  @Field(() => [ErasureTableStep], { description: 'Its steps that were done, in order.' })
  steps: readonly ErasureTableStep[];
}

@ObjectType({ simpleResolvers: true, description: 'One thing that a date rests on.' })
export class ErasureEvidence {
  @Field(() => ErasureEvidenceKind, { description: 'What it is.' })
  kind: keyof typeof ErasureEvidenceKind;

  @Field(() => String, {
    description: 'The step, the table that was looked at, or store and kind of copies.',
  })
  name: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the step ended, somebody looked, or the oldest snapshot was taken; null for rules.',
  })
  at?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Days that copies live after the batch; null but for rules.',
  })
  days?: number | null;

  @Field(() => [ID], { description: 'Statements that did it or saw it.' })
  statementIds: readonly string[];
}

@ObjectType({ simpleResolvers: true, description: 'A day, and what it rests on.' })
export class ErasureHorizonDate {
  @Field(() => CalendarDate, { description: 'The day.' })
  date: string;

  @Field(() => [ErasureEvidence], { description: 'What it rests on.' })
  evidence: readonly ErasureEvidence[];
}

@ObjectType({
  simpleResolvers: true,
  description: 'The last look for rows of a table, by statements that share nothing with what erased them.',
})
export class ErasureLook {
  @Field(() => DateTime, { description: 'When.' })
  at: string;

  @Field(() => ErasureLookPath, { description: 'What was read.' })
  path: keyof typeof ErasureLookPath;

  @Field(() => SafeInt, { description: 'Rows that should have been gone, and could be read.' })
  found: number;

  @Field(() => ID, {
    nullable: true,
    description: 'Statement that counted them; null where items were read.',
  })
  statementId?: string | null;

  @Field(() => Int, { nullable: true, description: 'Data files that were read; null where none were.' })
  filesRead?: number | null;

  @Field(() => SafeInt, {
    nullable: true,
    description: 'Rows in them of the people of the request; null where none were read.',
  })
  rowsInFiles?: number | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the oldest snapshot was taken that was left; null where the store shows none.',
  })
  oldestSnapshot?: string | null;
}
