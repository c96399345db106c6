/** Closed vocabularies that declarations, policy and gate share. */

/** What kind of information a column holds; the policy says per role what each class shows. */
export const DATA_CLASSES = [
  'public',
  'internal',
  'identifier',
  'contact',
  'location',
  'financial',
  'risk',
  'compensation',
  'performance',
  'demographic',
  'free_text',
] as const;
export type DataClass = (typeof DATA_CLASSES)[number];

/**
 * Kinds of keys that name a person, or the device of one. Two keys are the same when kind and text agree to the byte:
 * nothing is trimmed, folded or normalised.
 */
export const SUBJECT_KEY_KINDS = ['customer', 'employee', 'device', 'email', 'phone'] as const;
export type SubjectKeyKind = (typeof SUBJECT_KEY_KINDS)[number];

/** Classes that pseudonymising takes out of a row: identifiers become a one-way token, the others are emptied. */
export const TOKENISED_CLASSES: readonly DataClass[] = ['identifier'];
export const EMPTIED_CLASSES: readonly DataClass[] = ['contact', 'location', 'demographic', 'free_text'];

/**
 * What a role may do about erasures: ask for them (and preview, cancel, plan again, retry), decide on them, hold and
 * release, move a due date, pause and resume the batches, look at them.
 */
export const ERASURE_RIGHTS = ['request', 'approve', 'hold', 'extend', 'pause', 'read'] as const;
export type ErasureRight = (typeof ERASURE_RIGHTS)[number];

/** How a role that looks at an erasure sees the keys of its people. */
export const ERASURE_KEYS = ['clear', 'tokens'] as const;
export type ErasureKeys = (typeof ERASURE_KEYS)[number];

/** How a tenant may be named, in tokens and where rows are loaded. No `#`: it ends the tenant in DynamoDB keys. */
export const TENANT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What a role gets of a column, from everything to nothing. */
export const MASK_ACTIONS = ['clear', 'pseudonym', 'partial', 'band', 'coarse', 'redact', 'hide'] as const;
export type MaskAction = (typeof MASK_ACTIONS)[number];

/** What a role may do with a column besides looking at it. */
export interface MaskUses {
  /** By any comparison; by equality with a token that the role was shown; or not at all. */
  filter: 'any' | 'token' | 'none';
  /** Whether rows and groups may be ordered by it. */
  order: boolean;
  /**
   * By its value, or the token that stands for it one to one; by its step, which is its band or its coarse value,
   * computed in the engine; or not at all.
   */
  group: 'value' | 'step' | 'none';
  /** Whether its different values may be counted. */
  countDistinct: boolean;
  /** Whether sums, means, extremes and conditional counts may read it. */
  measure: boolean;
}

const NO_USE: MaskUses = {
  filter: 'none',
  order: false,
  group: 'none',
  countDistinct: false,
  measure: false,
};

/** What each action allows, in one place: the gate asks nothing else, and what is not declared here is refused. */
export const MASK_USES: Readonly<Record<MaskAction, MaskUses>> = {
  clear: { filter: 'any', order: true, group: 'value', countDistinct: true, measure: true },
  // A token stands one to one for its value, so what follows from equality alone tells no more than seeing it does.
  pseudonym: { ...NO_USE, filter: 'token', group: 'value', countDistinct: true },
  partial: NO_USE,
  band: { ...NO_USE, group: 'step' },
  coarse: { ...NO_USE, group: 'step' },
  redact: NO_USE,
  hide: NO_USE,
};

/** What a role may ask of a domain: its rows and analytics over them, or analytics alone. */
export const ACCESS = ['rows', 'aggregates'] as const;
export type Access = (typeof ACCESS)[number];

/**
 * How analytics over people are protected beyond the smallest group: computed from a noisy copy of the data, so that no
 * combination of answers gives away a group that is not shown; or not.
 */
export const PROTECTIONS = ['noise', 'none'] as const;
export type Protection = (typeof PROTECTIONS)[number];

/** Business areas; a role is given classes per domain. */
export const DOMAINS = ['decisions', 'telemetry', 'hr', 'erp', 'audit'] as const;
export type Domain = (typeof DOMAINS)[number];

/** The services that hold data. */
export type EngineName = 'athena' | 'redshift' | 'dynamodb';

/** Time steps of a series or of an analytics period. Periods start in UTC; weeks start on Monday. */
export const GRAINS = ['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'] as const;
export type Grain = (typeof GRAINS)[number];

/** The kind of value a column holds; it decides SQL types, decoding, filters and which masks fit. */
export const VALUE_KINDS = [
  'id',
  'string',
  'enum',
  'integer',
  'float',
  'decimal',
  'boolean',
  'date',
  'datetime',
] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];
