import { sql } from 'kysely';
import type { Scope } from '../../auth/scope';
import { SluiceError } from '../../errors';
import type { DatasetDeclaration } from '../../schema/declarations';
import type { Condition, TimeRange } from '../plans';
import { predicateOf, reference, columnFor } from './conditions';
import { withoutGone, withoutRetained } from './gone';
import { bind, type Predicate } from './dialects';

const TEXT = { kind: 'string' } as const;

/**
 * Everything a statement's rows must satisfy, tenant first, then the role's row rules, then time and partition, then
 * that it is nobody's who is gone, and keeps nothing of one who is, then what the caller asked.
 *
 * @throws SluiceError BAD_USER_INPUT when a range is missing, malformed or empty
 */
export function whereOf(
  dataset: DatasetDeclaration,
  scope: Scope,
  range: TimeRange | undefined,
  where: Condition | undefined,
): Predicate[] {
  return [
    ...tenantOf(dataset, scope),
    ...scope.rows.map((rule) => predicateOf(dataset, rule)),
    ...timeOf(dataset, range),
    ...withoutGone(dataset, scope.gone),
    ...withoutRetained(dataset),
    ...(where === undefined ? [] : [predicateOf(dataset, where)]),
  ];
}

function tenantOf(dataset: DatasetDeclaration, scope: Scope): Predicate[] {
  if (dataset.tenant === 'shared') return [];
  if (scope.tenant === '') throw new SluiceError('FORBIDDEN');
  return [sql`${reference(dataset.tenant)} = ${bind(TEXT, scope.tenant)}`];
}

function timeOf(dataset: DatasetDeclaration, range: TimeRange | undefined): Predicate[] {
  if (range === undefined) {
    if (dataset.rangeRequired || dataset.partition !== undefined) {
      throw new SluiceError('BAD_USER_INPUT', `${dataset.name} is read by time: name a range.`);
    }
    return [];
  }
  if (dataset.time === undefined) {
    throw new SluiceError('BAD_USER_INPUT', `${dataset.name} has no time, so it takes no range.`);
  }
  const { from, to } = checkedRange(range);
  const column = columnFor(dataset, dataset.time);
  const at = reference(column.column);
  const bounds =
    column.kind === 'date'
      ? [
          sql<boolean>`${at} >= ${bind(column, dayFrom(from))}`,
          sql<boolean>`${at} <= ${bind(column, dayBefore(to))}`,
        ]
      : [sql<boolean>`${at} >= ${bind(column, from)}`, sql<boolean>`${at} < ${bind(column, to)}`];
  if (dataset.partition === undefined) return bounds;
  const partition = reference(dataset.partition.column);
  return [
    sql`${partition} between ${bind(TEXT, from.slice(0, 10))} and ${bind(TEXT, dayBefore(to))}`,
    ...bounds,
  ];
}

function checkedRange(range: TimeRange): TimeRange {
  const from = Date.parse(range.from);
  const to = Date.parse(range.to);
  if (Number.isNaN(from) || Number.isNaN(to)) {
    throw new SluiceError('BAD_USER_INPUT', 'A range takes two times such as 2014-01-31T08:30:00.000Z.');
  }
  if (from >= to) throw new SluiceError('BAD_USER_INPUT', 'A range must end after it begins.');
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** The first day that begins inside the range. */
function dayFrom(from: string): string {
  const day = from.slice(0, 10);
  return from.endsWith('T00:00:00.000Z')
    ? day
    : new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
}

/** The last day that the range touches; its end does not belong to it. */
function dayBefore(to: string): string {
  return new Date(Date.parse(to) - 1).toISOString().slice(0, 10);
}
