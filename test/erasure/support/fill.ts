import { BatchWriteItemCommand, type WriteRequest } from '@aws-sdk/client-dynamodb';
import type { Aws } from '../../../local/src/import/aws';
import { itemOf } from '../../../src/datasources/engines/items';
import type { ErasureTarget } from '../../../src/erasure/targets';
import { keyOf, type Crowd, type Group } from './crowd';

/** Fills all tables with the crowd's rows: each engine makes its own. */

/** Rows of one INSERT: a file for each partition that it meets. */
const AT_ONCE = 4_000_000;
/** Trino: a sequence has at most 10,000 entries. */
const SEQUENCE = 10_000;
/** The local stand-in for DynamoDB takes about a thousand items a second, on a machine that is not busy. */
const MOST_ITEMS = 4_000;
const WRITE_ITEMS = 25;
const WRITERS = 8;

/**
 * Gives rows by `store.dataset`.
 *
 * @param group people of whom the point-read store must hold an item each, before those of the crowd
 */
export async function fill(aws: Aws, crowd: Crowd, group: Group): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  for (const target of crowd.targets) {
    const { name, engine, pointReads } = target.dataset;
    rows[`${engine}.${name}`] = await fillTable(aws, crowd, target);
    if (pointReads !== undefined)
      rows[`dynamodb.${name}`] = await fillItems(aws, crowd, target, pointReads.table, group);
  }
  return rows;
}

async function fillTable(aws: Aws, crowd: Crowd, target: ErasureTarget): Promise<number> {
  const rows = crowd.rowsOf(target.dataset.name);
  let written = 0;
  for (let from = 0; from < rows; from += AT_ONCE)
    written += await insertRows(aws, crowd, target, from, Math.min(AT_ONCE, rows - from));
  return written;
}

/** Inserts rows by number in one statement; gives how many. */
export function insertRows(
  aws: Aws,
  crowd: Crowd,
  target: ErasureTarget,
  from: number,
  count: number,
): Promise<number> {
  const { database, table, engine } = target.dataset;
  const insert = `INSERT INTO "${database}"."${table}" ${rowsSql(crowd, target, from, count)}`;
  return engine === 'athena' ? aws.runAthena(insert) : aws.runRedshift(insert);
}

/** SELECT of rows by number. */
export function rowsSql(crowd: Crowd, target: ErasureTarget, from: number, count: number): string {
  const numbers = target.dataset.engine === 'athena' ? trinoNumbers(count) : redshiftNumbers(count);
  return crowd.select(target, from, numbers);
}

function trinoNumbers(count: number): string {
  const thousands = Math.ceil(count / SEQUENCE);
  return (
    `SELECT a * ${SEQUENCE} + b AS n FROM UNNEST(sequence(0, ${thousands - 1})) AS s(a)` +
    ` CROSS JOIN UNNEST(sequence(0, ${SEQUENCE - 1})) AS t(b) WHERE a * ${SEQUENCE} + b < ${count}`
  );
}

/** Digits times digits: Redshift's `generate_series` runs on the leader node alone and cannot fill a table. */
function redshiftNumbers(count: number): string {
  const digits = Array.from({ length: 10 }, (_none, digit) => `SELECT CAST(${digit} AS BIGINT) AS d`).join(
    ' UNION ALL ',
  );
  const places = String(count - 1).length;
  const names = Array.from({ length: places }, (_none, at) => `d${at}`);
  const sum = names.map((name, at) => `${name}.d * ${10 ** at}`).join(' + ');
  const from = names.map((name) => `(${digits}) ${name}`).join(' CROSS JOIN ');
  return `SELECT n FROM (SELECT ${sum} AS n FROM ${from}) numbered WHERE n < ${count}`;
}

async function fillItems(
  aws: Aws,
  crowd: Crowd,
  { dataset, erasure }: ErasureTarget,
  table: string,
  group: Group,
): Promise<number> {
  const count = Math.min(MOST_ITEMS, crowd.rowsOf(dataset.name)) + group.count;
  const write = async (first: number): Promise<void> => {
    for (let at = first; at < count; at += WRITERS * WRITE_ITEMS) {
      const batch = Array.from(
        { length: Math.min(WRITE_ITEMS, count - at) },
        (_none, offset): WriteRequest => {
          const i = at + offset;
          const person = crowd.person(personOfItem(crowd, group, i));
          const keys = Object.entries(erasure.keys).map(([field, kind]) => [field, keyOf(kind, person)]);
          const row = {
            ...Object.fromEntries(keys),
            [dataset.key]: `i${i}`,
            [dataset.time ?? dataset.key]: '2026-06-01T08:30:00.000Z',
          };
          return { PutRequest: { Item: itemOf(dataset, person.tenant, row) } };
        },
      );
      for (let left: WriteRequest[] = batch; left.length > 0;) {
        const answer = await aws.dynamodb.send(
          new BatchWriteItemCommand({ RequestItems: { [table]: left } }),
        );
        left = answer.UnprocessedItems?.[table] ?? [];
      }
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_none, writer) => write(writer * WRITE_ITEMS)));
  return count;
}

/** Whom the item `i…` is about. */
export function personOfItem(crowd: Crowd, { count, first, step }: Group, i: number): number {
  return i < count ? first + i * step : crowd.personOfRow(i);
}
