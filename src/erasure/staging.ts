import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Config } from '../config';
import type { ObjectStore } from '../datasources/engines/object-store';
import { BootError } from '../errors';
import { batchFolder, KEY_COLUMNS } from './statements/names';
import type { BatchWork, StagedKey } from './steps';

/**
 * A batch's keys as one Parquet object: Athena reads it through its table, Redshift by COPY. So no statement holds a
 * key, and one statement does for all of them. The object lies there as long as the batch runs.
 */

const OBJECT = 'keys.parquet';
const STAGED = /^batch=(?:verify-)?([A-Za-z0-9_-]+)\/(?:keys|wanted)\.parquet$/;

export const NO_STAGING = 'SLUICE_ERASURE_LOCATION is not set: erasure stages its keys there.';

/** Where keys are staged: `s3://bucket/prefix/`. @throws BootError when nobody says so */
export function stagingLocation({ SLUICE_ERASURE_LOCATION: location }: Config): string {
  if (location === undefined) throw new BootError([NO_STAGING]);
  return location.replace(/\/*$/, '/');
}

/** Puts the keys where the engines find them, in the place of any that were there. */
export async function stageKeys(store: ObjectStore, batch: BatchWork, signal: AbortSignal): Promise<number> {
  const keys = distinct(batch.keys);
  await store.put(`${batchFolder(batch.id)}${OBJECT}`, keysFile(batch.id, keys), signal);
  return keys.length;
}

/** Takes them away. */
export async function unstageKeys(store: ObjectStore, batchId: string, signal: AbortSignal): Promise<void> {
  await store.remove([`${batchFolder(batchId)}${OBJECT}`], signal);
}

/** Batch whose keys an object holds, those that verification staged included; undefined for other objects. */
export function stagedBatch(name: string): string | undefined {
  return STAGED.exec(name)?.[1];
}

/** The batch's column is in the file too, since COPY fills a table from the file alone. */
export function keysFile(batch: string, keys: readonly StagedKey[]): Uint8Array {
  const rows = keys.map((key) => ({ ...key, batch }));
  const columnData = KEY_COLUMNS.map((name) => ({
    name,
    type: 'STRING' as const,
    nullable: true,
    codec: 'UNCOMPRESSED' as const,
    // Smallest and largest values would be keys in the clear, once more.
    statistics: false,
    data: rows.map((row) => row[name]),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'sluice' }));
}

/** Two requests may name the same person: each key once, or a row would meet two tokens. The first one counts. */
function distinct(keys: readonly StagedKey[]): StagedKey[] {
  const known = new Map<string, StagedKey>();
  for (const key of keys) {
    const name = JSON.stringify([key.tenant, key.dataset, key.action, key.kind, key.key]);
    if (!known.has(name)) known.set(name, key);
  }
  return [...known.values()];
}
