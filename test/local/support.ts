import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
  type QueryExecution,
  type StartQueryExecutionCommandInput,
} from '@aws-sdk/client-athena';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  ExecuteStatementCommand,
  RedshiftDataClient,
  type ExecuteStatementCommandInput,
  type ExecuteStatementCommandOutput,
} from '@aws-sdk/client-redshift-data';
import { S3Client } from '@aws-sdk/client-s3';
import { startLocalAws, type LocalAws } from '../../local/src/aws';
import type { Endpoints } from '../../local/src/endpoints';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

export interface Clients {
  s3: S3Client;
  athena: AthenaClient;
  redshift: RedshiftDataClient;
  dynamodb: DynamoDBClient;
}

export function clientsFor(endpoints: Endpoints): Clients {
  const common = {
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  };
  return {
    s3: new S3Client({ ...common, endpoint: endpoints.s3, forcePathStyle: true }),
    athena: new AthenaClient({ ...common, endpoint: endpoints.athena }),
    redshift: new RedshiftDataClient({ ...common, endpoint: endpoints.redshiftData }),
    dynamodb: new DynamoDBClient({ ...common, endpoint: endpoints.dynamodb }),
  };
}

/** Local AWS on a data folder of its own, for one test file. */
export interface TestAws extends Clients {
  aws: LocalAws;
  dataDir: string;
  close(): Promise<void>;
}

export async function startTestAws(): Promise<TestAws> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-local-'));
  const aws = await startLocalAws({ dataDir });
  return {
    ...clientsFor(aws.endpoints),
    aws,
    dataDir,
    async close() {
      await aws.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Starts a query and waits until it has ended. */
export async function runAthena(
  athena: AthenaClient,
  sql: string,
  input: Partial<StartQueryExecutionCommandInput> = {},
): Promise<QueryExecution> {
  const { QueryExecutionId } = await athena.send(
    new StartQueryExecutionCommand({ QueryString: sql, ...input }),
  );
  for (;;) {
    const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
    const state = QueryExecution?.Status?.State;
    if (QueryExecution && state !== 'QUEUED' && state !== 'RUNNING') return QueryExecution;
    await sleep(10);
  }
}

/** The rows of a query that must succeed, without the header row; absent values are null. */
export async function queryAthena(athena: AthenaClient, sql: string): Promise<(string | null)[][]> {
  const execution = await runAthena(athena, sql);
  if (execution.Status?.State !== 'SUCCEEDED') throw new Error(execution.Status?.StateChangeReason);
  const rows: (string | null)[][] = [];
  let NextToken: string | undefined;
  do {
    const page = await athena.send(
      new GetQueryResultsCommand({ QueryExecutionId: execution.QueryExecutionId, NextToken }),
    );
    for (const row of page.ResultSet?.Rows ?? [])
      rows.push((row.Data ?? []).map((cell) => cell.VarCharValue ?? null));
    NextToken = page.NextToken;
  } while (NextToken);
  return rows.slice(1);
}

/** Runs a statement and waits for it at the service. */
export function runRedshift(
  redshift: RedshiftDataClient,
  sql: string,
  input: Partial<ExecuteStatementCommandInput> = {},
): Promise<ExecuteStatementCommandOutput> {
  return redshift.send(
    new ExecuteStatementCommand({
      Sql: sql,
      WorkgroupName: 'sluice',
      Database: 'warehouse',
      WaitTimeSeconds: 30,
      ...input,
    }),
  );
}
