import type { DatasetDeclaration } from '../../schema/declarations';
import { KEY_COLUMNS, KEYS_DATABASE, KEYS_TABLE } from '../../schema/subject-keys';
import { BY_TOKEN, expectationsOf, pseudonymisedOf, type LeftOver } from './expectations';

/** Verification's own questions. All names come from declarations; keys are joined and never written. */

/**
 * How many rows of a table still hold what they should not, by tenant and token of the person. One row more, without a
 * tenant, is always there: an answer that lacks it is none.
 *
 * @param day of the batch
 * @param beside columns that nobody declared and that rows which stay for retained fields alone have no values in
 */
export function survivorsSql(
  dataset: DatasetDeclaration,
  day: string,
  keys: string,
  beside: readonly string[] = [],
): string {
  const counts = expectationsOf(dataset, day).map(({ column, kind, actions, unlessSet, before }) => {
    const conditions = [
      `p.${name('dataset')} = ${text(dataset.name)}`,
      `p.${name('kind')} = ${text(kind)}`,
      `p.${name('action')} IN (${actions.map(text).join(', ')})`,
      // Redshift's = may fold case and pass over blanks at the end; equal hashes come of equal bytes.
      ...(dataset.engine === 'redshift'
        ? [`SHA2(p.${name('key')}, 256) = SHA2(r.${name(column)}, 256)`]
        : []),
      ...(unlessSet === undefined ? [] : [`r.${name(unlessSet)} IS NULL`]),
      ...isOver(before),
    ];
    const person = `p.${name('tenant')}, p.${name('token')}`;
    return (
      `SELECT ${person}, COUNT(*) AS found FROM ${name(dataset.database)}.${name(dataset.table)} r INNER JOIN ${keys} p` +
      ` ON p.${name('tenant')} = r.${name(dataset.tenant)} AND p.${name('key')} = r.${name(column)}` +
      ` WHERE ${conditions.join(' AND ')} GROUP BY ${person}`
    );
  });
  const always = `SELECT CAST(NULL AS varchar) AS ${name('tenant')}, CAST(NULL AS varchar) AS ${name('token')}, 0 AS found`;
  const all = [always, ...counts, ...leftOverSql(dataset, day, keys, beside)].join(' UNION ALL ');
  const person = `${name('tenant')}, ${name('token')}`;
  return `SELECT ${person}, SUM(found) AS survivors FROM (${all}) counted GROUP BY ${person}`;
}

/** Rows that have a person's token, and still something of the person. */
function leftOverSql(
  dataset: DatasetDeclaration,
  day: string,
  keys: string,
  beside: readonly string[],
): string[] {
  const { subject = '', left = [] } = pseudonymisedOf(dataset, day) ?? {};
  return left.flatMap(({ emptied, tokenised, before }) => {
    const gone = new Set([...emptied, ...(before === undefined ? beside : [])]);
    const found = [
      ...[...gone].map((column) => `r.${name(column)} IS NOT NULL`),
      ...tokenised.map((column) => `r.${name(column)} <> r.${name(subject)}`),
    ];
    if (found.length === 0) return [];
    const person = `p.${name('tenant')}, p.${name('token')}`;
    // Each token once, since a person may have many keys.
    const tokens =
      `(SELECT DISTINCT ${person} FROM ${keys} p WHERE p.${name('dataset')} = ${text(dataset.name)}` +
      ` AND p.${name('action')} IN (${BY_TOKEN.map(text).join(', ')}))`;
    return [
      `SELECT ${person}, COUNT(*) AS found FROM ${name(dataset.database)}.${name(dataset.table)} r` +
        ` INNER JOIN ${tokens} p ON p.${name('tenant')} = r.${name(dataset.tenant)}` +
        ` AND p.${name('token')} = r.${name(subject)}` +
        ` WHERE ${[`(${found.join(' OR ')})`, ...isNotKept(before)].join(' AND ')} GROUP BY ${person}`,
    ];
  });
}

function isOver(before: LeftOver['before']): string[] {
  return before === undefined
    ? []
    : [`r.${name(before.column)} < TIMESTAMP ${text(`${before.day} 00:00:00`)}`];
}

/** Before the day, or without the time by which it ends. */
function isNotKept(before: LeftOver['before']): string[] {
  return before === undefined ? [] : [`(${isOver(before).join('')} OR r.${name(before.column)} IS NULL)`];
}

/** The keys of one partition, as Athena sees them. */
export function athenaKeys(partition: string): string {
  const columns = KEY_COLUMNS.filter((column) => column !== 'batch').map(name);
  return (
    `(SELECT ${columns.join(', ')} FROM ${name(KEYS_DATABASE)}.${name(KEYS_TABLE)}` +
    ` WHERE ${name('batch')} = ${text(partition)})`
  );
}

/** A table of Redshift's session for the keys, and how it is filled. */
export const REDSHIFT_KEYS = 'verified_keys';
export function redshiftKeys(object: string, role: string): string[] {
  const columns = KEY_COLUMNS.map((column) => `${name(column)} varchar(65535)`);
  return [
    `CREATE TEMP TABLE ${name(REDSHIFT_KEYS)} (${columns.join(', ')})`,
    `COPY ${name(REDSHIFT_KEYS)} FROM ${text(object)} IAM_ROLE ${role === 'default' ? role : text(role)} FORMAT AS PARQUET`,
  ];
}

/** No row, but the names of all columns. */
export function columnsSql({ database, table }: DatasetDeclaration): string {
  return `SELECT * FROM ${name(database)}.${name(table)} WHERE 1 = 0`;
}

/** Files of the table as it is now, and where it has its metadata: files of older snapshots lie beside them. */
export function filesSql({ database, table }: DatasetDeclaration): string {
  return `SELECT file_path AS path FROM ${name(database)}.${name(`${table}$files`)}`;
}

export function snapshotsSql({ database, table }: DatasetDeclaration): string {
  return (
    `SELECT manifest_list AS path, CAST(committed_at AS varchar) AS committed` +
    ` FROM ${name(database)}.${name(`${table}$snapshots`)} ORDER BY committed_at`
  );
}

function name(identifier: string): string {
  return `"${identifier.split('"').join('""')}"`;
}

function text(value: string): string {
  return `'${value.split("'").join("''")}'`;
}
