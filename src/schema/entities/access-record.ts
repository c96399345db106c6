import { ID, Int } from 'type-graphql';
import { Column, Dataset } from '../columns';
import { AccessCall } from '../enums';
import { DateTime } from '../scalars';

@Dataset('AccessRecord', {
  domain: 'audit',
  description:
    'One read of data through this gateway: who saw what kind of information of whom, and when. No values.',
  engine: 'athena',
  database: 'audit',
  table: 'reads',
  tenant: 'tenant',
  key: 'id',
  time: 'at',
  partition: { column: 'dt', from: 'at' },
  external: true,
  subjectTokens: 'subjects',
})
export class AccessRecord {
  @Column(() => ID, {
    class: 'internal',
    column: 'record_id',
    nullable: false,
    description: 'Opaque id of the record.',
  })
  id: string;

  @Column(() => DateTime, {
    class: 'internal',
    column: 'read_at',
    nullable: false,
    description: 'When the answer was about to be given.',
  })
  at: string;

  @Column(() => ID, {
    class: 'internal',
    description:
      'Id of the request, as its answer says it in `extensions.requestId`. A request may read several times.',
  })
  requestId?: string;

  @Column(() => ID, {
    class: 'internal',
    column: 'reader',
    description: 'Who asked: one-way token of the subject of the caller’s token, the same in every record.',
  })
  who?: string;

  @Column(() => String, {
    class: 'internal',
    column: 'acting_role',
    description: 'Role that the caller acted in.',
  })
  role?: string;

  @Column(() => String, {
    class: 'internal',
    description: 'Name of the operation, where the client named one.',
  })
  operation?: string;

  @Column(() => String, { class: 'internal', description: 'Version of the policy that decided.' })
  policyVersion?: string;

  @Column(() => String, { class: 'internal', description: 'Purpose that the caller gave.' })
  purpose?: string;

  @Column(() => Boolean, {
    class: 'internal',
    description: 'Whether the caller acted in a break-glass role.',
  })
  breakGlass?: boolean;

  @Column(() => String, {
    class: 'free_text',
    description: 'Reason that the caller gave for breaking the glass.',
  })
  breakGlassReason?: string;

  @Column(() => AccessCall, {
    class: 'internal',
    column: 'call_kind',
    description: 'What was asked of the gate.',
  })
  call?: keyof typeof AccessCall;

  @Column(() => String, { class: 'internal', description: 'Type that was read.' })
  dataset?: string;

  @Column(() => String, {
    class: 'internal',
    description:
      'Fields that were selected or grouped by, each with what the role got of it: `applicantId:pseudonym amount:band`.',
  })
  fields?: string;

  @Column(() => String, {
    class: 'internal',
    description: 'Measures that were computed, separated by spaces.',
  })
  measures?: string;

  @Column(() => String, {
    class: 'internal',
    description: 'Fields that rows were filtered or ordered by, separated by spaces.',
  })
  filters?: string;

  @Column(() => String, {
    class: 'internal',
    description: 'Classes of information seen in the clear, separated by spaces.',
  })
  clearClasses?: string;

  @Column(() => String, { class: 'internal', description: 'Classes seen masked, separated by spaces.' })
  maskedClasses?: string;

  @Column(() => String, {
    class: 'internal',
    description: 'Classes seen only in measures, separated by spaces.',
  })
  aggregatedClasses?: string;

  @Column(() => String, {
    class: 'identifier',
    description:
      'One-way tokens of the people the answer is about, 12 characters each: `a_…a_…`; of whom records were asked for: `?a-…`.',
  })
  subjects?: string;

  @Column(() => Int, { class: 'internal', description: 'How many people the answer is about.' })
  subjectCount?: number;

  @Column(() => Int, {
    class: 'internal',
    column: 'row_count',
    description: 'Rows or groups that were given.',
  })
  rows?: number;

  @Column(() => String, {
    class: 'internal',
    description: 'Ids of the engines’ statements, separated by spaces.',
  })
  statements?: string;

  @Column(() => String, { class: 'internal', description: '`OK`, or the code of the refusal.' })
  outcome?: string;
}
