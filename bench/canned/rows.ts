import type { ItemRow } from '../../src/datasources/engines/items';

/**
 * The rows that the canned endpoints answer with, made by a fixed rule, and how an answer must show them. Every subject
 * has to give the same rows as JSON, so that nobody is fast by leaving something out.
 */

/** Rows on a page. */
export const PAGE_ROWS = 1_000;
/** Checks inside the decision. */
const CHECKS = 6;

/** Tenant that all tokens and items of the benchmark carry. */
export const TENANT = 'bench';
/** Table of the point reads, as the declarations name it. */
export const DECISION_TABLE = 'sluice-decisions';

/** How a column is written by the services and shown in the answer. */
export type Kind = 'text' | 'integer' | 'float' | 'decimal' | 'time';

/** One page of rows, as the services hold it. */
export interface Page {
  /** Answer's field, database column and kind, in the order of the SELECT. */
  columns: readonly { field: string; column: string; kind: Kind }[];
  /** Cells as text, as both engines write them. */
  cells: readonly (readonly string[])[];
}

const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** `2026-03-01 00:00:00.000` and so on, a step of seconds apart. */
function sqlTime(step: number, index: number): string {
  const time = new Date(Date.UTC(2026, 2, 1) + index * step * 1_000);
  return time.toISOString().slice(0, 23).replace('T', ' ');
}

/** Whom the rows of a page are about: a few; a thousand, the same on each page; a thousand that no page had before. */
export type People = 'few' | 'thousand' | 'new';

/** The page with a person for each row, numbered from a number on. */
export function peopled({ columns, cells }: Page, first: number): Page {
  const people = columns.map(({ column }) => PEOPLE[column]);
  return {
    columns,
    cells: cells.map((row, index) =>
      row.map((text, at) => (people[at] === undefined ? text : people[at] + padded(first + index, 8))),
    ),
  };
}

/** Columns that say whom a row is about, and how their values begin. */
const PEOPLE: Record<string, string> = {
  device_id: 'device-',
  customer_id: 'customer-',
  customer_name: 'Sample Customer ',
};

/** Readings of fifty devices. */
export const READINGS: Page = {
  columns: [
    { field: 'id', column: 'reading_id', kind: 'text' },
    { field: 'deviceId', column: 'device_id', kind: 'text' },
    { field: 'recordedAt', column: 'recorded_at', kind: 'time' },
    { field: 'value', column: 'value', kind: 'float' },
    { field: 'latitude', column: 'latitude', kind: 'float' },
    { field: 'longitude', column: 'longitude', kind: 'float' },
  ],
  cells: Array.from({ length: PAGE_ROWS }, (_, index) => [
    `reading-${padded(index, 8)}`,
    `device-${padded(index % 50, 4)}`,
    sqlTime(60, index),
    String(70 + ((index * 37) % 1_000) / 100),
    String(50 + ((index * 7_919) % 1_000_000) / 1_000_000),
    String(8 + ((index * 104_729) % 1_000_000) / 1_000_000),
  ]),
};

/** Invoice lines of a hundred customers. */
export const SALES_LINES: Page = {
  columns: [
    { field: 'id', column: 'line_id', kind: 'text' },
    { field: 'soldAt', column: 'sold_at', kind: 'time' },
    { field: 'quantity', column: 'quantity', kind: 'integer' },
    { field: 'unitPrice', column: 'unit_price', kind: 'decimal' },
    { field: 'customerId', column: 'customer_id', kind: 'text' },
    { field: 'customerName', column: 'customer_name', kind: 'text' },
  ],
  cells: Array.from({ length: PAGE_ROWS }, (_, index) => [
    `line-${padded(index, 8)}`,
    sqlTime(300, index),
    String(1 + ((index * 13) % 48)),
    ((25 + ((index * 61) % 4_000)) / 100).toFixed(4),
    `customer-${padded(index % 100, 5)}`,
    `Sample Customer ${padded(index % 100, 5)}`,
  ]),
};

/** A cell as the answer shows it. */
function shown(kind: Kind, text: string): string | number {
  if (kind === 'integer' || kind === 'float') return Number(text);
  return kind === 'time' ? `${text.replace(' ', 'T')}Z` : text;
}

/** The rows that an unmasked answer must hold. */
export function expectedRows({ columns, cells }: Page): Record<string, string | number>[] {
  return cells.map((row) =>
    Object.fromEntries(columns.map(({ field, kind }, at) => [field, shown(kind, row[at] ?? '')])),
  );
}

/** One decision with its six checks: the fields that the point read selects, no others. */
export function decisionRow(id: string) {
  return {
    id,
    decidedAt: '2026-03-01T09:30:00.000Z',
    outcome: 'APPROVED',
    product: 'CONSUMER_LOAN',
    amount: '12500.0000',
    currency: 'EUR',
    applicantName: 'Sample Applicant',
    applicantEmail: 'sample.applicant@example.com',
    transactions: Array.from({ length: CHECKS }, (_, index) => ({
      kind: 'AFFORDABILITY',
      name: `check_${index + 1}`,
      value: 0.05 * (index + 1),
    })),
  } satisfies ItemRow;
}
