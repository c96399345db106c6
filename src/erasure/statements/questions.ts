import { literal, textLiteral } from '../../datasources/compile/literal';
import { finishStatement, type Statement } from '../../datasources/compile/statement';
import type { ValueKind } from '../../schema/vocabulary';
import { goneBefore, periodColumn, type ErasureTarget, type KeyColumn } from '../targets';
import { checkedBatch, KEYS_DATABASE, KEYS_TABLE, quoted } from './names';
import { REDSHIFT_KEYS } from './redshift';

/**
 * What a plan asks of a table: which keys stand in the same rows, and how many rows are whose. One statement of each for
 * any number of people: their keys are staged as a batch's are, each once, so no statement holds one.
 */

/** A field of a row, and another one of it; alone in datasets that know a person by one key. */
export interface KeyPair {
  from: KeyColumn;
  to?: KeyColumn;
}

/** The pairs of a dataset, in the order in which `linksStatement` numbers them. */
export function keyPairs({ subject, others }: ErasureTarget): KeyPair[] {
  const keys = [subject, ...others];
  if (others.length === 0) return [{ from: subject }];
  return keys.flatMap((from) => keys.filter((to) => to !== from).map((to) => ({ from, to })));
}

/** Number of the row of `linksStatement` that counts the tenant's rows. */
export const ALL_ROWS = -1;

/**
 * Rows of `pair, known, found, n, total`: `n` rows hold a staged key in the pair's first field and `found` in its other
 * one, of `total` with that key in that field. At most `most` of each key and pair.
 */
export function linksStatement(target: ErasureTarget, id: string, tenant: string, most: number): Statement {
  const source = sourceOf(target, id, tenant);
  const branches = keyPairs(target).map(({ from, to }, pair) => {
    const known = 'k."key"';
    const found = to === undefined ? 'CAST(NULL AS varchar(1))' : `t.${quoted(to.column)}`;
    const marks = [source.mark(known), ...(to === undefined ? [] : [source.mark(found)])];
    return (
      `SELECT ${pair} AS pair, ${known} AS known, ${source.mark(known)} AS mark, ${found} AS found, COUNT(*) AS n` +
      ` FROM ${source.table} t INNER JOIN ${source.keys(from)} k ON ${source.same(known, from.column)}` +
      ` WHERE ${source.ofTenant} GROUP BY ${[...new Set([known, ...(to === undefined ? [] : [found]), ...marks])].join(', ')}`
    );
  });
  const ranked =
    `SELECT pair, known, found, n, SUM(n) OVER (PARTITION BY pair, mark) AS total,` +
    ` ROW_NUMBER() OVER (PARTITION BY pair, mark ORDER BY CASE WHEN found IS NULL THEN 1 ELSE 0 END, n DESC, found) AS place` +
    ` FROM (${branches.join(' UNION ALL ')}) links`;
  const all =
    `SELECT ${ALL_ROWS} AS pair, CAST(NULL AS varchar(1)) AS known, CAST(NULL AS varchar(1)) AS found,` +
    ` COUNT(*) AS n, COUNT(*) AS total FROM ${source.table} t WHERE ${source.ofTenant}`;
  return finished(
    target,
    'links',
    `SELECT pair, known, found, n, CAST(total AS bigint) AS total FROM (${ranked}) ranked WHERE place <= ${most} UNION ALL ${all}`,
    ['integer', 'string', 'string', 'integer', 'integer'],
  );
}

/**
 * Rows of `old, rest, newest` and the tokens of the keys that they hold, in the order of the columns: subject, others,
 * mentions. A token of one of the others is there only where no subject says whose row it is. `old` is how many of the rows
 * are past all that keeps them, `rest` how many are not, `newest` the day of the newest of all, where any period is counted.
 * Without a period of the rows, all are in `rest`. Keys have to be staged each once, or rows are counted more than once.
 */
export function countsStatement(target: ErasureTarget, id: string, tenant: string, day: string): Statement {
  const source = sourceOf(target, id, tenant);
  const { subject, others, mentions } = target;
  const columns = [subject, ...others, ...mentions];
  const joins = columns.map(
    (key, at) => ` LEFT JOIN ${source.keys(key)} k${at} ON ${source.same(`k${at}."key"`, key.column)}`,
  );
  const tokens = columns.map((key, at) =>
    others.includes(key)
      ? `CASE WHEN t.${quoted(subject.column)} IS NULL THEN k${at}."token" END`
      : `k${at}."token"`,
  );
  const counts = countsByAge(periodColumn(target), goneBefore(target, day)?.day);
  const places = tokens.map((_token, at) => counts.length + at + 1);
  return finished(
    target,
    'counts',
    `SELECT ${[...counts, ...tokens].join(', ')} FROM ${source.table} t${joins.join('')}` +
      ` WHERE ${source.ofTenant} AND (${tokens.map((token) => `${token} IS NOT NULL`).join(' OR ')})` +
      ` GROUP BY ${places.join(', ')}`,
    ['integer', 'integer', 'string', ...tokens.map(() => 'string' as const)],
  );
}

function countsByAge(column: string | undefined, day: string | undefined): string[] {
  if (column === undefined) return ['0', 'COUNT(*)', 'CAST(NULL AS varchar(10))'];
  const time = `t.${quoted(column)}`;
  const newest = `CAST(CAST(MAX(${time}) AS date) AS varchar(10))`;
  if (day === undefined) return ['0', 'COUNT(*)', newest];
  const old = `${time} < ${literal({ kind: 'datetime' }, `${day}T00:00:00.000Z`)}`;
  return [`SUM(CASE WHEN ${old} THEN 1 ELSE 0 END)`, `SUM(CASE WHEN ${old} THEN 0 ELSE 1 END)`, newest];
}

interface Source {
  table: string;
  /** The staged keys of a column's kind. */
  keys(column: KeyColumn): string;
  /** Equal to the byte. */
  same(key: string, column: string): string;
  /** What is equal for equal bytes alone, to group by. */
  mark(text: string): string;
  ofTenant: string;
}

function sourceOf({ dataset }: ErasureTarget, id: string, tenant: string): Source {
  const table = `${quoted(dataset.database)}.${quoted(dataset.table)}`;
  const tenantColumn = `t.${quoted(dataset.tenant)}`;
  if (dataset.engine === 'athena') {
    const batch = textLiteral(checkedBatch(id));
    return {
      table,
      keys: ({ kind }) =>
        `(SELECT "key", "token" FROM ${quoted(KEYS_DATABASE)}.${quoted(KEYS_TABLE)} WHERE "batch" = ${batch} AND "kind" = '${kind}')`,
      same: (key, column) => `${key} = t.${quoted(column)}`,
      mark: (text) => text,
      ofTenant: `${tenantColumn} = ${textLiteral(tenant)}`,
    };
  }
  // = may fold case and pass over blanks at the end; and a text with a colon could be taken for a parameter.
  const staged = quoted(REDSHIFT_KEYS);
  return {
    table,
    keys: ({ kind }) => `(SELECT "key", "token" FROM ${staged} WHERE "kind" = '${kind}')`,
    same: (key, column) =>
      `${key} = t.${quoted(column)} AND SHA2(${key}, 256) = SHA2(t.${quoted(column)}, 256)`,
    mark: (text) => `SHA2(${text}, 256)`,
    ofTenant:
      `${tenantColumn} IN (SELECT "tenant" FROM ${staged})` +
      ` AND SHA2(${tenantColumn}, 256) IN (SELECT SHA2("tenant", 256) FROM ${staged})`,
  };
}

/** Which columns a table has: an answer without rows names them. */
export function columnsStatement(target: ErasureTarget): Statement {
  const { database, table } = target.dataset;
  return finished(target, 'columns', `SELECT * FROM ${quoted(database)}.${quoted(table)} WHERE 1 = 0`, []);
}

function finished(
  { dataset }: ErasureTarget,
  kind: string,
  sql: string,
  columns: readonly ValueKind[],
): Statement {
  return finishStatement({
    engine: dataset.engine,
    sql,
    parameters: [],
    columns,
    room: 0,
    kind,
    dataset: dataset.name,
  });
}
