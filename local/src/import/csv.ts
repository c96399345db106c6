import { parse, type CsvError } from 'csv-parse';
import { utf8Pieces } from './encoding';
import { SourceError, type SourceBatch, type SourceNotes, type SourceRow, type SourceSpec } from './sources';

/** Longest record in characters. A quote that is never closed ends here instead of swallowing the file. */
const MAX_RECORD = 1 << 20;

/**
 * Rows of a CSV file. The first record is the header; blank lines are skipped; a quote inside an unquoted field is
 * just a character. Records are taken as the parser finds them, so that all before a fault are handed on.
 */
export async function* readCsv(
  bytes: AsyncIterable<Buffer>,
  spec: SourceSpec,
  notes: SourceNotes,
): AsyncGenerator<SourceBatch> {
  let header: string[] | undefined;
  let rows: SourceRow[] = [];
  let lastLine = 0;
  const parser = parse({
    bom: true,
    delimiter: spec.delimiter,
    max_record_size: MAX_RECORD,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    on_record: (record: string[], context): null => {
      lastLine = context.lines;
      if (header === undefined) header = record;
      else rows.push(fitted(record, context.lines, header, spec, notes));
      return null;
    },
  });
  let fault: CsvError | undefined;
  parser.on('error', (error) => (fault = error as CsvError));
  parser.resume();
  const taken = (): SourceBatch => {
    const batch = { header: checkedHeader(header ?? []), rows };
    rows = [];
    return batch;
  };
  try {
    for await (const piece of utf8Pieces(bytes, spec.encoding, (lines) => (notes.damagedLines += lines))) {
      await new Promise<void>((resolve) => {
        parser.write(piece, (error) => {
          if (error) fault ??= error as CsvError;
          resolve();
        });
      });
      if (fault !== undefined) break;
      if (rows.length > 0) yield taken();
    }
    if (fault === undefined) await ended(parser).catch((error: CsvError) => (fault = error));
  } finally {
    parser.destroy();
  }
  if (header === undefined && fault === undefined)
    throw new SourceError('the file is empty: it has no header line');
  if (header !== undefined) yield taken();
  if (fault !== undefined) throw new SourceError(explain(fault, lastLine + 1));
}

async function ended(parser: ReturnType<typeof parse>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    parser.on('end', () => resolve());
    parser.on('error', reject);
    parser.end();
  });
}

function explain(fault: CsvError, line: number): string {
  const quote = fault.code === 'CSV_QUOTE_NOT_CLOSED' || fault.code === 'CSV_MAX_RECORD_SIZE';
  return quote
    ? `a quote in the row that starts on line ${line} is never closed; nothing from that line on was read`
    : `line ${line} is no CSV (${fault.code})`;
}

function checkedHeader(header: string[]): string[] {
  const seen = new Set<string>();
  for (const name of header) {
    if (seen.has(name)) throw new SourceError(`the header names the column "${name}" twice`);
    seen.add(name);
  }
  return header;
}

function fitted(
  values: string[],
  line: number,
  header: readonly string[],
  spec: SourceSpec,
  notes: SourceNotes,
): SourceRow {
  const extra = values.length - header.length;
  if (extra === 0) return { line, values };
  const at = spec.surplus === undefined ? -1 : header.indexOf(spec.surplus);
  if (extra < 0 || at < 0)
    return { line, values, problem: `${values.length} columns instead of ${header.length}` };
  notes.rejoinedRows += 1;
  const joined = values.slice(at, at + extra + 1).join(spec.delimiter);
  return { line, values: [...values.slice(0, at), joined, ...values.slice(at + extra + 1)] };
}
