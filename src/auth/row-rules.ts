import { nextDay, periodOf, type Period } from '../calendar';
import { isHoldable } from '../datasources/compile/literal';
import type { Condition, PlanValue } from '../datasources/plans';
import { SluiceError } from '../errors';
import type { DatasetDeclaration } from '../schema/declarations';
import { Hierarchy } from './hierarchies';
import type { RowRuleData } from './policy-file';
import { windowUntil } from './time-windows';

/** Row rules: which rows a role sees, by the claims of the viewer's token or by the day. */

/**
 * - `in`: the field has one of the claim's values. `equals`: the claim must have exactly one value, and the field has it.
 * - `within`: the field has a value of the claim, or one below it in the hierarchy.
 * - `last`: the field lies in the period up to today.
 */
export type RowRule =
  | { match: 'in' | 'equals'; field: string; claim: string }
  | { match: 'within'; field: string; claim: string; hierarchy: Hierarchy }
  | { match: 'last'; field: string; period: Period; kind: 'date' | 'datetime' };

/** Until the file was checked, what it gets wrong keeps back more: a tree of no nodes, a window of one day. */
const NO_HIERARCHY = new Hierarchy({});
const TODAY: Period = { years: 0, months: 0, days: 0 };

/** The rule as the gate uses it. */
export function rowRuleOf(
  rule: RowRuleData,
  dataset: DatasetDeclaration,
  hierarchies: ReadonlyMap<string, Hierarchy>,
): RowRule {
  const { field } = rule;
  if (rule.in !== undefined) return { match: 'in', field, claim: rule.in };
  if (rule.equals !== undefined) return { match: 'equals', field, claim: rule.equals };
  if (rule.within !== undefined) {
    const hierarchy = hierarchies.get(rule.hierarchy ?? '') ?? NO_HIERARCHY;
    return { match: 'within', field, claim: rule.within, hierarchy };
  }
  const kind = dataset.columns.get(field)?.kind === 'date' ? 'date' : 'datetime';
  return { match: 'last', field, period: periodOf(rule.last ?? '') ?? TODAY, kind };
}

/**
 * The rule for one viewer and moment.
 *
 * @param now milliseconds since 1970
 * @throws SluiceError FORBIDDEN when the token lacks the claim, or has it in a shape that the rule does not take
 */
export function rowCondition(
  rule: RowRule,
  claims: ReadonlyMap<string, readonly string[]>,
  now: number,
): Condition {
  if (rule.match === 'last') return windowCondition(rule, now);
  const values = claimValues(claims, rule.claim);
  if (rule.match === 'within') return compare(rule.field, 'in', rule.hierarchy.within(values));
  // Sorted, so that tokens that name the same values in another order share executions.
  if (rule.match === 'in') return compare(rule.field, 'in', [...new Set(values)].sort());
  const [only] = values;
  if (only === undefined || values.length > 1) {
    throw new SluiceError('FORBIDDEN', `The claim \`${rule.claim}\` must have exactly one value.`);
  }
  return compare(rule.field, 'eq', only);
}

function windowCondition(rule: Extract<RowRule, { match: 'last' }>, now: number): Condition {
  const { from, to } = windowUntil(now, rule.period);
  const conditions =
    rule.kind === 'date'
      ? [compare(rule.field, 'gte', from), compare(rule.field, 'lte', to)]
      : [
          compare(rule.field, 'gte', `${from}T00:00:00.000Z`),
          compare(rule.field, 'lt', `${nextDay(to)}T00:00:00.000Z`),
        ];
  return { kind: 'and', conditions };
}

function claimValues(claims: ReadonlyMap<string, readonly string[]>, claim: string): readonly string[] {
  const values = claims.get(claim) ?? [];
  if (values.length === 0 || values.includes('')) {
    throw new SluiceError(
      'FORBIDDEN',
      `The acting role sees rows by the claim \`${claim}\`, which the token lacks. Get a token that has it.`,
    );
  }
  if (!values.every(isHoldable)) {
    throw new SluiceError(
      'FORBIDDEN',
      `The claim \`${claim}\` holds a character that no store can hold. Get a token without it.`,
    );
  }
  return values;
}

function compare(
  field: string,
  op: 'eq' | 'in' | 'gte' | 'lt' | 'lte',
  value: PlanValue | readonly PlanValue[],
): Condition {
  return { kind: 'compare', field, op, value };
}
