import type { Comparison, Condition, PlanValue } from '../datasources/plans';
import { SluiceError } from '../errors';

/** A `where` input as GraphQL hands it over: already typed and coerced. */
export type WhereInput = Readonly<Record<string, unknown>>;

type FilterInput = Readonly<Record<string, PlanValue | readonly PlanValue[] | null | undefined>>;

/** Turns a `where` input into a condition; an empty one means no condition. */
export function conditionOf(where: WhereInput | null | undefined): Condition | undefined {
  return where === null || where === undefined ? undefined : all(partsOf(where));
}

function partsOf(where: WhereInput): Condition[] {
  const parts: Condition[] = [];
  for (const [name, value] of Object.entries(where)) {
    if (value === undefined) continue;
    if (value === null) {
      throw new SluiceError(
        'BAD_USER_INPUT',
        `where.${name} is null. Leave it out, or use isNull to ask for null values.`,
      );
    }
    if (name === 'and' || name === 'or') {
      const conditions = (value as readonly WhereInput[]).map((entry) => conditionOf(entry) ?? EVERYTHING);
      parts.push({ kind: name, conditions });
    } else if (name === 'not') {
      parts.push({ kind: 'not', condition: conditionOf(value as WhereInput) ?? EVERYTHING });
    } else {
      parts.push(...comparisons(name, value as FilterInput));
    }
  }
  return parts;
}

/** An empty `and` holds for every row. */
const EVERYTHING: Condition = { kind: 'and', conditions: [] };

function comparisons(field: string, filter: FilterInput): Condition[] {
  return Object.entries(filter).flatMap(([op, value]): Condition[] => {
    if (value === undefined) return [];
    if (value === null) {
      throw new SluiceError(
        'BAD_USER_INPUT',
        `where.${field}.${op} is null. Leave it out, or use isNull to ask for null values.`,
      );
    }
    return [{ kind: 'compare', field, op: op as Comparison, value }];
  });
}

function all(conditions: Condition[]): Condition | undefined {
  return conditions.length > 1 ? { kind: 'and', conditions } : conditions[0];
}
