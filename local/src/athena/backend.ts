/** What the local Athena server needs from the engine behind it. DuckDB and Trino both implement it. */

/** One result column, named and typed in Athena's own words (`varchar`, `bigint`, `decimal`, `timestamp`…). */
export interface LakeColumn {
  name: string;
  type: string;
  precision: number;
  scale: number;
}

/** What one statement gave. */
export interface LakeResult {
  columns: LakeColumn[];
  /** Whether the names of the columns stand before the rows: not for statements that describe a table. */
  header?: false;
  /** Chunks of rows; a value is the text Athena writes for it, null for SQL NULL. */
  rows: AsyncIterable<(string | null)[][]>;
  /** Rows written, for INSERT, DELETE, UPDATE and MERGE. */
  updateCount?: number;
  /** Read after the last row: bytes read from storage. */
  scannedBytes(): number;
}

/** What a statement runs in. */
export interface LakeSession {
  catalog: string;
  database: string | undefined;
  /** Aborted when the client stops the query: the engine must stop working on it. */
  signal: AbortSignal;
}

/** An error that the service would report as a failed query, with the text Athena's StateChangeReason would carry. */
export class LakeQueryError extends Error {}

/** An engine behind the local Athena. */
export interface LakeBackend {
  readonly name: 'duckdb' | 'trino';
  /** Runs one statement of Athena SQL (its DDL, OPTIMIZE and VACUUM included). */
  execute(sql: string, session: LakeSession): Promise<LakeResult>;
  close(): Promise<void>;
}
