import {
  CreateTableCommand,
  ResourceInUseException,
  waitUntilTableExists,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { POINT_KEY } from '../../../src/datasources/engines/items';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { KEYS_DATABASE, subjectKeysTable } from '../../../src/schema/subject-keys';
import { tableOf, type TableColumn, type TableDeclaration } from '../../../src/schema/tables';
import { LOCAL_NAMES } from '../names';
import type { Aws } from './aws';

/** Database (Athena) and schema (Redshift) of the tables that hold rows on their way in. */
export const STAGING = 'staging';

/**
 * Creates what the datasets need wherever it is missing: buckets, databases, tables, columns, point-read tables.
 * `said` is told of each column that an existing table gets; rows that are there already have no value in it.
 */
export async function createTables(
  aws: Aws,
  datasets: Iterable<DatasetDeclaration>,
  said: (line: string) => void = () => undefined,
): Promise<void> {
  await Promise.all(
    [LOCAL_NAMES.lakeBucket, LOCAL_NAMES.stagingBucket].map((bucket) => createBucket(aws, bucket)),
  );
  await aws.runAthena(`CREATE DATABASE IF NOT EXISTS \`${STAGING}\``);
  await aws.runRedshift(`CREATE SCHEMA IF NOT EXISTS "${STAGING}"`);
  await createLedgerTable(aws.dynamodb, LOCAL_NAMES.erasureTable);
  await aws.runAthena(`CREATE DATABASE IF NOT EXISTS \`${KEYS_DATABASE}\``);
  await aws.runAthena(subjectKeysTable(LOCAL_NAMES.erasureLocation));
  for (const dataset of datasets) {
    const table = tableOf(dataset);
    if (table.engine === 'athena') {
      await aws.runAthena(`CREATE DATABASE IF NOT EXISTS \`${table.database}\``);
      await aws.runAthena(athenaTable(table, dataset));
    } else {
      await aws.runRedshift(`CREATE SCHEMA IF NOT EXISTS "${table.database}"`);
      await aws.runRedshift(redshiftTable(`"${table.database}"."${table.name}"`, table, 'IF NOT EXISTS '));
    }
    const added = dataset.external === true ? [] : await addMissingColumns(aws, table);
    for (const column of added) said(newColumn(table, column));
    if (dataset.pointReads !== undefined) await createPointTable(aws.dynamodb, dataset.pointReads.table);
  }
}

/** A declaration may have got columns since the table was made. Answers those that the table lacked. */
async function addMissingColumns(aws: Aws, table: TableDeclaration): Promise<TableColumn[]> {
  const lake = table.engine === 'athena';
  const { database, name } = table;
  const existing = new Set(
    await (lake ? aws.athenaColumns(database, name) : aws.redshiftColumns(database, name)),
  );
  const missing = table.columns.filter((column) => !existing.has(column.name));
  for (const column of missing) {
    if (lake)
      await aws.runAthena(`ALTER TABLE \`${database}\`.\`${name}\` ADD COLUMNS (${athenaColumn(column)})`);
    // Without NOT NULL: Redshift takes that only with a default, and a made-up value would be worse than none.
    else
      await aws.runRedshift(
        `ALTER TABLE "${database}"."${name}" ADD COLUMN "${column.name}" ${redshiftType(column)}`,
      );
  }
  return missing;
}

function newColumn(table: TableDeclaration, column: TableColumn): string {
  const added = `The table ${table.database}.${table.name} has got the column ${column.name}; rows from before have no value in it`;
  return column.nullable
    ? `${added}.`
    : `${added}, and asking those for it fails, because it is declared never to be null. ` +
        `Declare it with \`?\`, or start on a new data folder.`;
}

/** The table's DDL for Athena: Iceberg, by its partition column, or by month of its time. */
export function athenaTable(table: TableDeclaration, dataset: DatasetDeclaration): string {
  if (dataset.external === true) return athenaExternalTable(table);
  const time = dataset.time === undefined ? undefined : dataset.columns.get(dataset.time)?.column;
  const month = time === undefined ? undefined : `month(\`${time}\`)`;
  const partition = table.partitionColumn === undefined ? month : `\`${table.partitionColumn}\``;
  return [
    `CREATE TABLE IF NOT EXISTS \`${table.database}\`.\`${table.name}\` (${athenaColumns(table)})`,
    ...(partition === undefined ? [] : [`PARTITIONED BY (${partition})`]),
    `LOCATION 's3://${LOCAL_NAMES.lakeBucket}/${table.database}/${table.name}/'`,
    // Files with a single delete are rewritten too; Athena leaves them alone below two unless told.
    `TBLPROPERTIES ('table_type'='ICEBERG', 'optimize_rewrite_delete_file_threshold'='1')`,
  ].join('\n');
}

/**
 * The table's DDL for Athena over objects that somebody else writes, a folder for each partition. Partitions are
 * projected (Athena user guide, "Partition projection"), so that nobody has to announce a new day.
 */
function athenaExternalTable(table: TableDeclaration): string {
  const partition = table.partitionColumn ?? '';
  const columns = table.columns.filter(({ name }) => name !== partition).map(athenaColumn);
  return [
    `CREATE EXTERNAL TABLE IF NOT EXISTS \`${table.database}\`.\`${table.name}\` (${columns.join(', ')})`,
    `PARTITIONED BY (\`${partition}\` string)`,
    `STORED AS PARQUET`,
    `LOCATION 's3://${LOCAL_NAMES.lakeBucket}/${table.database}/${table.name}/'`,
    `TBLPROPERTIES ('projection.enabled'='true', 'projection.${partition}.type'='date',`,
    ` 'projection.${partition}.format'='yyyy-MM-dd', 'projection.${partition}.range'='2026-01-01,NOW+1DAY')`,
  ].join('\n');
}

/** A table over staged Parquet files, for Athena. */
export function athenaStagingTable(name: string, table: TableDeclaration, location: string): string {
  return `CREATE EXTERNAL TABLE \`${STAGING}\`.\`${name}\` (${athenaColumns(table)})\nSTORED AS PARQUET\nLOCATION '${location}'`;
}

/** A table's DDL for Redshift under the (quoted) name. */
export function redshiftTable(name: string, table: TableDeclaration, condition = ''): string {
  const columns = table.columns.map(
    (column) => `"${column.name}" ${redshiftType(column)}${column.nullable ? '' : ' NOT NULL'}`,
  );
  return `CREATE TABLE ${condition}${name} (${columns.join(', ')})`;
}

function athenaColumns(table: TableDeclaration): string {
  return table.columns.map(athenaColumn).join(', ');
}

function athenaColumn({ name, type }: TableColumn): string {
  const words: Partial<Record<TableColumn['type'], string>> = { varchar: 'string', integer: 'int' };
  return `\`${name}\` ${words[type] ?? type}`;
}

/** VARCHAR alone means 256 bytes in Redshift; 65,535 is its maximum and costs nothing where it isn't used. */
function redshiftType({ type }: TableColumn): string {
  if (type === 'varchar') return 'VARCHAR(65535)';
  return type === 'double' ? 'DOUBLE PRECISION' : type.toUpperCase();
}

async function createBucket(aws: Aws, bucket: string): Promise<void> {
  try {
    await aws.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if ((error as Error).name !== 'BucketAlreadyOwnedByYou') throw error;
  }
}

/** Creates a table for point reads unless it is there, and waits until it takes calls. */
export function createPointTable(dynamodb: DynamoDBClient, table: string): Promise<void> {
  return createTable(dynamodb, table, [{ AttributeName: POINT_KEY, KeyType: 'HASH' }]);
}

/** Creates the table of the erasure ledger, likewise. */
export function createLedgerTable(dynamodb: DynamoDBClient, table: string): Promise<void> {
  return createTable(dynamodb, table, [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ]);
}

/** All keys are texts. */
async function createTable(
  dynamodb: DynamoDBClient,
  table: string,
  keys: { AttributeName: string; KeyType: 'HASH' | 'RANGE' }[],
): Promise<void> {
  try {
    await dynamodb.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: keys,
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists(
    { client: dynamodb, maxWaitTime: 60, minDelay: 1, maxDelay: 5 },
    { TableName: table },
  );
}
