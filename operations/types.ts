/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A calendar day: `2014-01-31`. */
  Date: { input: string; output: string; }
  /** A moment in UTC, as ISO 8601 text: `2014-01-31T08:30:00.000Z`. */
  DateTime: { input: string; output: string; }
  /** An exact decimal number as text: `"1461756.2500"`. Nothing is lost to floating point. */
  Decimal: { input: string; output: string; }
  /** A whole number up to 2^53 - 1, either way from 0, as a JSON number: counts and sums outgrow `Int`. */
  SafeInt: { input: number; output: number; }
};

/** What was asked of the gate. */
export type AccessCall =
  /** How many rows there are. */
  | 'COUNT'
  /** A change of an erasure. */
  | 'ERASURE_CHANGE'
  /** Keys of people under erasure. */
  | 'ERASURE_KEYS'
  /** A preview of an erasure. */
  | 'ERASURE_PREVIEW'
  /** Rows by their ids. */
  | 'LOOKUP'
  /** Groups and measures. */
  | 'METRICS'
  /** Rows of a list. */
  | 'ROWS';

/** Conditions on a value; all that are given must hold. */
export type AccessCallFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<AccessCall>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<AccessCall>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<AccessCall>;
};

/** One read of data through this gateway: who saw what kind of information of whom, and when. No values. */
export type AccessRecord = {
  __typename?: 'AccessRecord';
  /** Classes seen only in measures, separated by spaces. */
  aggregatedClasses?: Maybe<Scalars['String']['output']>;
  /** When the answer was about to be given. */
  at: Scalars['DateTime']['output'];
  /** Whether the caller acted in a break-glass role. */
  breakGlass?: Maybe<Scalars['Boolean']['output']>;
  /** Reason that the caller gave for breaking the glass. */
  breakGlassReason?: Maybe<Scalars['String']['output']>;
  /** What was asked of the gate. */
  call?: Maybe<AccessCall>;
  /** Classes of information seen in the clear, separated by spaces. */
  clearClasses?: Maybe<Scalars['String']['output']>;
  /** Type that was read. */
  dataset?: Maybe<Scalars['String']['output']>;
  /** Fields that were selected or grouped by, each with what the role got of it: `applicantId:pseudonym amount:band`. */
  fields?: Maybe<Scalars['String']['output']>;
  /** Fields that rows were filtered or ordered by, separated by spaces. */
  filters?: Maybe<Scalars['String']['output']>;
  /** Opaque id of the record. */
  id: Scalars['ID']['output'];
  /** Classes seen masked, separated by spaces. */
  maskedClasses?: Maybe<Scalars['String']['output']>;
  /** Measures that were computed, separated by spaces. */
  measures?: Maybe<Scalars['String']['output']>;
  /** Name of the operation, where the client named one. */
  operation?: Maybe<Scalars['String']['output']>;
  /** `OK`, or the code of the refusal. */
  outcome?: Maybe<Scalars['String']['output']>;
  /** Version of the policy that decided. */
  policyVersion?: Maybe<Scalars['String']['output']>;
  /** Purpose that the caller gave. */
  purpose?: Maybe<Scalars['String']['output']>;
  /** Id of the request, as its answer says it in `extensions.requestId`. A request may read several times. */
  requestId?: Maybe<Scalars['ID']['output']>;
  /** Role that the caller acted in. */
  role?: Maybe<Scalars['String']['output']>;
  /** Rows or groups that were given. */
  rows?: Maybe<Scalars['Int']['output']>;
  /** Ids of the engines’ statements, separated by spaces. */
  statements?: Maybe<Scalars['String']['output']>;
  /** How many people the answer is about. */
  subjectCount?: Maybe<Scalars['Int']['output']>;
  /** One-way tokens of the people the answer is about, 12 characters each: `a_…a_…`; of whom records were asked for: `?a-…`. */
  subjects?: Maybe<Scalars['String']['output']>;
  /** Who asked: one-way token of the subject of the caller’s token, the same in every record. */
  who?: Maybe<Scalars['ID']['output']>;
};

/** A page of AccessRecord rows. */
export type AccessRecordConnection = {
  __typename?: 'AccessRecordConnection';
  /** The rows with their cursors. */
  edges: Array<AccessRecordEdge>;
  /** The rows. */
  nodes: Array<AccessRecord>;
  /** Where the page lies. */
  pageInfo: PageInfo;
  /** Rows on all pages together, counted in the engine only when selected. Null when they are fewer people than your role may count. */
  totalCount?: Maybe<Scalars['SafeInt']['output']>;
};

/** A AccessRecord and its cursor. */
export type AccessRecordEdge = {
  __typename?: 'AccessRecordEdge';
  /** Cursor of the row, for `after`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: AccessRecord;
};

/** Orders of AccessRecord rows. A field that your role does not see in the clear cannot be used. */
export type AccessRecordOrder =
  /** Classes seen only in measures, separated by spaces. Smallest first, null last. */
  | 'AGGREGATED_CLASSES_ASC'
  /** Classes seen only in measures, separated by spaces. Largest first, null last. */
  | 'AGGREGATED_CLASSES_DESC'
  /** When the answer was about to be given. Smallest first, null last. */
  | 'AT_ASC'
  /** When the answer was about to be given. Largest first, null last. */
  | 'AT_DESC'
  /** Whether the caller acted in a break-glass role. Smallest first, null last. */
  | 'BREAK_GLASS_ASC'
  /** Whether the caller acted in a break-glass role. Largest first, null last. */
  | 'BREAK_GLASS_DESC'
  /** Reason that the caller gave for breaking the glass. Smallest first, null last. */
  | 'BREAK_GLASS_REASON_ASC'
  /** Reason that the caller gave for breaking the glass. Largest first, null last. */
  | 'BREAK_GLASS_REASON_DESC'
  /** What was asked of the gate. Smallest first, null last. */
  | 'CALL_ASC'
  /** What was asked of the gate. Largest first, null last. */
  | 'CALL_DESC'
  /** Classes of information seen in the clear, separated by spaces. Smallest first, null last. */
  | 'CLEAR_CLASSES_ASC'
  /** Classes of information seen in the clear, separated by spaces. Largest first, null last. */
  | 'CLEAR_CLASSES_DESC'
  /** Type that was read. Smallest first, null last. */
  | 'DATASET_ASC'
  /** Type that was read. Largest first, null last. */
  | 'DATASET_DESC'
  /** Fields that were selected or grouped by, each with what the role got of it: `applicantId:pseudonym amount:band`. Smallest first, null last. */
  | 'FIELDS_ASC'
  /** Fields that were selected or grouped by, each with what the role got of it: `applicantId:pseudonym amount:band`. Largest first, null last. */
  | 'FIELDS_DESC'
  /** Fields that rows were filtered or ordered by, separated by spaces. Smallest first, null last. */
  | 'FILTERS_ASC'
  /** Fields that rows were filtered or ordered by, separated by spaces. Largest first, null last. */
  | 'FILTERS_DESC'
  /** Opaque id of the record. Smallest first, null last. */
  | 'ID_ASC'
  /** Opaque id of the record. Largest first, null last. */
  | 'ID_DESC'
  /** Classes seen masked, separated by spaces. Smallest first, null last. */
  | 'MASKED_CLASSES_ASC'
  /** Classes seen masked, separated by spaces. Largest first, null last. */
  | 'MASKED_CLASSES_DESC'
  /** Measures that were computed, separated by spaces. Smallest first, null last. */
  | 'MEASURES_ASC'
  /** Measures that were computed, separated by spaces. Largest first, null last. */
  | 'MEASURES_DESC'
  /** Name of the operation, where the client named one. Smallest first, null last. */
  | 'OPERATION_ASC'
  /** Name of the operation, where the client named one. Largest first, null last. */
  | 'OPERATION_DESC'
  /** `OK`, or the code of the refusal. Smallest first, null last. */
  | 'OUTCOME_ASC'
  /** `OK`, or the code of the refusal. Largest first, null last. */
  | 'OUTCOME_DESC'
  /** Version of the policy that decided. Smallest first, null last. */
  | 'POLICY_VERSION_ASC'
  /** Version of the policy that decided. Largest first, null last. */
  | 'POLICY_VERSION_DESC'
  /** Purpose that the caller gave. Smallest first, null last. */
  | 'PURPOSE_ASC'
  /** Purpose that the caller gave. Largest first, null last. */
  | 'PURPOSE_DESC'
  /** Id of the request, as its answer says it in `extensions.requestId`. A request may read several times. Smallest first, null last. */
  | 'REQUEST_ID_ASC'
  /** Id of the request, as its answer says it in `extensions.requestId`. A request may read several times. Largest first, null last. */
  | 'REQUEST_ID_DESC'
  /** Role that the caller acted in. Smallest first, null last. */
  | 'ROLE_ASC'
  /** Role that the caller acted in. Largest first, null last. */
  | 'ROLE_DESC'
  /** Rows or groups that were given. Smallest first, null last. */
  | 'ROWS_ASC'
  /** Rows or groups that were given. Largest first, null last. */
  | 'ROWS_DESC'
  /** Ids of the engines’ statements, separated by spaces. Smallest first, null last. */
  | 'STATEMENTS_ASC'
  /** Ids of the engines’ statements, separated by spaces. Largest first, null last. */
  | 'STATEMENTS_DESC'
  /** One-way tokens of the people the answer is about, 12 characters each: `a_…a_…`; of whom records were asked for: `?a-…`. Smallest first, null last. */
  | 'SUBJECTS_ASC'
  /** One-way tokens of the people the answer is about, 12 characters each: `a_…a_…`; of whom records were asked for: `?a-…`. Largest first, null last. */
  | 'SUBJECTS_DESC'
  /** How many people the answer is about. Smallest first, null last. */
  | 'SUBJECT_COUNT_ASC'
  /** How many people the answer is about. Largest first, null last. */
  | 'SUBJECT_COUNT_DESC'
  /** Who asked: one-way token of the subject of the caller’s token, the same in every record. Smallest first, null last. */
  | 'WHO_ASC'
  /** Who asked: one-way token of the subject of the caller’s token, the same in every record. Largest first, null last. */
  | 'WHO_DESC';

/** Conditions on AccessRecord rows; all fields that are given must hold. A field that your role does not see in the clear cannot be used. */
export type AccessRecordWhere = {
  /** Classes seen only in measures, separated by spaces. */
  aggregatedClasses?: InputMaybe<StringFilter>;
  /** All of these must hold. */
  and?: InputMaybe<Array<AccessRecordWhere>>;
  /** When the answer was about to be given. */
  at?: InputMaybe<DateTimeFilter>;
  /** Whether the caller acted in a break-glass role. */
  breakGlass?: InputMaybe<BooleanFilter>;
  /** Reason that the caller gave for breaking the glass. */
  breakGlassReason?: InputMaybe<StringFilter>;
  /** What was asked of the gate. */
  call?: InputMaybe<AccessCallFilter>;
  /** Classes of information seen in the clear, separated by spaces. */
  clearClasses?: InputMaybe<StringFilter>;
  /** Type that was read. */
  dataset?: InputMaybe<StringFilter>;
  /** Fields that were selected or grouped by, each with what the role got of it: `applicantId:pseudonym amount:band`. */
  fields?: InputMaybe<StringFilter>;
  /** Fields that rows were filtered or ordered by, separated by spaces. */
  filters?: InputMaybe<StringFilter>;
  /** Opaque id of the record. */
  id?: InputMaybe<IdFilter>;
  /** Classes seen masked, separated by spaces. */
  maskedClasses?: InputMaybe<StringFilter>;
  /** Measures that were computed, separated by spaces. */
  measures?: InputMaybe<StringFilter>;
  /** This must not hold. */
  not?: InputMaybe<AccessRecordWhere>;
  /** Name of the operation, where the client named one. */
  operation?: InputMaybe<StringFilter>;
  /** At least one of these must hold. */
  or?: InputMaybe<Array<AccessRecordWhere>>;
  /** `OK`, or the code of the refusal. */
  outcome?: InputMaybe<StringFilter>;
  /** Version of the policy that decided. */
  policyVersion?: InputMaybe<StringFilter>;
  /** Purpose that the caller gave. */
  purpose?: InputMaybe<StringFilter>;
  /** Id of the request, as its answer says it in `extensions.requestId`. A request may read several times. */
  requestId?: InputMaybe<IdFilter>;
  /** Role that the caller acted in. */
  role?: InputMaybe<StringFilter>;
  /** Rows or groups that were given. */
  rows?: InputMaybe<IntFilter>;
  /** Ids of the engines’ statements, separated by spaces. */
  statements?: InputMaybe<StringFilter>;
  /** How many people the answer is about. */
  subjectCount?: InputMaybe<IntFilter>;
  /** One-way tokens of the people the answer is about, 12 characters each: `a_…a_…`; of whom records were asked for: `?a-…`. */
  subjects?: InputMaybe<StringFilter>;
  /** Who asked: one-way token of the subject of the caller’s token, the same in every record. */
  who?: InputMaybe<IdFilter>;
};

/** Conditions on a value; all that are given must hold. */
export type BooleanFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<Scalars['Boolean']['input']>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
};

/** Conditions on a value; all that are given must hold. */
export type DateFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<Scalars['Date']['input']>;
  /** Greater than, or after. */
  gt?: InputMaybe<Scalars['Date']['input']>;
  /** Greater than or equal, or not before. */
  gte?: InputMaybe<Scalars['Date']['input']>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<Scalars['Date']['input']>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Less than, or before. */
  lt?: InputMaybe<Scalars['Date']['input']>;
  /** Less than or equal, or not after. */
  lte?: InputMaybe<Scalars['Date']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<Scalars['Date']['input']>;
};

/** Conditions on a value; all that are given must hold. */
export type DateTimeFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<Scalars['DateTime']['input']>;
  /** Greater than, or after. */
  gt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Greater than or equal, or not before. */
  gte?: InputMaybe<Scalars['DateTime']['input']>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<Scalars['DateTime']['input']>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Less than, or before. */
  lt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Less than or equal, or not after. */
  lte?: InputMaybe<Scalars['DateTime']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<Scalars['DateTime']['input']>;
};

/** Conditions on a value; all that are given must hold. */
export type DecimalFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<Scalars['Decimal']['input']>;
  /** Greater than, or after. */
  gt?: InputMaybe<Scalars['Decimal']['input']>;
  /** Greater than or equal, or not before. */
  gte?: InputMaybe<Scalars['Decimal']['input']>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<Scalars['Decimal']['input']>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Less than, or before. */
  lt?: InputMaybe<Scalars['Decimal']['input']>;
  /** Less than or equal, or not after. */
  lte?: InputMaybe<Scalars['Decimal']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<Scalars['Decimal']['input']>;
};

/** A decision about a person or a company, such as granting a loan. A single one is read from the decision store; lists come from the lake. */
export type Decision = {
  __typename?: 'Decision';
  /** Whether the applicant is African American. */
  africanAmerican?: Maybe<Scalars['Boolean']['output']>;
  /** Amount asked for, in `currency`. */
  amount?: Maybe<Scalars['Decimal']['output']>;
  /** Amount asked for, divided by the yearly income; null without an income. */
  amountToIncome?: Maybe<Scalars['Float']['output']>;
  /** Yearly income of the applicant, in `currency`. */
  annualIncome?: Maybe<Scalars['Decimal']['output']>;
  /** E-mail address of the applicant. */
  applicantEmail?: Maybe<Scalars['String']['output']>;
  /** Id of the applicant. */
  applicantId?: Maybe<Scalars['ID']['output']>;
  /** Name of the applicant. */
  applicantName?: Maybe<Scalars['String']['output']>;
  /** Telephone number of the applicant. */
  applicantPhone?: Maybe<Scalars['String']['output']>;
  /** Birth date of the applicant. */
  birthDate?: Maybe<Scalars['Date']['output']>;
  /** Currency of the amounts, as an ISO 4217 code. */
  currency?: Maybe<Scalars['String']['output']>;
  /** Yearly debt payments divided by yearly income. */
  debtToIncome?: Maybe<Scalars['Float']['output']>;
  /** When it was decided. */
  decidedAt: Scalars['DateTime']['output'];
  /** Whether the applicant has a high-school diploma. */
  highSchoolDiploma?: Maybe<Scalars['Boolean']['output']>;
  /** Opaque id of the decision. */
  id: Scalars['ID']['output'];
  /** Interest rate of the granted loan. Unit: % a year. */
  interestRate?: Maybe<Scalars['Float']['output']>;
  /** Job title, as the applicant wrote it. */
  jobTitle?: Maybe<Scalars['String']['output']>;
  /** Market the decision belongs to, as a country code. */
  market?: Maybe<Scalars['String']['output']>;
  /** How it ended. */
  outcome?: Maybe<DecisionOutcome>;
  /** What was decided about. */
  product?: Maybe<DecisionProduct>;
  /** What the money is for, as the applicant chose it. */
  purpose?: Maybe<Scalars['String']['output']>;
  /** State or region where the applicant lives. */
  region?: Maybe<Scalars['String']['output']>;
  /** Risk grade given by the scorer, best first. */
  riskGrade?: Maybe<Scalars['String']['output']>;
  /** Whether the applicant is self-employed. */
  selfEmployed?: Maybe<Scalars['Boolean']['output']>;
  /** Whether the applicant is single. */
  single?: Maybe<Scalars['Boolean']['output']>;
  /** The checks the decision is made of, read from the decision store. */
  transactions?: Maybe<Array<Transaction>>;
};

/** A page of Decision rows. */
export type DecisionConnection = {
  __typename?: 'DecisionConnection';
  /** The rows with their cursors. */
  edges: Array<DecisionEdge>;
  /** The rows. */
  nodes: Array<Decision>;
  /** Where the page lies. */
  pageInfo: PageInfo;
  /** Rows on all pages together, counted in the engine only when selected. Null when they are fewer people than your role may count. */
  totalCount?: Maybe<Scalars['SafeInt']['output']>;
};

/** A Decision and its cursor. */
export type DecisionEdge = {
  __typename?: 'DecisionEdge';
  /** Cursor of the row, for `after`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: Decision;
};

/** Decisions counted and summed, by period and dimension. */
export type DecisionMetrics = {
  __typename?: 'DecisionMetrics';
  /** Amounts asked for, added up, in `currency`. */
  amount?: Maybe<Scalars['Decimal']['output']>;
  /** Yearly income of the applicants, in `currency`. */
  annualIncome?: Maybe<Scalars['Decimal']['output']>;
  /** Mean of debt to income. */
  averageDebtToIncome?: Maybe<Scalars['Float']['output']>;
  /** Birth date of the applicants. */
  birthDate?: Maybe<Scalars['Date']['output']>;
  /** Currency of the amounts. */
  currency?: Maybe<Scalars['String']['output']>;
  /** Number of decisions. */
  decisions?: Maybe<Scalars['SafeInt']['output']>;
  /** Refusals divided by decisions. */
  denialRate?: Maybe<Scalars['Float']['output']>;
  /** Number of refusals. */
  denied?: Maybe<Scalars['SafeInt']['output']>;
  /** Market, as a country code. */
  market?: Maybe<Scalars['String']['output']>;
  /** How the decisions ended. */
  outcome?: Maybe<DecisionOutcome>;
  /** Start of the period, when the query names a grain. */
  period?: Maybe<Scalars['DateTime']['output']>;
  /** What was decided about. */
  product?: Maybe<DecisionProduct>;
  /** What the money is for. */
  purpose?: Maybe<Scalars['String']['output']>;
  /** State or region of the applicants. */
  region?: Maybe<Scalars['String']['output']>;
  /** Risk grade. */
  riskGrade?: Maybe<Scalars['String']['output']>;
  /** True when the group has fewer people than the acting role may see; its measures are then null. */
  suppressed: Scalars['Boolean']['output'];
};

/** What DecisionMetrics rows can be grouped by. */
export type DecisionMetricsDimension =
  /** Yearly income of the applicant, in `currency`. */
  | 'ANNUAL_INCOME'
  /** Birth date of the applicant. */
  | 'BIRTH_DATE'
  /** Currency of the amounts, as an ISO 4217 code. */
  | 'CURRENCY'
  /** Market the decision belongs to, as a country code. */
  | 'MARKET'
  /** How it ended. */
  | 'OUTCOME'
  /** What was decided about. */
  | 'PRODUCT'
  /** What the money is for, as the applicant chose it. */
  | 'PURPOSE'
  /** State or region where the applicant lives. */
  | 'REGION'
  /** Risk grade given by the scorer, best first. */
  | 'RISK_GRADE';

/** Orders of DecisionMetrics rows; only what the query selects can be used. */
export type DecisionMetricsOrder =
  /** Amounts asked for, added up, in `currency`. Smallest first, null last. */
  | 'AMOUNT_ASC'
  /** Amounts asked for, added up, in `currency`. Largest first, null last. */
  | 'AMOUNT_DESC'
  /** Yearly income of the applicant, in `currency`. Smallest first, null last. */
  | 'ANNUAL_INCOME_ASC'
  /** Yearly income of the applicant, in `currency`. Largest first, null last. */
  | 'ANNUAL_INCOME_DESC'
  /** Mean of debt to income. Smallest first, null last. */
  | 'AVERAGE_DEBT_TO_INCOME_ASC'
  /** Mean of debt to income. Largest first, null last. */
  | 'AVERAGE_DEBT_TO_INCOME_DESC'
  /** Birth date of the applicant. Smallest first, null last. */
  | 'BIRTH_DATE_ASC'
  /** Birth date of the applicant. Largest first, null last. */
  | 'BIRTH_DATE_DESC'
  /** Currency of the amounts, as an ISO 4217 code. Smallest first, null last. */
  | 'CURRENCY_ASC'
  /** Currency of the amounts, as an ISO 4217 code. Largest first, null last. */
  | 'CURRENCY_DESC'
  /** Number of decisions. Smallest first, null last. */
  | 'DECISIONS_ASC'
  /** Number of decisions. Largest first, null last. */
  | 'DECISIONS_DESC'
  /** Refusals divided by decisions. Smallest first, null last. */
  | 'DENIAL_RATE_ASC'
  /** Refusals divided by decisions. Largest first, null last. */
  | 'DENIAL_RATE_DESC'
  /** Number of refusals. Smallest first, null last. */
  | 'DENIED_ASC'
  /** Number of refusals. Largest first, null last. */
  | 'DENIED_DESC'
  /** Market the decision belongs to, as a country code. Smallest first, null last. */
  | 'MARKET_ASC'
  /** Market the decision belongs to, as a country code. Largest first, null last. */
  | 'MARKET_DESC'
  /** How it ended. Smallest first, null last. */
  | 'OUTCOME_ASC'
  /** How it ended. Largest first, null last. */
  | 'OUTCOME_DESC'
  /** Start of the period. Smallest first, null last. */
  | 'PERIOD_ASC'
  /** Start of the period. Largest first, null last. */
  | 'PERIOD_DESC'
  /** What was decided about. Smallest first, null last. */
  | 'PRODUCT_ASC'
  /** What was decided about. Largest first, null last. */
  | 'PRODUCT_DESC'
  /** What the money is for, as the applicant chose it. Smallest first, null last. */
  | 'PURPOSE_ASC'
  /** What the money is for, as the applicant chose it. Largest first, null last. */
  | 'PURPOSE_DESC'
  /** State or region where the applicant lives. Smallest first, null last. */
  | 'REGION_ASC'
  /** State or region where the applicant lives. Largest first, null last. */
  | 'REGION_DESC'
  /** Risk grade given by the scorer, best first. Smallest first, null last. */
  | 'RISK_GRADE_ASC'
  /** Risk grade given by the scorer, best first. Largest first, null last. */
  | 'RISK_GRADE_DESC';

/** Rows of DecisionMetrics. */
export type DecisionMetricsTable = {
  __typename?: 'DecisionMetricsTable';
  /** Whether there are more rows than `first` let through. */
  hasMore: Scalars['Boolean']['output'];
  /** The rows. */
  rows: Array<DecisionMetrics>;
};

/** Orders of Decision rows. A field that your role does not see in the clear cannot be used. */
export type DecisionOrder =
  /** Whether the applicant is African American. Smallest first, null last. */
  | 'AFRICAN_AMERICAN_ASC'
  /** Whether the applicant is African American. Largest first, null last. */
  | 'AFRICAN_AMERICAN_DESC'
  /** Amount asked for, in `currency`. Smallest first, null last. */
  | 'AMOUNT_ASC'
  /** Amount asked for, in `currency`. Largest first, null last. */
  | 'AMOUNT_DESC'
  /** Yearly income of the applicant, in `currency`. Smallest first, null last. */
  | 'ANNUAL_INCOME_ASC'
  /** Yearly income of the applicant, in `currency`. Largest first, null last. */
  | 'ANNUAL_INCOME_DESC'
  /** E-mail address of the applicant. Smallest first, null last. */
  | 'APPLICANT_EMAIL_ASC'
  /** E-mail address of the applicant. Largest first, null last. */
  | 'APPLICANT_EMAIL_DESC'
  /** Id of the applicant. Smallest first, null last. */
  | 'APPLICANT_ID_ASC'
  /** Id of the applicant. Largest first, null last. */
  | 'APPLICANT_ID_DESC'
  /** Name of the applicant. Smallest first, null last. */
  | 'APPLICANT_NAME_ASC'
  /** Name of the applicant. Largest first, null last. */
  | 'APPLICANT_NAME_DESC'
  /** Telephone number of the applicant. Smallest first, null last. */
  | 'APPLICANT_PHONE_ASC'
  /** Telephone number of the applicant. Largest first, null last. */
  | 'APPLICANT_PHONE_DESC'
  /** Birth date of the applicant. Smallest first, null last. */
  | 'BIRTH_DATE_ASC'
  /** Birth date of the applicant. Largest first, null last. */
  | 'BIRTH_DATE_DESC'
  /** Currency of the amounts, as an ISO 4217 code. Smallest first, null last. */
  | 'CURRENCY_ASC'
  /** Currency of the amounts, as an ISO 4217 code. Largest first, null last. */
  | 'CURRENCY_DESC'
  /** Yearly debt payments divided by yearly income. Smallest first, null last. */
  | 'DEBT_TO_INCOME_ASC'
  /** Yearly debt payments divided by yearly income. Largest first, null last. */
  | 'DEBT_TO_INCOME_DESC'
  /** When it was decided. Smallest first, null last. */
  | 'DECIDED_AT_ASC'
  /** When it was decided. Largest first, null last. */
  | 'DECIDED_AT_DESC'
  /** Whether the applicant has a high-school diploma. Smallest first, null last. */
  | 'HIGH_SCHOOL_DIPLOMA_ASC'
  /** Whether the applicant has a high-school diploma. Largest first, null last. */
  | 'HIGH_SCHOOL_DIPLOMA_DESC'
  /** Opaque id of the decision. Smallest first, null last. */
  | 'ID_ASC'
  /** Opaque id of the decision. Largest first, null last. */
  | 'ID_DESC'
  /** Interest rate of the granted loan. Unit: % a year. Smallest first, null last. */
  | 'INTEREST_RATE_ASC'
  /** Interest rate of the granted loan. Unit: % a year. Largest first, null last. */
  | 'INTEREST_RATE_DESC'
  /** Job title, as the applicant wrote it. Smallest first, null last. */
  | 'JOB_TITLE_ASC'
  /** Job title, as the applicant wrote it. Largest first, null last. */
  | 'JOB_TITLE_DESC'
  /** Market the decision belongs to, as a country code. Smallest first, null last. */
  | 'MARKET_ASC'
  /** Market the decision belongs to, as a country code. Largest first, null last. */
  | 'MARKET_DESC'
  /** How it ended. Smallest first, null last. */
  | 'OUTCOME_ASC'
  /** How it ended. Largest first, null last. */
  | 'OUTCOME_DESC'
  /** What was decided about. Smallest first, null last. */
  | 'PRODUCT_ASC'
  /** What was decided about. Largest first, null last. */
  | 'PRODUCT_DESC'
  /** What the money is for, as the applicant chose it. Smallest first, null last. */
  | 'PURPOSE_ASC'
  /** What the money is for, as the applicant chose it. Largest first, null last. */
  | 'PURPOSE_DESC'
  /** State or region where the applicant lives. Smallest first, null last. */
  | 'REGION_ASC'
  /** State or region where the applicant lives. Largest first, null last. */
  | 'REGION_DESC'
  /** Risk grade given by the scorer, best first. Smallest first, null last. */
  | 'RISK_GRADE_ASC'
  /** Risk grade given by the scorer, best first. Largest first, null last. */
  | 'RISK_GRADE_DESC'
  /** Whether the applicant is self-employed. Smallest first, null last. */
  | 'SELF_EMPLOYED_ASC'
  /** Whether the applicant is self-employed. Largest first, null last. */
  | 'SELF_EMPLOYED_DESC'
  /** Whether the applicant is single. Smallest first, null last. */
  | 'SINGLE_ASC'
  /** Whether the applicant is single. Largest first, null last. */
  | 'SINGLE_DESC';

/** How a decision ended. */
export type DecisionOutcome =
  /** The request was granted. */
  | 'APPROVED'
  /** The request was refused. */
  | 'DENIED'
  /** A person had to decide. */
  | 'REFERRED';

/** Conditions on a value; all that are given must hold. */
export type DecisionOutcomeFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<DecisionOutcome>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<DecisionOutcome>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<DecisionOutcome>;
};

/** What was decided about. */
export type DecisionProduct =
  /** A card or its limit. */
  | 'CARD'
  /** A loan to a person without security. */
  | 'CONSUMER_LOAN'
  /** Buying now and paying by invoice. */
  | 'INVOICE'
  /** A loan secured by a home. */
  | 'MORTGAGE';

/** Conditions on a value; all that are given must hold. */
export type DecisionProductFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<DecisionProduct>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<DecisionProduct>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<DecisionProduct>;
};

/** Conditions on Decision rows; all fields that are given must hold. A field that your role does not see in the clear cannot be used. */
export type DecisionWhere = {
  /** Whether the applicant is African American. */
  africanAmerican?: InputMaybe<BooleanFilter>;
  /** Amount asked for, in `currency`. */
  amount?: InputMaybe<DecimalFilter>;
  /** All of these must hold. */
  and?: InputMaybe<Array<DecisionWhere>>;
  /** Yearly income of the applicant, in `currency`. */
  annualIncome?: InputMaybe<DecimalFilter>;
  /** E-mail address of the applicant. */
  applicantEmail?: InputMaybe<StringFilter>;
  /** Id of the applicant. */
  applicantId?: InputMaybe<IdFilter>;
  /** Name of the applicant. */
  applicantName?: InputMaybe<StringFilter>;
  /** Telephone number of the applicant. */
  applicantPhone?: InputMaybe<StringFilter>;
  /** Birth date of the applicant. */
  birthDate?: InputMaybe<DateFilter>;
  /** Currency of the amounts, as an ISO 4217 code. */
  currency?: InputMaybe<StringFilter>;
  /** Yearly debt payments divided by yearly income. */
  debtToIncome?: InputMaybe<FloatFilter>;
  /** When it was decided. */
  decidedAt?: InputMaybe<DateTimeFilter>;
  /** Whether the applicant has a high-school diploma. */
  highSchoolDiploma?: InputMaybe<BooleanFilter>;
  /** Opaque id of the decision. */
  id?: InputMaybe<IdFilter>;
  /** Interest rate of the granted loan. Unit: % a year. */
  interestRate?: InputMaybe<FloatFilter>;
  /** Job title, as the applicant wrote it. */
  jobTitle?: InputMaybe<StringFilter>;
  /** Market the decision belongs to, as a country code. */
  market?: InputMaybe<StringFilter>;
  /** This must not hold. */
  not?: InputMaybe<DecisionWhere>;
  /** At least one of these must hold. */
  or?: InputMaybe<Array<DecisionWhere>>;
  /** How it ended. */
  outcome?: InputMaybe<DecisionOutcomeFilter>;
  /** What was decided about. */
  product?: InputMaybe<DecisionProductFilter>;
  /** What the money is for, as the applicant chose it. */
  purpose?: InputMaybe<StringFilter>;
  /** State or region where the applicant lives. */
  region?: InputMaybe<StringFilter>;
  /** Risk grade given by the scorer, best first. */
  riskGrade?: InputMaybe<StringFilter>;
  /** Whether the applicant is self-employed. */
  selfEmployed?: InputMaybe<BooleanFilter>;
  /** Whether the applicant is single. */
  single?: InputMaybe<BooleanFilter>;
};

/** A person employed now or in the past. */
export type Employee = {
  __typename?: 'Employee';
  /** Age. Unit: years. */
  age?: Maybe<Scalars['Int']['output']>;
  /** Age on the first day of employment. Unit: years. */
  ageAtHiring?: Maybe<Scalars['Int']['output']>;
  /** Birth date. */
  birthDate?: Maybe<Scalars['Date']['output']>;
  /** City where the person lives. */
  city?: Maybe<Scalars['String']['output']>;
  /** Currency of the salary, as an ISO 4217 code. */
  currency?: Maybe<Scalars['String']['output']>;
  /** Department. */
  department?: Maybe<Scalars['String']['output']>;
  /** Way from home to work. Unit: km. */
  distanceFromHome?: Maybe<Scalars['Float']['output']>;
  /** Highest education. */
  education?: Maybe<Scalars['String']['output']>;
  /** E-mail address. */
  email?: Maybe<Scalars['String']['output']>;
  /** Number of the employee in the company. */
  employeeNumber?: Maybe<Scalars['ID']['output']>;
  /** Full name. */
  fullName?: Maybe<Scalars['String']['output']>;
  /** Gender, as recorded. */
  gender?: Maybe<Scalars['String']['output']>;
  /** First day of employment. */
  hiredOn?: Maybe<Scalars['Date']['output']>;
  /** Opaque id of the record. */
  id: Scalars['ID']['output'];
  /** How involved the person is in the job. */
  jobInvolvement?: Maybe<RatingLevel>;
  /** Level of the job, 1 is the lowest. */
  jobLevel?: Maybe<Scalars['Int']['output']>;
  /** Role in the department. */
  jobRole?: Maybe<Scalars['String']['output']>;
  /** How content the person is with the job. */
  jobSatisfaction?: Maybe<RatingLevel>;
  /** Last raise. Unit: %. */
  lastRaise?: Maybe<Scalars['Int']['output']>;
  /** Whether the person has left the company. */
  left?: Maybe<Scalars['Boolean']['output']>;
  /** Notes of the manager. */
  managerNotes?: Maybe<Scalars['String']['output']>;
  /** Marital status, as recorded. */
  maritalStatus?: Maybe<Scalars['String']['output']>;
  /** Salary a month, in `currency`. */
  monthlySalary?: Maybe<Scalars['Decimal']['output']>;
  /** Whether the person works overtime. */
  overtime?: Maybe<Scalars['Boolean']['output']>;
  /** Last performance rating, as recorded. */
  performanceRating?: Maybe<Scalars['String']['output']>;
  /** Telephone number. */
  phone?: Maybe<Scalars['String']['output']>;
  /** Time in the company. Unit: years. */
  yearsAtCompany?: Maybe<Scalars['Float']['output']>;
};

/** A page of Employee rows. */
export type EmployeeConnection = {
  __typename?: 'EmployeeConnection';
  /** The rows with their cursors. */
  edges: Array<EmployeeEdge>;
  /** The rows. */
  nodes: Array<Employee>;
  /** Where the page lies. */
  pageInfo: PageInfo;
  /** Rows on all pages together, counted in the engine only when selected. Null when they are fewer people than your role may count. */
  totalCount?: Maybe<Scalars['SafeInt']['output']>;
};

/** A Employee and its cursor. */
export type EmployeeEdge = {
  __typename?: 'EmployeeEdge';
  /** Cursor of the row, for `after`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: Employee;
};

/** Orders of Employee rows. A field that your role does not see in the clear cannot be used. */
export type EmployeeOrder =
  /** Age. Unit: years. Smallest first, null last. */
  | 'AGE_ASC'
  /** Age. Unit: years. Largest first, null last. */
  | 'AGE_DESC'
  /** Birth date. Smallest first, null last. */
  | 'BIRTH_DATE_ASC'
  /** Birth date. Largest first, null last. */
  | 'BIRTH_DATE_DESC'
  /** City where the person lives. Smallest first, null last. */
  | 'CITY_ASC'
  /** City where the person lives. Largest first, null last. */
  | 'CITY_DESC'
  /** Currency of the salary, as an ISO 4217 code. Smallest first, null last. */
  | 'CURRENCY_ASC'
  /** Currency of the salary, as an ISO 4217 code. Largest first, null last. */
  | 'CURRENCY_DESC'
  /** Department. Smallest first, null last. */
  | 'DEPARTMENT_ASC'
  /** Department. Largest first, null last. */
  | 'DEPARTMENT_DESC'
  /** Way from home to work. Unit: km. Smallest first, null last. */
  | 'DISTANCE_FROM_HOME_ASC'
  /** Way from home to work. Unit: km. Largest first, null last. */
  | 'DISTANCE_FROM_HOME_DESC'
  /** Highest education. Smallest first, null last. */
  | 'EDUCATION_ASC'
  /** Highest education. Largest first, null last. */
  | 'EDUCATION_DESC'
  /** E-mail address. Smallest first, null last. */
  | 'EMAIL_ASC'
  /** E-mail address. Largest first, null last. */
  | 'EMAIL_DESC'
  /** Number of the employee in the company. Smallest first, null last. */
  | 'EMPLOYEE_NUMBER_ASC'
  /** Number of the employee in the company. Largest first, null last. */
  | 'EMPLOYEE_NUMBER_DESC'
  /** Full name. Smallest first, null last. */
  | 'FULL_NAME_ASC'
  /** Full name. Largest first, null last. */
  | 'FULL_NAME_DESC'
  /** Gender, as recorded. Smallest first, null last. */
  | 'GENDER_ASC'
  /** Gender, as recorded. Largest first, null last. */
  | 'GENDER_DESC'
  /** First day of employment. Smallest first, null last. */
  | 'HIRED_ON_ASC'
  /** First day of employment. Largest first, null last. */
  | 'HIRED_ON_DESC'
  /** Opaque id of the record. Smallest first, null last. */
  | 'ID_ASC'
  /** Opaque id of the record. Largest first, null last. */
  | 'ID_DESC'
  /** How involved the person is in the job. Smallest first, null last. */
  | 'JOB_INVOLVEMENT_ASC'
  /** How involved the person is in the job. Largest first, null last. */
  | 'JOB_INVOLVEMENT_DESC'
  /** Level of the job, 1 is the lowest. Smallest first, null last. */
  | 'JOB_LEVEL_ASC'
  /** Level of the job, 1 is the lowest. Largest first, null last. */
  | 'JOB_LEVEL_DESC'
  /** Role in the department. Smallest first, null last. */
  | 'JOB_ROLE_ASC'
  /** Role in the department. Largest first, null last. */
  | 'JOB_ROLE_DESC'
  /** How content the person is with the job. Smallest first, null last. */
  | 'JOB_SATISFACTION_ASC'
  /** How content the person is with the job. Largest first, null last. */
  | 'JOB_SATISFACTION_DESC'
  /** Last raise. Unit: %. Smallest first, null last. */
  | 'LAST_RAISE_ASC'
  /** Last raise. Unit: %. Largest first, null last. */
  | 'LAST_RAISE_DESC'
  /** Whether the person has left the company. Smallest first, null last. */
  | 'LEFT_ASC'
  /** Whether the person has left the company. Largest first, null last. */
  | 'LEFT_DESC'
  /** Notes of the manager. Smallest first, null last. */
  | 'MANAGER_NOTES_ASC'
  /** Notes of the manager. Largest first, null last. */
  | 'MANAGER_NOTES_DESC'
  /** Marital status, as recorded. Smallest first, null last. */
  | 'MARITAL_STATUS_ASC'
  /** Marital status, as recorded. Largest first, null last. */
  | 'MARITAL_STATUS_DESC'
  /** Salary a month, in `currency`. Smallest first, null last. */
  | 'MONTHLY_SALARY_ASC'
  /** Salary a month, in `currency`. Largest first, null last. */
  | 'MONTHLY_SALARY_DESC'
  /** Whether the person works overtime. Smallest first, null last. */
  | 'OVERTIME_ASC'
  /** Whether the person works overtime. Largest first, null last. */
  | 'OVERTIME_DESC'
  /** Last performance rating, as recorded. Smallest first, null last. */
  | 'PERFORMANCE_RATING_ASC'
  /** Last performance rating, as recorded. Largest first, null last. */
  | 'PERFORMANCE_RATING_DESC'
  /** Telephone number. Smallest first, null last. */
  | 'PHONE_ASC'
  /** Telephone number. Largest first, null last. */
  | 'PHONE_DESC'
  /** Time in the company. Unit: years. Smallest first, null last. */
  | 'YEARS_AT_COMPANY_ASC'
  /** Time in the company. Unit: years. Largest first, null last. */
  | 'YEARS_AT_COMPANY_DESC';

/** Conditions on Employee rows; all fields that are given must hold. A field that your role does not see in the clear cannot be used. */
export type EmployeeWhere = {
  /** Age. Unit: years. */
  age?: InputMaybe<IntFilter>;
  /** All of these must hold. */
  and?: InputMaybe<Array<EmployeeWhere>>;
  /** Birth date. */
  birthDate?: InputMaybe<DateFilter>;
  /** City where the person lives. */
  city?: InputMaybe<StringFilter>;
  /** Currency of the salary, as an ISO 4217 code. */
  currency?: InputMaybe<StringFilter>;
  /** Department. */
  department?: InputMaybe<StringFilter>;
  /** Way from home to work. Unit: km. */
  distanceFromHome?: InputMaybe<FloatFilter>;
  /** Highest education. */
  education?: InputMaybe<StringFilter>;
  /** E-mail address. */
  email?: InputMaybe<StringFilter>;
  /** Number of the employee in the company. */
  employeeNumber?: InputMaybe<IdFilter>;
  /** Full name. */
  fullName?: InputMaybe<StringFilter>;
  /** Gender, as recorded. */
  gender?: InputMaybe<StringFilter>;
  /** First day of employment. */
  hiredOn?: InputMaybe<DateFilter>;
  /** Opaque id of the record. */
  id?: InputMaybe<IdFilter>;
  /** How involved the person is in the job. */
  jobInvolvement?: InputMaybe<RatingLevelFilter>;
  /** Level of the job, 1 is the lowest. */
  jobLevel?: InputMaybe<IntFilter>;
  /** Role in the department. */
  jobRole?: InputMaybe<StringFilter>;
  /** How content the person is with the job. */
  jobSatisfaction?: InputMaybe<RatingLevelFilter>;
  /** Last raise. Unit: %. */
  lastRaise?: InputMaybe<IntFilter>;
  /** Whether the person has left the company. */
  left?: InputMaybe<BooleanFilter>;
  /** Notes of the manager. */
  managerNotes?: InputMaybe<StringFilter>;
  /** Marital status, as recorded. */
  maritalStatus?: InputMaybe<StringFilter>;
  /** Salary a month, in `currency`. */
  monthlySalary?: InputMaybe<DecimalFilter>;
  /** This must not hold. */
  not?: InputMaybe<EmployeeWhere>;
  /** At least one of these must hold. */
  or?: InputMaybe<Array<EmployeeWhere>>;
  /** Whether the person works overtime. */
  overtime?: InputMaybe<BooleanFilter>;
  /** Last performance rating, as recorded. */
  performanceRating?: InputMaybe<StringFilter>;
  /** Telephone number. */
  phone?: InputMaybe<StringFilter>;
  /** Time in the company. Unit: years. */
  yearsAtCompany?: InputMaybe<FloatFilter>;
};

/** What happens to rows about a person. */
export type ErasureAction =
  /** The rows go. */
  | 'DELETE'
  /** Rows about others: only the fields that name the person become tokens. */
  | 'MENTION'
  /** The rows stay and lose the person: identifiers become tokens, other personal fields are emptied. */
  | 'PSEUDONYMISE'
  /** The rows stay as they are, for a legal ground, until their day. */
  | 'RETAIN';

/** One thing that a date rests on. */
export type ErasureEvidence = {
  __typename?: 'ErasureEvidence';
  /** When the step ended, somebody looked, or the oldest snapshot was taken; null for rules. */
  at?: Maybe<Scalars['DateTime']['output']>;
  /** Days that copies live after the batch; null but for rules. */
  days?: Maybe<Scalars['Int']['output']>;
  /** What it is. */
  kind: ErasureEvidenceKind;
  /** The step, the table that was looked at, or store and kind of copies. */
  name: Scalars['String']['output'];
  /** Statements that did it or saw it. */
  statementIds: Array<Scalars['ID']['output']>;
};

/** What a date of an erasure rests on. */
export type ErasureEvidenceKind =
  /** Somebody looked for rows and found none. */
  | 'LOOK'
  /** Copies of the kind live no longer; the residue of the plan says by what rule. */
  | 'RULE'
  /** The oldest snapshot that is left was taken after the rows were gone. */
  | 'SNAPSHOTS'
  /** A step of a batch ended. */
  | 'STEP';

/** Why a table failed. */
export type ErasureFailure =
  /** Other writers came in between too often. Retry at a quieter time. */
  | 'CONFLICTS'
  /** The store refused the statement. Operators find it in the log. */
  | 'ENGINE_FAILED'
  /** The store could not be reached. Retry. */
  | 'ENGINE_UNAVAILABLE'
  /** Sluice may not do this in the store. Give its role the right, then retry. */
  | 'NO_PERMISSION'
  /** The store has no room left. Make some, then retry. */
  | 'STORAGE_FULL'
  /** Rows were found again each time they were erased. Find who writes them. */
  | 'SURVIVORS'
  /** The request was given up before this table’s turn. */
  | 'WITHDRAWN';

/** One change of a request, or a notice about it. */
export type ErasureHistoryEntry = {
  __typename?: 'ErasureHistoryEntry';
  /** When. */
  at: Scalars['DateTime']['output'];
  /** Who did it, as a one-way token; null when Sluice did. */
  by?: Maybe<Scalars['ID']['output']>;
  /** Place in the audit chain, for what people did. */
  chain?: Maybe<Scalars['Int']['output']>;
  /** What happened, in one word: `RECEIVED`, `APPROVED`, `HELD`, `REMINDED`. */
  event: Scalars['String']['output'];
  /** State before. */
  from?: Maybe<ErasureState>;
  /** Why, in the words of whoever did it. */
  note?: Maybe<Scalars['String']['output']>;
  /** State after. */
  to?: Maybe<ErasureState>;
};

/** A legal hold: rows that stay, whatever was asked. */
export type ErasureHold = {
  __typename?: 'ErasureHold';
  /** Whether it holds today. */
  active: Scalars['Boolean']['output'];
  /** Datasets that it keeps back; null: all of them. */
  datasets?: Maybe<Array<Scalars['String']['output']>>;
  /** The law, order or proceeding that asks for it. */
  ground: Scalars['String']['output'];
  /** Opaque id: give it to `releaseHold`. */
  id: Scalars['ID']['output'];
  /** When it was placed. */
  placedAt: Scalars['DateTime']['output'];
  /** Who placed it, as a one-way token. */
  placedBy: Scalars['ID']['output'];
  /** What the rows are kept for. */
  purpose: Scalars['String']['output'];
  /** When it was released. */
  releasedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Who released it, as a one-way token. */
  releasedBy?: Maybe<Scalars['ID']['output']>;
  /** First day on which it no longer holds. */
  until: Scalars['Date']['output'];
};

/** A day, and what it rests on. */
export type ErasureHorizonDate = {
  __typename?: 'ErasureHorizonDate';
  /** The day. */
  date: Scalars['Date']['output'];
  /** What it rests on. */
  evidence: Array<ErasureEvidence>;
};

/** A key of a person who is to be erased. */
export type ErasureKey = {
  __typename?: 'ErasureKey';
  /** Links from what was asked for; 0 is what was asked for. */
  distance: Scalars['Int']['output'];
  /** Why it is taken for the same person’s; null for what was asked for. */
  evidence?: Maybe<ErasureKeyEvidence>;
  /** The key in the clear. Reading it is written to the audit. */
  key: Scalars['String']['output'];
  /** What kind of key it is. */
  kind: ErasureKeyKind;
  /** Number of the person within the request; keys of one person share it. */
  person: Scalars['Int']['output'];
  /** One-way token of the key; the plan, certificate and audit name it so. */
  token: Scalars['ID']['output'];
};

/** A page of ErasureKey rows. */
export type ErasureKeyConnection = {
  __typename?: 'ErasureKeyConnection';
  /** The rows with their cursors. */
  edges: Array<ErasureKeyEdge>;
  /** The rows. */
  nodes: Array<ErasureKey>;
  /** Where the page lies. */
  pageInfo: PageInfo;
};

/** A ErasureKey and its cursor. */
export type ErasureKeyEdge = {
  __typename?: 'ErasureKeyEdge';
  /** Cursor of the row, for `after`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: ErasureKey;
};

/** Rows that hold one key beside another. */
export type ErasureKeyEvidence = {
  __typename?: 'ErasureKeyEvidence';
  /** Dataset of the rows. */
  dataset: Scalars['String']['output'];
  /** Field with the key that was known. */
  from: Scalars['String']['output'];
  /** How many rows say so. */
  rows: Scalars['SafeInt']['output'];
  /** Field with this key. */
  to: Scalars['String']['output'];
};

/** What kind of key names a person. */
export type ErasureKeyKind =
  /** Id of a customer or applicant. */
  | 'CUSTOMER'
  /** Id of a device. */
  | 'DEVICE'
  /** E-mail address, to the byte as it is stored. */
  | 'EMAIL'
  /** Number of an employee. */
  | 'EMPLOYEE'
  /** Phone number, to the byte as it is stored. */
  | 'PHONE';

/** The last look for rows of a table, by statements that share nothing with what erased them. */
export type ErasureLook = {
  __typename?: 'ErasureLook';
  /** When. */
  at: Scalars['DateTime']['output'];
  /** Data files that were read; null where none were. */
  filesRead?: Maybe<Scalars['Int']['output']>;
  /** Rows that should have been gone, and could be read. */
  found: Scalars['SafeInt']['output'];
  /** When the oldest snapshot was taken that was left; null where the store shows none. */
  oldestSnapshot?: Maybe<Scalars['DateTime']['output']>;
  /** What was read. */
  path: ErasureLookPath;
  /** Rows in them of the people of the request; null where none were read. */
  rowsInFiles?: Maybe<Scalars['SafeInt']['output']>;
  /** Statement that counted them; null where items were read. */
  statementId?: Maybe<Scalars['ID']['output']>;
};

/** What a look for rows read. */
export type ErasureLookPath =
  /** Every item of the table, read consistently. */
  | 'ITEMS'
  /** The table, by a statement of its own whose result is never a reused one. */
  | 'TABLE'
  /** The same, and the data files behind it, one by one. */
  | 'TABLE_AND_FILES';

/** What is known of a table’s rows. */
export type ErasureOutcome =
  /** They are gone, from everywhere that the plan names. */
  | 'ERASED'
  /** They could not be erased. */
  | 'FAILED'
  /** There were none. */
  | 'NOT_FOUND'
  /** They are gone; snapshots, backups and the like still hold them until the day. */
  | 'PENDING_HORIZON'
  /** The person is out of them, but for the fields in `retained`. */
  | 'PSEUDONYMISED'
  /** They were seen again after they were gone. */
  | 'RESURRECTED'
  /** They are kept for a legal ground. */
  | 'RETAINED';

/** All that an erasure does: what is approved is what runs. */
export type ErasurePlan = {
  __typename?: 'ErasurePlan';
  /** Names the plan: give it to `approveErasure`. */
  hash: Scalars['ID']['output'];
  /** Keys of the people, those that were found among them. */
  keyCount: Scalars['Int']['output'];
  /** Table by table; those without rows too. */
  parts: Array<ErasurePlanPart>;
  /** What outlives the rows, and for how long. */
  residue: Array<ErasureResidue>;
};

/** A legal ground that keeps rows back, and until when. */
export type ErasurePlanHold = {
  __typename?: 'ErasurePlanHold';
  /** The law, order or proceeding. */
  ground: Scalars['String']['output'];
  /** First day on which it no longer holds. */
  until: Scalars['Date']['output'];
};

/** What happens to some rows of one table. */
export type ErasurePlanPart = {
  __typename?: 'ErasurePlanPart';
  /** What happens to the rows. */
  action: ErasureAction;
  /** Only rows whose time is before this day; null: all rows that no other part takes. */
  before?: Maybe<Scalars['Date']['output']>;
  /** Dataset. */
  dataset: Scalars['String']['output'];
  /** Fields that name the person in rows about others. */
  fields?: Maybe<Array<Scalars['String']['output']>>;
  /** Legal ground of what stays. */
  ground?: Maybe<Scalars['String']['output']>;
  /** Hold that keeps the rows back; they go once it ends. */
  hold?: Maybe<ErasurePlanHold>;
  /** Period that rows are kept for; null where they have none of their own. */
  period?: Maybe<ErasureRetentionPeriod>;
  /** Fields that are kept in rows which lose the person; they go by themselves. */
  retained: Array<ErasureRetainedField>;
  /** Rows counted when the plan was made. */
  rows: Scalars['SafeInt']['output'];
  /** Store: athena, redshift or dynamodb. */
  store: Scalars['String']['output'];
  /** Day from which nothing of it stays. */
  until?: Maybe<Scalars['Date']['output']>;
};

/** What an erasure would find and do. Nothing of it is written, and its plan cannot be approved. */
export type ErasurePreview = {
  __typename?: 'ErasurePreview';
  /** The people, in the order of their keys. */
  people: Array<ErasurePreviewPerson>;
  /** People that were found; keys that are linked are one’s. */
  personCount: Scalars['Int']['output'];
  /** What would happen. */
  plan: ErasurePlan;
};


/** What an erasure would find and do. Nothing of it is written, and its plan cannot be approved. */
export type ErasurePreviewPeopleArgs = {
  first?: Scalars['Int']['input'];
};

/** A person whom an erasure would be about. */
export type ErasurePreviewPerson = {
  __typename?: 'ErasurePreviewPerson';
  /** Their keys. */
  keys: Array<ErasureKey>;
  /** Linked keys that would not be taken. */
  leftOutKeys: Array<LeftOutErasureKey>;
};

/** How far the batch of a request is. */
export type ErasureProgress = {
  __typename?: 'ErasureProgress';
  /** The batch. */
  batch: Scalars['ID']['output'];
  /** Rows changed or deleted so far, of all requests of the batch. */
  rows: Scalars['SafeInt']['output'];
  /** Steps in all. */
  steps: Scalars['Int']['output'];
  /** Steps that are done. */
  stepsDone: Scalars['Int']['output'];
};

/** A request for the erasure of people. */
export type ErasureRequest = {
  __typename?: 'ErasureRequest';
  /** Plan that was approved; what runs is this. */
  approvedHash?: Maybe<Scalars['ID']['output']>;
  /** Keys that were asked for. */
  askedKeyCount: Scalars['Int']['output'];
  /** Signed certificate (JWS, compact); `npm run erasure -- verify` checks it. Null until it is issued. */
  certificate?: Maybe<Scalars['String']['output']>;
  /** Place of its last entry in the audit chain, of what people did. */
  chain?: Maybe<Scalars['Int']['output']>;
  /** When it was written down. */
  createdAt: Scalars['DateTime']['output'];
  /** Days until it is due; below zero when that is over. */
  daysLeft: Scalars['Int']['output'];
  /** Who approved or rejected it, as a one-way token. */
  decidedBy?: Maybe<Scalars['ID']['output']>;
  /** Last day on which it is in time. */
  dueOn: Scalars['Date']['output'];
  /** Day on which the due date was moved. */
  extendedOn?: Maybe<Scalars['Date']['output']>;
  /** What happened, oldest first. */
  history: Array<ErasureHistoryEntry>;
  /** Its legal holds, released ones too, oldest first. */
  holds: Array<ErasureHold>;
  /** Opaque id. */
  id: Scalars['ID']['output'];
  /** Keys of the people in all; null until it is planned. */
  keyCount?: Maybe<Scalars['Int']['output']>;
  /** All keys of the people; null until they are looked for, and when they are no longer kept. */
  keys?: Maybe<ErasureKeyConnection>;
  /** Whether the keys are no longer kept: only one-way tokens are. */
  keysForgotten: Scalars['Boolean']['output'];
  /** Linked keys that were not taken; null until it is planned. */
  leftOutKeyCount?: Maybe<Scalars['Int']['output']>;
  /** Linked keys that were not taken; null until they are looked for, and when they are no longer kept. */
  leftOutKeys?: Maybe<LeftOutErasureKeyConnection>;
  /** Whether it is late, and not ended. */
  overdue: Scalars['Boolean']['output'];
  /** Plan that was shown last; null until there is one. */
  plan?: Maybe<ErasurePlan>;
  /** Plan that was shown last. The approver names it. */
  planHash?: Maybe<Scalars['ID']['output']>;
  /** How far its batch is; null without one. */
  progress?: Maybe<ErasureProgress>;
  /** Why, in the requester’s words. */
  reason?: Maybe<Scalars['String']['output']>;
  /** Day on which the people asked. */
  receivedOn: Scalars['Date']['output'];
  /** Law that it was asked under; see `regulations`. */
  regulation: Scalars['ID']['output'];
  /** Who asked for it, as a one-way token. */
  requestedBy: Scalars['ID']['output'];
  /** Until when rows are looked for again. */
  rescanUntil?: Maybe<Scalars['Date']['output']>;
  /** When rows were last looked for again. */
  rescannedOn?: Maybe<Scalars['Date']['output']>;
  /** How far it is. */
  state: ErasureState;
  /** Table by table; none until it is planned. */
  tables: Array<ErasureTable>;
  /** When it changed last. */
  updatedAt: Scalars['DateTime']['output'];
};


/** A request for the erasure of people. */
export type ErasureRequestKeysArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
};


/** A request for the erasure of people. */
export type ErasureRequestLeftOutKeysArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
};

/** A page of ErasureRequest rows. */
export type ErasureRequestConnection = {
  __typename?: 'ErasureRequestConnection';
  /** The rows with their cursors. */
  edges: Array<ErasureRequestEdge>;
  /** The rows. */
  nodes: Array<ErasureRequest>;
  /** Where the page lies. */
  pageInfo: PageInfo;
};

/** A ErasureRequest and its cursor. */
export type ErasureRequestEdge = {
  __typename?: 'ErasureRequestEdge';
  /** Cursor of the row, for `after`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: ErasureRequest;
};

/** Which requests. All conditions hold together. */
export type ErasureRequestWhere = {
  /** Due on this day or before. */
  dueBy?: InputMaybe<Scalars['Date']['input']>;
  /** True: only late ones that have not ended; false: only others. */
  overdue?: InputMaybe<Scalars['Boolean']['input']>;
  /** Under one of these laws. */
  regulations?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** In one of these states. */
  states?: InputMaybe<Array<ErasureState>>;
};

/** What is still there after the rows are gone. */
export type ErasureResidue = {
  __typename?: 'ErasureResidue';
  /** Dataset that it is of; null: all of the store. */
  dataset?: Maybe<Scalars['String']['output']>;
  /** The same in words. */
  description: Scalars['String']['output'];
  /** Days after the batch by which it is gone. */
  horizonDays: Scalars['Int']['output'];
  /** What: snapshots, recovery_points, backups, query_history and the like. */
  kind: Scalars['String']['output'];
  /** Where the days come from: a service’s documentation, a property of the table, a setting. */
  source?: Maybe<Scalars['String']['output']>;
  /** Where: athena, redshift, dynamodb, s3 or gateway. */
  store: Scalars['String']['output'];
};

/** A field that rows keep for a law of its own when they lose the person. */
export type ErasureRetainedField = {
  __typename?: 'ErasureRetainedField';
  /** Field of the dataset. */
  field: Scalars['String']['output'];
  /** The law that asks for it. */
  ground: Scalars['String']['output'];
  /** Period that a plan keeps it for; null in tables of requests, and in plans made before there were periods. */
  period?: Maybe<ErasureRetentionPeriod>;
  /** First day on which no row has it any more. A row loses it when its own period is over. */
  until: Scalars['Date']['output'];
};

/** How long a rule keeps rows or fields of them. */
export type ErasureRetentionPeriod = {
  __typename?: 'ErasureRetentionPeriod';
  /** Field with the time that it is counted from. */
  from: Scalars['String']['output'];
  /** Whether it is counted from the end of that time’s calendar year. */
  fromEndOfYear: Scalars['Boolean']['output'];
  /** Calendar period of ISO 8601, such as P8Y. */
  keep: Scalars['String']['output'];
};

/** When batches run. It is one for all tenants. */
export type ErasureSchedule = {
  __typename?: 'ErasureSchedule';
  /** When. */
  at?: Maybe<Scalars['DateTime']['output']>;
  /** The batch under way, if any. */
  batch?: Maybe<RunningErasureBatch>;
  /** Who paused or resumed them last, as a one-way token. */
  by?: Maybe<Scalars['ID']['output']>;
  /** Whether nothing more is erased until somebody resumes it. */
  paused: Scalars['Boolean']['output'];
  /** Why they are paused; null for a reason of another tenant. */
  reason?: Maybe<Scalars['String']['output']>;
  /** Time of day in UTC in which batches begin, such as `01:00-05:00`; null: at any time. */
  window?: Maybe<Scalars['String']['output']>;
};

/** How far a request for erasure is. */
export type ErasureState =
  /** It waits for its batch. From now on the people are gone from every answer. */
  | 'APPROVED'
  /** It was withdrawn before anything was erased. */
  | 'CANCELLED'
  /** Nothing is left to do now. Tables say what is kept, and until when. */
  | 'COMPLETED'
  /** All tables failed. Retry it. */
  | 'FAILED'
  /** A legal hold keeps all of it back; it goes on by itself. */
  | 'ON_HOLD'
  /** Some tables failed, or keys or results of it could not be deleted; its history says which. Retry it. */
  | 'PARTIAL'
  /** It is known what would happen. Somebody else than the requester approves it. */
  | 'PLANNED'
  /** It is written down; the people’s keys are looked for. */
  | 'RECEIVED'
  /** An approver refused it. */
  | 'REJECTED'
  /** A batch erases. */
  | 'RUNNING'
  /** Rows are gone; they are looked for by another path. */
  | 'VERIFYING';

/** One dataset in one store, and how far the erasure is with it. */
export type ErasureTable = {
  __typename?: 'ErasureTable';
  /** What each batch did, the last one at the end. */
  batches: Array<ErasureTableBatch>;
  /** Rows that the engines say they changed, of all requests of the batches; see `batches`. */
  changed: Scalars['SafeInt']['output'];
  /** Dataset. */
  dataset: Scalars['String']['output'];
  /** Rows that went so far, or lost the person: of this request, as counted just before its batch. */
  erased: Scalars['SafeInt']['output'];
  /** Why it FAILED. */
  failure?: Maybe<ErasureFailure>;
  /** Legal ground of rows that are RETAINED. */
  ground?: Maybe<Scalars['String']['output']>;
  /** Since when no query of the table gives them; null where none went. */
  logicallyGone?: Maybe<ErasureHorizonDate>;
  /** The last look for its rows; null before the first. */
  look?: Maybe<ErasureLook>;
  /** What is known of its rows; null until it ended. */
  outcome?: Maybe<ErasureOutcome>;
  /** From when no copy that the plan names does; null until a look found none of the rows, and while a snapshot stays that should be gone. A day to come rests on rules. */
  physicallyGone?: Maybe<ErasureHorizonDate>;
  /** Fields that rows which are PSEUDONYMISED still have, and until when. */
  retained: Array<ErasureRetainedField>;
  /** Rows counted when the plan was made. */
  rows: Scalars['SafeInt']['output'];
  /** How far it is. */
  state: ErasureTableState;
  /** Store: athena, redshift or dynamodb. */
  store: Scalars['String']['output'];
  /** From when snapshots and the store’s own recovery do not either; null until a look found none of the rows, and while a snapshot stays that should be gone. A day to come rests on rules. */
  unreachable?: Maybe<ErasureHorizonDate>;
  /** Day from which nothing is kept (PSEUDONYMISED, RETAINED), or nothing is left (PENDING_HORIZON). */
  until?: Maybe<Scalars['Date']['output']>;
};

/** What one batch did to a table. */
export type ErasureTableBatch = {
  __typename?: 'ErasureTableBatch';
  /** The batch. */
  batch: Scalars['ID']['output'];
  /** Requests that the batch was of: its counts are of all of them together. */
  requests: Scalars['Int']['output'];
  /** Its steps that were done, in order. */
  steps: Array<ErasureTableStep>;
};

/** How far a table is in a batch. */
export type ErasureTableState =
  /** Its rows are going. A hold keeps back items that have not gone yet, and no rows of a statement that runs. */
  | 'BEGUN'
  /** See the outcome. */
  | 'ENDED'
  /** Its rows went, and nobody has looked yet. */
  | 'GONE'
  /** A batch has it, and nothing has begun. */
  | 'PICKED'
  /** Nothing has begun, or a hold keeps back what had not gone yet. */
  | 'WAITING';

/** One step of a batch that changed rows or files of a table. */
export type ErasureTableStep = {
  __typename?: 'ErasureTableStep';
  /** When it ended. */
  endedAt: Scalars['DateTime']['output'];
  /** The step: `athena.Reading.erase`. */
  id: Scalars['String']['output'];
  /** Rows that the engine says it changed. A row that two statements change counts twice; what a lost reply counted is missing. */
  rows: Scalars['SafeInt']['output'];
  /** Statements that did it; none where items were written. */
  statementIds: Array<Scalars['ID']['output']>;
};

/** The business: sales, and figures about them. */
export type Erp = {
  __typename?: 'Erp';
  /** Invoice lines, read from the warehouse. */
  salesLines: SalesLineConnection;
  /** Sales added up, by period and dimension. */
  salesMetrics: SalesMetricsTable;
};


/** The business: sales, and figures about them. */
export type ErpSalesLinesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
  orderBy?: InputMaybe<Array<SalesLineOrder>>;
  range?: InputMaybe<TimeRangeInput>;
  where?: InputMaybe<SalesLineWhere>;
};


/** The business: sales, and figures about them. */
export type ErpSalesMetricsArgs = {
  first?: Scalars['Int']['input'];
  grain?: InputMaybe<Grain>;
  groupBy?: InputMaybe<Array<SalesMetricsDimension>>;
  orderBy?: InputMaybe<Array<SalesMetricsOrder>>;
  range?: InputMaybe<TimeRangeInput>;
  where?: InputMaybe<SalesLineWhere>;
};

/** Conditions on a value; all that are given must hold. */
export type FloatFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<Scalars['Float']['input']>;
  /** Greater than, or after. */
  gt?: InputMaybe<Scalars['Float']['input']>;
  /** Greater than or equal, or not before. */
  gte?: InputMaybe<Scalars['Float']['input']>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<Scalars['Float']['input']>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Less than, or before. */
  lt?: InputMaybe<Scalars['Float']['input']>;
  /** Less than or equal, or not after. */
  lte?: InputMaybe<Scalars['Float']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<Scalars['Float']['input']>;
};

/** Length of a period. Periods start in UTC, weeks on Monday. */
export type Grain =
  /** One day. */
  | 'DAY'
  /** One hour. */
  | 'HOUR'
  /** One minute. */
  | 'MINUTE'
  /** A calendar month. */
  | 'MONTH'
  /** A calendar quarter. */
  | 'QUARTER'
  /** Seven days from Monday. */
  | 'WEEK'
  /** A calendar year. */
  | 'YEAR';

/** People counted, by dimension. */
export type Headcount = {
  __typename?: 'Headcount';
  /** Age in years. */
  age?: Maybe<Scalars['Int']['output']>;
  /** People who left divided by all people. */
  attritionRate?: Maybe<Scalars['Float']['output']>;
  /** Mean age in years. */
  averageAge?: Maybe<Scalars['Float']['output']>;
  /** Mean salary a month, in `currency`. */
  averageSalary?: Maybe<Scalars['Float']['output']>;
  /** Currency of the salaries. */
  currency?: Maybe<Scalars['String']['output']>;
  /** Department. */
  department?: Maybe<Scalars['String']['output']>;
  /** Highest education. */
  education?: Maybe<Scalars['String']['output']>;
  /** Gender, as recorded. */
  gender?: Maybe<Scalars['String']['output']>;
  /** Number of people employed now. */
  headcount?: Maybe<Scalars['SafeInt']['output']>;
  /** Level of the job. */
  jobLevel?: Maybe<Scalars['Int']['output']>;
  /** Role in the department. */
  jobRole?: Maybe<Scalars['String']['output']>;
  /** Number of people who left. */
  leavers?: Maybe<Scalars['SafeInt']['output']>;
  /** Whether the people have left. */
  left?: Maybe<Scalars['Boolean']['output']>;
  /** Salaries a month, added up. */
  payroll?: Maybe<Scalars['Decimal']['output']>;
  /** Number of people, those who left included. */
  people?: Maybe<Scalars['SafeInt']['output']>;
  /** Start of the period, when the query names a grain. */
  period?: Maybe<Scalars['DateTime']['output']>;
  /** True when the group has fewer people than the acting role may see; its measures are then null. */
  suppressed: Scalars['Boolean']['output'];
};

/** What Headcount rows can be grouped by. */
export type HeadcountDimension =
  /** Age. Unit: years. */
  | 'AGE'
  /** Currency of the salary, as an ISO 4217 code. */
  | 'CURRENCY'
  /** Department. */
  | 'DEPARTMENT'
  /** Highest education. */
  | 'EDUCATION'
  /** Gender, as recorded. */
  | 'GENDER'
  /** Level of the job, 1 is the lowest. */
  | 'JOB_LEVEL'
  /** Role in the department. */
  | 'JOB_ROLE'
  /** Whether the person has left the company. */
  | 'LEFT';

/** Orders of Headcount rows; only what the query selects can be used. */
export type HeadcountOrder =
  /** Age. Unit: years. Smallest first, null last. */
  | 'AGE_ASC'
  /** Age. Unit: years. Largest first, null last. */
  | 'AGE_DESC'
  /** People who left divided by all people. Smallest first, null last. */
  | 'ATTRITION_RATE_ASC'
  /** People who left divided by all people. Largest first, null last. */
  | 'ATTRITION_RATE_DESC'
  /** Mean age in years. Smallest first, null last. */
  | 'AVERAGE_AGE_ASC'
  /** Mean age in years. Largest first, null last. */
  | 'AVERAGE_AGE_DESC'
  /** Mean salary a month, in `currency`. Smallest first, null last. */
  | 'AVERAGE_SALARY_ASC'
  /** Mean salary a month, in `currency`. Largest first, null last. */
  | 'AVERAGE_SALARY_DESC'
  /** Currency of the salary, as an ISO 4217 code. Smallest first, null last. */
  | 'CURRENCY_ASC'
  /** Currency of the salary, as an ISO 4217 code. Largest first, null last. */
  | 'CURRENCY_DESC'
  /** Department. Smallest first, null last. */
  | 'DEPARTMENT_ASC'
  /** Department. Largest first, null last. */
  | 'DEPARTMENT_DESC'
  /** Highest education. Smallest first, null last. */
  | 'EDUCATION_ASC'
  /** Highest education. Largest first, null last. */
  | 'EDUCATION_DESC'
  /** Gender, as recorded. Smallest first, null last. */
  | 'GENDER_ASC'
  /** Gender, as recorded. Largest first, null last. */
  | 'GENDER_DESC'
  /** Number of people employed now. Smallest first, null last. */
  | 'HEADCOUNT_ASC'
  /** Number of people employed now. Largest first, null last. */
  | 'HEADCOUNT_DESC'
  /** Level of the job, 1 is the lowest. Smallest first, null last. */
  | 'JOB_LEVEL_ASC'
  /** Level of the job, 1 is the lowest. Largest first, null last. */
  | 'JOB_LEVEL_DESC'
  /** Role in the department. Smallest first, null last. */
  | 'JOB_ROLE_ASC'
  /** Role in the department. Largest first, null last. */
  | 'JOB_ROLE_DESC'
  /** Number of people who left. Smallest first, null last. */
  | 'LEAVERS_ASC'
  /** Number of people who left. Largest first, null last. */
  | 'LEAVERS_DESC'
  /** Whether the person has left the company. Smallest first, null last. */
  | 'LEFT_ASC'
  /** Whether the person has left the company. Largest first, null last. */
  | 'LEFT_DESC'
  /** Salaries a month, added up. Smallest first, null last. */
  | 'PAYROLL_ASC'
  /** Salaries a month, added up. Largest first, null last. */
  | 'PAYROLL_DESC'
  /** Number of people, those who left included. Smallest first, null last. */
  | 'PEOPLE_ASC'
  /** Number of people, those who left included. Largest first, null last. */
  | 'PEOPLE_DESC'
  /** Start of the period. Smallest first, null last. */
  | 'PERIOD_ASC'
  /** Start of the period. Largest first, null last. */
  | 'PERIOD_DESC';

/** Rows of Headcount. */
export type HeadcountTable = {
  __typename?: 'HeadcountTable';
  /** Whether there are more rows than `first` let through. */
  hasMore: Scalars['Boolean']['output'];
  /** The rows. */
  rows: Array<Headcount>;
};

/** A legal hold on the rows of a request’s people. */
export type HoldErasureInput = {
  /** Datasets to keep back, such as `Decision`; `Decision.amount` keeps its row. Left out: all of them. */
  datasets?: InputMaybe<Array<Scalars['String']['input']>>;
  /** The law, order or proceeding that asks for it. At most 300 characters. */
  ground: Scalars['String']['input'];
  /** The request. */
  id: Scalars['ID']['input'];
  /** What the rows are kept for. At most 300 characters. */
  purpose: Scalars['String']['input'];
  /** First day on which it no longer holds; at most ten years ahead. */
  until: Scalars['Date']['input'];
};

/** People: who works here, and figures about them. */
export type Hr = {
  __typename?: 'Hr';
  /** Employees, read from the warehouse. */
  employees: EmployeeConnection;
  /** People counted, by dimension. */
  headcount: HeadcountTable;
};


/** People: who works here, and figures about them. */
export type HrEmployeesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
  orderBy?: InputMaybe<Array<EmployeeOrder>>;
  where?: InputMaybe<EmployeeWhere>;
};


/** People: who works here, and figures about them. */
export type HrHeadcountArgs = {
  first?: Scalars['Int']['input'];
  groupBy?: InputMaybe<Array<HeadcountDimension>>;
  orderBy?: InputMaybe<Array<HeadcountOrder>>;
  where?: InputMaybe<EmployeeWhere>;
};

/** Conditions on a value; all that are given must hold. */
export type IdFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<Scalars['ID']['input']>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<Scalars['ID']['input']>;
};

/** Conditions on a value; all that are given must hold. */
export type IntFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<Scalars['Int']['input']>;
  /** Greater than, or after. */
  gt?: InputMaybe<Scalars['Int']['input']>;
  /** Greater than or equal, or not before. */
  gte?: InputMaybe<Scalars['Int']['input']>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<Scalars['Int']['input']>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Less than, or before. */
  lt?: InputMaybe<Scalars['Int']['input']>;
  /** Less than or equal, or not after. */
  lte?: InputMaybe<Scalars['Int']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<Scalars['Int']['input']>;
};

/** A linked key that was not taken. Look at it before you approve. */
export type LeftOutErasureKey = {
  __typename?: 'LeftOutErasureKey';
  /** What links it. */
  evidence?: Maybe<ErasureKeyEvidence>;
  /** The key in the clear. Reading it is written to the audit. */
  key: Scalars['String']['output'];
  /** What kind of key it is. */
  kind: ErasureKeyKind;
  /** Number of the person whose keys it is linked to. */
  person: Scalars['Int']['output'];
  /** One-way token of the key. */
  token: Scalars['ID']['output'];
  /** Why it was not taken. */
  why: LeftOutWhy;
};

/** A page of LeftOutErasureKey rows. */
export type LeftOutErasureKeyConnection = {
  __typename?: 'LeftOutErasureKeyConnection';
  /** The rows with their cursors. */
  edges: Array<LeftOutErasureKeyEdge>;
  /** The rows. */
  nodes: Array<LeftOutErasureKey>;
  /** Where the page lies. */
  pageInfo: PageInfo;
};

/** A LeftOutErasureKey and its cursor. */
export type LeftOutErasureKeyEdge = {
  __typename?: 'LeftOutErasureKeyEdge';
  /** Cursor of the row, for `after`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: LeftOutErasureKey;
};

/** Why a linked key was not taken. */
export type LeftOutWhy =
  /** So many rows hold it that it is no one person’s. */
  | 'TOO_COMMON'
  /** Too many links lie between it and what was asked for. */
  | 'TOO_FAR';

export type Mutation = {
  __typename?: 'Mutation';
  /** Approves the plan. From now on the people are gone from every answer; a batch does the rest. Never by the person who asked. */
  approveErasure: ErasureRequest;
  /** Withdraws a request whose erasure has not begun; the people are seen again. */
  cancelErasure: ErasureRequest;
  /** Moves the due date as far as the law allows, once, before it is due. */
  extendErasure: ErasureRequest;
  /** Keeps rows back, whatever was asked. Rows that a running statement takes are not held any more, nor items of DynamoDB that have gone; the rest goes on by itself when the hold ends. */
  holdErasure: ErasureRequest;
  /** Lets no further step of a batch begin, of any tenant; steps that are under way end. */
  pauseErasures: ErasureSchedule;
  /** Refuses a planned request for good. */
  rejectErasure: ErasureRequest;
  /** Ends a hold early, and gives the request that it was on. */
  releaseHold: ErasureRequest;
  /** Makes a fresh plan of a request that nobody approved yet, at once. It asks every store, so it takes a while. */
  replanErasure: ErasureRequest;
  /** Asks for the erasure of people. Nothing is erased until somebody else approves the plan that follows. */
  requestErasure: ErasureRequest;
  /** Lets batches go on. */
  resumeErasures: ErasureSchedule;
  /** Tries again what failed, under the same approval, and what could not be deleted. */
  retryErasure: ErasureRequest;
};


export type MutationApproveErasureArgs = {
  id: Scalars['ID']['input'];
  planHash: Scalars['ID']['input'];
};


export type MutationCancelErasureArgs = {
  id: Scalars['ID']['input'];
  reason?: InputMaybe<Scalars['String']['input']>;
};


export type MutationExtendErasureArgs = {
  id: Scalars['ID']['input'];
  note: Scalars['String']['input'];
};


export type MutationHoldErasureArgs = {
  input: HoldErasureInput;
};


export type MutationPauseErasuresArgs = {
  reason: Scalars['String']['input'];
};


export type MutationRejectErasureArgs = {
  id: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
};


export type MutationReleaseHoldArgs = {
  id: Scalars['ID']['input'];
};


export type MutationReplanErasureArgs = {
  id: Scalars['ID']['input'];
};


export type MutationRequestErasureArgs = {
  input: RequestErasureInput;
};


export type MutationRetryErasureArgs = {
  id: Scalars['ID']['input'];
};

/** Where a page lies in its list. */
export type PageInfo = {
  __typename?: 'PageInfo';
  /** Cursor of the last row: give it as `after` for the next page. */
  endCursor?: Maybe<Scalars['String']['output']>;
  /** Whether there are rows after this page. */
  hasNextPage: Scalars['Boolean']['output'];
  /** Whether the page was asked for with `after`, so that rows precede it. */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the first row of the page. */
  startCursor?: Maybe<Scalars['String']['output']>;
};

export type Query = {
  __typename?: 'Query';
  /** Reads of data in a span of time: who saw what kind of information of whom, and what for. */
  accessRecords: AccessRecordConnection;
  /** One decision by its id, read from the decision store. */
  decision?: Maybe<Decision>;
  /** Decisions counted and summed, by period and dimension. */
  decisionMetrics: DecisionMetricsTable;
  /** Decisions in a span of time, read from the lake. */
  decisions: DecisionConnection;
  /** Whom an erasure by these keys would find, and what it would do. Nothing is written. It asks every store, so it takes a while, and costs what `extensions.cost` says; also where it is refused. */
  erasurePreview: ErasurePreview;
  /** One request for erasure, by its id. */
  erasureRequest?: Maybe<ErasureRequest>;
  /** Requests for erasure, newest first. */
  erasureRequests: ErasureRequestConnection;
  /** Whether batches run, and the one under way. */
  erasureSchedule: ErasureSchedule;
  /** The business: sales, and figures about them. */
  erp: Erp;
  /** People: who works here, and figures about them. */
  hr: Hr;
  /** Readings put together by period, device or metric: a time series to draw. */
  readingSeries: ReadingSeriesTable;
  /** Readings in a span of time, read from the lake. */
  readings: ReadingConnection;
  /** Laws that people ask for erasure under, and their clocks. */
  regulations: Array<Regulation>;
  /** Who is asking, and in which role. */
  viewer: ViewerInfo;
};


export type QueryAccessRecordsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
  orderBy?: InputMaybe<Array<AccessRecordOrder>>;
  range: TimeRangeInput;
  subject?: InputMaybe<Scalars['ID']['input']>;
  where?: InputMaybe<AccessRecordWhere>;
};


export type QueryDecisionArgs = {
  id: Scalars['ID']['input'];
};


export type QueryDecisionMetricsArgs = {
  first?: Scalars['Int']['input'];
  grain?: InputMaybe<Grain>;
  groupBy?: InputMaybe<Array<DecisionMetricsDimension>>;
  orderBy?: InputMaybe<Array<DecisionMetricsOrder>>;
  range: TimeRangeInput;
  where?: InputMaybe<DecisionWhere>;
};


export type QueryDecisionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
  orderBy?: InputMaybe<Array<DecisionOrder>>;
  range: TimeRangeInput;
  where?: InputMaybe<DecisionWhere>;
};


export type QueryErasurePreviewArgs = {
  csv?: InputMaybe<Scalars['String']['input']>;
  keys?: InputMaybe<Array<SubjectKeyInput>>;
};


export type QueryErasureRequestArgs = {
  id: Scalars['ID']['input'];
};


export type QueryErasureRequestsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
  where?: InputMaybe<ErasureRequestWhere>;
};


export type QueryReadingSeriesArgs = {
  first?: Scalars['Int']['input'];
  grain?: InputMaybe<Grain>;
  groupBy?: InputMaybe<Array<ReadingSeriesDimension>>;
  orderBy?: InputMaybe<Array<ReadingSeriesOrder>>;
  range: TimeRangeInput;
  where?: InputMaybe<ReadingWhere>;
};


export type QueryReadingsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: Scalars['Int']['input'];
  orderBy?: InputMaybe<Array<ReadingOrder>>;
  range: TimeRangeInput;
  where?: InputMaybe<ReadingWhere>;
};

/** A four-step rating. */
export type RatingLevel =
  /** The third step. */
  | 'HIGH'
  /** The lowest step. */
  | 'LOW'
  /** The second step. */
  | 'MEDIUM'
  /** The highest step. */
  | 'VERY_HIGH';

/** Conditions on a value; all that are given must hold. */
export type RatingLevelFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<RatingLevel>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<RatingLevel>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<RatingLevel>;
};

/** One value that a device reported: a measurement, a position, or both. */
export type Reading = {
  __typename?: 'Reading';
  /** Id of the device. */
  deviceId?: Maybe<Scalars['ID']['output']>;
  /** Opaque id of the reading. */
  id: Scalars['ID']['output'];
  /** Latitude. Unit: degrees north (WGS 84). */
  latitude?: Maybe<Scalars['Float']['output']>;
  /** Longitude. Unit: degrees east (WGS 84). */
  longitude?: Maybe<Scalars['Float']['output']>;
  /** What was measured: `temperature`, `position`, `speed`… */
  metric?: Maybe<Scalars['String']['output']>;
  /** When the device took it. */
  recordedAt: Scalars['DateTime']['output'];
  /** Site or depot the device belongs to. */
  site?: Maybe<Scalars['String']['output']>;
  /** Unit of the value. */
  unit?: Maybe<Scalars['String']['output']>;
  /** The measured value, in `unit`; null for a bare position. */
  value?: Maybe<Scalars['Float']['output']>;
};

/** A page of Reading rows. */
export type ReadingConnection = {
  __typename?: 'ReadingConnection';
  /** The rows with their cursors. */
  edges: Array<ReadingEdge>;
  /** The rows. */
  nodes: Array<Reading>;
  /** Where the page lies. */
  pageInfo: PageInfo;
  /** Rows on all pages together, counted in the engine only when selected. Null when they are fewer people than your role may count. */
  totalCount?: Maybe<Scalars['SafeInt']['output']>;
};

/** A Reading and its cursor. */
export type ReadingEdge = {
  __typename?: 'ReadingEdge';
  /** Cursor of the row, for `after`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: Reading;
};

/** Orders of Reading rows. A field that your role does not see in the clear cannot be used. */
export type ReadingOrder =
  /** Id of the device. Smallest first, null last. */
  | 'DEVICE_ID_ASC'
  /** Id of the device. Largest first, null last. */
  | 'DEVICE_ID_DESC'
  /** Opaque id of the reading. Smallest first, null last. */
  | 'ID_ASC'
  /** Opaque id of the reading. Largest first, null last. */
  | 'ID_DESC'
  /** Latitude. Unit: degrees north (WGS 84). Smallest first, null last. */
  | 'LATITUDE_ASC'
  /** Latitude. Unit: degrees north (WGS 84). Largest first, null last. */
  | 'LATITUDE_DESC'
  /** Longitude. Unit: degrees east (WGS 84). Smallest first, null last. */
  | 'LONGITUDE_ASC'
  /** Longitude. Unit: degrees east (WGS 84). Largest first, null last. */
  | 'LONGITUDE_DESC'
  /** What was measured: `temperature`, `position`, `speed`… Smallest first, null last. */
  | 'METRIC_ASC'
  /** What was measured: `temperature`, `position`, `speed`… Largest first, null last. */
  | 'METRIC_DESC'
  /** When the device took it. Smallest first, null last. */
  | 'RECORDED_AT_ASC'
  /** When the device took it. Largest first, null last. */
  | 'RECORDED_AT_DESC'
  /** Site or depot the device belongs to. Smallest first, null last. */
  | 'SITE_ASC'
  /** Site or depot the device belongs to. Largest first, null last. */
  | 'SITE_DESC'
  /** Unit of the value. Smallest first, null last. */
  | 'UNIT_ASC'
  /** Unit of the value. Largest first, null last. */
  | 'UNIT_DESC'
  /** The measured value, in `unit`; null for a bare position. Smallest first, null last. */
  | 'VALUE_ASC'
  /** The measured value, in `unit`; null for a bare position. Largest first, null last. */
  | 'VALUE_DESC';

/** Readings put together by period, device or metric. */
export type ReadingSeries = {
  __typename?: 'ReadingSeries';
  /** Id of the device. */
  deviceId?: Maybe<Scalars['ID']['output']>;
  /** Number of different devices. */
  devices?: Maybe<Scalars['SafeInt']['output']>;
  /** Latitude. */
  latitude?: Maybe<Scalars['Float']['output']>;
  /** Longitude. */
  longitude?: Maybe<Scalars['Float']['output']>;
  /** Largest value. */
  maximum?: Maybe<Scalars['Float']['output']>;
  /** Mean of the values. */
  mean?: Maybe<Scalars['Float']['output']>;
  /** What was measured. */
  metric?: Maybe<Scalars['String']['output']>;
  /** Smallest value. */
  minimum?: Maybe<Scalars['Float']['output']>;
  /** Start of the period, when the query names a grain. */
  period?: Maybe<Scalars['DateTime']['output']>;
  /** Number of readings. */
  readings?: Maybe<Scalars['SafeInt']['output']>;
  /** Site or depot. */
  site?: Maybe<Scalars['String']['output']>;
  /** True when the group has fewer people than the acting role may see; its measures are then null. */
  suppressed: Scalars['Boolean']['output'];
  /** Unit of the values. */
  unit?: Maybe<Scalars['String']['output']>;
};

/** What ReadingSeries rows can be grouped by. */
export type ReadingSeriesDimension =
  /** Id of the device. */
  | 'DEVICE_ID'
  /** Latitude. Unit: degrees north (WGS 84). */
  | 'LATITUDE'
  /** Longitude. Unit: degrees east (WGS 84). */
  | 'LONGITUDE'
  /** What was measured: `temperature`, `position`, `speed`… */
  | 'METRIC'
  /** Site or depot the device belongs to. */
  | 'SITE'
  /** Unit of the value. */
  | 'UNIT';

/** Orders of ReadingSeries rows; only what the query selects can be used. */
export type ReadingSeriesOrder =
  /** Number of different devices. Smallest first, null last. */
  | 'DEVICES_ASC'
  /** Number of different devices. Largest first, null last. */
  | 'DEVICES_DESC'
  /** Id of the device. Smallest first, null last. */
  | 'DEVICE_ID_ASC'
  /** Id of the device. Largest first, null last. */
  | 'DEVICE_ID_DESC'
  /** Latitude. Unit: degrees north (WGS 84). Smallest first, null last. */
  | 'LATITUDE_ASC'
  /** Latitude. Unit: degrees north (WGS 84). Largest first, null last. */
  | 'LATITUDE_DESC'
  /** Longitude. Unit: degrees east (WGS 84). Smallest first, null last. */
  | 'LONGITUDE_ASC'
  /** Longitude. Unit: degrees east (WGS 84). Largest first, null last. */
  | 'LONGITUDE_DESC'
  /** Largest value. Smallest first, null last. */
  | 'MAXIMUM_ASC'
  /** Largest value. Largest first, null last. */
  | 'MAXIMUM_DESC'
  /** Mean of the values. Smallest first, null last. */
  | 'MEAN_ASC'
  /** Mean of the values. Largest first, null last. */
  | 'MEAN_DESC'
  /** What was measured: `temperature`, `position`, `speed`… Smallest first, null last. */
  | 'METRIC_ASC'
  /** What was measured: `temperature`, `position`, `speed`… Largest first, null last. */
  | 'METRIC_DESC'
  /** Smallest value. Smallest first, null last. */
  | 'MINIMUM_ASC'
  /** Smallest value. Largest first, null last. */
  | 'MINIMUM_DESC'
  /** Start of the period. Smallest first, null last. */
  | 'PERIOD_ASC'
  /** Start of the period. Largest first, null last. */
  | 'PERIOD_DESC'
  /** Number of readings. Smallest first, null last. */
  | 'READINGS_ASC'
  /** Number of readings. Largest first, null last. */
  | 'READINGS_DESC'
  /** Site or depot the device belongs to. Smallest first, null last. */
  | 'SITE_ASC'
  /** Site or depot the device belongs to. Largest first, null last. */
  | 'SITE_DESC'
  /** Unit of the value. Smallest first, null last. */
  | 'UNIT_ASC'
  /** Unit of the value. Largest first, null last. */
  | 'UNIT_DESC';

/** Rows of ReadingSeries. */
export type ReadingSeriesTable = {
  __typename?: 'ReadingSeriesTable';
  /** Whether there are more rows than `first` let through. */
  hasMore: Scalars['Boolean']['output'];
  /** The rows. */
  rows: Array<ReadingSeries>;
};

/** Conditions on Reading rows; all fields that are given must hold. A field that your role does not see in the clear cannot be used. */
export type ReadingWhere = {
  /** All of these must hold. */
  and?: InputMaybe<Array<ReadingWhere>>;
  /** Id of the device. */
  deviceId?: InputMaybe<IdFilter>;
  /** Opaque id of the reading. */
  id?: InputMaybe<IdFilter>;
  /** Latitude. Unit: degrees north (WGS 84). */
  latitude?: InputMaybe<FloatFilter>;
  /** Longitude. Unit: degrees east (WGS 84). */
  longitude?: InputMaybe<FloatFilter>;
  /** What was measured: `temperature`, `position`, `speed`… */
  metric?: InputMaybe<StringFilter>;
  /** This must not hold. */
  not?: InputMaybe<ReadingWhere>;
  /** At least one of these must hold. */
  or?: InputMaybe<Array<ReadingWhere>>;
  /** When the device took it. */
  recordedAt?: InputMaybe<DateTimeFilter>;
  /** Site or depot the device belongs to. */
  site?: InputMaybe<StringFilter>;
  /** Unit of the value. */
  unit?: InputMaybe<StringFilter>;
  /** The measured value, in `unit`; null for a bare position. */
  value?: InputMaybe<FloatFilter>;
};

/** A law’s clock. */
export type Regulation = {
  __typename?: 'Regulation';
  /** Time from receipt, as a period of ISO 8601: `P1M`, `P45D`. */
  due: Scalars['String']['output'];
  /** When a request that comes in today is due. */
  dueIfReceivedToday: Scalars['Date']['output'];
  /** How much longer it may take, once, if the people are told; null where the law knows none. */
  extension?: Maybe<Scalars['String']['output']>;
  /** Where the law says so. */
  extensionSource?: Maybe<Scalars['String']['output']>;
  /** Name to give when asking for an erasure. */
  id: Scalars['ID']['output'];
  /** What people call it. */
  name: Scalars['String']['output'];
  /** Where the law says so. */
  source: Scalars['String']['output'];
};

/** A request for the erasure of people, by keys, a file of keys, or both. */
export type RequestErasureInput = {
  /** Text of a CSV file with the header `kind,key` and one key a line. With any broken line nothing is written; the error names the lines. */
  csv?: InputMaybe<Scalars['String']['input']>;
  /** Names this submission: sent again with the same content, it is the same request. 1 to 200 characters. */
  idempotencyKey: Scalars['ID']['input'];
  /** Keys of the people. Each starts one person; people whose keys are linked are one. */
  keys?: InputMaybe<Array<SubjectKeyInput>>;
  /** Why, for whoever approves: a ticket, a letter. At most 1,000 characters; name no person. */
  reason?: InputMaybe<Scalars['String']['input']>;
  /** Day on which they asked. The due date is counted from it. */
  receivedOn: Scalars['Date']['input'];
  /** Law that they asked under: the name of one of `regulations`. */
  regulation: Scalars['ID']['input'];
};

/** The batch that is under way. */
export type RunningErasureBatch = {
  __typename?: 'RunningErasureBatch';
  /** The batch. */
  id: Scalars['ID']['output'];
  /** Requests of your tenant in it. */
  requests: Scalars['Int']['output'];
  /** When it began. */
  startedAt: Scalars['DateTime']['output'];
  /** FORMING, RUNNING, VERIFYING or DONE. */
  state: Scalars['String']['output'];
};

/** How a sale came in. */
export type SalesChannel =
  /** A sales representative. */
  | 'FIELD'
  /** The web shop. */
  | 'ONLINE'
  /** A reseller. */
  | 'PARTNER'
  /** A shop. */
  | 'STORE';

/** Conditions on a value; all that are given must hold. */
export type SalesChannelFilter = {
  /** Equal to this value. */
  eq?: InputMaybe<SalesChannel>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<SalesChannel>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<SalesChannel>;
};

/** One line of an invoice. A cancellation is a line with a negative quantity. */
export type SalesLine = {
  __typename?: 'SalesLine';
  /** How the sale came in. */
  channel?: Maybe<SalesChannel>;
  /** City of the customer. */
  city?: Maybe<Scalars['String']['output']>;
  /** Country of the customer. */
  country?: Maybe<Scalars['String']['output']>;
  /** Currency of the amounts, as an ISO 4217 code. */
  currency?: Maybe<Scalars['String']['output']>;
  /** E-mail address of the customer. */
  customerEmail?: Maybe<Scalars['String']['output']>;
  /** Id of the customer; null when sold without one. */
  customerId?: Maybe<Scalars['ID']['output']>;
  /** Name of the customer. */
  customerName?: Maybe<Scalars['String']['output']>;
  /** Opaque id of the line. */
  id: Scalars['ID']['output'];
  /** Number of the invoice. */
  invoiceNumber?: Maybe<Scalars['String']['output']>;
  /** Quantity times unit price, in `currency`. */
  netAmount?: Maybe<Scalars['Decimal']['output']>;
  /** Code of the product. */
  productCode?: Maybe<Scalars['String']['output']>;
  /** Name of the product. */
  productName?: Maybe<Scalars['String']['output']>;
  /** Number of pieces; negative when cancelled. */
  quantity?: Maybe<Scalars['Int']['output']>;
  /** Sales representative, as an employee number. */
  salesRepresentative?: Maybe<Scalars['String']['output']>;
  /** When it was sold. */
  soldAt?: Maybe<Scalars['DateTime']['output']>;
  /** Price of one piece, in `currency`. */
  unitPrice?: Maybe<Scalars['Decimal']['output']>;
};

/** A page of SalesLine rows. */
export type SalesLineConnection = {
  __typename?: 'SalesLineConnection';
  /** The rows with their cursors. */
  edges: Array<SalesLineEdge>;
  /** The rows. */
  nodes: Array<SalesLine>;
  /** Where the page lies. */
  pageInfo: PageInfo;
  /** Rows on all pages together, counted in the engine only when selected. Null when they are fewer people than your role may count. */
  totalCount?: Maybe<Scalars['SafeInt']['output']>;
};

/** A SalesLine and its cursor. */
export type SalesLineEdge = {
  __typename?: 'SalesLineEdge';
  /** Cursor of the row, for `after`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: SalesLine;
};

/** Orders of SalesLine rows. A field that your role does not see in the clear cannot be used. */
export type SalesLineOrder =
  /** How the sale came in. Smallest first, null last. */
  | 'CHANNEL_ASC'
  /** How the sale came in. Largest first, null last. */
  | 'CHANNEL_DESC'
  /** City of the customer. Smallest first, null last. */
  | 'CITY_ASC'
  /** City of the customer. Largest first, null last. */
  | 'CITY_DESC'
  /** Country of the customer. Smallest first, null last. */
  | 'COUNTRY_ASC'
  /** Country of the customer. Largest first, null last. */
  | 'COUNTRY_DESC'
  /** Currency of the amounts, as an ISO 4217 code. Smallest first, null last. */
  | 'CURRENCY_ASC'
  /** Currency of the amounts, as an ISO 4217 code. Largest first, null last. */
  | 'CURRENCY_DESC'
  /** E-mail address of the customer. Smallest first, null last. */
  | 'CUSTOMER_EMAIL_ASC'
  /** E-mail address of the customer. Largest first, null last. */
  | 'CUSTOMER_EMAIL_DESC'
  /** Id of the customer; null when sold without one. Smallest first, null last. */
  | 'CUSTOMER_ID_ASC'
  /** Id of the customer; null when sold without one. Largest first, null last. */
  | 'CUSTOMER_ID_DESC'
  /** Name of the customer. Smallest first, null last. */
  | 'CUSTOMER_NAME_ASC'
  /** Name of the customer. Largest first, null last. */
  | 'CUSTOMER_NAME_DESC'
  /** Opaque id of the line. Smallest first, null last. */
  | 'ID_ASC'
  /** Opaque id of the line. Largest first, null last. */
  | 'ID_DESC'
  /** Number of the invoice. Smallest first, null last. */
  | 'INVOICE_NUMBER_ASC'
  /** Number of the invoice. Largest first, null last. */
  | 'INVOICE_NUMBER_DESC'
  /** Quantity times unit price, in `currency`. Smallest first, null last. */
  | 'NET_AMOUNT_ASC'
  /** Quantity times unit price, in `currency`. Largest first, null last. */
  | 'NET_AMOUNT_DESC'
  /** Code of the product. Smallest first, null last. */
  | 'PRODUCT_CODE_ASC'
  /** Code of the product. Largest first, null last. */
  | 'PRODUCT_CODE_DESC'
  /** Name of the product. Smallest first, null last. */
  | 'PRODUCT_NAME_ASC'
  /** Name of the product. Largest first, null last. */
  | 'PRODUCT_NAME_DESC'
  /** Number of pieces; negative when cancelled. Smallest first, null last. */
  | 'QUANTITY_ASC'
  /** Number of pieces; negative when cancelled. Largest first, null last. */
  | 'QUANTITY_DESC'
  /** Sales representative, as an employee number. Smallest first, null last. */
  | 'SALES_REPRESENTATIVE_ASC'
  /** Sales representative, as an employee number. Largest first, null last. */
  | 'SALES_REPRESENTATIVE_DESC'
  /** When it was sold. Smallest first, null last. */
  | 'SOLD_AT_ASC'
  /** When it was sold. Largest first, null last. */
  | 'SOLD_AT_DESC'
  /** Price of one piece, in `currency`. Smallest first, null last. */
  | 'UNIT_PRICE_ASC'
  /** Price of one piece, in `currency`. Largest first, null last. */
  | 'UNIT_PRICE_DESC';

/** Conditions on SalesLine rows; all fields that are given must hold. A field that your role does not see in the clear cannot be used. */
export type SalesLineWhere = {
  /** All of these must hold. */
  and?: InputMaybe<Array<SalesLineWhere>>;
  /** How the sale came in. */
  channel?: InputMaybe<SalesChannelFilter>;
  /** City of the customer. */
  city?: InputMaybe<StringFilter>;
  /** Country of the customer. */
  country?: InputMaybe<StringFilter>;
  /** Currency of the amounts, as an ISO 4217 code. */
  currency?: InputMaybe<StringFilter>;
  /** E-mail address of the customer. */
  customerEmail?: InputMaybe<StringFilter>;
  /** Id of the customer; null when sold without one. */
  customerId?: InputMaybe<IdFilter>;
  /** Name of the customer. */
  customerName?: InputMaybe<StringFilter>;
  /** Opaque id of the line. */
  id?: InputMaybe<IdFilter>;
  /** Number of the invoice. */
  invoiceNumber?: InputMaybe<StringFilter>;
  /** Quantity times unit price, in `currency`. */
  netAmount?: InputMaybe<DecimalFilter>;
  /** This must not hold. */
  not?: InputMaybe<SalesLineWhere>;
  /** At least one of these must hold. */
  or?: InputMaybe<Array<SalesLineWhere>>;
  /** Code of the product. */
  productCode?: InputMaybe<StringFilter>;
  /** Name of the product. */
  productName?: InputMaybe<StringFilter>;
  /** Number of pieces; negative when cancelled. */
  quantity?: InputMaybe<IntFilter>;
  /** Sales representative, as an employee number. */
  salesRepresentative?: InputMaybe<StringFilter>;
  /** When it was sold. */
  soldAt?: InputMaybe<DateTimeFilter>;
  /** Price of one piece, in `currency`. */
  unitPrice?: InputMaybe<DecimalFilter>;
};

/** Sales added up, by period and dimension. */
export type SalesMetrics = {
  __typename?: 'SalesMetrics';
  /** Revenue divided by invoices. */
  averageInvoice?: Maybe<Scalars['Float']['output']>;
  /** How the sales came in. */
  channel?: Maybe<SalesChannel>;
  /** Country of the customers. */
  country?: Maybe<Scalars['String']['output']>;
  /** Currency of the amounts. */
  currency?: Maybe<Scalars['String']['output']>;
  /** Id of the customer. */
  customerId?: Maybe<Scalars['ID']['output']>;
  /** Number of different customers. */
  customers?: Maybe<Scalars['SafeInt']['output']>;
  /** Number of different invoices. */
  invoices?: Maybe<Scalars['SafeInt']['output']>;
  /** Number of invoice lines. */
  lines?: Maybe<Scalars['SafeInt']['output']>;
  /** Start of the period, when the query names a grain. */
  period?: Maybe<Scalars['DateTime']['output']>;
  /** Pieces sold, cancellations taken off. */
  pieces?: Maybe<Scalars['SafeInt']['output']>;
  /** Code of the product. */
  productCode?: Maybe<Scalars['String']['output']>;
  /** Net amounts added up, in `currency`. */
  revenue?: Maybe<Scalars['Decimal']['output']>;
  /** Sales representative. */
  salesRepresentative?: Maybe<Scalars['String']['output']>;
  /** True when the group has fewer people than the acting role may see; its measures are then null. */
  suppressed: Scalars['Boolean']['output'];
};

/** What SalesMetrics rows can be grouped by. */
export type SalesMetricsDimension =
  /** How the sale came in. */
  | 'CHANNEL'
  /** Country of the customer. */
  | 'COUNTRY'
  /** Currency of the amounts, as an ISO 4217 code. */
  | 'CURRENCY'
  /** Id of the customer; null when sold without one. */
  | 'CUSTOMER_ID'
  /** Code of the product. */
  | 'PRODUCT_CODE'
  /** Sales representative, as an employee number. */
  | 'SALES_REPRESENTATIVE';

/** Orders of SalesMetrics rows; only what the query selects can be used. */
export type SalesMetricsOrder =
  /** Revenue divided by invoices. Smallest first, null last. */
  | 'AVERAGE_INVOICE_ASC'
  /** Revenue divided by invoices. Largest first, null last. */
  | 'AVERAGE_INVOICE_DESC'
  /** How the sale came in. Smallest first, null last. */
  | 'CHANNEL_ASC'
  /** How the sale came in. Largest first, null last. */
  | 'CHANNEL_DESC'
  /** Country of the customer. Smallest first, null last. */
  | 'COUNTRY_ASC'
  /** Country of the customer. Largest first, null last. */
  | 'COUNTRY_DESC'
  /** Currency of the amounts, as an ISO 4217 code. Smallest first, null last. */
  | 'CURRENCY_ASC'
  /** Currency of the amounts, as an ISO 4217 code. Largest first, null last. */
  | 'CURRENCY_DESC'
  /** Number of different customers. Smallest first, null last. */
  | 'CUSTOMERS_ASC'
  /** Number of different customers. Largest first, null last. */
  | 'CUSTOMERS_DESC'
  /** Id of the customer; null when sold without one. Smallest first, null last. */
  | 'CUSTOMER_ID_ASC'
  /** Id of the customer; null when sold without one. Largest first, null last. */
  | 'CUSTOMER_ID_DESC'
  /** Number of different invoices. Smallest first, null last. */
  | 'INVOICES_ASC'
  /** Number of different invoices. Largest first, null last. */
  | 'INVOICES_DESC'
  /** Number of invoice lines. Smallest first, null last. */
  | 'LINES_ASC'
  /** Number of invoice lines. Largest first, null last. */
  | 'LINES_DESC'
  /** Start of the period. Smallest first, null last. */
  | 'PERIOD_ASC'
  /** Start of the period. Largest first, null last. */
  | 'PERIOD_DESC'
  /** Pieces sold, cancellations taken off. Smallest first, null last. */
  | 'PIECES_ASC'
  /** Pieces sold, cancellations taken off. Largest first, null last. */
  | 'PIECES_DESC'
  /** Code of the product. Smallest first, null last. */
  | 'PRODUCT_CODE_ASC'
  /** Code of the product. Largest first, null last. */
  | 'PRODUCT_CODE_DESC'
  /** Net amounts added up, in `currency`. Smallest first, null last. */
  | 'REVENUE_ASC'
  /** Net amounts added up, in `currency`. Largest first, null last. */
  | 'REVENUE_DESC'
  /** Sales representative, as an employee number. Smallest first, null last. */
  | 'SALES_REPRESENTATIVE_ASC'
  /** Sales representative, as an employee number. Largest first, null last. */
  | 'SALES_REPRESENTATIVE_DESC';

/** Rows of SalesMetrics. */
export type SalesMetricsTable = {
  __typename?: 'SalesMetricsTable';
  /** Whether there are more rows than `first` let through. */
  hasMore: Scalars['Boolean']['output'];
  /** The rows. */
  rows: Array<SalesMetrics>;
};

/** Conditions on a value; all that are given must hold. */
export type StringFilter = {
  /** Contains this text, taken literally and case-sensitive. */
  contains?: InputMaybe<Scalars['String']['input']>;
  /** Equal to this value. */
  eq?: InputMaybe<Scalars['String']['input']>;
  /** Equal to one of these values (at most 1,000). */
  in?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Whether the value is null. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Not equal to this value; null counts as not equal. */
  ne?: InputMaybe<Scalars['String']['input']>;
  /** Starts with this text, taken literally and case-sensitive. */
  startsWith?: InputMaybe<Scalars['String']['input']>;
};

/** A key that names a person. It is compared to the byte: nothing is trimmed or folded. */
export type SubjectKeyInput = {
  /** The key as it is stored. No patterns. */
  key: Scalars['String']['input'];
  /** What kind of key it is. */
  kind: ErasureKeyKind;
};

/** A span of time. */
export type TimeRangeInput = {
  /** Start, included. */
  from: Scalars['DateTime']['input'];
  /** End, not included. */
  to: Scalars['DateTime']['input'];
};

/** One check inside a decision: what was looked at, what was found, how it counted. */
export type Transaction = {
  __typename?: 'Transaction';
  /** The finding in words, where the check gives no number. */
  finding?: Maybe<Scalars['String']['output']>;
  /** Number of the check inside its decision. */
  id: Scalars['ID']['output'];
  /** What the check looked at. */
  kind?: Maybe<TransactionKind>;
  /** Name of the figure or rule, such as `payment_to_income`. */
  name?: Maybe<Scalars['String']['output']>;
  /** When the check was made. */
  performedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The figure found, where the check gives a number. */
  value?: Maybe<Scalars['Float']['output']>;
};

/** What a check inside a decision looked at. */
export type TransactionKind =
  /** Whether the applicant can carry the payments. */
  | 'AFFORDABILITY'
  /** What secures the loan. */
  | 'COLLATERAL'
  /** History at a credit bureau. */
  | 'CREDIT_BUREAU'
  /** The applicant’s work and the job market. */
  | 'EMPLOYMENT'
  /** Whether the applicant is who they say. */
  | 'IDENTITY'
  /** Cover against default. */
  | 'INSURANCE';

/** Who is asking, as the token says. */
export type ViewerInfo = {
  __typename?: 'ViewerInfo';
  /** Whether the role is one for emergencies, whose every use is reviewed. */
  breakGlass: Scalars['Boolean']['output'];
  /** What this request is for, as the header `x-purpose` says it. */
  purpose?: Maybe<Scalars['String']['output']>;
  /** Role this request acts in. */
  role: Scalars['String']['output'];
  /** Roles the token allows; name one in the header `x-acting-role`. */
  roles: Array<Scalars['String']['output']>;
  /** Subject of the token. */
  subject: Scalars['ID']['output'];
  /** Tenant whose rows are seen. */
  tenant: Scalars['String']['output'];
};

/** How a decision ended. */
export type DecisionOutcome =
  /** The request was granted. */
  | 'APPROVED'
  /** The request was refused. */
  | 'DENIED'
  /** A person had to decide. */
  | 'REFERRED';

/** What was decided about. */
export type DecisionProduct =
  /** A card or its limit. */
  | 'CARD'
  /** A loan to a person without security. */
  | 'CONSUMER_LOAN'
  /** Buying now and paying by invoice. */
  | 'INVOICE'
  /** A loan secured by a home. */
  | 'MORTGAGE';

/** What happens to rows about a person. */
export type ErasureAction =
  /** The rows go. */
  | 'DELETE'
  /** Rows about others: only the fields that name the person become tokens. */
  | 'MENTION'
  /** The rows stay and lose the person: identifiers become tokens, other personal fields are emptied. */
  | 'PSEUDONYMISE'
  /** The rows stay as they are, for a legal ground, until their day. */
  | 'RETAIN';

/** Why a table failed. */
export type ErasureFailure =
  /** Other writers came in between too often. Retry at a quieter time. */
  | 'CONFLICTS'
  /** The store refused the statement. Operators find it in the log. */
  | 'ENGINE_FAILED'
  /** The store could not be reached. Retry. */
  | 'ENGINE_UNAVAILABLE'
  /** Sluice may not do this in the store. Give its role the right, then retry. */
  | 'NO_PERMISSION'
  /** The store has no room left. Make some, then retry. */
  | 'STORAGE_FULL'
  /** Rows were found again each time they were erased. Find who writes them. */
  | 'SURVIVORS'
  /** The request was given up before this table’s turn. */
  | 'WITHDRAWN';

/** What kind of key names a person. */
export type ErasureKeyKind =
  /** Id of a customer or applicant. */
  | 'CUSTOMER'
  /** Id of a device. */
  | 'DEVICE'
  /** E-mail address, to the byte as it is stored. */
  | 'EMAIL'
  /** Number of an employee. */
  | 'EMPLOYEE'
  /** Phone number, to the byte as it is stored. */
  | 'PHONE';

/** What is known of a table’s rows. */
export type ErasureOutcome =
  /** They are gone, from everywhere that the plan names. */
  | 'ERASED'
  /** They could not be erased. */
  | 'FAILED'
  /** There were none. */
  | 'NOT_FOUND'
  /** They are gone; snapshots, backups and the like still hold them until the day. */
  | 'PENDING_HORIZON'
  /** The person is out of them, but for the fields in `retained`. */
  | 'PSEUDONYMISED'
  /** They were seen again after they were gone. */
  | 'RESURRECTED'
  /** They are kept for a legal ground. */
  | 'RETAINED';

/** Which requests. All conditions hold together. */
export type ErasureRequestWhere = {
  /** Due on this day or before. */
  dueBy?: string | null | undefined;
  /** True: only late ones that have not ended; false: only others. */
  overdue?: boolean | null | undefined;
  /** Under one of these laws. */
  regulations?: Array<string | number> | null | undefined;
  /** In one of these states. */
  states?: Array<ErasureState> | null | undefined;
};

/** How far a request for erasure is. */
export type ErasureState =
  /** It waits for its batch. From now on the people are gone from every answer. */
  | 'APPROVED'
  /** It was withdrawn before anything was erased. */
  | 'CANCELLED'
  /** Nothing is left to do now. Tables say what is kept, and until when. */
  | 'COMPLETED'
  /** All tables failed. Retry it. */
  | 'FAILED'
  /** A legal hold keeps all of it back; it goes on by itself. */
  | 'ON_HOLD'
  /** Some tables failed, or keys or results of it could not be deleted; its history says which. Retry it. */
  | 'PARTIAL'
  /** It is known what would happen. Somebody else than the requester approves it. */
  | 'PLANNED'
  /** It is written down; the people’s keys are looked for. */
  | 'RECEIVED'
  /** An approver refused it. */
  | 'REJECTED'
  /** A batch erases. */
  | 'RUNNING'
  /** Rows are gone; they are looked for by another path. */
  | 'VERIFYING';

/** How far a table is in a batch. */
export type ErasureTableState =
  /** Its rows are going. A hold keeps back items that have not gone yet, and no rows of a statement that runs. */
  | 'BEGUN'
  /** See the outcome. */
  | 'ENDED'
  /** Its rows went, and nobody has looked yet. */
  | 'GONE'
  /** A batch has it, and nothing has begun. */
  | 'PICKED'
  /** Nothing has begun, or a hold keeps back what had not gone yet. */
  | 'WAITING';

/** A legal hold on the rows of a request’s people. */
export type HoldErasureInput = {
  /** Datasets to keep back, such as `Decision`; `Decision.amount` keeps its row. Left out: all of them. */
  datasets?: Array<string> | null | undefined;
  /** The law, order or proceeding that asks for it. At most 300 characters. */
  ground: string;
  /** The request. */
  id: string | number;
  /** What the rows are kept for. At most 300 characters. */
  purpose: string;
  /** First day on which it no longer holds; at most ten years ahead. */
  until: string;
};

/** Why a linked key was not taken. */
export type LeftOutWhy =
  /** So many rows hold it that it is no one person’s. */
  | 'TOO_COMMON'
  /** Too many links lie between it and what was asked for. */
  | 'TOO_FAR';

/** A request for the erasure of people, by keys, a file of keys, or both. */
export type RequestErasureInput = {
  /** Text of a CSV file with the header `kind,key` and one key a line. With any broken line nothing is written; the error names the lines. */
  csv?: string | null | undefined;
  /** Names this submission: sent again with the same content, it is the same request. 1 to 200 characters. */
  idempotencyKey: string | number;
  /** Keys of the people. Each starts one person; people whose keys are linked are one. */
  keys?: Array<SubjectKeyInput> | null | undefined;
  /** Why, for whoever approves: a ticket, a letter. At most 1,000 characters; name no person. */
  reason?: string | null | undefined;
  /** Day on which they asked. The due date is counted from it. */
  receivedOn: string;
  /** Law that they asked under: the name of one of `regulations`. */
  regulation: string | number;
};

/** A key that names a person. It is compared to the byte: nothing is trimmed or folded. */
export type SubjectKeyInput = {
  /** The key as it is stored. No patterns. */
  key: string;
  /** What kind of key it is. */
  kind: ErasureKeyKind;
};

/** A span of time. */
export type TimeRangeInput = {
  /** Start, included. */
  from: string;
  /** End, not included. */
  to: string;
};

/** What a check inside a decision looked at. */
export type TransactionKind =
  /** Whether the applicant can carry the payments. */
  | 'AFFORDABILITY'
  /** What secures the loan. */
  | 'COLLATERAL'
  /** History at a credit bureau. */
  | 'CREDIT_BUREAU'
  /** The applicant’s work and the job market. */
  | 'EMPLOYMENT'
  /** Whether the applicant is who they say. */
  | 'IDENTITY'
  /** Cover against default. */
  | 'INSURANCE';

export type BreakGlassReviewQueryVariables = Exact<{
  range: TimeRangeInput;
}>;


export type BreakGlassReviewQuery = { accessRecords: { totalCount: number | null, nodes: Array<{ at: string, who: string | null, role: string | null, breakGlassReason: string | null, dataset: string | null, fields: string | null, subjectCount: number | null, outcome: string | null }> } };

export type DecisionByIdQueryVariables = Exact<{
  id: string | number;
}>;


export type DecisionByIdQuery = { decision: { id: string, decidedAt: string, outcome: DecisionOutcome | null, product: DecisionProduct | null, amount: string | null, currency: string | null, applicantName: string | null, transactions: Array<{ kind: TransactionKind | null, name: string | null, value: number | null }> | null } | null };

export type EmployeesQueryVariables = Exact<{
  first?: number | null | undefined;
}>;


export type EmployeesQuery = { hr: { employees: { nodes: Array<{ id: string, fullName: string | null, email: string | null, department: string | null, jobRole: string | null, monthlySalary: string | null, currency: string | null }> } } };

export type PreviewErasureQueryVariables = Exact<{
  keys?: Array<SubjectKeyInput> | SubjectKeyInput | null | undefined;
}>;


export type PreviewErasureQuery = { erasurePreview: { personCount: number, people: Array<{ keys: Array<{ kind: ErasureKeyKind, key: string, distance: number, evidence: { dataset: string, from: string, to: string, rows: number } | null }>, leftOutKeys: Array<{ kind: ErasureKeyKind, key: string, why: LeftOutWhy }> }>, plan: { keyCount: number, parts: Array<{ dataset: string, store: string, action: ErasureAction, rows: number, ground: string | null, until: string | null }>, residue: Array<{ store: string, kind: string, description: string, horizonDays: number }> } } };

export type RequestErasureMutationVariables = Exact<{
  input: RequestErasureInput;
}>;


export type RequestErasureMutation = { requestErasure: { id: string, state: ErasureState, dueOn: string, daysLeft: number, askedKeyCount: number } };

export type PlanErasureMutationVariables = Exact<{
  id: string | number;
}>;


export type PlanErasureMutation = { replanErasure: { id: string, state: ErasureState, planHash: string | null, keyCount: number | null, leftOutKeyCount: number | null, tables: Array<{ dataset: string, store: string, rows: number }> } };

export type ApproveErasureMutationVariables = Exact<{
  id: string | number;
  planHash: string | number;
}>;


export type ApproveErasureMutation = { approveErasure: { id: string, state: ErasureState, approvedHash: string | null, decidedBy: string | null } };

export type ErasureStatusQueryVariables = Exact<{
  id: string | number;
}>;


export type ErasureStatusQuery = { erasureRequest: { state: ErasureState, regulation: string, dueOn: string, daysLeft: number, overdue: boolean, planHash: string | null, certificate: string | null, progress: { stepsDone: number, steps: number, rows: number } | null, tables: Array<{ dataset: string, store: string, state: ErasureTableState, rows: number, erased: number, outcome: ErasureOutcome | null, until: string | null, ground: string | null, failure: ErasureFailure | null }>, holds: Array<{ id: string, datasets: Array<string> | null, ground: string, until: string, active: boolean }>, history: Array<{ at: string, event: string, from: ErasureState | null, to: ErasureState | null, by: string | null, note: string | null, chain: number | null }> } | null };

export type HoldErasureMutationVariables = Exact<{
  input: HoldErasureInput;
}>;


export type HoldErasureMutation = { holdErasure: { state: ErasureState, holds: Array<{ id: string, datasets: Array<string> | null, ground: string, until: string, active: boolean }> } };

export type ErasureSettingsQueryVariables = Exact<{ [key: string]: never; }>;


export type ErasureSettingsQuery = { regulations: Array<{ id: string, name: string, source: string, due: string, extension: string | null }>, erasureSchedule: { paused: boolean, at: string | null, reason: string | null, window: string | null, batch: { state: string, startedAt: string, requests: number } | null } };

export type ErasuresDueQueryVariables = Exact<{
  where?: ErasureRequestWhere | null | undefined;
}>;


export type ErasuresDueQuery = { erasureRequests: { nodes: Array<{ id: string, state: ErasureState, regulation: string, receivedOn: string, dueOn: string, daysLeft: number, overdue: boolean }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type HeadcountByDepartmentQueryVariables = Exact<{ [key: string]: never; }>;


export type HeadcountByDepartmentQuery = { hr: { headcount: { rows: Array<{ department: string | null, people: number | null, leavers: number | null, attritionRate: number | null, suppressed: boolean }> } } };

export type ReadingsByHourQueryVariables = Exact<{
  from: string;
  to: string;
}>;


export type ReadingsByHourQuery = { readingSeries: { hasMore: boolean, rows: Array<{ period: string | null, metric: string | null, mean: number | null, minimum: number | null, maximum: number | null, readings: number | null }> } };

export type RecentDecisionsQueryVariables = Exact<{
  from: string;
  to: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type RecentDecisionsQuery = { decisions: { totalCount: number | null, nodes: Array<{ id: string, decidedAt: string, product: DecisionProduct | null, outcome: DecisionOutcome | null, amount: string | null, currency: string | null, applicantName: string | null, transactions: Array<{ kind: TransactionKind | null, name: string | null }> | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type SalesByMonthQueryVariables = Exact<{
  from: string;
  to: string;
}>;


export type SalesByMonthQuery = { erp: { salesMetrics: { rows: Array<{ period: string | null, currency: string | null, revenue: string | null, invoices: number | null, lines: number | null }> } } };

export type WhoAmIQueryVariables = Exact<{ [key: string]: never; }>;


export type WhoAmIQuery = { viewer: { subject: string, tenant: string, role: string, roles: Array<string> } };

export type WhoSawAPersonQueryVariables = Exact<{
  range: TimeRangeInput;
  subject: string | number;
}>;


export type WhoSawAPersonQuery = { accessRecords: { nodes: Array<{ at: string, who: string | null, role: string | null, purpose: string | null, operation: string | null, dataset: string | null, clearClasses: string | null, maskedClasses: string | null, rows: number | null }> } };
