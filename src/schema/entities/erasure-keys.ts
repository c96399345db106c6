import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { pageType } from '../connections';
import { ErasureKeyKind, LeftOutWhy } from '../erasure-enums';
import { SafeInt } from '../scalars';

/** Keys of people: as they are asked for, and as they are found. */

@InputType({
  description: 'A key that names a person. It is compared to the byte: nothing is trimmed or folded.',
})
export class SubjectKeyInput {
  @Field(() => ErasureKeyKind, { description: 'What kind of key it is.' })
  kind: keyof typeof ErasureKeyKind;

  @Field(() => String, { description: 'The key as it is stored. No patterns.' })
  key: string;
}

@ObjectType({ simpleResolvers: true, description: 'Rows that hold one key beside another.' })
export class ErasureKeyEvidence {
  @Field(() => String, { description: 'Dataset of the rows.' })
  dataset: string;

  @Field(() => String, { description: 'Field with the key that was known.' })
  from: string;

  @Field(() => String, { description: 'Field with this key.' })
  to: string;

  @Field(() => SafeInt, { description: 'How many rows say so.' })
  rows: number;
}

@ObjectType({ simpleResolvers: true, description: 'A key of a person who is to be erased.' })
export class ErasureKey {
  @Field(() => ErasureKeyKind, { description: 'What kind of key it is.' })
  kind: keyof typeof ErasureKeyKind;

  @Field(() => ID, { description: 'One-way token of the key; the plan, certificate and audit name it so.' })
  token: string;

  @Field(() => String, { description: 'The key in the clear. Reading it is written to the audit.' })
  key?: string;

  @Field(() => Int, { description: 'Number of the person within the request; keys of one person share it.' })
  person: number;

  @Field(() => Int, { description: 'Links from what was asked for; 0 is what was asked for.' })
  distance: number;

  @Field(() => ErasureKeyEvidence, {
    nullable: true,
    description: 'Why it is taken for the same person’s; null for what was asked for.',
  })
  evidence?: ErasureKeyEvidence | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'A linked key that was not taken. Look at it before you approve.',
})
export class LeftOutErasureKey {
  @Field(() => ErasureKeyKind, { description: 'What kind of key it is.' })
  kind: keyof typeof ErasureKeyKind;

  @Field(() => ID, { description: 'One-way token of the key.' })
  token: string;

  @Field(() => String, { description: 'The key in the clear. Reading it is written to the audit.' })
  key?: string;

  @Field(() => Int, { description: 'Number of the person whose keys it is linked to.' })
  person: number;

  @Field(() => LeftOutWhy, { description: 'Why it was not taken.' })
  why: keyof typeof LeftOutWhy;

  @Field(() => ErasureKeyEvidence, { nullable: true, description: 'What links it.' })
  evidence?: ErasureKeyEvidence | null;
}

export const ErasureKeyConnection = pageType(ErasureKey, 'ErasureKey');
export const LeftOutErasureKeyConnection = pageType(LeftOutErasureKey, 'LeftOutErasureKey');
