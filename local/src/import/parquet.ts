import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BOOLEAN,
  DOUBLE,
  DuckDBDataChunk,
  DuckDBInstance,
  INTEGER,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { Cell } from '../../../src/datasources/results';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { sqlTypeOf, tableOf, type TableColumn } from '../../../src/schema/tables';
import { literal } from '../quoting';
import { DUCKDB_SETTINGS } from './duckdb';

/** Rows of one Parquet file at most: about 10 MB in memory, a few on disk. */
const FILE_ROWS = 50_000;
/** Rows of one DuckDB data chunk at most. */
const CHUNK_ROWS = 2_048;

/**
 * Packs rows of a dataset into Parquet files with the columns of its table, tenant and partition included.
 * Only one file's rows are in memory at a time.
 */
export class ParquetPacker {
  private pending: (readonly Cell[])[] = [];
  private rows = 0;
  /** Used again and again: a chunk's memory is outside the heap, so waiting for the collector costs hundreds of MB. */
  private readonly chunk: DuckDBDataChunk;

  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    private readonly folder: string,
    private readonly types: DuckDBType[],
    private readonly select: string,
    private readonly take: (file: Buffer) => Promise<void>,
    private appender: DuckDBAppender,
  ) {
    this.chunk = DuckDBDataChunk.create(types);
  }

  /** @param take is handed each finished file */
  static async open(
    dataset: DatasetDeclaration,
    tenant: string,
    take: (file: Buffer) => Promise<void>,
  ): Promise<ParquetPacker> {
    const instance = await DuckDBInstance.create(':memory:', DUCKDB_SETTINGS);
    const connection = await instance.connect();
    const declared = [...dataset.columns.values()];
    const types = declared.map((column) => heldAs(sqlTypeOf(column)));
    const columns = declared.map((column, at) => `"${column.column}" ${types[at]?.toString()}`);
    await connection.run(`CREATE TABLE held (${columns.join(', ')})`);
    const folder = await mkdtemp(join(tmpdir(), 'sluice-import-'));
    const appender = await connection.createAppender('held');
    return new ParquetPacker(instance, connection, folder, types, selection(dataset, tenant), take, appender);
  }

  /** Adds rows: a cell for each declared column of the dataset, in order. */
  async add(rows: readonly (readonly Cell[])[]): Promise<void> {
    for (const row of rows) this.pending.push(row);
    while (this.pending.length >= CHUNK_ROWS) {
      this.append(this.pending.splice(0, CHUNK_ROWS));
      if (this.rows + CHUNK_ROWS > FILE_ROWS) await this.pack();
    }
  }

  /** Hands the last file over. */
  async finish(): Promise<void> {
    if (this.pending.length > 0) this.append(this.pending.splice(0));
    if (this.rows > 0) await this.pack();
  }

  async close(): Promise<void> {
    this.appender.closeSync();
    this.connection.closeSync();
    this.instance.closeSync();
    await rm(this.folder, { recursive: true, force: true });
  }

  private append(rows: readonly (readonly Cell[])[]): void {
    const { chunk } = this;
    chunk.reset();
    chunk.setColumns(this.types.map((_type, at) => rows.map((row) => (row[at] ?? null) as DuckDBValue)));
    this.appender.appendDataChunk(chunk);
    this.rows += rows.length;
  }

  private async pack(): Promise<void> {
    this.appender.closeSync();
    const path = join(this.folder, 'part.parquet');
    await this.connection.run(`COPY (${this.select}) TO '${path}' (FORMAT parquet, COMPRESSION snappy)`);
    await this.connection.run('TRUNCATE held');
    await this.take(await readFile(path));
    this.rows = 0;
    this.appender = await this.connection.createAppender('held');
  }
}

/** Days, times and decimals are held as text, which DuckDB reads exactly when it writes the file. */
function heldAs(type: TableColumn['type']): DuckDBType {
  if (type === 'integer') return INTEGER;
  if (type === 'double') return DOUBLE;
  return type === 'boolean' ? BOOLEAN : VARCHAR;
}

function selection(dataset: DatasetDeclaration, tenant: string): string {
  const from =
    dataset.partition === undefined ? undefined : dataset.columns.get(dataset.partition.from)?.column;
  const values = tableOf(dataset).columns.map(({ name, type, declared }) => {
    if (declared !== undefined) return `CAST("${name}" AS ${type}) AS "${name}"`;
    if (name === dataset.tenant) return `${literal(tenant)} AS "${name}"`;
    return `substr("${from}", 1, 10) AS "${name}"`;
  });
  return `SELECT ${values.join(', ')} FROM held`;
}
