import type { Cell } from '../../src/datasources/results';
import type { ColumnDeclaration, DatasetDeclaration } from '../../src/schema/declarations';
import type { FieldRow } from './engines';

/** Few values of each kind, so that rows tie and conditions hit; nasty ones among the texts. */
const TEXTS = [
  'Sales',
  'sales',
  `it's`,
  '100%',
  '_',
  'a\\b',
  '"q"',
  '',
  ' ',
  'Zürich',
  '😀',
  '\uffee',
  '-- x',
  ':p1',
  'NULL',
];
const POOL: Record<ColumnDeclaration['kind'], readonly Cell[]> = {
  id: TEXTS,
  string: TEXTS,
  enum: [],
  integer: [-3, 0, 1, 44, 2_000_000_000],
  float: [-1.5, 0, 0.1, 1e-7, 123456789.123],
  decimal: ['-1.0000', '0.0000', '19.9900', '20.0000', '12345678901234.5678'],
  boolean: [true, false],
  date: ['1999-12-31', '2014-01-31', '2014-02-01'],
  datetime: ['2014-01-01T00:00:00.000Z', '2014-01-31T08:30:00.250Z', '2014-01-31T23:59:59.999Z'],
};

export function poolOf(column: ColumnDeclaration): readonly Cell[] {
  return column.values ?? POOL[column.kind];
}

/** Rows with ids of their own, a quarter of the other cells missing; the same for the same seed. */
export function sampleRows(dataset: DatasetDeclaration, count: number, seed: number): FieldRow[] {
  const next = random(seed);
  return Array.from({ length: count }, (_, index) => {
    const row: FieldRow = {};
    for (const column of dataset.columns.values()) {
      const pool = poolOf(column);
      const missing = column.nullable && column.field !== dataset.time && next() < 0.25;
      row[column.field] = missing ? null : (pool[Math.floor(next() * pool.length)] ?? null);
    }
    row[dataset.key] = `row ${index} of it's`;
    return row;
  });
}

/** A small repeatable generator (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
