import type { ValueKind } from '../schema/vocabulary';
import type { Cell, Cells } from './results';

/** Cells of text, as Athena and Redshift write them, become values of their column's kind. */

/** One cell of text, null for SQL NULL. */
export type TextCell = string | null;
type CellDecoder = (text: string) => Cell;

const asIs: CellDecoder = (text) => text;

/** NaN and infinities have no place in GraphQL's Float; they are shown as missing. */
function number(text: string): Cell {
  const value = Number(text);
  return text !== '' && Number.isFinite(value) ? value : null;
}

/** Athena writes `true`, Redshift's CSV `t` or `true`. */
function boolean(text: string): Cell {
  return text === 'true' || text === 't' || text === 'TRUE' || text === '1';
}

/**
 * `2014-01-01 08:30:00`, with up to nine digits of a second, in UTC; a time zone's name after it is dropped.
 * Milliseconds are always there; finer digits (to the microsecond) only when they are not zero, so that a page
 * never starts again at a row it has shown.
 */
function datetime(text: string): Cell {
  const day = text.slice(0, 10);
  const time = text.slice(11, 19) || '00:00:00';
  const fraction = /^\.(\d+)/.exec(text.slice(19))?.[1]?.slice(0, 6).replace(/0+$/, '') ?? '';
  return `${day}T${time}.${fraction.padEnd(fraction.length > 3 ? 6 : 3, '0')}Z`;
}

const DECODERS: Record<ValueKind, CellDecoder> = {
  id: asIs,
  string: asIs,
  enum: asIs,
  decimal: asIs,
  integer: number,
  float: number,
  boolean,
  date: (text) => text.slice(0, 10),
  datetime,
};

const known = new Map<string, (row: readonly TextCell[]) => Cells>();

/** The decoder of rows with columns of these kinds, made once for each list of kinds. */
export function rowDecoder(kinds: readonly ValueKind[]): (row: readonly TextCell[]) => Cells {
  const name = kinds.join();
  let decoder = known.get(name);
  if (decoder === undefined) {
    const decoders = kinds.map((kind) => DECODERS[kind]);
    decoder = (row) => {
      if (row.length !== decoders.length) {
        throw new Error(`The engine gave ${row.length} columns instead of ${decoders.length}.`);
      }
      return decoders.map((decode, index) => {
        const text = row[index];
        return text === null || text === undefined ? null : decode(text);
      });
    };
    known.set(name, decoder);
  }
  return decoder;
}
