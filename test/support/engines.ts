import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AthenaClient, GetQueryExecutionCommand, StartQueryExecutionCommand } from '@aws-sdk/client-athena';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeStatementCommand,
  ExecuteStatementCommand,
  RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import { DuckDbLake } from '../../local/src/athena/duckdb/backend';
import { serveAthena } from '../../local/src/athena/server';
import { serveDynamoDb } from '../../local/src/dynamodb/server';
import { createLedgerTable } from '../../local/src/import/tables';
import { serveRedshiftData } from '../../local/src/redshift/server';
import { Warehouse } from '../../local/src/redshift/warehouse';
import { serveS3 } from '../../local/src/s3/server';
import { S3Store } from '../../local/src/s3/store';
import { FaultPlan, type Suffered } from '../../local/src/wire/faults';
import type { LoopbackServer } from '../../local/src/wire/loopback';
import { readConfig, type Config } from '../../src/config';
import { literal } from '../../src/datasources/compile/literal';
import { itemOf } from '../../src/datasources/engines/items';
import type { Cell } from '../../src/datasources/results';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import { tableOf, type TableColumn } from '../../src/schema/tables';

/** A row by field name. */
export type FieldRow = Record<string, Cell>;

/** A fault plan that also remembers every operation that reached its server. */
export class RecordingFaults extends FaultPlan {
  readonly seen: string[] = [];

  override take(operation: string): Suffered {
    this.seen.push(operation);
    return super.take(operation);
  }

  count(operation: string): number {
    return this.seen.filter((one) => one === operation).length;
  }

  reset(): void {
    this.seen.length = 0;
    this.clear();
  }
}

/** The four local servers on free ports, in a folder of their own. */
export interface Engines {
  faults: Record<'dynamodb' | 'athena' | 'redshift' | 's3', RecordingFaults>;
  servers: Record<'dynamodb' | 'athena' | 'redshift' | 's3', LoopbackServer>;
  config(overrides?: Record<string, string>): Config;
  /** Creates a dataset's table in its SQL engine and puts rows in, through the engine's own API. */
  fill(dataset: DatasetDeclaration, tenants: Record<string, readonly FieldRow[]>): Promise<void>;
  /** Creates a dataset's point-read table and puts items in. */
  fillPoints(dataset: DatasetDeclaration, tenants: Record<string, readonly FieldRow[]>): Promise<void>;
  close(): Promise<void>;
}

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

export async function startEngines(): Promise<Engines> {
  Object.assign(process.env, CREDENTIALS, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
  const folder = await mkdtemp(join(tmpdir(), 'sluice-engines-'));
  const store = new S3Store(join(folder, 's3'));
  await store.createBucket('results');
  const faults = {
    dynamodb: new RecordingFaults(),
    athena: new RecordingFaults(),
    redshift: new RecordingFaults(),
    s3: new RecordingFaults(),
  };
  const lake = await DuckDbLake.open(folder, store.root, true);
  const warehouse = await Warehouse.open(folder, store, 'warehouse', true);
  const servers = {
    s3: await serveS3(0, store, faults.s3),
    dynamodb: await serveDynamoDb(0, join(folder, 'dynamodb'), faults.dynamodb),
    athena: await serveAthena({
      port: 0,
      lake,
      store,
      faults: faults.athena,
      workGroups: ['primary'],
      defaultOutput: 's3://results/athena/',
    }),
    redshift: await serveRedshiftData({
      port: 0,
      warehouse,
      faults: faults.redshift,
      workgroups: ['sluice'],
    }),
  };
  const dynamodb = new DynamoDBClient({
    region: 'eu-central-1',
    endpoint: servers.dynamodb.url,
  });
  await createLedgerTable(dynamodb, 'sluice-erasure');
  dynamodb.destroy();
  const key = randomBytes(64).toString('base64');
  const config = (overrides: Record<string, string> = {}): Config =>
    readConfig({
      AWS_REGION: 'eu-central-1',
      SLUICE_JWKS_URL: 'http://127.0.0.1:1/jwks',
      SLUICE_TOKEN_ISSUER: 'test',
      SLUICE_TOKEN_AUDIENCE: 'test',
      SLUICE_MASK_KEY: key,
      SLUICE_CURSOR_KEY: key,
      SLUICE_AUDIT_KEY: key,
      SLUICE_ERASURE_KEY: randomBytes(32).toString('base64'),
      SLUICE_AUDIT_DIR: '/nowhere',
      SLUICE_AUDIT_LOCATION: 's3://nowhere',
      SLUICE_DYNAMODB_ENDPOINT: servers.dynamodb.url,
      SLUICE_ATHENA_ENDPOINT: servers.athena.url,
      SLUICE_S3_ENDPOINT: servers.s3.url,
      SLUICE_REDSHIFT_ENDPOINT: servers.redshift.url,
      ...overrides,
    });
  return {
    faults,
    servers,
    config,
    fill: (dataset, tenants) => fill(config(), dataset, tenants),
    fillPoints: (dataset, tenants) => fillPoints(config(), dataset, tenants),
    close: async () => {
      for (const server of Object.values(servers)) await server.close();
      await warehouse.close();
      await lake.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The engines' own statements for set-up; they end without rows. */
async function fill(
  config: Config,
  dataset: DatasetDeclaration,
  tenants: Record<string, readonly FieldRow[]>,
): Promise<void> {
  const table = tableOf(dataset);
  const athena = table.engine === 'athena';
  const run = athena ? athenaCommand(config) : redshiftCommand(config);
  const columns = table.columns
    .map((column) => `${athena ? column.name : `"${column.name}"`} ${typeIn(table.engine, column)}`)
    .join(', ');
  await run(`CREATE SCHEMA IF NOT EXISTS ${table.database}`);
  const extra = athena
    ? ` LOCATION 's3://results/tables/${table.name}/' TBLPROPERTIES ('table_type'='ICEBERG')`
    : '';
  await run(`CREATE TABLE ${table.database}.${table.name} (${columns})${extra}`);
  for (const [tenant, rows] of Object.entries(tenants)) {
    if (rows.length === 0) continue;
    const values = rows.map(
      (row) => `(${table.columns.map((column) => value(dataset, column, tenant, row)).join(', ')})`,
    );
    // Well below the engines' limits on the length of a statement.
    for (let at = 0; at < values.length; at += 50) {
      await run(`INSERT INTO ${table.database}.${table.name} VALUES ${values.slice(at, at + 50).join(', ')}`);
    }
  }
}

type Command = (sql: string) => Promise<void>;

function athenaCommand(config: Config): Command {
  const client = new AthenaClient({
    region: config.AWS_REGION,
    endpoint: config.SLUICE_ATHENA_ENDPOINT ?? '',
  });
  return async (sql) => {
    const { QueryExecutionId } = await client.send(new StartQueryExecutionCommand({ QueryString: sql }));
    for (;;) {
      const { QueryExecution: found } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId }));
      if (found?.Status?.State === 'SUCCEEDED') return;
      if (found?.Status?.State === 'FAILED') throw new Error(found.Status.StateChangeReason);
      await sleep(20);
    }
  };
}

function redshiftCommand(config: Config): Command {
  const client = new RedshiftDataClient({
    region: config.AWS_REGION,
    endpoint: config.SLUICE_REDSHIFT_ENDPOINT ?? '',
  });
  return async (sql) => {
    const { Id } = await client.send(
      new ExecuteStatementCommand({
        Sql: sql,
        WorkgroupName: 'sluice',
        Database: 'warehouse',
        WaitTimeSeconds: 30,
      }),
    );
    const { Status, Error: reason } = await client.send(new DescribeStatementCommand({ Id }));
    if (Status !== 'FINISHED') throw new Error(reason);
  };
}

function typeIn(engine: 'athena' | 'redshift', column: TableColumn): string {
  if (column.type === 'varchar') return engine === 'athena' ? 'string' : 'varchar(65535)';
  if (column.type === 'double') return engine === 'athena' ? 'double' : 'double precision';
  if (column.type === 'integer') return engine === 'athena' ? 'int' : 'integer';
  return column.type;
}

function value(dataset: DatasetDeclaration, column: TableColumn, tenant: string, row: FieldRow): string {
  if (column.name === dataset.tenant) return literal({ kind: 'string' }, tenant);
  if (column.name === dataset.partition?.column) {
    return literal({ kind: 'string' }, String(row[dataset.partition.from]).slice(0, 10));
  }
  const cell = column.declared === undefined ? null : (row[column.declared.field] ?? null);
  if (cell === null || column.declared === undefined) return 'NULL';
  const { kind } = column.declared;
  if (kind === 'float') return `CAST('${String(cell)}' AS double precision)`;
  if (kind === 'decimal') return `CAST('${String(cell)}' AS ${column.type})`;
  return literal(column.declared, cell);
}

async function fillPoints(
  config: Config,
  dataset: DatasetDeclaration,
  tenants: Record<string, readonly FieldRow[]>,
): Promise<void> {
  const table = dataset.pointReads?.table ?? '';
  const client = new DynamoDBClient({
    region: config.AWS_REGION,
    endpoint: config.SLUICE_DYNAMODB_ENDPOINT ?? '',
  });
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 2 }, { TableName: table });
  const items = Object.entries(tenants).flatMap(([tenant, rows]) =>
    rows.map((row) => itemOf(dataset, tenant, row as never)),
  );
  for (let at = 0; at < items.length; at += 25) {
    await client.send(
      new BatchWriteItemCommand({
        RequestItems: { [table]: items.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } })) },
      }),
    );
  }
  client.destroy();
}
