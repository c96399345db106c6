import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Cell } from '../../../src/datasources/results';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { tableOf, type TableDeclaration } from '../../../src/schema/tables';
import { LOCAL_NAMES } from '../names';
import type { Aws } from './aws';
import { ParquetPacker } from './parquet';
import { PointStoreLoad } from './point-store';
import { athenaStagingTable, redshiftTable, STAGING } from './tables';
import type { LoadRow } from './transform';

/** Partitions that one INSERT may write (Amazon Athena User Guide, limit of 100 for CTAS and INSERT INTO). */
const INSERT_PARTITIONS = 100;

/** What became of the rows of one load. */
export interface LoadCounts {
  /** Rows that were new. */
  loaded: number;
  /** Rows whose key the tenant has already. */
  alreadyThere: number;
}

/**
 * Loads rows of one dataset for one tenant: Parquet files to S3, a staging table over them, and one INSERT of the
 * rows whose keys are not there yet. Running the same load again changes nothing. Keys must be unique in one load.
 */
export class DatasetLoad {
  private staged = 0;
  private files = 0;
  private readonly slices = new Set<string>();
  private readonly table: TableDeclaration;
  /** Position of the cell that partitions are cut from, and how many of its characters name a partition. */
  private readonly cut: { at: number; length: number } | undefined;
  private readonly points: PointStoreLoad | undefined;
  private packer: ParquetPacker | undefined;

  /** @param id names the load in S3 and among staging tables: lower-case letters, digits, underscores */
  constructor(
    private readonly aws: Aws,
    private readonly dataset: DatasetDeclaration,
    private readonly tenant: string,
    private readonly id: string,
  ) {
    this.table = tableOf(dataset);
    this.cut = partitionCut(dataset);
    if (dataset.pointReads !== undefined) {
      this.points = new PointStoreLoad(aws, dataset, tenant, dataset.pointReads.table);
    }
  }

  /** Items written to the point-read store, undefined when the dataset has none. */
  get itemsWritten(): number | undefined {
    return this.points?.written;
  }

  async add(rows: readonly LoadRow[]): Promise<void> {
    this.packer ??= await ParquetPacker.open(this.dataset, this.tenant, (file) => this.put(file));
    if (this.cut !== undefined) for (const row of rows) this.slices.add(sliceOf(row.cells, this.cut));
    this.staged += rows.length;
    await this.packer.add(rows.map((row) => row.cells));
    await this.points?.add(rows);
  }

  /** Inserts what is new and removes what was staged. */
  async finish(): Promise<LoadCounts> {
    await this.packer?.finish();
    await this.points?.finish();
    if (this.staged === 0) return { loaded: 0, alreadyThere: 0 };
    const loaded = this.table.engine === 'athena' ? await this.throughAthena() : await this.throughRedshift();
    return { loaded, alreadyThere: this.staged - loaded };
  }

  /** Removes staged files, those of an earlier load that broke off included. Call it however the load ended. */
  async close(): Promise<void> {
    await this.packer?.close();
    for (;;) {
      const { Contents } = await this.aws.s3.send(
        new ListObjectsV2Command({ Bucket: LOCAL_NAMES.stagingBucket, Prefix: `${this.id}/` }),
      );
      if (Contents === undefined || Contents.length === 0) return;
      const Objects = Contents.map(({ Key }) => ({ Key }));
      await this.aws.s3.send(
        new DeleteObjectsCommand({ Bucket: LOCAL_NAMES.stagingBucket, Delete: { Objects } }),
      );
    }
  }

  private get location(): string {
    return `s3://${LOCAL_NAMES.stagingBucket}/${this.id}/`;
  }

  private async put(file: Buffer): Promise<void> {
    this.files += 1;
    const Key = `${this.id}/part-${String(this.files).padStart(5, '0')}.parquet`;
    await this.aws.s3.send(new PutObjectCommand({ Bucket: LOCAL_NAMES.stagingBucket, Key, Body: file }));
  }

  private async throughAthena(): Promise<number> {
    const drop = `DROP TABLE IF EXISTS \`${STAGING}\`.\`${this.id}\``;
    await this.aws.runAthena(drop);
    await this.aws.runAthena(athenaStagingTable(this.id, this.table, this.location));
    try {
      let loaded = 0;
      for (const condition of this.sliceConditions()) {
        loaded += await this.aws.runAthena(newRowsInsert(this.table, this.id, condition));
      }
      return loaded;
    } finally {
      await this.aws.runAthena(drop);
    }
  }

  private async throughRedshift(): Promise<number> {
    const name = `"${STAGING}"."${this.id}"`;
    await this.aws.runRedshift(`DROP TABLE IF EXISTS ${name}`);
    await this.aws.runRedshift(redshiftTable(name, this.table));
    try {
      await this.aws.runRedshift(`COPY ${name} FROM '${this.location}' IAM_ROLE default FORMAT AS PARQUET`);
      return await this.aws.runRedshift(newRowsInsert(this.table, this.id));
    } finally {
      await this.aws.runRedshift(`DROP TABLE IF EXISTS ${name}`);
    }
  }

  /** Conditions that each keep an INSERT within the partition limit; none when one INSERT does. */
  private sliceConditions(): (string | undefined)[] {
    const slices = [...this.slices].sort();
    if (slices.length <= INSERT_PARTITIONS) return [undefined];
    const starts = slices
      .filter((_slice, at) => at % INSERT_PARTITIONS === 0)
      .map((slice) => this.literal(slice));
    const column = `s."${this.table.partitionColumn ?? this.dataset.columns.get(this.dataset.time ?? '')?.column}"`;
    return starts.map((from, at) => {
      const to = starts[at + 1];
      if (at === 0) return `(${column} < ${to} OR ${column} IS NULL)`;
      return `${column} >= ${from}${to === undefined ? '' : ` AND ${column} < ${to}`}`;
    });
  }

  private literal(slice: string): string {
    return this.table.partitionColumn === undefined ? `TIMESTAMP '${slice}-01 00:00:00'` : `'${slice}'`;
  }
}

/** The anti-join that makes a load repeatable, in words that Athena, Trino and Redshift share. */
export function newRowsInsert(table: TableDeclaration, staging: string, condition?: string): string {
  const names = table.columns.map(({ name }) => `"${name}"`);
  const tenant =
    table.tenantColumn === undefined ? '' : ` AND t."${table.tenantColumn}" = s."${table.tenantColumn}"`;
  return [
    `INSERT INTO "${table.database}"."${table.name}" (${names.join(', ')})`,
    `SELECT ${names.map((name) => `s.${name}`).join(', ')}`,
    `FROM "${STAGING}"."${staging}" s`,
    `LEFT JOIN "${table.database}"."${table.name}" t ON t."${table.keyColumn}" = s."${table.keyColumn}"${tenant}`,
    `WHERE t."${table.keyColumn}" IS NULL${condition === undefined ? '' : ` AND ${condition}`}`,
  ].join('\n');
}

/** Tables of Athena are cut by day (partition column) or by month of their time. */
function partitionCut(dataset: DatasetDeclaration): { at: number; length: number } | undefined {
  const field = dataset.partition?.from ?? dataset.time;
  if (dataset.engine !== 'athena' || field === undefined) return undefined;
  return { at: [...dataset.columns.keys()].indexOf(field), length: dataset.partition === undefined ? 7 : 10 };
}

function sliceOf(cells: readonly Cell[], cut: { at: number; length: number }): string {
  const cell = cells[cut.at];
  return typeof cell === 'string' ? cell.slice(0, cut.length) : '';
}
