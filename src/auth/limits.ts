import { isHoldable } from '../datasources/compile/literal';
import type { Condition, PlanValue, TimeRange } from '../datasources/plans';
import { SluiceError } from '../errors';
import type { DatasetDeclaration } from '../schema/declarations';

/** Bounds on what a role may ask for, and on what a plan may ask for, whoever asks. */

/**
 * What the policy may bound for a role under `limits`: the least it may set, and the most, which holds for every role
 * that sets none. A query is measured once fragments are spread, a fragment wherever it is spread; introspection is
 * measured apart but for its aliases, so that GraphiQL, which uses none, works under any limit.
 */
export const ROLE_LIMITS = {
  /** Rows of one page, groups of one answer. */
  maxRows: { least: 1, most: 1_000 },
  /** Levels of fields: `erp { salesLines { nodes { id } } }` has four. The schema itself has about six. */
  maxDepth: { least: 1, most: 20 },
  /** Aliases: an alias repeats a field, and below a list it does so in every row. */
  maxAliases: { least: 0, most: 100 },
  /** Tokens of the query text; GraphiQL's introspection has about 500. Validation takes the square of it. */
  maxTokens: { least: 1_000, most: 4_000 },
  maxFields: { least: 1, most: 1_000 },
  /** Cost of a query, in the unit of `src/execution/query-cost.ts`: about one value carried from store to client. */
  maxCost: { least: 1, most: 500_000 },
} as const;

/** The bounds of one role. */
export type RoleLimits = Readonly<Record<keyof typeof ROLE_LIMITS, number>> & {
  /** Whether the role runs stored operations only. */
  readonly trustedOnly: boolean;
};

/** Most rows of a page or groups of an answer. */
export const MAX_FIRST = ROLE_LIMITS.maxRows.most;
/** Most comparisons of one filter. */
const MAX_COMPARISONS = 200;
/** Most parts of a filter: `and`, `or`, `not` and comparisons. */
const MAX_PARTS = 1000;
/** Most levels of `and`, `or` and `not` in a filter. */
const MAX_DEPTH = 20;
/** Most values of one request: rows times fields, over all its calls. */
export const MAX_VALUES = 200_000;
/** Most values of one `in`. */
const MAX_LIST = 1000;
/** Longest text in a filter, in bytes of UTF-8. */
const MAX_TEXT_BYTES = 16_384;
/** Most fields of one order. */
export const MAX_ORDER = 8;
const FIRST_YEAR = 1900;
const LAST_YEAR = 2200;

const MOMENT = /^(\d{4})-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/;

/** @throws SluiceError BAD_USER_INPUT unless 1 ≤ first ≤ what the role may have at once */
export function checkFirst(first: number, maxRows: number): void {
  const most = Math.min(MAX_FIRST, maxRows);
  if (!Number.isInteger(first) || first < 1 || first > most) {
    throw new SluiceError('BAD_USER_INPUT', `\`first\` must be a whole number from 1 to ${most}.`);
  }
}

/** @throws SluiceError BAD_USER_INPUT when a range is missing where one is needed, or makes no sense */
export function checkRange(dataset: DatasetDeclaration, range: TimeRange | undefined): void {
  if (range === undefined) {
    if (!dataset.rangeRequired) return;
    throw new SluiceError('BAD_USER_INPUT', `Name a \`range\`: ${dataset.name} is not read without one.`);
  }
  if (dataset.time === undefined) {
    throw new SluiceError('BAD_USER_INPUT', `${dataset.name} has no time, so it takes no \`range\`.`);
  }
  if (moment(range.from) >= moment(range.to)) {
    throw new SluiceError('BAD_USER_INPUT', '`range.from` must lie before `range.to`.');
  }
}

function moment(text: string): number {
  const year = Number(MOMENT.exec(text)?.[1]);
  const time = Date.parse(text);
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR) || Number.isNaN(time)) {
    throw new SluiceError(
      'BAD_USER_INPUT',
      `\`range\` takes moments in UTC between the years ${FIRST_YEAR} and ${LAST_YEAR}.`,
    );
  }
  return time;
}

/** @throws SluiceError BAD_USER_INPUT when a filter is too deep, too long, or holds text that no engine can hold */
export function checkCondition(condition: Condition): void {
  let comparisons = 0;
  let parts = 0;
  const visit = (part: Condition, depth: number): void => {
    if (depth > MAX_DEPTH)
      throw new SluiceError('BAD_USER_INPUT', `A filter nests at most ${MAX_DEPTH} deep.`);
    parts += 1;
    if (parts > MAX_PARTS)
      throw new SluiceError('BAD_USER_INPUT', `A filter has at most ${MAX_PARTS} parts.`);
    if (part.kind === 'not') return visit(part.condition, depth + 1);
    if (part.kind !== 'compare') return part.conditions.forEach((inner) => visit(inner, depth + 1));
    comparisons += 1;
    if (comparisons > MAX_COMPARISONS) {
      throw new SluiceError('BAD_USER_INPUT', `A filter compares at most ${MAX_COMPARISONS} times.`);
    }
    const values = valuesOf(part.value);
    if (values.length > MAX_LIST) {
      throw new SluiceError('BAD_USER_INPUT', `\`${part.field}\` compares with at most ${MAX_LIST} values.`);
    }
    for (const value of values) {
      if (typeof value === 'string') checkText(part.field, value);
      else if (typeof value === 'number' && !Number.isFinite(value)) {
        throw new SluiceError('BAD_USER_INPUT', `\`${part.field}\` compares with finite numbers only.`);
      }
    }
  };
  visit(condition, 1);
}

function valuesOf(value: PlanValue | readonly PlanValue[]): readonly PlanValue[] {
  return typeof value === 'object' ? value : [value];
}

function checkText(field: string, text: string): void {
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES) {
    throw new SluiceError(
      'BAD_USER_INPUT',
      `The text for \`${field}\` is longer than ${MAX_TEXT_BYTES} bytes.`,
    );
  }
  if (!isHoldable(text)) {
    throw new SluiceError(
      'BAD_USER_INPUT',
      `The text for \`${field}\` holds a character that no store can hold.`,
    );
  }
}
