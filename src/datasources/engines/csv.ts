import type { TextCell } from '../decode';

const QUOTE = '"';

/**
 * Reads CSV as Athena and Redshift write it, where an unquoted nothing is NULL and `""` is the empty text; common
 * parsers give the same for both. Fed in pieces that may end anywhere, even inside a quoted value.
 */
export class CsvReader {
  private rest = '';

  /** The whole rows that the text so far completes. */
  push(text: string): TextCell[][] {
    this.rest += text;
    return this.take(false);
  }

  /**
   * The last row, when its line end is missing.
   *
   * @throws Error when the text ends inside a quoted value: the object was cut
   */
  end(): TextCell[][] {
    const rows = this.take(true);
    if (this.rest !== '') throw new Error('The result ends inside a quoted value.');
    return rows;
  }

  private take(final: boolean): TextCell[][] {
    const rows: TextCell[][] = [];
    let at = 0;
    while (at < this.rest.length) {
      const row = readRow(this.rest, at, final);
      if (row === undefined) break;
      rows.push(row.cells);
      at = row.next;
    }
    this.rest = this.rest.slice(at);
    return rows;
  }
}

/** All rows of a complete text. */
export function readCsv(text: string): TextCell[][] {
  const reader = new CsvReader();
  const rows = reader.push(text);
  return [...rows, ...reader.end()];
}

/** The row at a position, or undefined when the text does not hold all of it yet. */
function readRow(
  text: string,
  from: number,
  final: boolean,
): { cells: TextCell[]; next: number } | undefined {
  const cells: TextCell[] = [];
  let at = from;
  for (;;) {
    if (text[at] === QUOTE) {
      const close = closingQuote(text, at + 1);
      if (close < 0 || (close + 1 >= text.length && !final)) return undefined;
      const raw = text.slice(at + 1, close);
      cells.push(raw.includes(QUOTE) ? raw.replaceAll('""', QUOTE) : raw);
      at = close + 1;
    } else {
      const stop = endOfPlain(text, at);
      if (stop === text.length && !final) return undefined;
      cells.push(stop === at ? null : text.slice(at, stop));
      at = stop;
    }
    const mark = text[at];
    if (mark === ',') {
      at += 1;
      continue;
    }
    if (mark === '\r') {
      if (at + 1 === text.length && !final) return undefined;
      at += 1;
    }
    return { cells, next: text[at] === '\n' ? at + 1 : at };
  }
}

function closingQuote(text: string, from: number): number {
  let at = text.indexOf(QUOTE, from);
  while (at >= 0 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2);
  return at;
}

function endOfPlain(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const char = text[at];
    if (char === ',' || char === '\n' || char === '\r') break;
    at += 1;
  }
  return at;
}
