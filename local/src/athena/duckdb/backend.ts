import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import { DuckDatabase } from '../../duck/database';
import { interruptOnAbort } from '../../duck/interrupt';
import { prepareTranslator } from '../../duck/polyglot';
import { isWrite, textRows } from '../../duck/rows';
import type { TableName } from '../../duck/statement-reader';
import { isWord, meaningful, tokenize } from '../../duck/tokens';
import { LOCAL_NAMES } from '../../names';
import { identifier, literal } from '../../quoting';
import { SEED_FOLDER } from '../../s3/store';
import { LakeQueryError, type LakeBackend, type LakeResult, type LakeSession } from '../backend';
import { duckType, readDdl, type ColumnDefinition, type Ddl } from './ddl';
import { athenaError } from './errors';
import { MEASURED, ScanMeter } from './scanned';
import { athenaColumn, textWriter } from './text';
import { MACROS, toDuckDb } from './translate';

/** Athena's own name for its Glue catalog; DuckDB's file is attached under it, so `"db"."table"` resolves. */
const CATALOG = LOCAL_NAMES.athenaCatalog;

/** The lake on one DuckDB file. Tables of Parquet files below the local S3 folder are views over them. */
export class DuckDbLake implements LakeBackend {
  readonly name = 'duckdb';
  private readonly meter: ScanMeter;
  /** What connections were set to by the statements before. */
  private settled = new WeakMap<DuckDBConnection, { schema: string; profile: string }>();

  private constructor(
    private readonly database: DuckDatabase,
    private readonly s3Root: string,
  ) {
    this.meter = new ScanMeter(database);
  }

  /**
   * @param dataDir holds `lake.duckdb`
   * @param s3Root the local S3 server's folder, for external tables
   * @param small whether its tables are of a few thousand rows
   */
  static async open(dataDir: string, s3Root: string, small = false): Promise<DuckDbLake> {
    const translator = prepareTranslator();
    const database = await DuckDatabase.open({
      file: join(dataDir, 'lake.duckdb'),
      catalog: CATALOG,
      scratch: join(dataDir, 'lake-scratch'),
      folders: [s3Root],
      nullOrder: 'nulls_last',
      small,
      setup: MACROS,
    });
    await Promise.all([translator, database.rows(`CREATE SCHEMA IF NOT EXISTS ${CATALOG}."default"`)]);
    return new DuckDbLake(database, s3Root);
  }

  async execute(sql: string, session: LakeSession): Promise<LakeResult> {
    if (session.catalog.toLowerCase() !== CATALOG.toLowerCase())
      throw new LakeQueryError(`CATALOG_NOT_FOUND: Catalog '${session.catalog.toLowerCase()}' not found`);
    try {
      const ddl = readDdl(sql);
      if (ddl?.kind === 'showProperties') return await this.describe(ddl.table, session);
      if (ddl) return await this.define(ddl, session);
      const [first] = meaningful(tokenize(sql));
      if (
        first?.text !== '(' &&
        !isWord(first, 'SELECT', 'WITH', 'VALUES', 'INSERT', 'DELETE', 'UPDATE', 'MERGE', 'EXPLAIN')
      )
        throw new LakeQueryError(`SYNTAX_ERROR: line 1:1: mismatched input '${first?.text ?? '<EOF>'}'`);
      return await this.run(toDuckDb(sql), sql, session);
    } catch (error) {
      throw athenaError(error, sql, session.database);
    }
  }

  close(): Promise<void> {
    return this.database.close();
  }

  /** Runs translated SQL and hands its rows on chunk by chunk. */
  private async run(duckSql: string, sql: string, session: LakeSession): Promise<LakeResult> {
    const connection = await this.database.take();
    const rest = interruptOnAbort(connection, session.signal);
    let profile: string | undefined;
    let scanned = 0;
    const finish = async (usable: boolean) => {
      rest();
      if (usable && profile !== undefined) scanned = await this.meter.read(profile);
      this.database.give(connection, usable);
    };
    try {
      session.signal.throwIfAborted();
      profile = await this.settle(connection, session.database);
      session.signal.throwIfAborted();
      const result = await begun(connection, duckSql);
      if (isWrite(result)) {
        await result.fetchAllChunks();
        const { rowsChanged } = result;
        await finish(true);
        return { columns: [], rows: noRows(), updateCount: rowsChanged, scannedBytes: () => scanned };
      }
      const columns = result.columnNames().map((name, at) => athenaColumn(name, result.columnType(at)));
      return { columns, rows: this.stream(result, sql, session, finish), scannedBytes: () => scanned };
    } catch (error) {
      await finish(false);
      throw error;
    }
  }

  private async *stream(
    result: DuckDBResult,
    sql: string,
    session: LakeSession,
    finish: (usable: boolean) => Promise<void>,
  ): AsyncGenerator<(string | null)[][]> {
    let complete = false;
    try {
      yield* textRows(result, result.columnTypes().map(textWriter));
      complete = true;
    } catch (error) {
      throw athenaError(error, sql, session.database);
    } finally {
      await finish(complete);
    }
  }

  /** Points the connection at the session's database and turns its profile on; gives the profile's file. */
  private async settle(connection: DuckDBConnection, database: string | undefined): Promise<string> {
    const schema = `${identifier(CATALOG)}.${identifier((database ?? 'default').toLowerCase())}`;
    const before = this.settled.get(connection);
    if (before?.schema === schema) return before.profile;
    const profile = before?.profile ?? join(this.database.scratch, `${randomUUID()}.json`);
    this.settled.delete(connection);
    await connection.run(`SET search_path = ${literal(`${schema},memory.main`)}`).catch(() => {
      throw new LakeQueryError(`SCHEMA_NOT_FOUND: line 1:1: Schema '${database}' does not exist`);
    });
    await connection.run(
      `SET enable_profiling = 'json'; SET profiling_output = ${literal(profile)}; SET custom_profiling_settings = ${literal(MEASURED)}`,
    );
    this.settled.set(connection, { schema, profile });
    return profile;
  }

  private async define(ddl: Definition, session: LakeSession): Promise<LakeResult> {
    const statements = await this.definition(ddl, session.database ?? 'default');
    const connection = await this.database.take();
    try {
      for (const statement of statements) await connection.run(statement);
      this.database.give(connection);
    } catch (error) {
      this.database.give(connection, false);
      throw error;
    }
    this.meter.forget();
    // Statements of definitions point their connection elsewhere, and a schema may be gone.
    this.settled = new WeakMap();
    return { columns: [], rows: noRows(), scannedBytes: () => 0 };
  }

  private async definition(ddl: Definition, database: string): Promise<string[]> {
    const full = ({ database: named, table }: TableName) =>
      [CATALOG, named ?? database, table].map(identifier).join('.');
    switch (ddl.kind) {
      case 'createDatabase':
        return [
          `CREATE SCHEMA ${ddl.ifNotExists ? 'IF NOT EXISTS ' : ''}${identifier(CATALOG)}.${identifier(ddl.database)}`,
        ];
      case 'dropDatabase':
        return [
          `DROP SCHEMA ${ddl.ifExists ? 'IF EXISTS ' : ''}${identifier(CATALOG)}.${identifier(ddl.database)}${ddl.cascade ? ' CASCADE' : ''}`,
        ];
      case 'createTableAs':
        return [
          `SET search_path = ${literal(`${identifier(CATALOG)}.${identifier(database)},memory.main`)}`,
          `CREATE TABLE ${ddl.ifNotExists ? 'IF NOT EXISTS ' : ''}${full(ddl.table)} AS ${toDuckDb(ddl.query)}`,
        ];
      case 'createView':
        return [
          `SET search_path = ${literal(`${identifier(CATALOG)}.${identifier(database)},memory.main`)}`,
          `CREATE ${ddl.orReplace ? 'OR REPLACE ' : ''}VIEW ${full(ddl.table)} AS ${toDuckDb(ddl.query)}`,
        ];
      case 'drop': {
        const [kind] = await this.kindOf(ddl.table, database);
        return [`DROP ${kind ?? ddl.what} ${ddl.ifExists ? 'IF EXISTS ' : ''}${full(ddl.table)}`];
      }
      case 'addColumns':
        return ddl.columns.map(
          ({ name, type }) =>
            `ALTER TABLE ${full(ddl.table)} ADD COLUMN ${identifier(name)} ${duckType(type)}`,
        );
      case 'setProperties': {
        const before = await this.properties(ddl.table, database);
        return [commented(full(ddl.table), { ...before, ...ddl.properties })];
      }
      case 'maintain':
        return [`SELECT 1 FROM ${full(ddl.table)} LIMIT 0`];
      case 'createTable': {
        const exists = (await this.kindOf(ddl.table, database)).length > 0;
        if (exists && ddl.ifNotExists) return [];
        if (exists)
          throw new LakeQueryError(
            `TABLE_ALREADY_EXISTS: Table ${ddl.table.database ?? database}.${ddl.table.table} already exists`,
          );
        if (!ddl.location)
          throw new LakeQueryError('INVALID_TABLE_PROPERTY: Location is required for a table');
        const columns = ddl.columns.map(({ name, type }) => `${identifier(name)} ${duckType(type)}`);
        if (ddl.external) return this.externalTable(ddl, full(ddl.table));
        if ((ddl.properties.table_type ?? '').toUpperCase() !== 'ICEBERG')
          throw new LakeQueryError("NOT_SUPPORTED: Say EXTERNAL, or TBLPROPERTIES ('table_type'='ICEBERG')");
        return [
          `CREATE TABLE ${full(ddl.table)} (${columns.join(', ')})`,
          commented(full(ddl.table), ddl.properties),
        ];
      }
    }
  }

  /** SHOW TBLPROPERTIES: name and value in one cell, and no names of columns before. */
  private async describe(table: TableName, session: LakeSession): Promise<LakeResult> {
    const database = session.database ?? 'default';
    if ((await this.kindOf(table, database)).length === 0)
      throw new LakeQueryError(
        `TABLE_NOT_FOUND: Table ${table.database ?? database}.${table.table} not found`,
      );
    const properties = Object.entries(await this.properties(table, database));
    return {
      columns: [{ name: 'prpt_name', type: 'string', precision: 0, scale: 0 }],
      header: false,
      rows: once(properties.map(([name, value]) => [`${name}\t${value}`])),
      scannedBytes: () => 0,
    };
  }

  /** Properties of a table: DuckDB has none of its own, so they are its comment. */
  private async properties({ database: named, table }: TableName, database: string): Promise<Properties> {
    const [row] = await this.database.rows(
      `SELECT comment FROM duckdb_tables() WHERE database_name = ${literal(CATALOG)}
       AND schema_name = ${literal(named ?? database)} AND table_name = ${literal(table)}`,
    );
    return typeof row?.[0] === 'string' ? (JSON.parse(row[0]) as Properties) : {};
  }

  /**
   * A view over the Parquet files below the location, read when asked. A Parquet file without rows stands beside
   * them in a folder that S3 listings leave out: it gives the columns that files lack, and something to read while
   * there is nothing else.
   */
  private async externalTable(ddl: Extract<Ddl, { kind: 'createTable' }>, table: string): Promise<string[]> {
    const found = /^s3:\/\/([^/]+)\/(.*)$/.exec(ddl.location ?? '');
    const parts = (found?.[2] ?? '').split('/').filter((part) => part !== '');
    if (!found || parts.some((part) => part === '.' || part === '..'))
      throw new LakeQueryError(`INVALID_TABLE_PROPERTY: Not an S3 location: ${ddl.location}`);
    const folder = join(this.s3Root, found[1] ?? '', ...parts);
    const keys = ddl.partitions.map((term) => readPartitionColumn(term, ddl.columns));
    const seedFolder = join(folder, SEED_FOLDER, ...keys.map((key) => `${key}=none`));
    await mkdir(seedFolder, { recursive: true });
    const seed = join(seedFolder, `${randomUUID()}.parquet`);
    const stored = ddl.columns.filter(({ name }) => !keys.includes(name));
    const nulls = stored.map(({ name, type }) => `CAST(NULL AS ${duckType(type)}) AS ${identifier(name)}`);
    const values = ddl.columns.map(
      ({ name, type }) => `CAST(${identifier(name)} AS ${duckType(type)}) AS ${identifier(name)}`,
    );
    return [
      `COPY (SELECT ${nulls.join(', ')} WHERE false) TO ${literal(seed)} (FORMAT parquet)`,
      `CREATE VIEW ${table} AS SELECT ${values.join(', ')} FROM read_parquet(${literal(join(folder, '**', '*.parquet'))},
         union_by_name = true, hive_partitioning = ${keys.length > 0}, hive_types_autocast = false)`,
    ];
  }

  private async kindOf(
    { database: named, table }: TableName,
    database: string,
  ): Promise<('TABLE' | 'VIEW')[]> {
    const rows = await this.database.rows(
      `SELECT table_type FROM information_schema.tables WHERE table_catalog = ${literal(CATALOG)}
       AND table_schema = ${literal(named ?? database)} AND table_name = ${literal(table)}`,
    );
    return rows.map(([kind]) => (kind === 'VIEW' ? 'VIEW' : 'TABLE'));
  }

  /** A table's columns, for GetTableMetadata; undefined when there is no such table. */
  async columnsOf(database: string, table: string): Promise<{ name: string; type: string }[] | undefined> {
    const rows = (await this.database.rows(
      `SELECT column_name, lower(data_type) FROM information_schema.columns WHERE table_catalog = ${literal(CATALOG)}
       AND table_schema = ${literal(database.toLowerCase())} AND table_name = ${literal(table.toLowerCase())}
       ORDER BY ordinal_position`,
    )) as [string, string][];
    return rows.length === 0 ? undefined : rows.map(([name, type]) => ({ name, type: glueType(type) }));
  }
}

type Definition = Exclude<Ddl, { kind: 'showProperties' }>;
type Properties = Record<string, string>;

function commented(table: string, properties: Properties): string {
  return `COMMENT ON TABLE ${table} IS ${literal(JSON.stringify(properties))}`;
}

async function* once(rows: string[][]): AsyncGenerator<string[][]> {
  yield rows;
}

function readPartitionColumn(term: string, columns: ColumnDefinition[]): string {
  const name = columns.find((column) =>
    term.replaceAll(/["`]/g, '').toLowerCase().startsWith(column.name),
  )?.name;
  if (!name) throw new LakeQueryError(`SYNTAX_ERROR: line 1:1: Unknown partition column: ${term}`);
  return name;
}

function glueType(duck: string): string {
  const names: Record<string, string> = { integer: 'int', blob: 'binary', varchar: 'string' };
  return names[duck] ?? duck.replace(/^timestamp.*/, 'timestamp');
}

async function* noRows(): AsyncGenerator<(string | null)[][]> {
  // Nothing to hand on.
}

/** How often a statement is begun while files come and go below its tables. */
const MOST_BEGINNINGS = 5;

/** A file that was taken away between its listing and its opening is one that the statement need not have seen. */
async function begun(connection: DuckDBConnection, sql: string): Promise<DuckDBResult> {
  for (let beginning = 1; ; beginning += 1) {
    try {
      return await connection.stream(sql);
    } catch (error) {
      if (beginning === MOST_BEGINNINGS || !/No such file or directory/.test((error as Error).message))
        throw error;
    }
  }
}
