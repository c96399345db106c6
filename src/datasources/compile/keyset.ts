import { sql } from 'kysely';
import type { Position } from '../../auth/scope';
import { SluiceError } from '../../errors';
import type { ColumnDeclaration, DatasetDeclaration } from '../../schema/declarations';
import type { Order } from '../plans';
import { columnFor, reference } from './conditions';
import { allOf, anyOf, bind, NEVER, type Predicate } from './dialects';

/**
 * Rows after a position. Missing values come last in both directions.
 *
 * @throws SluiceError BAD_CURSOR when the position does not fit the order
 */
export function afterPosition(
  dataset: DatasetDeclaration,
  order: readonly Order[],
  position: Position,
): Predicate {
  if (position.length < order.length || position[order.length - 1] === null)
    throw new SluiceError('BAD_CURSOR');
  const alternatives: Predicate[] = [];
  const equal: Predicate[] = [];
  order.forEach(({ field, direction }, index) => {
    const column = columnFor(dataset, field);
    const value = position[index] ?? null;
    const later = laterThan(column, direction, value);
    if (later !== undefined) alternatives.push(allOf([...equal, later]));
    equal.push(sameAs(column, value));
  });
  return alternatives.length === 0 ? NEVER : anyOf(alternatives);
}

function laterThan(
  column: ColumnDeclaration,
  direction: Order['direction'],
  value: Position[number],
): Predicate | undefined {
  if (value === null) return undefined;
  const at = reference(column.column);
  const beyond = sql<boolean>`${at} ${sql.raw(direction === 'asc' ? '>' : '<')} ${bind(column, value)}`;
  return column.nullable ? anyOf([beyond, sql`${at} is null`]) : beyond;
}

function sameAs(column: ColumnDeclaration, value: Position[number]): Predicate {
  const at = reference(column.column);
  return value === null ? sql`${at} is null` : sql`${at} = ${bind(column, value)}`;
}
