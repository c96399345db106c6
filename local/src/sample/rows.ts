import type { Cell } from '../../../src/datasources/results';
import type { ColumnDeclaration, DatasetDeclaration } from '../../../src/schema/declarations';
import type { LoadRow } from '../import/transform';

/** Values by field name. */
export type Fields = Record<string, Cell>;

/** A row to load from values by field name; a name that is not declared is an error, a missing one is null. */
export function loadRow(
  dataset: DatasetDeclaration,
  fields: Fields,
  embedded: Record<string, Fields[]> = {},
): LoadRow {
  return {
    cells: cellsOf(dataset.columns, fields),
    embedded: Object.fromEntries(
      [...dataset.embedded.values()].map(({ field, columns }) => [
        field,
        (embedded[field] ?? []).map((row) => cellsOf(columns, row)),
      ]),
    ),
  };
}

function cellsOf(columns: ReadonlyMap<string, ColumnDeclaration>, fields: Fields): Cell[] {
  for (const field of Object.keys(fields)) {
    if (!columns.has(field)) throw new Error(`The sample names a field that is not declared: ${field}.`);
  }
  return [...columns.keys()].map((field) => fields[field] ?? null);
}
