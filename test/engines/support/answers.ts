import type { SluiceError } from '../../../src/errors';
import type { Statement } from '../../../src/datasources/compile/statement';
import type { Cell, Cells } from '../../../src/datasources/results';
import type { DatasetDeclaration, Declarations } from '../../../src/schema/declarations';
import type { FieldRow } from '../../support/engines';
import { sampleRows } from '../../support/rows';
import { sampleStatements, sampleValue, type SampleOptions } from '../../support/sample-statements';

/** One statement for two engines to answer, and what it is called. */
export interface Shape {
  name: string;
  statement: Statement;
}

/** The shapes of one SQL engine by dataset, each text once (with its parameters). */
export function shapesOf(
  declarations: Declarations,
  engine: Statement['engine'],
  options: SampleOptions = {},
): Map<string, Shape[]> {
  const seen = new Set<string>();
  const shapes = new Map<string, Shape[]>();
  for (const shape of sampleStatements(declarations, options)) {
    const { sql, parameters, dataset } = shape.statement;
    if (shape.statement.engine !== engine) continue;
    const text = JSON.stringify([sql, parameters]);
    if (seen.has(text)) continue;
    seen.add(text);
    shapes.set(dataset, [...(shapes.get(dataset) ?? []), shape]);
  }
  return shapes;
}

/**
 * Rows that the shapes' conditions find: ties, missing values and nasty texts, and rows with the very values that the
 * shapes compare with.
 */
export function rowsToFind(dataset: DatasetDeclaration, count: number, seed: number): FieldRow[] {
  const rows = sampleRows(dataset, count, seed);
  for (const [at, row] of rows.entries()) {
    if (at % 10 > 1) continue;
    for (const column of dataset.columns.values()) {
      if (column.field !== dataset.key) row[column.field] = sampleValue(column, at % 10 === 0 ? 0 : 1);
    }
  }
  for (const [at, id] of ['a-1', `it's 100% "x" \\ 😀`].entries()) {
    const row = rows[at + 2];
    if (row !== undefined) row[dataset.key] = id;
  }
  return rows;
}

/** Doubles of two engines may differ in their last digits, since sums of them depend on the order of adding. */
const RELATIVE = 1e-9;

/** Where two answers differ, in words; undefined when they agree, order included. */
export function difference(one: readonly Cells[], two: readonly Cells[]): string | undefined {
  if (one.length !== two.length) return `${one.length} rows against ${two.length}`;
  for (const [at, row] of one.entries()) {
    const other = two[at] ?? [];
    const column = row.findIndex((cell, index) => !same(cell, other[index]));
    if (column >= 0 || row.length !== other.length)
      return `row ${at + 1}: ${JSON.stringify(row)} against ${JSON.stringify(other)}`;
  }
  return undefined;
}

function same(one: Cell, two: Cell | undefined): boolean {
  if (one === two) return true;
  if (typeof one !== 'number' || typeof two !== 'number') return false;
  return Math.abs(one - two) <= RELATIVE * Math.max(Math.abs(one), Math.abs(two));
}

/** Runs a statement and gives its rows. */
export type Run = (statement: Statement) => Promise<readonly Cells[]>;

/** What one shape came to. */
export interface Outcome {
  /** Rows of the first engine's answer. */
  rows: number;
  /** What is wrong, with the SQL; undefined when the engines agree. */
  problem: string | undefined;
}

/** Runs every shape on two engines, a few at a time; one outcome for each shape, in order. */
export async function runOnBoth(
  shapes: readonly Shape[],
  one: Run,
  two: Run,
  atOnce = 4,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const work = shapes.entries();
  const worker = async (): Promise<void> => {
    for (const [at, { name, statement }] of work) {
      const [first, second] = await Promise.all([attempt(one, statement), attempt(two, statement)]);
      const problem =
        typeof first === 'string'
          ? `the first engine failed: ${first}`
          : typeof second === 'string'
            ? `the second engine failed: ${second}`
            : difference(first, second);
      outcomes[at] = {
        rows: typeof first === 'string' ? 0 : first.length,
        problem: problem === undefined ? undefined : `${name}: ${problem}\n  ${statement.sql}`,
      };
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return outcomes;
}

async function attempt(run: Run, statement: Statement): Promise<readonly Cells[] | string> {
  try {
    return await run(statement);
  } catch (error) {
    const { cause } = error as SluiceError;
    return `${(error as Error).message} ${cause === undefined ? '' : JSON.stringify(cause)}`;
  }
}

/** Fails with the list of what differs; what all shapes found says whether the comparison could fail at all. */
export function expectAgreement(outcomes: readonly Outcome[], shapes: readonly Shape[]): void {
  const problems = outcomes.flatMap(({ problem }) => problem ?? []);
  if (problems.length > 0) {
    const shown = problems.slice(0, 10).join('\n');
    throw new Error(`${problems.length} of ${shapes.length} shapes differ:\n${shown}`);
  }
  expect(outcomes).toHaveLength(shapes.length);
}
