import { join } from 'node:path';

/** Where S3 objects lie below the folder that Trino sees as `local:///`. */
const S3_PREFIX = 'local:///s3/';

/** An Athena location as Trino's file system names it. */
export function toTrinoLocation(location: string): string {
  return location.replace(/^s3:\/\//, S3_PREFIX);
}

/** A location that Trino names, as Athena would name it. */
export function toAthenaLocation(location: string): string {
  return location.startsWith(S3_PREFIX) ? `s3://${location.slice(S3_PREFIX.length)}` : location;
}

/** The file behind a location that Trino or Athena names, for a server with this data folder. */
export function localPath(dataDir: string, location: string): string {
  return join(dataDir, 'files', toTrinoLocation(location).replace(/^local:\/\/\//, ''));
}
