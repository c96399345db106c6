import { DuckDBInstance } from '@duckdb/node-api';
import { literal } from '../quoting';
import { DUCKDB_SETTINGS } from './duckdb';
import { SourceError, type SourceBatch, type SourceNotes } from './sources';

/** Rows of a Parquet file, every value as the text DuckDB writes for it (times as `YYYY-MM-DD HH:mm:ss`). */
export async function* readParquet(path: string, notes: SourceNotes): AsyncGenerator<SourceBatch> {
  const instance = await DuckDBInstance.create(':memory:', DUCKDB_SETTINGS);
  try {
    const connection = await instance.connect();
    const result = await connection.stream(`SELECT COLUMNS(*)::VARCHAR FROM read_parquet(${literal(path)})`);
    const header = result.deduplicatedColumnNames();
    let line = 0;
    yield { header, rows: [] };
    for (
      let chunk = await result.fetchChunk();
      chunk && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      yield {
        header,
        rows: chunk.getRows().map((values) => ({ line: (line += 1), values: values as string[] })),
      };
    }
    notes.bytesRead = notes.totalBytes;
  } catch (error) {
    throw new SourceError(`the file is no readable Parquet (${(error as Error).message.split('\n')[0]})`);
  } finally {
    instance.closeSync();
  }
}
