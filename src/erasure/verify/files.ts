import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { DatasetDeclaration } from '../../schema/declarations';
import type { Answer, Place, VerifierClients } from './clients';
import type { Wanted } from './expectations';
import { filesSql } from './sql';

/**
 * What the files behind an Iceberg table hold, whatever its metadata say: those of the table as it is, and all others
 * below its location, be they of older snapshots or of none.
 */

export interface FileFindings {
  /** Data files that were read. */
  read: number;
  /** Rows in them that should be gone. */
  rows: number;
}

/** Rows decoded at once. */
const WINDOW = 50_000;

/** @param snapshots rows of `snapshotsSql` */
export async function searchFiles(
  clients: VerifierClients,
  dataset: DatasetDeclaration,
  snapshots: Answer['rows'],
  wanted: Wanted,
  signal: AbortSignal,
): Promise<FileFindings> {
  const paths = new Set<string>();
  const { rows: files } = await clients.askAthena(filesSql(dataset), signal);
  for (const [path] of files) if (path) paths.add(path);
  for (const folder of new Set(snapshots.map(([manifest]) => tableFolder(manifest ?? '')))) {
    const place = placeOf(folder);
    if (place === undefined) continue;
    for await (const key of clients.keys(place.Bucket, place.Key, signal))
      if (key.endsWith('.parquet')) paths.add(`s3://${place.Bucket}/${key}`);
  }
  const findings: FileFindings = { read: 0, rows: 0 };
  for (const path of paths) {
    const place = placeOf(path);
    const rows = place === undefined ? undefined : await rowsIn(clients, place, wanted, signal);
    if (rows === undefined) continue;
    findings.read += 1;
    findings.rows += rows;
  }
  return findings;
}

/** Rows of one file that should be gone; undefined for a file of deletes, and for one that has gone meanwhile. */
async function rowsIn(
  clients: VerifierClients,
  place: Place,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<number | undefined> {
  const byteLength = await clients.size(place, signal);
  if (byteLength === undefined) return undefined;
  const file = {
    byteLength,
    slice: (start: number, end = byteLength) => clients.bytes(place, start, end, signal),
  };
  const metadata = await parquetMetadataAsync(file);
  const present = parquetSchema(metadata).children.map(({ element }) => element.name);
  const known = wanted.columns.filter((column) => present.includes(column));
  if (known.length < 2) return undefined;
  const columns = wanted.whole ? present : known;
  let rows = 0;
  const total = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < total; rowStart += WINDOW) {
    const rowEnd = Math.min(rowStart + WINDOW, total);
    const found = await parquetReadObjects({ file, metadata, columns, rowStart, rowEnd, compressors });
    for (const row of found) if (wanted.matches((column) => textOf(row[column]), columns)) rows += 1;
  }
  return rows;
}

/** Times as `2014-01-31T08:30:00.000Z`, which compares with a day. */
function textOf(value: unknown): string | null {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return null;
  // Keys and days are text; of whatever else a column holds it matters only that it is there.
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value);
  return 'there';
}

/** The folder of the table whose snapshot's manifest list this is. */
function tableFolder(manifest: string): string {
  return manifest.replace(/metadata\/[^/]*$/, '');
}

function placeOf(path: string): Place | undefined {
  const [, Bucket, Key] = /^s3[an]?:\/\/([^/]+)\/(.+)$/.exec(path) ?? [];
  return Bucket === undefined || Key === undefined ? undefined : { Bucket, Key };
}
