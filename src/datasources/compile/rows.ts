import { sql } from 'kysely';
import type { Scoped } from '../../auth/scope';
import type { DatasetDeclaration } from '../../schema/declarations';
import { roomIn, totalOrder, type Condition, type CountPlan, type RowsPlan } from '../plans';
import { soleValue } from './aggregates';
import { columnFor, reference } from './conditions';
import { tableWithout } from './gone';
import { dialectOf, type Dialect } from './dialects';
import { afterPosition } from './keyset';
import { whereOf } from './where';
import { finishStatement, type Statement } from './statement';

/**
 * One page of rows and one row more. Only the fields asked for are selected.
 *
 * @throws SluiceError BAD_USER_INPUT, BAD_CURSOR or QUERY_TOO_COMPLEX
 */
export function compileRows(
  dataset: DatasetDeclaration,
  { plan, scope, position }: Scoped<RowsPlan>,
  fields: readonly string[],
): Statement {
  const dialect = dialectOf(dataset.engine);
  const order = totalOrder(dataset.key, plan.orderBy);
  const columns = fields.map((field) => columnFor(dataset, field));
  const conditions = whereOf(dataset, scope, plan.range, plan.where);
  if (position !== undefined) conditions.push(afterPosition(dataset, order, position));
  let query = dialect.builder
    .selectFrom(tableWithout(dataset, scope.gone))
    .select(columns.map((column) => sql`${reference(column.column)}`.as(column.field)))
    .where((by) => by.and(conditions))
    .limit(sql.lit(plan.first + 1));
  for (const { field, direction } of order) {
    query = query.orderBy(reference(columnFor(dataset, field).column), (by) =>
      (direction === 'asc' ? by.asc() : by.desc()).nullsLast(),
    );
  }
  return finish(
    dialect,
    dataset,
    'rows',
    query.compile(),
    columns.map((column) => column.kind),
    plan.where,
  );
}

/**
 * How many rows there are, then the sole subject of all of them (when the scoped plan names one).
 *
 * @throws SluiceError BAD_USER_INPUT or QUERY_TOO_COMPLEX
 */
export function compileCount(
  dataset: DatasetDeclaration,
  { plan, scope, soleSubject }: Scoped<CountPlan>,
): Statement {
  const dialect = dialectOf(dataset.engine);
  const subject = soleSubject === undefined ? undefined : columnFor(dataset, soleSubject);
  const query = dialect.builder
    .selectFrom(tableWithout(dataset, scope.gone))
    .select([
      sql`count(*)`.as('total'),
      ...(subject === undefined ? [] : [soleValue(subject).as('sole_subject')]),
    ])
    .where((by) => by.and(whereOf(dataset, scope, plan.range, plan.where)));
  const kinds: Statement['columns'] = ['integer', ...(subject === undefined ? [] : [subject.kind])];
  return finish(dialect, dataset, 'count', query.compile(), kinds, plan.where);
}

/** Wraps a compiled query with what the engine needs to run and decode it. */
export function finish(
  dialect: Dialect,
  dataset: DatasetDeclaration,
  kind: string,
  query: Parameters<Dialect['parametersOf']>[0],
  columns: Statement['columns'],
  where: Condition | undefined,
): Statement {
  return finishStatement({
    engine: dialect.engine,
    dataset: dataset.name,
    kind,
    sql: query.sql,
    parameters: dialect.parametersOf(query),
    columns,
    room: roomIn(where),
  });
}
