import { join } from 'node:path';
import { everyPart } from './expressions';
import { expressionsOf, type LookupFile, type MappedFile } from './mapping';
import { readSource, SourceError, SourceNotes } from './sources';

/** Most rows of a lookup file: it is held in memory, unlike the files that are imported. */
const MAX_LOOKUP_ROWS = 200_000;

/** Rows of another file, found by key, with only the columns that the mapping takes. */
export class Lookup {
  readonly rows = new Map<string, (string | null)[]>();

  constructor(
    readonly taken: readonly string[],
    readonly nulls: readonly string[],
  ) {}

  /** Where a taken column is in each row. */
  column(name: string): number {
    return this.taken.indexOf(name);
  }
}

/** A lookup and what there is to say about its file. */
export interface LoadedLookup {
  lookup: Lookup;
  unmapped: string[];
  notes: SourceNotes;
}

/** Reads all lookup files of a mapped file. A row that can't be used, or a key twice, is a fault of the file. */
export async function loadLookups(folder: string, file: MappedFile): Promise<Map<string, LoadedLookup>> {
  const loaded = new Map<string, LoadedLookup>();
  for (const [name, spec] of Object.entries(file.lookups)) {
    const parts = expressionsOf(file).flatMap(everyPart);
    const taken = parts.flatMap((part) => ('lookup' in part && part.lookup === name ? [part.take] : []));
    loaded.set(name, await load(folder, spec, [...new Set(taken)]));
  }
  return loaded;
}

async function load(folder: string, spec: LookupFile, taken: string[]): Promise<LoadedLookup> {
  const lookup = new Lookup(taken, spec.nulls);
  const notes = new SourceNotes();
  const wanted = [spec.key, ...taken];
  let unmapped: string[] = [];
  for await (const { header, rows } of readSource(join(folder, spec.file), spec, wanted, notes)) {
    const [key, ...positions] = wanted.map((column) => header.indexOf(column));
    const absent = wanted.filter((column) => !header.includes(column));
    if (absent.length > 0) {
      throw new SourceError(
        `${spec.file} has no column "${absent.join('", "')}"; it has ${header.join(', ')}`,
      );
    }
    unmapped = header.filter((column) => ![...wanted, ...spec.ignore, spec.surplus].includes(column));
    for (const row of rows) {
      if (row.problem !== undefined) throw new SourceError(`${spec.file}, line ${row.line}: ${row.problem}`);
      const name = row.values[key ?? 0] ?? '';
      if (lookup.rows.has(name))
        throw new SourceError(`${spec.file}, line ${row.line}: the key is there twice`);
      if (lookup.rows.size >= MAX_LOOKUP_ROWS) {
        throw new SourceError(`${spec.file} has more than ${MAX_LOOKUP_ROWS} rows, too many for a lookup`);
      }
      lookup.rows.set(
        name,
        positions.map((at) => row.values[at] ?? null),
      );
    }
  }
  return { lookup, unmapped, notes };
}
