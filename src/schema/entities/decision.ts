import { Float, ID } from 'type-graphql';
import { Column, Dataset, Derived, Embedded, EmbeddedRow } from '../columns';
import { DecisionOutcome, DecisionProduct, TransactionKind } from '../enums';
import { CalendarDate, DateTime, Decimal } from '../scalars';

@EmbeddedRow(
  'Transaction',
  'One check inside a decision: what was looked at, what was found, how it counted.',
)
export class Transaction {
  @Column(() => ID, {
    class: 'internal',
    nullable: false,
    description: 'Number of the check inside its decision.',
  })
  id: string;

  @Column(() => TransactionKind, { class: 'internal', description: 'What the check looked at.' })
  kind?: keyof typeof TransactionKind;

  @Column(() => String, {
    class: 'internal',
    description: 'Name of the figure or rule, such as `payment_to_income`.',
  })
  name?: string;

  @Column(() => Float, { class: 'risk', description: 'The figure found, where the check gives a number.' })
  value?: number;

  @Column(() => String, {
    class: 'risk',
    description: 'The finding in words, where the check gives no number.',
  })
  finding?: string;

  @Column(() => DateTime, { class: 'internal', description: 'When the check was made.' })
  performedAt?: string;
}

@Dataset('Decision', {
  domain: 'decisions',
  description:
    'A decision about a person or a company, such as granting a loan. A single one is read from the decision store; lists come from the lake.',
  engine: 'athena',
  database: 'decisions',
  table: 'decisions',
  tenant: 'tenant_id',
  key: 'id',
  time: 'decidedAt',
  rangeRequired: true,
  subject: 'applicantId',
  erasure: {
    keys: { applicantId: 'customer', applicantEmail: 'email', applicantPhone: 'phone' },
    rule: {
      action: 'pseudonymise',
      // 25 months after notice of the action taken: 12 CFR 1002.12(b)(1).
      ground: 'Records of credit decisions: ECOA Regulation B, 12 CFR 1002.12(b), 25 months',
      keep: 'P25M',
      from: 'decidedAt',
    },
  },
  pointReads: { table: 'sluice-decisions' },
})
export class Decision {
  @Column(() => ID, {
    class: 'internal',
    column: 'decision_id',
    nullable: false,
    description: 'Opaque id of the decision.',
  })
  id: string;

  @Column(() => DateTime, { class: 'internal', nullable: false, description: 'When it was decided.' })
  decidedAt: string;

  @Column(() => DecisionProduct, { class: 'public', description: 'What was decided about.' })
  product?: keyof typeof DecisionProduct;

  @Column(() => DecisionOutcome, { class: 'internal', description: 'How it ended.' })
  outcome?: keyof typeof DecisionOutcome;

  @Column(() => String, {
    class: 'public',
    description: 'Market the decision belongs to, as a country code.',
  })
  market?: string;

  @Column(() => String, {
    class: 'internal',
    description: 'What the money is for, as the applicant chose it.',
  })
  purpose?: string;

  @Column(() => Decimal, {
    class: 'financial',
    scale: 4,
    band: 5000,
    description: 'Amount asked for, in `currency`.',
  })
  amount?: string;

  @Column(() => String, { class: 'public', description: 'Currency of the amounts, as an ISO 4217 code.' })
  currency?: string;

  @Column(() => ID, { class: 'identifier', description: 'Id of the applicant.' })
  applicantId?: string;

  @Column(() => String, { class: 'identifier', description: 'Name of the applicant.' })
  applicantName?: string;

  @Column(() => String, { class: 'contact', description: 'E-mail address of the applicant.' })
  applicantEmail?: string;

  @Column(() => String, { class: 'contact', description: 'Telephone number of the applicant.' })
  applicantPhone?: string;

  @Column(() => CalendarDate, { class: 'demographic', description: 'Birth date of the applicant.' })
  birthDate?: string;

  @Column(() => String, { class: 'location', description: 'State or region where the applicant lives.' })
  region?: string;

  @Column(() => Decimal, {
    class: 'financial',
    scale: 4,
    band: 10000,
    description: 'Yearly income of the applicant, in `currency`.',
  })
  annualIncome?: string;

  @Derived(() => Float, {
    reads: ['amount', 'annualIncome'],
    description: 'Amount asked for, divided by the yearly income; null without an income.',
    compute: (amount, income) => (Number(income) > 0 ? Number(amount) / Number(income) : null),
  })
  amountToIncome?: number;

  @Column(() => String, { class: 'free_text', description: 'Job title, as the applicant wrote it.' })
  jobTitle?: string;

  @Column(() => String, { class: 'risk', description: 'Risk grade given by the scorer, best first.' })
  riskGrade?: string;

  @Column(() => Float, { class: 'risk', unit: '% a year', description: 'Interest rate of the granted loan.' })
  interestRate?: number;

  @Column(() => Float, { class: 'risk', description: 'Yearly debt payments divided by yearly income.' })
  debtToIncome?: number;

  @Column(() => Boolean, { class: 'demographic', description: 'Whether the applicant is African American.' })
  africanAmerican?: boolean;

  @Column(() => Boolean, { class: 'demographic', description: 'Whether the applicant is single.' })
  single?: boolean;

  @Column(() => Boolean, {
    class: 'demographic',
    description: 'Whether the applicant has a high-school diploma.',
  })
  highSchoolDiploma?: boolean;

  @Column(() => Boolean, { class: 'demographic', description: 'Whether the applicant is self-employed.' })
  selfEmployed?: boolean;

  @Embedded(() => Transaction, {
    description: 'The checks the decision is made of, read from the decision store.',
  })
  transactions?: Transaction[];
}
