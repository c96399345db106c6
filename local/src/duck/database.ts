import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { identifier, literal } from '../quoting';

/** How to open a database. */
export interface DuckOptions {
  /** The database file. */
  file: string;
  /** The name it is attached under. */
  catalog: string;
  /** Folder for spilling and other passing files; emptied at start. */
  scratch: string;
  /** Folders that SQL may read and write files in; everything else on the machine is closed to it. */
  folders: string[];
  /** Where NULLs sort when a statement does not say: Athena last, Redshift as the largest values. */
  nullOrder: 'nulls_last' | 'nulls_last_on_asc_first_on_desc';
  /** Says that tables are of a few thousand rows: planning is then most of the work, and threads wait for each other. */
  small?: boolean;
  /** Macros (created in `memory.main`, found from every schema) and other statements to run at start. */
  setup: string[];
}

/** Planning that pays for tables of many rows alone: a second look at the rows that a limit leaves, and narrower rows to sort. */
const LARGE_TABLES = 'late_materialization,compressed_materialization';
/** How many idle connections are kept for the next statements. */
const KEPT_CONNECTIONS = 8;

/**
 * One DuckDB file attached under a catalog name, in at most 1 GB of memory and two threads (one for small tables), spilling to
 * disk.
 * Statements take a connection each, so that stopping one stops only that one.
 */
export class DuckDatabase {
  private readonly idle: DuckDBConnection[] = [];

  private constructor(
    private readonly instance: DuckDBInstance,
    readonly catalog: string,
    readonly scratch: string,
  ) {}

  static async open(options: DuckOptions): Promise<DuckDatabase> {
    await rm(options.scratch, { recursive: true, force: true });
    await mkdir(options.scratch, { recursive: true });
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: '1GB',
      threads: options.small === true ? '1' : '2',
      ...(options.small === true ? { disabled_optimizers: LARGE_TABLES } : {}),
      temp_directory: join(options.scratch, 'spill'),
      preserve_insertion_order: 'false',
      integer_division: 'true',
      default_null_order: options.nullOrder,
      autoinstall_known_extensions: 'false',
    });
    const connection = await instance.connect();
    try {
      await connection.run(`SET GLOBAL TimeZone = 'UTC'`).catch(() => undefined);
      for (const statement of options.setup) await connection.run(statement);
      await connection.run(`ATTACH ${literal(options.file)} AS ${identifier(options.catalog)}`);
      const folders = [...options.folders, options.scratch].map(literal);
      await connection.run(`SET GLOBAL allowed_directories = [${folders.join(', ')}]`);
      await connection.run('SET GLOBAL enable_external_access = false');
    } catch (error) {
      connection.closeSync();
      instance.closeSync();
      throw error;
    }
    const database = new DuckDatabase(instance, options.catalog, options.scratch);
    database.idle.push(connection);
    return database;
  }

  /** A connection of one's own, until given back. */
  async take(): Promise<DuckDBConnection> {
    return this.idle.pop() ?? (await this.instance.connect());
  }

  /** Gives a connection back. One whose statement was stopped or failed inside a transaction is better closed. */
  give(connection: DuckDBConnection, usable = true): void {
    if (usable && this.idle.length < KEPT_CONNECTIONS) this.idle.push(connection);
    else connection.closeSync();
  }

  /** Runs one short statement and returns its rows as JSON values. */
  async rows(sql: string): Promise<unknown[][]> {
    const connection = await this.take();
    try {
      return (await connection.runAndReadAll(sql)).getRowsJson();
    } finally {
      this.give(connection);
    }
  }

  /** Writes everything to the file and lets go of it. */
  async close(): Promise<void> {
    const connection = await this.take();
    await connection.run(`CHECKPOINT ${identifier(this.catalog)}`).catch(() => undefined);
    connection.closeSync();
    for (const kept of this.idle.splice(0)) kept.closeSync();
    this.instance.closeSync();
  }
}
