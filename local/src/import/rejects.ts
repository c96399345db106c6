import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { stringify } from 'csv-stringify/sync';

/**
 * The file of rejected rows: CSV with file, line, reason and the row as CSV again. It is made at the first rejected
 * row and readable by its owner only, since it holds what the source held.
 */
export class RejectFile {
  /** Rows written. */
  rows = 0;
  private descriptor: number | undefined;

  constructor(readonly path: string) {}

  add(file: string, line: number, reason: string, values: readonly (string | null)[]): void {
    if (this.descriptor === undefined) {
      mkdirSync(dirname(this.path), { recursive: true });
      this.descriptor = openSync(this.path, 'w', 0o600);
      writeSync(this.descriptor, stringify([['file', 'line', 'reason', 'row']]));
    }
    const row = stringify([values]).trimEnd();
    writeSync(this.descriptor, stringify([[file, String(line), reason, row]]));
    this.rows += 1;
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }
}
