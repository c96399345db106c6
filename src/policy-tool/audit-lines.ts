import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { MASK_ACTIONS, type MaskAction } from '../schema/vocabulary';
import { UsageError } from '../commands';

/** Lines of the read audit, read one at a time from files of any length. */

/** One call of the gate as it was recorded. */
export interface RecordedCall {
  tenant: string;
  /** Keyed token of the caller. */
  reader: string;
  role: string;
  operation: string;
  /** Dataset or analytics type. */
  dataset: string;
  /** Fields selected or grouped by, with what the role got of each; without the action where it was refused. */
  fields: readonly { field: string; action?: MaskAction }[];
  measures: readonly string[];
  /** Fields that rows were filtered or ordered by. */
  filters: readonly string[];
  /** `metrics` for analytics, else `rows`, `count` or `lookup`. */
  call: string;
  purpose?: string;
  breakGlass: boolean;
  /** `OK`, or the code of the refusal. */
  outcome: string;
}

/** What a line turned out to be. */
export type ReadLine = { call: RecordedCall } | { broken: string } | { other: true };

/** A line and where it stands. */
export interface PlacedLine {
  file: string;
  line: number;
  /** Bytes of it, for progress. */
  bytes: number;
  read: ReadLine;
}

/** Files as they are, folders as the `.ndjson`, `.jsonl`, `.log` files in them, `.gz` included, by name. */
export async function auditFiles(paths: readonly string[]): Promise<{ file: string; bytes: number }[]> {
  const files: { file: string; bytes: number }[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) throw new UsageError(`There is no file or folder ${path}.`);
    if (!found.isDirectory()) {
      files.push({ file: path, bytes: found.size });
      continue;
    }
    const names = (await readdir(path)).filter((name) => /\.(ndjson|jsonl|log)(\.gz)?$/.test(name)).sort();
    for (const name of names) {
      const file = join(path, name);
      files.push({ file, bytes: (await stat(file)).size });
    }
    if (names.length === 0) throw new UsageError(`The folder ${path} holds no .ndjson, .jsonl or .log file.`);
  }
  return files;
}

/** Every line of the files in turn. */
export async function* auditLines(files: readonly string[]): AsyncGenerator<PlacedLine> {
  for (const file of files) {
    const raw = createReadStream(file);
    const input = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
    let line = 0;
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      line += 1;
      if (text.trim() === '') continue;
      yield { file, line, bytes: text.length + 1, read: readLine(text) };
    }
  }
}

/** One line of a segment of the audit, or of a gateway's log, which holds lines of other kinds too. */
export function readLine(text: string): ReadLine {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return { broken: 'no JSON' };
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return { broken: 'no JSON object' };
  const line = data as Record<string, unknown>;
  if (line.call_kind === undefined && line.acting_role === undefined) return { other: true };
  // Reads no dataset: the rights that it took are not what a replay compares.
  if (typeof line.call_kind === 'string' && line.call_kind.startsWith('ERASURE_')) return { other: true };
  const role = textIn(line.acting_role);
  const dataset = textIn(line.dataset);
  const call = textIn(line.call_kind).toLowerCase();
  const outcome = textIn(line.outcome);
  if (role === '' || dataset === '' || call === '' || outcome === '') {
    return { broken: 'an audit line without role, dataset, kind of call or outcome' };
  }
  const fields = wordsIn(line.fields).map((word) => {
    const colon = word.lastIndexOf(':');
    const action = MASK_ACTIONS.find((known) => known === word.slice(colon + 1));
    return colon < 0 || action === undefined ? { field: word } : { field: word.slice(0, colon), action };
  });
  if (outcome === 'OK' && fields.some(({ action }) => action === undefined)) {
    return { broken: 'an answer whose fields have no action' };
  }
  return {
    call: {
      tenant: textIn(line.tenant),
      reader: textIn(line.reader),
      role,
      operation: textIn(line.operation),
      dataset,
      fields,
      measures: wordsIn(line.measures),
      filters: wordsIn(line.filters),
      call,
      ...(typeof line.purpose === 'string' ? { purpose: line.purpose } : {}),
      breakGlass: line.break_glass === true,
      outcome,
    },
  };
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function wordsIn(value: unknown): string[] {
  return textIn(value)
    .split(' ')
    .filter((word) => word !== '');
}
