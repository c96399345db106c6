import type { Cell } from '../../../src/datasources/results';
import type { ColumnDeclaration } from '../../../src/schema/declarations';
import { readDecimal, round, shorten, writeDecimal } from './decimals';

/** Why a row cannot be loaded. The reason names the field and the rule, never the value. */
export class RowProblem extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** Turns a source text into the cell of one column, or throws a RowProblem. Never called with null. */
export type CellReader = (text: string) => Cell;

/** What a mapping may say about reading a cell. */
export interface CellOptions {
  /** For decimals: round half away from zero instead of rejecting surplus digits. */
  round?: boolean;
}

/** Longest text in bytes: what a Redshift VARCHAR holds at most (65,535 bytes, Amazon Redshift Database Developer Guide). */
const MAX_TEXT_BYTES = 65_535;
const MAX_INTEGER = 2_147_483_647;
const FLOAT = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const TRUTHS: Record<string, boolean> = {
  true: true,
  yes: true,
  '1': true,
  false: false,
  no: false,
  '0': false,
};

/**
 * The reader of a column by its kind. Cells are what the gateway uses inside: text for ids, strings and enums,
 * decimal text with all digits of the column's scale, `YYYY-MM-DD` days, ISO times in UTC. Times must already be ISO.
 */
export function cellReader(column: ColumnDeclaration, options: CellOptions = {}): CellReader {
  const refuse = (what: string): never => {
    throw new RowProblem(`${column.field}: ${what}`);
  };
  switch (column.kind) {
    case 'integer':
      return (text) => {
        const value = readDecimal(text.trim());
        const whole = value === undefined ? undefined : shorten(value);
        if (whole === undefined || whole.scale > 0) return refuse('not a whole number');
        const number = Number(whole.units);
        return Math.abs(number) > MAX_INTEGER ? refuse('whole number out of range') : number;
      };
    case 'float':
      return (text) => {
        const number = FLOAT.test(text.trim()) ? Number(text) : NaN;
        return Number.isFinite(number) ? number : refuse('not a number');
      };
    case 'decimal':
      return decimalReader(column.scale ?? 4, options.round ?? false, refuse);
    case 'boolean':
      return (text) => TRUTHS[text.trim().toLowerCase()] ?? refuse('not yes or no');
    case 'date':
      return (text) => (/^\d{4}-\d{2}-\d{2}/.test(text) ? text.slice(0, 10) : refuse('not a day'));
    case 'datetime':
      return (text) => text;
    case 'enum': {
      const values = new Set(column.values);
      return (text) => (values.has(text) ? text : refuse(`not one of ${[...values].join(', ')}`));
    }
    default:
      return (text) => {
        if (text.includes('\0')) return refuse('text with a NUL character, which no store keeps');
        const long = text.length * 3 > MAX_TEXT_BYTES && Buffer.byteLength(text) > MAX_TEXT_BYTES;
        return long ? refuse('text longer than 65,535 bytes') : text;
      };
  }
}

function decimalReader(scale: number, rounding: boolean, refuse: (what: string) => never): CellReader {
  const limit = 10n ** 18n;
  return (text) => {
    let value = readDecimal(text.trim());
    if (value === undefined) return refuse('not a decimal number');
    value = shorten(rounding ? round(value, scale) : value);
    if (value.scale > scale) return refuse(`more than ${scale} digits after the point`);
    const units = value.units * 10n ** BigInt(scale - value.scale);
    return units >= limit || units <= -limit
      ? refuse('decimal number out of range')
      : writeDecimal({ units, scale });
  };
}
