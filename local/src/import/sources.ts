import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readCsv } from './csv';
import { readJsonLines } from './json-lines';
import { readParquet } from './parquet-source';

/** A fault that ends the reading of a file; rows before it stand. */
export class SourceError extends Error {}

/** One row as the file has it. `problem` says why it can't be used. */
export interface SourceRow {
  /** Line where the row ends (CSV, JSON lines) or its number (Parquet). */
  line: number;
  values: readonly (string | null)[];
  problem?: string;
}

/** Some rows and the names of their columns. Columns may only be added from batch to batch. */
export interface SourceBatch {
  header: readonly string[];
  rows: SourceRow[];
}

/** How a file is to be read; the part of a mapping that sources know. */
export interface SourceSpec {
  format?: 'csv' | 'jsonl' | 'parquet' | undefined;
  encoding: string;
  delimiter: string;
  surplus?: string | undefined;
}

/** What reading a file found out besides its rows. */
export class SourceNotes {
  /** Bytes of the file read so far, packed as they are. */
  bytesRead = 0;
  totalBytes = 0;
  /** Lines that were not in the encoding that the mapping says. */
  damagedLines = 0;
  /** Rows whose unquoted commas were put back into the surplus column. */
  rejoinedRows = 0;
  /** Columns the mapping reads that no row of a JSON file has. */
  absentColumns: string[] = [];
}

/** Streams a file row by row, at least one batch (with the header) for a file that has one. */
export async function* readSource(
  path: string,
  spec: SourceSpec,
  wanted: readonly string[],
  notes: SourceNotes,
): AsyncGenerator<SourceBatch> {
  try {
    notes.totalBytes = statSync(path).size;
  } catch {
    throw new SourceError('the file is gone or cannot be read');
  }
  const format = spec.format ?? formatOf(path);
  if (format === 'parquet') yield* readParquet(path, notes);
  else if (format === 'jsonl') yield* readJsonLines(bytesOf(path, notes), spec, wanted, notes);
  else yield* readCsv(bytesOf(path, notes), spec, notes);
}

function formatOf(path: string): 'csv' | 'jsonl' | 'parquet' {
  if (/\.parquet$/i.test(path)) return 'parquet';
  return /\.(jsonl|ndjson)(\.gz)?$/i.test(path) ? 'jsonl' : 'csv';
}

async function* bytesOf(path: string, notes: SourceNotes): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1 << 16 });
  // The error of either stream reaches the loop below through the last one.
  const stream = /\.gz$/i.test(path)
    ? pipeline(file, createGunzip({ chunkSize: 1 << 16 }), () => undefined)
    : file;
  try {
    for await (const chunk of stream) {
      notes.bytesRead = file.bytesRead;
      yield chunk as Buffer;
    }
  } catch (error) {
    throw new SourceError(`the file breaks off or is damaged (${(error as Error).message})`);
  } finally {
    file.destroy();
  }
}
