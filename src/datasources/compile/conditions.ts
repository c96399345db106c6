import { sql } from 'kysely';
import { SluiceError } from '../../errors';
import type { ColumnDeclaration, DatasetDeclaration } from '../../schema/declarations';
import type { Comparison, Condition, PlanValue } from '../plans';
import { ALWAYS, NEVER, allOf, anyOf, bind, type Expression, type Predicate } from './dialects';

/**
 * Conditions in SQL. A condition is two-valued, as its reader expects: a comparison with a missing value does not
 * hold, `ne` and `not` are exact complements (`ne` holds for a missing value: IS DISTINCT FROM). SQL's NULL is kept
 * from spreading by pushing `not` down to the comparisons, where a missing value is let in by `or … is null`.
 */

type Compare = Extract<Condition, { kind: 'compare' }>;

/** The alias of the one table in every statement. */
export const ALIAS = 't';

/** The physical column, qualified. */
export function reference(column: string): Expression {
  return sql`${sql.id(ALIAS, column)}`;
}

/**
 * The condition over the dataset's own columns.
 *
 * @throws SluiceError BAD_USER_INPUT for an unknown or embedded field, an operator that does not fit the column's
 *   kind, or a value of another kind
 */
export function predicateOf(dataset: DatasetDeclaration, condition: Condition, negated = false): Predicate {
  switch (condition.kind) {
    case 'not':
      return predicateOf(dataset, condition.condition, !negated);
    case 'and':
    case 'or': {
      const parts = condition.conditions.map((part) => predicateOf(dataset, part, negated));
      return (condition.kind === 'and') === negated ? anyOf(parts) : allOf(parts);
    }
    default:
      return comparison(columnFor(dataset, condition.field), condition, negated);
  }
}

/** The dataset's own column of a field. */
export function columnFor(dataset: DatasetDeclaration, field: string): ColumnDeclaration {
  const column = dataset.columns.get(field);
  if (column === undefined) {
    throw new SluiceError('BAD_USER_INPUT', `${dataset.name} has no field ${field} to filter or sort by.`);
  }
  return column;
}

const TEXT_KINDS: readonly string[] = ['id', 'string', 'enum'];

/** Refuses operators that a kind of column does not have; shared with the evaluation in memory. */
export function checkOperator(column: ColumnDeclaration, op: Comparison): void {
  const textOnly = op === 'contains' || op === 'startsWith';
  const ordered = op === 'lt' || op === 'lte' || op === 'gt' || op === 'gte';
  if ((textOnly && !TEXT_KINDS.includes(column.kind)) || (ordered && column.kind === 'boolean')) {
    throw new SluiceError('BAD_USER_INPUT', `${column.field} cannot be compared by ${op}.`);
  }
}

function comparison(column: ColumnDeclaration, condition: Compare, negated: boolean): Predicate {
  checkOperator(column, condition.op);
  const at = reference(column.column);
  switch (condition.op) {
    case 'eq':
    case 'ne':
      return (condition.op === 'eq') === negated
        ? orMissing(column, sql`${at} <> ${bind(column, one(condition))}`)
        : sql`${at} = ${bind(column, one(condition))}`;
    case 'in': {
      const values = listOf(condition).map((value) => bind(column, value));
      if (values.length === 0) return negated ? ALWAYS : NEVER;
      return negated
        ? orMissing(column, sql`${at} not in (${sql.join(values)})`)
        : sql`${at} in (${sql.join(values)})`;
    }
    case 'isNull': {
      const wanted = one(condition);
      if (typeof wanted !== 'boolean') throw new SluiceError('BAD_USER_INPUT', 'isNull takes true or false.');
      return wanted === negated ? sql`${at} is not null` : sql`${at} is null`;
    }
    case 'contains':
    case 'startsWith':
      return search(column, condition, negated);
    default: {
      const operator = sql.raw(OPERATORS[condition.op][negated ? 1 : 0]);
      const found = sql<boolean>`${at} ${operator} ${bind(column, one(condition))}`;
      return negated ? orMissing(column, found) : found;
    }
  }
}

/** Each operator and its complement. */
const OPERATORS: Record<'lt' | 'lte' | 'gt' | 'gte', readonly [string, string]> = {
  lt: ['<', '>='],
  lte: ['<=', '>'],
  gt: ['>', '<='],
  gte: ['>=', '<'],
};

/** Literal and case-sensitive. The engines disagree about the position of an empty text, so it is not asked for. */
function search(column: ColumnDeclaration, condition: Compare, negated: boolean): Predicate {
  const at = reference(column.column);
  const value = one(condition);
  if (value === '') return negated ? sql`${at} is null` : sql`${at} is not null`;
  const found = sql`strpos(${at}, ${bind(column, value)})`;
  if (condition.op === 'contains') {
    return negated ? orMissing(column, sql`${found} = 0`) : sql`${found} > 0`;
  }
  return negated ? orMissing(column, sql`${found} <> 1`) : sql`${found} = 1`;
}

function orMissing(column: ColumnDeclaration, predicate: Predicate): Predicate {
  return column.nullable ? anyOf([predicate, sql`${reference(column.column)} is null`]) : predicate;
}

/** The single value of a comparison. */
export function one(condition: Compare): PlanValue {
  const value = condition.value;
  if (typeof value === 'object') throw new SluiceError('BAD_USER_INPUT', `${condition.op} takes one value.`);
  return value;
}

/** The values of `in`. */
export function listOf(condition: Compare): readonly PlanValue[] {
  const value = condition.value;
  if (!Array.isArray(value)) throw new SluiceError('BAD_USER_INPUT', 'in takes a list.');
  return value as readonly PlanValue[];
}
