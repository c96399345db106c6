import type { Grain } from '../schema/vocabulary';

/**
 * Plans: what resolvers ask for, as plain data. The gate checks and scopes a plan; only then is it compiled.
 * Fields are GraphQL field names of the dataset's declaration; `transactions.value` reaches into embedded rows.
 */

/** A value that a condition compares with. */
export type PlanValue = string | number | boolean;

/** Operators of a condition, as `where` spells them. */
export type Comparison =
  'eq' | 'ne' | 'in' | 'lt' | 'lte' | 'gt' | 'gte' | 'contains' | 'startsWith' | 'isNull';

/**
 * A filter. Values carry the column's kind: text for ids, strings, enums, decimals, dates (`2014-01-31`) and
 * times (`2014-01-31T00:00:00.000Z`), numbers for integers and floats, booleans for booleans and `isNull`.
 */
export type Condition =
  | { kind: 'and' | 'or'; conditions: readonly Condition[] }
  | { kind: 'not'; condition: Condition }
  | {
      kind: 'compare';
      field: string;
      op: Comparison;
      value: PlanValue | readonly PlanValue[];
      /** Bytes that the statement counts as longer than it is, so that its limit does not tell how long the values are. */
      room?: number;
    };

/** From inclusive, to exclusive; ISO times in UTC. */
export interface TimeRange {
  from: string;
  to: string;
}

/** One field that rows or groups are ordered by. */
export interface Order {
  field: string;
  direction: 'asc' | 'desc';
}

/** Rows of one dataset, in order, a page at a time. */
export interface RowsPlan {
  kind: 'rows';
  dataset: string;
  fields: readonly string[];
  range?: TimeRange;
  where?: Condition;
  orderBy: readonly Order[];
  first: number;
  /** Only rows about this person, in datasets of audit tokens: a token or pseudonym, or the identifier itself. */
  subject?: string;
  /** Opaque cursor from an earlier page of the same plan. */
  after?: string;
}

/** How many rows a rows plan without its page would give. */
export interface CountPlan {
  kind: 'count';
  dataset: string;
  range?: TimeRange;
  where?: Condition;
  /** As of a rows plan. */
  subject?: string;
}

/** Measures by dimensions and period. `orderBy` names dimensions, measures or `period`. */
export interface MetricsPlan {
  kind: 'metrics';
  metrics: string;
  dimensions: readonly string[];
  grain?: Grain;
  measures: readonly string[];
  range?: TimeRange;
  where?: Condition;
  orderBy: readonly Order[];
  first: number;
}

/** Rows by key, from the store made for point reads. */
export interface LookupPlan {
  kind: 'lookup';
  dataset: string;
  ids: readonly string[];
  fields: readonly string[];
}

/** Anything that the gate can be asked. */
export type Plan = RowsPlan | CountPlan | MetricsPlan | LookupPlan;

/** Every field a condition names, in order of appearance, repeats kept. */
export function conditionFields(condition: Condition | undefined): string[] {
  if (condition === undefined) return [];
  switch (condition.kind) {
    case 'compare':
      return [condition.field];
    case 'not':
      return conditionFields(condition.condition);
    default:
      return condition.conditions.flatMap(conditionFields);
  }
}

/** The `room` of all comparisons together, in bytes. */
export function roomIn(condition: Condition | undefined): number {
  if (condition === undefined) return 0;
  switch (condition.kind) {
    case 'compare':
      return condition.room ?? 0;
    case 'not':
      return roomIn(condition.condition);
    default:
      return condition.conditions.reduce((sum, part) => sum + roomIn(part), 0);
  }
}

/**
 * The total order of a page: what was asked for, then the key, which breaks ties. What follows the key can't matter
 * and is left out. A position holds one value for each entry, in this order.
 */
export function totalOrder(key: string, orderBy: readonly Order[]): Order[] {
  const at = orderBy.findIndex((order) => order.field === key);
  return at < 0 ? [...orderBy, { field: key, direction: 'asc' }] : orderBy.slice(0, at + 1);
}

/** Fields that a plan's rows or groups are chosen or ordered by. */
export function usedFields(plan: Exclude<Plan, LookupPlan>): string[] {
  const orders = 'orderBy' in plan ? plan.orderBy.map(({ field }) => field) : [];
  return [...new Set([...conditionFields(plan.where), ...orders])];
}

/** Fields that a plan names: what it shows, and what its rows or groups are chosen or ordered by. */
export function namedBy(plan: Plan): { fields: readonly string[]; filters: readonly string[] } {
  if (plan.kind === 'lookup') return { fields: plan.fields, filters: [] };
  const fields =
    plan.kind === 'rows'
      ? plan.fields
      : plan.kind === 'metrics'
        ? [...plan.dimensions, ...plan.measures]
        : [];
  return { fields, filters: usedFields(plan) };
}
