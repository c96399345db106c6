import { registerEnumType } from 'type-graphql';
import { rememberEnum } from './columns';
import type { Grain as GrainName } from './vocabulary';

/** Registers an enum whose stored values are its GraphQL names, each described for the reader. */
export function declareEnum<T extends Record<string, string>>(
  name: string,
  description: string,
  values: T,
): { [K in keyof T]: K } {
  const object = Object.fromEntries(Object.keys(values).map((key) => [key, key])) as { [K in keyof T]: K };
  registerEnumType(object, {
    name,
    description,
    valuesConfig: Object.fromEntries(
      Object.entries(values).map(([key, text]) => [key, { description: text }]),
    ) as never,
  });
  rememberEnum({ name, values: Object.keys(values), object });
  return object;
}

export const DecisionOutcome = declareEnum('DecisionOutcome', 'How a decision ended.', {
  APPROVED: 'The request was granted.',
  DENIED: 'The request was refused.',
  REFERRED: 'A person had to decide.',
});

export const DecisionProduct = declareEnum('DecisionProduct', 'What was decided about.', {
  MORTGAGE: 'A loan secured by a home.',
  CONSUMER_LOAN: 'A loan to a person without security.',
  INVOICE: 'Buying now and paying by invoice.',
  CARD: 'A card or its limit.',
});

export const TransactionKind = declareEnum('TransactionKind', 'What a check inside a decision looked at.', {
  AFFORDABILITY: 'Whether the applicant can carry the payments.',
  COLLATERAL: 'What secures the loan.',
  CREDIT_BUREAU: 'History at a credit bureau.',
  EMPLOYMENT: 'The applicant’s work and the job market.',
  IDENTITY: 'Whether the applicant is who they say.',
  INSURANCE: 'Cover against default.',
});

export const SalesChannel = declareEnum('SalesChannel', 'How a sale came in.', {
  ONLINE: 'The web shop.',
  STORE: 'A shop.',
  PARTNER: 'A reseller.',
  FIELD: 'A sales representative.',
});

export const RatingLevel = declareEnum('RatingLevel', 'A four-step rating.', {
  LOW: 'The lowest step.',
  MEDIUM: 'The second step.',
  HIGH: 'The third step.',
  VERY_HIGH: 'The highest step.',
});

export const Grain = declareEnum('Grain', 'Length of a period. Periods start in UTC, weeks on Monday.', {
  MINUTE: 'One minute.',
  HOUR: 'One hour.',
  DAY: 'One day.',
  WEEK: 'Seven days from Monday.',
  MONTH: 'A calendar month.',
  QUARTER: 'A calendar quarter.',
  YEAR: 'A calendar year.',
} satisfies Record<GrainName, string>);

export const AccessCall = declareEnum('AccessCall', 'What was asked of the gate.', {
  ROWS: 'Rows of a list.',
  COUNT: 'How many rows there are.',
  METRICS: 'Groups and measures.',
  LOOKUP: 'Rows by their ids.',
  ERASURE_PREVIEW: 'A preview of an erasure.',
  ERASURE_KEYS: 'Keys of people under erasure.',
  ERASURE_CHANGE: 'A change of an erasure.',
});
