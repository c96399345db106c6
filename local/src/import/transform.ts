import type { Cell } from '../../../src/datasources/results';
import type {
  ColumnDeclaration,
  DatasetDeclaration,
  EmbeddedDeclaration,
} from '../../../src/schema/declarations';
import { cellReader, RowProblem } from './cells';
import { evaluator, timeStep, type Evaluator, type Surroundings } from './evaluate';
import { everyPart, type Expression } from './expressions';
import { expressionsOf, type EmbeddedRowMapping, type MappedFile } from './mapping';
import type { SourceRow } from './sources';

/** One row ready to load: a cell for each declared column in order, and the rows kept inside it by field. */
export interface LoadRow {
  cells: Cell[];
  embedded: Record<string, Cell[][]>;
}

/** Half of what a DynamoDB partition key may have, so that the tenant fits beside it. */
const MAX_KEY_BYTES = 1_024;

type CellMaker = (values: readonly (string | null)[], row: number) => Cell;

/** Turns the rows of one file into rows of its dataset. */
export interface Transform {
  /** @throws RowProblem when the row can't be loaded */
  (row: SourceRow, number: number): LoadRow;
}

/**
 * Compiles a file's mapping against its header.
 * @param keyPrefix what stands before each row's own part of the key
 * @throws SourceError when a column is missing
 */
export function compileTransform(
  file: MappedFile,
  dataset: DatasetDeclaration,
  keyPrefix: string,
  around: Surroundings,
): Transform {
  const key = keyMaker(file, keyPrefix, around);
  const makers = [...dataset.columns.values()].map((column) =>
    column.field === dataset.key ? key : cellMaker(column, file.set, file.columns, around),
  );
  const embedded = [...dataset.embedded.values()].map((declared): [string, RowsMaker] => [
    declared.field,
    rowsMaker(declared, file.embedded[declared.field] ?? [], around),
  ]);
  return (source, number) => {
    if (source.problem !== undefined) throw new RowProblem(source.problem);
    const { values } = source;
    const cells = makers.map((make) => make(values, number));
    return {
      cells,
      embedded: Object.fromEntries(embedded.map(([field, make]) => [field, make(values, number)])),
    };
  };
}

/** Source columns the mapping reads. */
export function columnsRead(file: MappedFile): string[] {
  const parts = expressionsOf(file).flatMap(everyPart);
  const key = file.key.from === 'row' ? [] : file.key.from.columns;
  return [...new Set([...key, ...parts.flatMap((part) => ('from' in part ? [part.from] : []))])];
}

/** Columns of the file that the mapping neither reads nor leaves out on purpose. */
export function unmappedColumns(file: MappedFile, header: readonly string[]): string[] {
  const known = new Set([...columnsRead(file), ...file.ignore]);
  return header.filter((column) => !known.has(column));
}

function keyMaker(file: MappedFile, prefix: string, around: Surroundings): CellMaker {
  if (file.key.from === 'row') return (_values, row) => `${prefix}${row}`;
  const parts = file.key.from.columns.map((from) => evaluator({ from }, 'key', around));
  return (values, row) => {
    const texts = parts.map((part) => {
      const text = part(values, row);
      if (text === null) throw new RowProblem('key: no value');
      return text;
    });
    const key = prefix + texts.join('-');
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new RowProblem('key: longer than 1,024 bytes');
    return key;
  };
}

function cellMaker(
  column: ColumnDeclaration,
  set: Record<string, string>,
  columns: Record<string, Expression>,
  around: Surroundings,
): CellMaker {
  const fixed = set[column.field];
  const of: Expression | undefined = fixed === undefined ? columns[column.field] : { constant: fixed };
  if (of === undefined) return () => null;
  const evaluate = evaluator(of, column.field, around);
  const text =
    isTime(column) && !('time' in of && of.time !== undefined) ? isoTime(evaluate, column) : evaluate;
  const read = cellReader(column, { round: 'round' in of && of.round === true });
  if (fixed !== undefined) {
    const cell = read(text([], 0) ?? '');
    return () => cell;
  }
  return (values, row) => {
    const found = text(values, row);
    if (found !== null) return read(found);
    if (!column.nullable) throw new RowProblem(`${column.field}: no value`);
    return null;
  };
}

function isTime(column: ColumnDeclaration): boolean {
  return column.kind === 'date' || column.kind === 'datetime';
}

function isoTime(evaluate: Evaluator, column: ColumnDeclaration): Evaluator {
  const step = timeStep('ISO', column.field);
  return (values, row) => {
    const text = evaluate(values, row);
    return text === null ? null : step(text);
  };
}

type RowsMaker = (values: readonly (string | null)[], row: number) => Cell[][];

/** Embedded rows are numbered by their place in the mapping; one whose columns are all null is left out. */
function rowsMaker(
  declared: EmbeddedDeclaration,
  mappings: readonly EmbeddedRowMapping[],
  around: Surroundings,
): RowsMaker {
  const columns = [...declared.columns.values()];
  const rows = mappings.map((mapping, index) => ({
    filled: columns.map((column) => column.field in mapping.columns),
    makers: columns.map((column): CellMaker => {
      if (column.field === 'id') return () => String(index + 1);
      return cellMaker(column, mapping.set, mapping.columns, around);
    }),
  }));
  return (values, number) =>
    rows.flatMap(({ filled, makers }) => {
      const cells = makers.map((make) => make(values, number));
      return cells.some((cell, at) => filled[at] && cell !== null) ? [cells] : [];
    });
}
