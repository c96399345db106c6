import { createHmac, randomBytes } from 'node:crypto';
import { readCsvPage, type Row } from '../results/csv';
import { ServiceError } from '../wire/json-protocol';
import { invalid } from './parameters';
import type { Part } from './statements';
import type { WarehouseColumn } from './text';

/** A page ends after so many bytes of values or so many rows; the service documents no exact size. */
const PAGE_BYTES = 1024 * 1024;
const PAGE_ROWS = 10_000;

/** One page of a query's rows and the token of the next. */
export interface ResultPage {
  columns: WarehouseColumn[];
  rows: Row[];
  nextToken: string | undefined;
}

const tokenKey = randomBytes(32);

function signature(id: string, offset: number): string {
  return createHmac('sha256', tokenKey).update(`${id}:${offset}`).digest('base64url').slice(0, 22);
}

/** Reads a page from the part's result file. Tokens are signed byte offsets. */
export async function resultPage(part: Part, path: string, token: unknown): Promise<ResultPage> {
  if (!part.columns)
    throw new ServiceError(
      'ResourceNotFoundException',
      'Query does not have result. Please check query status with DescribeStatement.',
      400,
      { ResourceId: part.id },
    );
  let offset = 0;
  if (token !== undefined && token !== '') {
    const [at = '', signed] = typeof token === 'string' ? token.split('.') : [];
    if (!/^\d+$/.test(at) || signed !== signature(part.id, Number(at))) throw invalid('Invalid NextToken.');
    offset = Number(at);
  }
  const page = await readCsvPage(path, offset, PAGE_ROWS, PAGE_BYTES);
  const nextToken = page.next === undefined ? undefined : `${page.next}.${signature(part.id, page.next)}`;
  return { columns: part.columns, rows: page.rows, nextToken };
}

/** Rows as the typed fields of GetStatementResult. */
export function jsonRecords({ columns, rows }: ResultPage): object[][] {
  return rows.map((row) =>
    row.map((value, at) => {
      if (value === null) return { isNull: true };
      switch (columns[at]?.field) {
        case 'booleanValue':
          return { booleanValue: value === 'true' };
        case 'longValue':
          return { longValue: Number(value) };
        case 'doubleValue':
          return Number.isFinite(Number(value)) ? { doubleValue: Number(value) } : { stringValue: value };
        default:
          return { stringValue: value };
      }
    }),
  );
}

/**
 * Rows as the CSV of GetStatementResultV2: no header, since the names are in ColumnMetadata; `\n` after each row; a
 * value is quoted when it holds a comma, a quote or a line break. The service's documents do not say how NULL and the
 * empty string differ; here NULL is nothing at all and the empty string is `""`, so that neither is lost. Booleans are
 * `true` and `false`.
 */
export function csvRecords({ rows }: ResultPage): string {
  return rows.map((row) => `${row.map(csvValue).join(',')}\n`).join('');
}

function csvValue(value: string | null): string {
  if (value === null) return '';
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

export function columnMetadata(columns: WarehouseColumn[]): object[] {
  return columns.map(({ name, typeName, precision, scale, length, field }) => ({
    isCaseSensitive: field === 'stringValue',
    isCurrency: false,
    isSigned: field === 'longValue' || field === 'doubleValue' || typeName === 'numeric',
    label: name,
    length,
    name,
    nullable: 1,
    precision,
    scale,
    schemaName: '',
    tableName: '',
    typeName,
  }));
}
