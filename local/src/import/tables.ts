import {
  CreateTableCommand,
  ResourceInUseException,
  waitUntilTableExists,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { POINT_KEY } from '../../../src/datasources/engines/items';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { tableOf, type TableColumn, type TableDeclaration } from '../../../src/schema/tables';
import { BUCKETS, type Aws } from './aws';

/** Database (Athena) and schema (Redshift) of the tables that hold rows on their way in. */
export const STAGING = 'staging';

/** Creates what the datasets need wherever it is missing: buckets, databases, tables, point-read tables. */
export async function createTables(aws: Aws, datasets: Iterable<DatasetDeclaration>): Promise<void> {
  await Promise.all(Object.values(BUCKETS).map((bucket) => createBucket(aws, bucket)));
  await aws.runAthena(`CREATE DATABASE IF NOT EXISTS \`${STAGING}\``);
  await aws.runRedshift(`CREATE SCHEMA IF NOT EXISTS "${STAGING}"`);
  for (const dataset of datasets) {
    const table = tableOf(dataset);
    if (table.engine === 'athena') {
      await aws.runAthena(`CREATE DATABASE IF NOT EXISTS \`${table.database}\``);
      await aws.runAthena(athenaTable(table, dataset));
    } else {
      await aws.runRedshift(`CREATE SCHEMA IF NOT EXISTS "${table.database}"`);
      await aws.runRedshift(redshiftTable(`"${table.database}"."${table.name}"`, table, 'IF NOT EXISTS '));
    }
    if (dataset.pointReads !== undefined) await createPointTable(aws.dynamodb, dataset.pointReads.table);
  }
}

/** The table's DDL for Athena: Iceberg, by its partition column, or by month of its time. */
export function athenaTable(table: TableDeclaration, dataset: DatasetDeclaration): string {
  const time = dataset.time === undefined ? undefined : dataset.columns.get(dataset.time)?.column;
  const month = time === undefined ? undefined : `month(\`${time}\`)`;
  const partition = table.partitionColumn === undefined ? month : `\`${table.partitionColumn}\``;
  return [
    `CREATE TABLE IF NOT EXISTS \`${table.database}\`.\`${table.name}\` (${athenaColumns(table)})`,
    ...(partition === undefined ? [] : [`PARTITIONED BY (${partition})`]),
    `LOCATION 's3://${BUCKETS.lake}/${table.database}/${table.name}/'`,
    `TBLPROPERTIES ('table_type'='ICEBERG')`,
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
  const words: Partial<Record<TableColumn['type'], string>> = { varchar: 'string', integer: 'int' };
  return table.columns.map(({ name, type }) => `\`${name}\` ${words[type] ?? type}`).join(', ');
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
export async function createPointTable(dynamodb: DynamoDBClient, table: string): Promise<void> {
  try {
    await dynamodb.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: POINT_KEY, AttributeType: 'S' }],
        KeySchema: [{ AttributeName: POINT_KEY, KeyType: 'HASH' }],
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
