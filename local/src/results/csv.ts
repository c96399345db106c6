import { open } from 'node:fs/promises';

/**
 * Result objects as Athena writes them: every value quoted, quotes doubled, SQL NULL an unquoted nothing, lines
 * ended by `\n`. An empty string is `""`, so the two stay apart.
 */

/** Cells as text, null for SQL NULL. */
export type Row = (string | null)[];

/** One line of a result object, with its line end. */
export function csvLine(row: Row): string {
  let line = '';
  for (let at = 0; at < row.length; at += 1) {
    if (at > 0) line += ',';
    const value = row[at];
    if (value === null || value === undefined) continue;
    line += value.includes('"') ? `"${value.replaceAll('"', '""')}"` : `"${value}"`;
  }
  return `${line}\n`;
}

/** Some rows of an object. */
export interface CsvPage {
  rows: Row[];
  /** The byte offset of the first row not read; undefined at the end of the object. */
  next: number | undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const CHUNK = 256 * 1024;

/**
 * Reads whole rows from a byte offset that starts a row.
 *
 * @param maxBytes stops after the row that passes this size; unlimited when left out.
 */
export async function readCsvPage(
  path: string,
  offset: number,
  maxRows: number,
  maxBytes = Infinity,
): Promise<CsvPage> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const rows: Row[] = [];
    let start = offset;
    let window = Buffer.alloc(0);
    let parsed = 0;
    while (rows.length < maxRows && start + parsed - offset < maxBytes) {
      const row = parseRow(window, parsed);
      if (row) {
        rows.push(row.values);
        parsed = row.end;
        continue;
      }
      const readFrom = start + window.length;
      if (readFrom >= size) break;
      const more = Buffer.alloc(Math.min(CHUNK, size - readFrom));
      const { bytesRead } = await file.read(more, 0, more.length, readFrom);
      if (bytesRead === 0) break;
      window = Buffer.concat([window.subarray(parsed), more.subarray(0, bytesRead)]);
      start += parsed;
      parsed = 0;
    }
    const end = start + parsed;
    return { rows, next: end < size ? end : undefined };
  } finally {
    await file.close();
  }
}

/** The row that starts at `from`, or undefined when the buffer ends inside it. */
function parseRow(buffer: Buffer, from: number): { values: Row; end: number } | undefined {
  const values: Row = [];
  let at = from;
  for (;;) {
    if (at >= buffer.length) return undefined;
    if (buffer[at] === QUOTE) {
      let close = at + 1;
      let doubled = false;
      for (;;) {
        close = buffer.indexOf(QUOTE, close);
        if (close < 0 || close + 1 >= buffer.length) return undefined;
        if (buffer[close + 1] !== QUOTE) break;
        doubled = true;
        close += 2;
      }
      const text = buffer.toString('utf8', at + 1, close);
      values.push(doubled ? text.replaceAll('""', '"') : text);
      at = close + 1;
    } else values.push(null);
    const mark = buffer[at];
    at += 1;
    if (mark === NEWLINE) return { values, end: at };
    if (mark !== COMMA) throw new Error('Not a result object: a value is not quoted.');
  }
}
