import { SluiceError } from '../../errors';
import type { ColumnDeclaration } from '../../schema/declarations';
import type { ValueKind } from '../../schema/vocabulary';

/**
 * The one place where a value becomes SQL text. Athena has no usable typed parameters, so every value of an Athena
 * statement goes through `literal()`; Redshift's parameters go through `parameterText()`. Both check the same things.
 */

/** What is said of a column to write a value for it. */
export type Typed = Pick<ColumnDeclaration, 'kind' | 'scale'>;

/** A value on its way into a statement, with the column type it is compared with. */
export class BoundValue {
  constructor(
    readonly type: Typed,
    readonly value: unknown,
  ) {}
}

/** Redshift's longest varchar, in bytes; a longer value can match no row. */
const LONGEST_TEXT_BYTES = 65_535;

/** NUL, or half of a surrogate pair: text that no engine holds. */
const UNHOLDABLE = /\0|\p{Surrogate}/u;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATETIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?Z$/;
const DECIMAL = /^-?\d{1,28}(?:\.(\d{1,10}))?$/;

/**
 * An SQL literal that Trino (Athena) reads as exactly the value.
 *
 * @throws SluiceError BAD_USER_INPUT for a value that is not of the column's kind, and for text no engine can hold:
 *   NUL characters and halves of surrogate pairs
 */
export function literal(type: Typed, value: unknown): string {
  const text = parameterText(type, value);
  switch (type.kind) {
    case 'integer':
    case 'boolean':
      return text;
    case 'float':
      return `DOUBLE '${text}'`;
    case 'decimal':
      return `DECIMAL '${text}'`;
    case 'date':
      return `DATE '${text}'`;
    case 'datetime':
      return `TIMESTAMP '${text}'`;
    default:
      return textLiteral(text);
  }
}

/** A text literal: quotes doubled, nothing else has a meaning inside. */
export function textLiteral(text: string): string {
  return `'${checkText(text).replaceAll("'", "''")}'`;
}

/**
 * The value as the text of a parameter; times without their `T` and `Z`, to the millisecond or as finely as given.
 *
 * @throws SluiceError BAD_USER_INPUT as `literal`
 */
export function parameterText(type: Typed, value: unknown): string {
  switch (type.kind) {
    case 'integer':
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrong(type.kind);
      return Object.is(value, -0) ? '0' : String(value);
    case 'float':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(type.kind);
      return String(value);
    case 'boolean':
      if (typeof value !== 'boolean') throw wrong(type.kind);
      return String(value);
    case 'decimal':
      if (typeof value !== 'string' || !DECIMAL.test(value)) throw wrong(type.kind);
      return value;
    case 'date':
      return dateText(value);
    case 'datetime':
      return timeText(value);
    default:
      if (typeof value !== 'string') throw wrong(type.kind);
      return checkText(value);
  }
}

/** Digits after the point of a checked decimal. */
export function decimalDigits(value: string): number {
  return DECIMAL.exec(value)?.[1]?.length ?? 0;
}

/** Whether an engine can hold the text. */
export function isHoldable(text: string): boolean {
  return !UNHOLDABLE.test(text);
}

/** Refuses text that no engine can hold, instead of letting an engine cut it or fail on it. */
function checkText(text: string): string {
  if (!isHoldable(text)) {
    throw new SluiceError('BAD_USER_INPUT', 'A text holds a NUL character or half of a surrogate pair.');
  }
  if (Buffer.byteLength(text) > LONGEST_TEXT_BYTES) {
    throw new SluiceError('BAD_USER_INPUT', `A text is longer than ${LONGEST_TEXT_BYTES} bytes.`);
  }
  return text;
}

function dateText(value: unknown): string {
  if (typeof value !== 'string' || !isDay(value)) throw wrong('date');
  return value;
}

function timeText(value: unknown): string {
  const parts = typeof value === 'string' ? DATETIME.exec(value) : null;
  const [, day = '', time = '', fraction = ''] = parts ?? [];
  if (!isDay(day) || Number.isNaN(Date.parse(`${day}T${time}Z`)) || time.startsWith('24')) {
    throw wrong('datetime');
  }
  const fine = fraction.replace(/0+$/, '');
  return `${day} ${time}.${fine.padEnd(fine.length > 3 ? 6 : 3, '0')}`;
}

function isDay(text: string): boolean {
  if (!DATE.test(text)) return false;
  const day = new Date(`${text}T00:00:00.000Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

const EXPECTED: Record<ValueKind, string> = {
  id: 'text',
  string: 'text',
  enum: 'text',
  integer: 'a whole number',
  float: 'a finite number',
  decimal: 'a decimal number as text, such as "19.99"',
  boolean: 'true or false',
  date: 'a day such as 2014-01-31',
  datetime: 'a UTC time such as 2014-01-31T08:30:00.000Z',
};

function wrong(kind: ValueKind): SluiceError {
  return new SluiceError('BAD_USER_INPUT', `A value is not ${EXPECTED[kind]}.`);
}
