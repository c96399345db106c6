import { sql } from 'kysely';
import type { Gone, GoneKeys } from '../../auth/scope';
import { tableOf } from '../../schema/tables';
import type { DatasetDeclaration } from '../../schema/declarations';
import { ALIAS, columnFor, reference } from './conditions';
import { allOf, anyOf, bind, dialectOf, type Expression, type Predicate } from './dialects';

/**
 * Rows of people who are treated as gone, left out by hashes of their keys. A row is a person's when its subject is one of
 * their keys, or it has no subject and another of its keys is.
 */
export function withoutGone(dataset: DatasetDeclaration, gone: Gone | undefined): Predicate[] {
  if (gone === undefined) return [];
  const subject = gone.subject === undefined ? undefined : reference(columnFor(dataset, gone.subject).column);
  return gone.keys.map((keys) => {
    const at = reference(columnFor(dataset, keys.field).column);
    const other = sql<boolean>`not ${isGone(dataset, keys, at)}`;
    const missing = sql<boolean>`${at} is null`;
    if (subject === undefined || keys.field === gone.subject) return anyOf([missing, other]);
    return anyOf([sql<boolean>`${subject} is not null`, missing, other]);
  });
}

/**
 * The table, or the table without what it says in passing of people who are gone: the fields that name them are missing
 * wherever anything is read, compared or grouped.
 */
export function tableWithout(dataset: DatasetDeclaration, gone: Gone | undefined) {
  const table = sql<Record<string, unknown>>`${sql.id(dataset.database, dataset.table)}`;
  if (gone === undefined || gone.mentions.length === 0) return table.as(ALIAS);
  const mentions = new Map(gone.mentions.map((keys) => [columnFor(dataset, keys.field).column, keys]));
  const columns = tableOf(dataset).columns.map(({ name: column }) => {
    const keys = mentions.get(column);
    const at = reference(column);
    if (keys === undefined) return at;
    return sql`case when ${allOf([sql`${at} is not null`, isGone(dataset, keys, at)])} then null else ${at} end as ${sql.id(column)}`;
  });
  const inner = sql`(select ${sql.join(columns)} from ${table} as ${sql.id(ALIAS)})`;
  return inner.$castTo<Record<string, unknown>>().as(ALIAS);
}

function isGone(dataset: DatasetDeclaration, keys: GoneKeys, at: Expression): Predicate {
  const hash = dialectOf(dataset.engine).hash64(bind({ kind: 'string' }, keys.salt), at);
  // Digits of our own making: written out, since each parameter would take as much room again for its cast.
  return sql`${hash} in (${sql.join([...keys.hashes].map((one) => sql.lit(one)))})`;
}
