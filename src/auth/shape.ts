import { LRUCache } from 'lru-cache';
import type { Cells } from '../datasources/results';
import type { DatasetDeclaration, DerivedDeclaration } from '../schema/declarations';
import { maskOf, type Mask } from './masks';
import type { Pseudonyms } from './pseudonyms';
import { storedColumns, type SelectedField, type Selection } from './selection';

/** What a masked row holds under a field. */
export type MaskedValue = string | number | boolean | null | readonly MaskedRow[];

/** A row as the role gets it: a fresh object keyed by field. */
export interface MaskedRow {
  readonly [field: string]: MaskedValue;
}

/** Turns stored rows into masked rows; the masks are the tenant's, in the order of `masksFor`. */
export type Shaper = (
  cells: Cells,
  masks: readonly (Mask | undefined)[],
  derived: readonly Compute[],
) => MaskedRow;

type Compute = DerivedDeclaration['compute'];

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/**
 * Compiles one straight-line function for a selection: a row of six fields then costs a fraction of a microsecond,
 * where a loop over field names costs several times that. Only checked names and positions enter the code, no values.
 *
 * @param stored what the rows hold, in order; a list stands under its own name
 */
function compileShaper(selection: Selection, stored: readonly string[]): Shaper {
  let mask = 0;
  const entry = (from: string, name: string, position: number, selected: SelectedField): string => {
    const index = mask;
    mask += 1;
    if (!NAME.test(name)) throw new Error(`${name} cannot name a field.`);
    const cell = `${from}[${position}]`;
    if (selected.action === 'redact' || position < 0) return `${name}: null`;
    if (selected.action === 'clear') return `${name}: ${cell}`;
    return `${name}: ${cell} === null ? null : masks[${index}](${cell})`;
  };
  const entries = selection.fields.map((selected) =>
    entry('cells', selected.field, stored.indexOf(selected.field), selected),
  );
  selection.derived.forEach(({ declaration: { field, reads }, shown }, index) => {
    if (!NAME.test(field)) throw new Error(`${field} cannot name a field.`);
    const read = reads.map((name) => `cells[${stored.indexOf(name)}]`);
    const missing = read.map((cell) => `${cell} === null`).join(' || ');
    entries.push(
      shown ? `${field}: ${missing} ? null : derived[${index}](${read.join(', ')})` : `${field}: null`,
    );
  });
  for (const list of selection.lists) {
    const columns = storedColumns(list);
    const inner = list.columns.map((selected) =>
      entry('row', selected.field, columns.indexOf(selected.field), selected),
    );
    const position = stored.indexOf(list.field);
    if (!NAME.test(list.field)) throw new Error(`${list.field} cannot name a field.`);
    const cell = `cells[${position}]`;
    entries.push(
      position < 0
        ? `${list.field}: null`
        : `${list.field}: ${cell} === null ? null : ${cell}.map((row) => ({ ${inner.join(', ')} }))`,
    );
  }
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- names are checked above; see the docstring
  return new Function(
    'cells',
    'masks',
    'derived',
    `'use strict'; return { ${entries.join(', ')} };`,
  ) as Shaper;
}

/** What computes the derived fields of a selection, in the order the compiled function counts them. */
function derivedFor(selection: Selection): readonly Compute[] {
  return selection.derived.map(({ declaration }) => declaration.compute);
}

/** The masks of a selection for one tenant, in the order the compiled function counts them. */
function masksFor(
  selection: Selection,
  tenant: string,
  pseudonyms: Pseudonyms,
): readonly (Mask | undefined)[] {
  return [...selection.fields, ...selection.lists.flatMap((list) => list.columns)].map(({ action, column }) =>
    maskOf(action, column, tenant, pseudonyms),
  );
}

/** Compiled shapes kept: one for each role, dataset and selection. */
const SHAPES = 1000;

/** Stored rows to masked rows, by shapes compiled once. */
export class Shapers {
  private readonly known = new LRUCache<string, Shaper>({ max: SHAPES });

  constructor(private readonly pseudonyms: Pseudonyms) {}

  /** @param stored what each row holds, in order */
  rows(
    role: string,
    tenant: string,
    dataset: DatasetDeclaration,
    selection: Selection,
    stored: readonly string[],
    rows: readonly Cells[],
  ): MaskedRow[] {
    const slot = [role, dataset.name, stored.join(), selection.paths.join()].join('|');
    let shaper = this.known.get(slot);
    if (shaper === undefined) {
      shaper = compileShaper(selection, stored);
      this.known.set(slot, shaper);
    }
    const masks = masksFor(selection, tenant, this.pseudonyms);
    const derived = derivedFor(selection);
    const masked = new Array<MaskedRow>(rows.length);
    for (let index = 0; index < rows.length; index += 1) {
      const cells = rows[index] as Cells;
      if (cells.length !== stored.length) throw new Error('A row has not the cells asked for.');
      masked[index] = shaper(cells, masks, derived);
    }
    return masked;
  }
}
