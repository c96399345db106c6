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
import { checkedBatch, KEYS_DATABASE, KEYS_TABLE, leftIn, quoted } from './names';

/**
 * Erasure on Iceberg in Athena's SQL. No statement holds a key: all of them join the staged ones, so their number and
 * length are the same for one person and for thousands. `=` on varchar compares bytes.
 */

/** A statement and the keys without which it need not run. */
export interface KeyedStatement {
  statement: Statement;
  needs: readonly StagedKey['action'][];
}

/** The statements that take a batch's people out of a table, in order. */
export function athenaErasure(target: ErasureTarget, batch: string, day: string): KeyedStatement[] {
  const rows = rowActions(target, day).map((action) => ({
    statement: statementOf(target, batch, action),
    needs: action.of,
  }));
  const mentions = target.mentions.map((mention) => ({
    statement: mentionMerge(target, batch, mention),
    needs: ['mention' as const],
  }));
  return [...rows, ...mentions];
}

/** Data files with deleted rows are written anew without them. */
export function athenaCompaction(target: ErasureTarget): Statement {
  return finished(target, 'compact', `OPTIMIZE ${tableName(target)} REWRITE DATA USING BIN_PACK`);
}

/** Snapshots that are past their age go, and with them the files that only they need. */
export function athenaExpiry(target: ErasureTarget): Statement {
  return finished(target, 'expire', `VACUUM ${tableName(target)}`);
}

function statementOf(target: ErasureTarget, batch: string, action: RowAction): Statement {
  if (action.what === 'delete') return deletion(target, batch, action);
  return action.what === 'pseudonymise' ? merge(target, batch, action) : release(target, batch, action);
}

function deletion(target: ErasureTarget, batch: string, action: RowAction): Statement {
  const exists = (key: KeyColumn): string =>
    `EXISTS (SELECT 1 FROM ${STAGED} k WHERE ${stagedFor(target, batch, action.of)}` +
    ` AND k."kind" = '${key.kind}' AND k."tenant" = ${columnOf(target, target.dataset.tenant)}` +
    ` AND k."key" = ${columnOf(target, key.column)})`;
  const subject = exists(target.subject);
  const whose =
    target.others.length === 0
      ? subject
      : `(${subject} OR (${columnOf(target, target.subject.column)} IS NULL AND (${target.others.map(exists).join(' OR ')})))`;
  return finished(
    target,
    'erase',
    `DELETE FROM ${tableName(target)} WHERE ${[...ageOf(target, action), whose].join(' AND ')}`,
  );
}

/**
 * The person goes out of the rows. One row of the source for each tenant, with all its keys in a map: a row of the
 * table then meets one row of the source at most, whichever of its columns names whomever, and one MERGE does.
 */
function merge(
  target: ErasureTarget,
  batch: string,
  action: Extract<RowAction, { what: 'pseudonymise' }>,
): Statement {
  const subject = columnOf(target, target.subject.column);
  const others = target.others.map((key) => tokenOf(target, key));
  const other = others.length === 1 ? others.join('') : `COALESCE(${others.join(', ')})`;
  const token =
    target.others.length === 0
      ? tokenOf(target, target.subject)
      : `CASE WHEN ${subject} IS NULL THEN ${other} ELSE ${tokenOf(target, target.subject)} END`;
  const sets = [`${quoted(target.subject.column)} = ${token}`, ...losing(target, action.columns, token)];
  return merging(target, stagedFor(target, batch, action.of), [...ageOf(target, action), token], sets);
}

/** Fields whose period is over go out of rows that lost their person before. */
function release(
  target: ErasureTarget,
  batch: string,
  action: Extract<RowAction, { what: 'release' }>,
): Statement {
  const token = tokenOf(target, target.subject);
  const left = leftIn(target, action.columns, (column) => columnOf(target, column));
  return merging(
    target,
    stagedFor(target, batch, action.of),
    [...ageOf(target, action), left, token],
    losing(target, action.columns, token),
  );
}

function losing(target: ErasureTarget, { tokenised, emptied }: PersonalColumns, token: string): string[] {
  return [
    ...tokenised.map(
      (column) =>
        `${quoted(column)} = CASE WHEN ${columnOf(target, column)} IS NULL THEN NULL ELSE ${token} END`,
    ),
    ...emptied.map((column) => `${quoted(column)} = NULL`),
  ];
}

function mentionMerge(target: ErasureTarget, batch: string, mention: KeyColumn): Statement {
  const token = tokenOf(target, mention);
  return merging(
    target,
    stagedFor(target, batch, ['mention']),
    [token],
    [`${quoted(mention.column)} = ${token}`],
  );
}

/** @param conditions the last of them is the token, which must be there */
function merging(
  target: ErasureTarget,
  staged: string,
  conditions: readonly string[],
  sets: readonly string[],
): Statement {
  const on = [`${columnOf(target, target.dataset.tenant)} = s."tenant"`, ...conditions].join(' AND ');
  return finished(
    target,
    'erase',
    `MERGE INTO ${tableName(target)} ${quoted(target.dataset.table)}` +
      ` USING (SELECT k."tenant", map_agg(k."kind" || ':' || k."key", k."token") AS "tokens"` +
      ` FROM ${STAGED} k WHERE ${staged} GROUP BY k."tenant") s` +
      ` ON ${on} IS NOT NULL WHEN MATCHED THEN UPDATE SET ${sets.join(', ')}`,
  );
}

const STAGED = `${quoted(KEYS_DATABASE)}.${quoted(KEYS_TABLE)}`;

function stagedFor(target: ErasureTarget, batch: string, actions: readonly StagedKey['action'][]): string {
  const wanted = actions.map((action) => `'${action}'`).join(', ');
  const which = actions.length === 1 ? `= ${wanted}` : `IN (${wanted})`;
  return (
    `k."batch" = ${textLiteral(checkedBatch(batch))} AND k."dataset" = ${textLiteral(target.dataset.name)}` +
    ` AND k."action" ${which}`
  );
}

/** Kinds hold no colon, so no two pairs of kind and key make one text. NULL where the row holds none. */
function tokenOf(target: ErasureTarget, key: KeyColumn): string {
  return `element_at(s."tokens", '${key.kind}:' || ${columnOf(target, key.column)})`;
}

function ageOf(target: ErasureTarget, { before }: RowAction): string[] {
  if (before === undefined) return [];
  const day = literal({ kind: 'datetime' }, `${before.day}T00:00:00.000Z`);
  return [`${columnOf(target, before.column)} < ${day}`];
}

function tableName({ dataset }: ErasureTarget): string {
  return `${quoted(dataset.database)}.${quoted(dataset.table)}`;
}

function columnOf({ dataset }: ErasureTarget, column: string): string {
  return `${quoted(dataset.table)}.${quoted(column)}`;
}

function finished({ dataset }: ErasureTarget, kind: string, sql: string): Statement {
  return finishStatement({
    engine: 'athena',
    sql,
    parameters: [],
    columns: [],
    room: 0,
    kind,
    dataset: dataset.name,
  });
}
