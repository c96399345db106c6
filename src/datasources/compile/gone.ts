import { sql } from 'kysely';
import { TOKEN_LENGTH, TOKEN_PREFIX } from '../../auth/audit-tokens';
import type { Gone, GoneKeys } from '../../auth/scope';
import { retainedBy } from '../../erasure/retention';
import { tableOf } from '../../schema/tables';
import type { DatasetDeclaration } from '../../schema/declarations';
import { TOKENISED_CLASSES } from '../../schema/vocabulary';
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
 * Rows that lost their person and keep fields for a law alone, left out for as long as they have any of them: whoever the
 * token stands for could be known by what is retained.
 */
export function withoutRetained(dataset: DatasetDeclaration): Predicate[] {
  const { erasure, subject } = dataset;
  if (erasure === undefined || subject === undefined) return [];
  const fields = retainedBy(erasure.rule).flatMap((period) => period.fields);
  if (fields.length === 0) return [];
  const at = reference(columnFor(dataset, subject).column);
  const hasToken = sql<boolean>`(substring(${at}, 1, ${sql.lit(TOKEN_PREFIX.length)}) = ${sql.lit(TOKEN_PREFIX)} and length(${at}) = ${sql.lit(TOKEN_LENGTH)})`;
  const nobodys = [sql<boolean>`${at} is null`, sql<boolean>`not ${hasToken}`];
  // Such a row is there for its fields alone.
  if (erasure.rule.action === 'delete') return [anyOf(nobodys)];
  const gone = fields.map((field) => {
    const declared = columnFor(dataset, field);
    const column = reference(declared.column);
    const isToken = TOKENISED_CLASSES.includes(declared.class) ? [sql<boolean>`${column} = ${at}`] : [];
    return anyOf([sql`${column} is null`, ...isToken]);
  });
  return [anyOf([...nobodys, allOf(gone)])];
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
