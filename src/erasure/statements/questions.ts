import { literal, textLiteral } from '../../datasources/compile/literal';
import { finishStatement, type Statement } from '../../datasources/compile/statement';
import type { ValueKind } from '../../schema/vocabulary';
import { rowActions, type ErasureTarget, type KeyColumn } from '../targets';
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
 * One row of `old, rest, newest, mentions`: rows of the people that are past their period, their other rows, the day of
 * the newest of those, and rows of anybody that mention the people. Without a period, all rows are in `rest`.
 */
export function countsStatement(target: ErasureTarget, id: string, tenant: string, day: string): Statement {
  const source = sourceOf(target, id, tenant);
  const columns = [target.subject, ...target.others, ...target.mentions];
  const joins = columns.map(
    (key, at) => ` LEFT JOIN ${source.keys(key)} k${at} ON ${source.same(`k${at}."key"`, key.column)}`,
  );
  const held = (keys: readonly KeyColumn[]): string =>
    keys.map((key) => `k${columns.indexOf(key)}."key" IS NOT NULL`).join(' OR ');
  const subject = `t.${quoted(target.subject.column)}`;
  const person =
    target.others.length === 0
      ? held([target.subject])
      : `(${held([target.subject])} OR (${subject} IS NULL AND (${held(target.others)})))`;
  const { before } = rowActions(target, day).find((action) => action.before !== undefined) ?? {};
  const time = before === undefined ? undefined : `t.${quoted(before.column)}`;
  const old =
    before === undefined
      ? undefined
      : `${time} < ${literal({ kind: 'datetime' }, `${before.day}T00:00:00.000Z`)}`;
  const sum = (...conditions: string[]): string =>
    `COALESCE(SUM(CASE WHEN ${conditions.join(' AND ')} THEN 1 ELSE 0 END), 0)`;
  const counts = [
    old === undefined ? '0' : sum(person, old),
    old === undefined
      ? sum(person)
      : `COALESCE(SUM(CASE WHEN ${person} THEN CASE WHEN ${old} THEN 0 ELSE 1 END ELSE 0 END), 0)`,
    old === undefined
      ? 'CAST(NULL AS varchar(10))'
      : `CAST(CAST(MAX(CASE WHEN ${person} THEN ${time} END) AS date) AS varchar(10))`,
    target.mentions.length === 0 ? '0' : sum(`(${held(target.mentions)})`),
  ];
  return finished(
    target,
    'counts',
    `SELECT ${counts.join(', ')} FROM ${source.table} t${joins.join('')} WHERE ${source.ofTenant}`,
    ['integer', 'integer', 'string', 'integer'],
  );
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
        `(SELECT "key" FROM ${quoted(KEYS_DATABASE)}.${quoted(KEYS_TABLE)} WHERE "batch" = ${batch} AND "kind" = '${kind}')`,
      same: (key, column) => `${key} = t.${quoted(column)}`,
      mark: (text) => text,
      ofTenant: `${tenantColumn} = ${textLiteral(tenant)}`,
    };
  }
  // = may fold case and pass over blanks at the end; and a text with a colon could be taken for a parameter.
  const staged = quoted(REDSHIFT_KEYS);
  return {
    table,
    keys: ({ kind }) => `(SELECT "key" FROM ${staged} WHERE "kind" = '${kind}')`,
    same: (key, column) =>
      `${key} = t.${quoted(column)} AND SHA2(${key}, 256) = SHA2(t.${quoted(column)}, 256)`,
    mark: (text) => `SHA2(${text}, 256)`,
    ofTenant:
      `${tenantColumn} IN (SELECT "tenant" FROM ${staged})` +
      ` AND SHA2(${tenantColumn}, 256) IN (SELECT SHA2("tenant", 256) FROM ${staged})`,
  };
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
