import { StatementType, type DuckDBResult, type DuckDBValue } from '@duckdb/node-api';

/** Hands a streaming result on chunk by chunk (at most 2,048 rows each), every value as the text its writer gives. */
export async function* textRows(
  result: DuckDBResult,
  writers: ((value: DuckDBValue) => string)[],
): AsyncGenerator<(string | null)[][]> {
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return;
    const vectors = writers.map((_, at) => chunk.getColumnVector(at));
    const rows: (string | null)[][] = [];
    for (let row = 0; row < chunk.rowCount; row += 1) {
      rows.push(
        writers.map((write, at) => {
          const value = vectors[at]?.getItem(row) ?? null;
          return value === null ? null : write(value);
        }),
      );
    }
    yield rows;
  }
}

const WRITES = new Set<number>([
  StatementType.INSERT,
  StatementType.UPDATE,
  StatementType.DELETE,
  StatementType.MERGE_INTO,
]);

/** Whether the statement wrote rows: DuckDB's own result of those is one count. */
export function isWrite(result: DuckDBResult): boolean {
  return WRITES.has(result.statementType);
}

const QUERIES = new Set<number>([StatementType.SELECT, StatementType.EXPLAIN]);

/** Whether the statement answers with rows. */
export function isQuery(result: DuckDBResult): boolean {
  return QUERIES.has(result.statementType);
}
