import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { DatasetDeclaration } from '../../schema/declarations';
import type { Answer, Place, VerifierClients } from './clients';
import type { Wanted } from './expectations';
import { Tally, type FileFindings } from './findings';
import { filesSql } from './sql';

/**
 * What the files behind an Iceberg table hold, whatever its metadata say: those of the table as it is, and all others
 * below its location, be they of older snapshots or of none.
 */

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
  const found = new Tally();
  let read = 0;
  for (const path of paths) {
    const place = placeOf(path);
    if (place !== undefined && (await countIn(clients, place, wanted, found, signal))) read += 1;
  }
  return { read, rows: found.rows, people: found.people };
}

/** Counts the rows of one file that should be gone. False for a file of deletes, and for one that has gone meanwhile. */
async function countIn(
  clients: VerifierClients,
  place: Place,
  wanted: Wanted,
  found: Tally,
  signal: AbortSignal,
): Promise<boolean> {
  const byteLength = await clients.size(place, signal);
  if (byteLength === undefined) return false;
  const file = {
    byteLength,
    slice: (start: number, end = byteLength) => clients.bytes(place, start, end, signal),
  };
  const metadata = await parquetMetadataAsync(file);
  const present = parquetSchema(metadata).children.map(({ element }) => element.name);
  const known = wanted.columns.filter((column) => present.includes(column));
  if (known.length < 2) return false;
  const columns = wanted.whole ? present : known;
  const total = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < total; rowStart += WINDOW) {
    const rowEnd = Math.min(rowStart + WINDOW, total);
    const rows = await parquetReadObjects({ file, metadata, columns, rowStart, rowEnd, compressors });
    for (const row of rows) found.add(wanted.peopleIn((column) => textOf(row[column]), columns));
  }
  return true;
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
