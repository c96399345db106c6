import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { DUCKDB_SETTINGS } from '../../import/duckdb';
import { literal } from '../../quoting';

/**
 * Parquet files whose times are milliseconds. Athena reads them as it reads microseconds. Iceberg knows microseconds
 * alone: Trino takes the least and greatest values in such a file's footer for microseconds, of January 1970, and skips
 * the file whenever a query asks for the time that it really holds.
 */
export class MillisecondFiles {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    private readonly found: ReadonlySet<unknown>,
  ) {}

  /** Finds them among Parquet files, at least one. */
  static async among(files: readonly string[]): Promise<MillisecondFiles> {
    const instance = await DuckDBInstance.create(':memory:', DUCKDB_SETTINGS);
    const connection = await instance.connect();
    try {
      const answer = await connection.runAndReadAll(
        `SELECT DISTINCT file_name FROM parquet_schema([${files.map(literal).join(', ')}])
         WHERE converted_type LIKE '%_MILLIS' OR logical_type LIKE '%MILLIS=MilliSeconds%'`,
      );
      return new MillisecondFiles(instance, connection, new Set(answer.getRowsJson().map(([name]) => name)));
    } catch (error) {
      connection.closeSync();
      instance.closeSync();
      throw error;
    }
  }

  has(file: string): boolean {
    return this.found.has(file);
  }

  /** Writes the same rows with microseconds, DuckDB's own unit. */
  async rewrite(file: string, target: string): Promise<void> {
    await this.connection.run(
      `COPY (FROM read_parquet(${literal(file)}, hive_partitioning = false)) TO ${literal(target)} (FORMAT parquet)`,
    );
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}
