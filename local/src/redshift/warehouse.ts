import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDatabase } from '../duck/database';
import { prepareTranslator } from '../duck/polyglot';
import { isQuery, isWrite, textRows } from '../duck/rows';
import type { TableName } from '../duck/statement-reader';
import { identifier, literal } from '../quoting';
import { csvLine } from '../results/csv';
import type { S3Store } from '../s3/store';
import { withStandIns, withValues, type Parameter } from './parameters';
import { warehouseColumn, type WarehouseColumn } from './text';
import { MACROS, toDuckDb, type Translated } from './translate';

/** What one statement left behind. */
export interface Outcome {
  /** Present for queries. */
  columns: WarehouseColumn[] | undefined;
  /** Rows of the result, or rows written. */
  rows: number;
  /** Bytes of the result. */
  size: number;
}

/** The warehouse on one DuckDB file, spoken to in Redshift's SQL. */
export class Warehouse {
  /** Connections whose names are looked up in the right place already. */
  private readonly pointed = new WeakSet<DuckDBConnection>();

  private constructor(
    private readonly duck: DuckDatabase,
    private readonly store: S3Store,
    readonly database: string,
  ) {}

  /**
   * @param dataDir holds `warehouse.duckdb`
   * @param small whether its tables are of a few thousand rows
   */
  static async open(dataDir: string, store: S3Store, database: string, small = false): Promise<Warehouse> {
    const translator = prepareTranslator();
    const duck = await DuckDatabase.open({
      file: join(dataDir, 'warehouse.duckdb'),
      catalog: database,
      scratch: join(dataDir, 'warehouse-scratch'),
      folders: [store.root],
      nullOrder: 'nulls_last_on_asc_first_on_desc',
      small,
      setup: MACROS,
    });
    await Promise.all([translator, duck.rows(`CREATE SCHEMA IF NOT EXISTS ${identifier(database)}.public`)]);
    return new Warehouse(duck, store, database);
  }

  /** A session of one's own: temporary tables and transactions live in it. */
  async connect(): Promise<DuckDBConnection> {
    const connection = await this.duck.take();
    if (this.pointed.has(connection)) return connection;
    await connection.run(`SET search_path = ${literal(`${identifier(this.database)}.public,memory.main`)}`);
    this.pointed.add(connection);
    return connection;
  }

  /** Ends a session; one that may hold temporary tables or an open transaction is not used again. */
  disconnect(connection: DuckDBConnection, clean: boolean): void {
    this.duck.give(connection, clean);
  }

  close(): Promise<void> {
    return this.duck.close();
  }

  /** Where the rows of a statement are kept until the server stops. */
  resultPath(id: string): string {
    return join(this.duck.scratch, `${id.replace(':', '_')}.csv`);
  }

  /** Runs one statement; a query's rows go to its result file, chunk by chunk. */
  async run(
    connection: DuckDBConnection,
    sql: string,
    parameters: Parameter[],
    id: string,
  ): Promise<Outcome> {
    const translated = toDuckDb(parameters.length === 0 ? sql : withStandIns(sql));
    switch (translated.kind) {
      case 'accepted':
        return { columns: undefined, rows: 0, size: 0 };
      case 'maintain':
        if (translated.table) await connection.run(`SELECT 1 FROM ${qualified(translated.table)} LIMIT 0`);
        return { columns: undefined, rows: 0, size: 0 };
      case 'copy':
        return this.copy(connection, translated);
      case 'sql': {
        const statements = translated.statements.map((statement) => withValues(statement, parameters));
        for (const statement of statements.slice(0, -1)) await connection.run(statement);
        return this.runSql(connection, statements.at(-1) ?? '', id);
      }
    }
  }

  private async runSql(connection: DuckDBConnection, sql: string, id: string): Promise<Outcome> {
    const result = await connection.stream(sql);
    if (isWrite(result)) {
      await result.fetchAllChunks();
      return { columns: undefined, rows: result.rowsChanged, size: 0 };
    }
    if (!isQuery(result)) {
      await result.fetchAllChunks();
      return { columns: undefined, rows: 0, size: 0 };
    }
    const columns = result.columnNames().map((name, at) => warehouseColumn(name, result.columnType(at)));
    const path = this.resultPath(id);
    const writers = columns.map(({ write }) => write);
    let rows = 0;
    let size = 0;
    const file = await open(path, 'w');
    try {
      for await (const chunk of textRows(result, writers)) {
        const lines = Buffer.from(chunk.map(csvLine).join(''));
        await file.writeFile(lines);
        rows += chunk.length;
        size += lines.length;
      }
    } finally {
      await file.close();
    }
    return { columns, rows, size };
  }

  /** Loads Parquet files whose keys start with the prefix; as in Redshift, columns go by position. */
  private async copy(
    connection: DuckDBConnection,
    copy: Extract<Translated, { kind: 'copy' }>,
  ): Promise<Outcome> {
    const files: string[] = [];
    for await (const { key, size } of this.store.walk(copy.bucket, copy.prefix))
      if (size > 0) files.push(this.store.objectPath(copy.bucket, key));
    if (files.length === 0) throw new Error(`ERROR: The specified S3 prefix '${copy.prefix}' does not exist`);
    const columns = copy.columns.length === 0 ? '' : ` (${copy.columns.map(identifier).join(', ')})`;
    const result = await connection.run(
      `INSERT INTO ${qualified(copy.table)}${columns} SELECT * FROM read_parquet([${files.map(literal).join(', ')}])`,
    );
    return { columns: undefined, rows: result.rowsChanged, size: 0 };
  }
}

function qualified({ database, table }: TableName): string {
  return `${database === undefined ? '' : `${identifier(database)}.`}${identifier(table)}`;
}
