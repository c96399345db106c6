import { literal, textLiteral } from '../../datasources/compile/literal';
import { finishStatement, type Statement } from '../../datasources/compile/statement';
import type { StagedKey } from '../steps';
import {
  rowActions,
  type ErasureTarget,
  type KeyColumn,
  type PersonalColumns,
  type RowAction,
} from '../targets';
import { batchFolder, KEY_COLUMNS, leftIn, quoted } from './names';

/**
 * Erasure in Redshift's SQL: the statements of one transaction, and what frees the space after it. Keys come from the
 * staged object by COPY; no statement holds one. `=` alone may fold case (collation) and pass over blanks at the end,
 * so equal texts must have equal hashes too.
 */

/** A temporary table: it goes with the session. */
export const REDSHIFT_KEYS = 'erasure_keys';

/** Where the keys are staged, and the role that lets the warehouse read them. */
export interface CopySource {
  /** `s3://bucket/prefix/`, above the batch's folder. */
  location: string;
  /** ARN of an IAM role, or `default`. */
  role: string;
}

/** The whole transaction. @param day the batch's */
export function redshiftErasure(
  targets: readonly ErasureTarget[],
  batch: string,
  day: string,
  source: CopySource,
): string[] {
  return [...redshiftStaging(batch, source), ...targets.flatMap((target) => changesOf(target, day))];
}

/** Takes deleted rows out of a table's blocks, all of them. */
export function redshiftCompaction({ dataset }: ErasureTarget): Statement {
  return finishStatement({
    engine: 'redshift',
    sql: `VACUUM DELETE ONLY ${tableName(dataset)} TO 100 PERCENT`,
    parameters: [],
    columns: [],
    room: 0,
    kind: 'compact',
    dataset: dataset.name,
  });
}

/** Makes the session's table of keys and fills it. */
export function redshiftStaging(batch: string, { location, role }: CopySource): string[] {
  const columns = KEY_COLUMNS.map((column) => `${quoted(column)} varchar(65535)`);
  const from = textLiteral(`${location}${batchFolder(batch)}`);
  const iam = role === 'default' ? 'default' : textLiteral(role);
  return [
    `CREATE TEMP TABLE ${quoted(REDSHIFT_KEYS)} (${columns.join(', ')})`,
    `COPY ${quoted(REDSHIFT_KEYS)} FROM ${from} IAM_ROLE ${iam} FORMAT AS PARQUET`,
  ];
}

function changesOf(target: ErasureTarget, day: string): string[] {
  const whole = [target.subject, ...target.others];
  const rows = rowActions(target, day).flatMap((action) =>
    // What lost its person is found by the token, which stands in the subject.
    (action.what === 'release' ? [target.subject] : whole).map((key) => {
      const where = [...matching(target, key, action.of), ...ageOf(target, action)];
      if (action.what === 'delete')
        return `DELETE FROM ${tableName(target.dataset)} USING ${quoted(REDSHIFT_KEYS)} k WHERE ${where.join(' AND ')}`;
      const losing = losingOf(target, action.columns);
      if (action.what === 'pseudonymise')
        return update(target, [`${quoted(target.subject.column)} = k."token"`, ...losing], where);
      return update(target, losing, [
        ...where,
        leftIn(target, action.columns, (column) => columnOf(target, column)),
      ]);
    }),
  );
  const mentions = target.mentions.map((key) =>
    update(target, [`${quoted(key.column)} = k."token"`], matching(target, key, ['mention'])),
  );
  return [...rows, ...mentions];
}

function update({ dataset }: ErasureTarget, sets: readonly string[], where: readonly string[]): string {
  return `UPDATE ${tableName(dataset)} SET ${sets.join(', ')} FROM ${quoted(REDSHIFT_KEYS)} k WHERE ${where.join(' AND ')}`;
}

function losingOf(target: ErasureTarget, { tokenised, emptied }: PersonalColumns): string[] {
  return [
    ...tokenised.map(
      (column) =>
        `${quoted(column)} = CASE WHEN ${columnOf(target, column)} IS NULL THEN NULL ELSE k."token" END`,
    ),
    ...emptied.map((column) => `${quoted(column)} = NULL`),
  ];
}

/** Rows that a key is the person of, or that mention them: all of tenant, kind and key to the byte. */
function matching(target: ErasureTarget, key: KeyColumn, actions: readonly StagedKey['action'][]): string[] {
  const wanted = actions.map((action) => `'${action}'`).join(', ');
  const same = (staged: string, column: string): string[] => [
    `k.${quoted(staged)} = ${columnOf(target, column)}`,
    `SHA2(k.${quoted(staged)}, 256) = SHA2(${columnOf(target, column)}, 256)`,
  ];
  return [
    `k."dataset" = ${textLiteral(target.dataset.name)}`,
    actions.length === 1 ? `k."action" = ${wanted}` : `k."action" IN (${wanted})`,
    `k."kind" = '${key.kind}'`,
    ...same('tenant', target.dataset.tenant),
    ...same('key', key.column),
    ...(target.others.includes(key) ? [`${columnOf(target, target.subject.column)} IS NULL`] : []),
  ];
}

function ageOf(target: ErasureTarget, { before }: RowAction): string[] {
  if (before === undefined) return [];
  const day = literal({ kind: 'datetime' }, `${before.day}T00:00:00.000Z`);
  return [`${columnOf(target, before.column)} < ${day}`];
}

function tableName({ database, table }: ErasureTarget['dataset']): string {
  return `${quoted(database)}.${quoted(table)}`;
}

function columnOf({ dataset }: ErasureTarget, column: string): string {
  return `${quoted(dataset.table)}.${quoted(column)}`;
}
