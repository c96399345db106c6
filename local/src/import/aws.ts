import { setTimeout as sleep } from 'node:timers/promises';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStatementCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import type { Endpoints } from '../endpoints';
import { LOCAL_CREDENTIALS, LOCAL_NAMES } from '../names';

/** Addresses of the AWS services to load into. */
export type Services = Omit<Endpoints, 'jwks'>;

/** Nothing listens where the data folder says, or it says nothing. */
export class NotRunningError extends Error {}

/** Longest that the service waits in one call, in seconds (Redshift Data API). */
const LONGEST_WAIT = 30;

/** A statement that an engine failed, with the engine's reason: for the person who runs the import. */
class StatementError extends Error {}

/** SDK clients of the four services. */
export class Aws {
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
  private readonly athena: AthenaClient;
  private readonly redshift: RedshiftDataClient;

  constructor(services: Services) {
    const common = { region: LOCAL_NAMES.region, credentials: LOCAL_CREDENTIALS };
    this.s3 = new S3Client({ ...common, endpoint: services.s3, forcePathStyle: true });
    this.dynamodb = new DynamoDBClient({ ...common, endpoint: services.dynamodb });
    this.athena = new AthenaClient({ ...common, endpoint: services.athena });
    this.redshift = new RedshiftDataClient({ ...common, endpoint: services.redshiftData });
  }

  /** Throws a NotRunningError when nothing answers. */
  async check(): Promise<void> {
    try {
      await this.s3.send(new ListBucketsCommand({}));
    } catch (error) {
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined)
        return;
      throw new NotRunningError('Local AWS does not answer. Start it with: npm start (and keep it running).');
    }
  }

  /** Runs one statement of Athena to its end; gives the number of rows written. */
  async runAthena(sql: string): Promise<number> {
    const QueryExecutionId = await this.finishAthena(sql);
    if (!sql.startsWith('INSERT')) return 0;
    const results = await this.athena.send(new GetQueryResultsCommand({ QueryExecutionId }));
    return results.UpdateCount ?? 0;
  }

  /** Names of a table's columns in Athena; none when there is no such table. At most 999. */
  async athenaColumns(database: string, table: string): Promise<string[]> {
    const QueryExecutionId = await this.finishAthena(columnsQuery(database, table));
    const { ResultSet } = await this.athena.send(new GetQueryResultsCommand({ QueryExecutionId }));
    return (ResultSet?.Rows ?? []).slice(1).map(({ Data }) => Data?.[0]?.VarCharValue ?? '');
  }

  private async finishAthena(sql: string): Promise<string | undefined> {
    const { QueryExecutionId } = await this.athena.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        WorkGroup: LOCAL_NAMES.athenaWorkGroup,
        QueryExecutionContext: { Catalog: LOCAL_NAMES.athenaCatalog },
      }),
    );
    for (let pause = 20; ; pause = Math.min(pause * 1.5, 1_000)) {
      await sleep(pause);
      const { QueryExecution } = await this.athena.send(new GetQueryExecutionCommand({ QueryExecutionId }));
      const state = QueryExecution?.Status?.State;
      if (state === 'FAILED' || state === 'CANCELLED') {
        throw new StatementError(`Athena: ${QueryExecution?.Status?.StateChangeReason ?? state}`);
      }
      if (state === 'SUCCEEDED') return QueryExecutionId;
    }
  }

  /** Runs one statement of Redshift to its end; gives the number of rows written. */
  async runRedshift(sql: string): Promise<number> {
    const { rows } = await this.finishRedshift(sql);
    return rows;
  }

  /** Names of a table's columns in Redshift; none when there is no such table. */
  async redshiftColumns(schema: string, table: string): Promise<string[]> {
    const { id } = await this.finishRedshift(columnsQuery(schema, table));
    const { Records } = await this.redshift.send(new GetStatementResultCommand({ Id: id }));
    return (Records ?? []).map(([name]) => name?.stringValue ?? '');
  }

  private async finishRedshift(sql: string): Promise<{ id: string | undefined; rows: number }> {
    const { Id } = await this.redshift.send(
      new ExecuteStatementCommand({
        WorkgroupName: LOCAL_NAMES.redshiftWorkgroup,
        Database: LOCAL_NAMES.redshiftDatabase,
        Sql: sql,
        WaitTimeSeconds: LONGEST_WAIT,
      }),
    );
    for (;;) {
      const found = await this.redshift.send(
        new DescribeStatementCommand({ Id, WaitTimeSeconds: LONGEST_WAIT }),
      );
      if (found.Status === 'FINISHED') return { id: Id, rows: Math.max(Number(found.ResultRows ?? 0), 0) };
      if (found.Status === 'FAILED' || found.Status === 'ABORTED') {
        throw new StatementError(`Redshift: ${found.Error ?? found.Status}`);
      }
    }
  }

  close(): void {
    for (const client of [this.s3, this.dynamodb, this.athena, this.redshift]) client.destroy();
  }
}

/** Both engines answer it alike. The names are those of declarations, not of users. */
function columnsQuery(schema: string, table: string): string {
  return `SELECT column_name FROM information_schema.columns WHERE table_schema = '${schema}' AND table_name = '${table}'`;
}
