import { createHmac, randomBytes } from 'node:crypto';
import { csvLine, readCsvPage, type Row } from '../results/csv';
import type { S3Store } from '../s3/store';
import { ServiceError } from '../wire/json-protocol';
import type { LakeColumn, LakeResult } from './backend';
import type { Execution } from './executions';

/** Rows a page of GetQueryResults holds at most, the header row included (service limit of MaxResults). */
export const MAX_PAGE_ROWS = 1000;

/** Streams a result into its S3 object, the column names as its first line; only a chunk of rows is in memory. */
export async function writeResult(
  store: S3Store,
  bucket: string,
  key: string,
  result: LakeResult,
): Promise<void> {
  await store.put(bucket, key, lines(result));
}

async function* lines(result: LakeResult): AsyncGenerator<Buffer> {
  if (result.columns.length > 0 && result.header !== false)
    yield Buffer.from(csvLine(result.columns.map(({ name }) => name)));
  for await (const rows of result.rows) yield Buffer.from(rows.map(csvLine).join(''));
}

/** Page tokens name a byte offset of the result object and are signed, so that a made-up one is refused. */
const tokenKey = randomBytes(32);

function signature(id: string, offset: number): string {
  return createHmac('sha256', tokenKey).update(`${id}:${offset}`).digest('base64url').slice(0, 22);
}

function offsetOf(id: string, token: string | undefined): number {
  if (token === undefined) return 0;
  const [offset = '', signed] = token.split('.');
  if (!/^\d+$/.test(offset) || signed !== signature(id, Number(offset)))
    throw new ServiceError('InvalidRequestException', 'Invalid NextToken', 400, {
      AthenaErrorCode: 'INVALID_INPUT',
    });
  return Number(offset);
}

/** One page of GetQueryResults, read from the result object. */
export async function resultPage(
  store: S3Store,
  execution: Execution,
  token: string | undefined,
  maxRows: number,
): Promise<object> {
  const offset = offsetOf(execution.id, token);
  const { columns, updateCount } = execution;
  if (columns.length === 0) {
    // INSERT and its kin answer with a column `rows` and no row; DDL answers with nothing.
    const counted =
      updateCount === undefined ? [] : [{ name: 'rows', type: 'bigint', precision: 19, scale: 0 }];
    return {
      UpdateCount: updateCount ?? 0,
      ResultSet: { Rows: [], ResultSetMetadata: { ColumnInfo: counted.map(columnInfo) } },
    };
  }
  const page = await readCsvPage(store.objectPath(execution.bucket, execution.key), offset, maxRows);
  return {
    UpdateCount: 0,
    ResultSet: { Rows: page.rows.map(rowShape), ResultSetMetadata: { ColumnInfo: columns.map(columnInfo) } },
    ...(page.next === undefined ? {} : { NextToken: `${page.next}.${signature(execution.id, page.next)}` }),
  };
}

function rowShape(row: Row): object {
  return { Data: row.map((value) => (value === null ? {} : { VarCharValue: value })) };
}

function columnInfo({ name, type, precision, scale }: LakeColumn): object {
  return {
    CatalogName: 'hive',
    SchemaName: '',
    TableName: '',
    Name: name,
    Label: name,
    Type: type,
    Precision: precision,
    Scale: scale,
    Nullable: 'UNKNOWN',
    CaseSensitive: type === 'varchar',
  };
}
