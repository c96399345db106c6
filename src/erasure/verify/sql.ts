import type { DatasetDeclaration } from '../../schema/declarations';
import { KEY_COLUMNS, KEYS_DATABASE, KEYS_TABLE } from '../../schema/subject-keys';
import type { Expectation } from './expectations';

/** Verification's own questions. All names come from declarations; keys are joined and never written. */

/** How many rows of a table still hold what they should not; one number for each expectation, added up. */
export function survivorsSql(
  dataset: DatasetDeclaration,
  expectations: readonly Expectation[],
  keys: string,
): string {
  const counts = expectations.map(({ column, kind, actions, unlessSet, before }) => {
    const conditions = [
      `p.${name('dataset')} = ${text(dataset.name)}`,
      `p.${name('kind')} = ${text(kind)}`,
      `p.${name('action')} IN (${actions.map(text).join(', ')})`,
      // Redshift's = may fold case and pass over blanks at the end; equal hashes come of equal bytes.
      ...(dataset.engine === 'redshift'
        ? [`SHA2(p.${name('key')}, 256) = SHA2(r.${name(column)}, 256)`]
        : []),
      ...(unlessSet === undefined ? [] : [`r.${name(unlessSet)} IS NULL`]),
      ...(before === undefined
        ? []
        : [`r.${name(before.column)} < TIMESTAMP ${text(`${before.day} 00:00:00`)}`]),
    ];
    return (
      `SELECT COUNT(*) AS found FROM ${name(dataset.database)}.${name(dataset.table)} r INNER JOIN ${keys} p` +
      ` ON p.${name('tenant')} = r.${name(dataset.tenant)} AND p.${name('key')} = r.${name(column)}` +
      ` WHERE ${conditions.join(' AND ')}`
    );
  });
  return `SELECT COALESCE(SUM(found), 0) AS survivors FROM (${counts.join(' UNION ALL ')}) counted`;
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
