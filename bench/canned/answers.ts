import { itemOf } from '../../src/datasources/engines/items';
import { declarations } from '../../src/schema/catalog';
import {
  decisionRow,
  DECISION_TABLE,
  PAGE_ROWS,
  peopled,
  READINGS,
  SALES_LINES,
  TENANT,
  type Kind,
  type Page,
  type People,
} from './rows';

/** The bytes that the canned endpoints answer with, made once at start. */

/** GetQueryResults: at most 1,000 rows a page, the header row counted in (Athena API reference). */
const ATHENA_PAGE_ROWS = 1_000;

const ATHENA_TYPES: Record<Kind, string> = {
  text: 'varchar',
  integer: 'integer',
  float: 'double',
  decimal: 'decimal',
  time: 'timestamp',
};

const REDSHIFT_TYPES: Record<Kind, string> = {
  text: 'varchar',
  integer: 'int4',
  float: 'float8',
  decimal: 'numeric',
  time: 'timestamp',
};

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Answers of GetQueryResults, in order; all but the last carry the token of the next. */
export function athenaPages({ columns, cells }: Page): Buffer[] {
  const rows = [columns.map(({ column }) => column), ...cells].map((row) => ({
    Data: row.map((VarCharValue) => ({ VarCharValue })),
  }));
  const ColumnInfo = columns.map(({ column, kind }) => ({
    CatalogName: 'hive',
    SchemaName: '',
    TableName: '',
    Name: column,
    Label: column,
    Type: ATHENA_TYPES[kind],
    Precision: 0,
    Scale: 0,
    Nullable: 'UNKNOWN',
    CaseSensitive: kind === 'text',
  }));
  const pages: Buffer[] = [];
  for (let at = 0; at < rows.length; at += ATHENA_PAGE_ROWS) {
    const next = at + ATHENA_PAGE_ROWS;
    pages.push(
      json({
        UpdateCount: 0,
        ResultSet: { Rows: rows.slice(at, next), ResultSetMetadata: { ColumnInfo } },
        ...(next < rows.length ? { NextToken: String(pages.length + 1) } : {}),
      }),
    );
  }
  return pages;
}

/** The result object that Athena writes to S3: a header row, every value quoted. */
export function athenaObject({ columns, cells }: Page): Buffer {
  const line = (row: readonly string[]): string => `"${row.join('","')}"\n`;
  return Buffer.from(line(columns.map(({ column }) => column)) + cells.map(line).join(''));
}

function redshiftColumns({ columns }: Page): object[] {
  return columns.map(({ column, kind }) => ({
    isCaseSensitive: kind === 'text',
    isCurrency: false,
    isSigned: kind !== 'text' && kind !== 'time',
    label: column,
    length: 0,
    name: column,
    nullable: 1,
    precision: 0,
    scale: kind === 'decimal' ? 4 : 0,
    schemaName: '',
    tableName: '',
    typeName: REDSHIFT_TYPES[kind],
  }));
}

/** The answer of GetStatementResult: one object for each cell. */
export function redshiftRecords(page: Page): Buffer {
  const fields: Record<Kind, (text: string) => object> = {
    text: (stringValue) => ({ stringValue }),
    decimal: (stringValue) => ({ stringValue }),
    time: (stringValue) => ({ stringValue }),
    integer: (text) => ({ longValue: Number(text) }),
    float: (text) => ({ doubleValue: Number(text) }),
  };
  return json({
    Records: page.cells.map((row) => row.map((text, at) => fields[page.columns[at]?.kind ?? 'text'](text))),
    ColumnMetadata: redshiftColumns(page),
    TotalNumRows: page.cells.length,
  });
}

/** The answer of GetStatementResultV2: the rows as CSV without a header. */
export function redshiftCsv(page: Page): Buffer {
  return json({
    Records: [{ CSVRecords: page.cells.map((row) => `${row.join(',')}\n`).join('') }],
    ColumnMetadata: redshiftColumns(page),
    TotalNumRows: page.cells.length,
    ResultFormat: 'CSV',
  });
}

/** A decision's item as JSON text, for any id. */
export function decisionItem(): (id: string) => string {
  const dataset = declarations.datasets.get('Decision');
  if (dataset === undefined) throw new Error('There is no dataset Decision.');
  const mark = '@id@';
  const parts = JSON.stringify(itemOf(dataset, TENANT, decisionRow(mark))).split(mark);
  return (id) => parts.join(id);
}

export const ANSWERS = {
  athenaPages: athenaPages(READINGS),
  athenaObject: athenaObject(READINGS),
  redshiftRecords: redshiftRecords(SALES_LINES),
  redshiftCsv: redshiftCsv(SALES_LINES),
  decisionItem: decisionItem(),
  table: DECISION_TABLE,
};

/** The bytes of the next page for a gateway, about the people wanted. */
export function pagesAbout(people: People): { athenaObject: () => Buffer; redshiftCsv: () => Buffer } {
  if (people === 'few')
    return { athenaObject: () => ANSWERS.athenaObject, redshiftCsv: () => ANSWERS.redshiftCsv };
  if (people === 'thousand') {
    const [object, csv] = [athenaObject(peopled(READINGS, 0)), redshiftCsv(peopled(SALES_LINES, 0))];
    return { athenaObject: () => object, redshiftCsv: () => csv };
  }
  let met = 0;
  const next = (page: Page): Page => peopled(page, (met += PAGE_ROWS));
  return {
    athenaObject: () => athenaObject(next(READINGS)),
    redshiftCsv: () => redshiftCsv(next(SALES_LINES)),
  };
}
