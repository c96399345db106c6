import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import {
  DescribeStatementCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import type { Services } from '../../local/src/import/aws';

const common = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
type Text = string | null;

/** Rows of a SELECT in Athena, as text; at most one page. */
export async function athenaRows(services: Services, sql: string): Promise<Text[][]> {
  const client = new AthenaClient({ ...common, endpoint: services.athena });
  try {
    const { QueryExecutionId } = await client.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        ResultConfiguration: { OutputLocation: 's3://sluice-results/' },
      }),
    );
    for (;;) {
      const { QueryExecution } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId }));
      const status = QueryExecution?.Status;
      if (status?.State === 'FAILED') throw new Error(status.StateChangeReason);
      if (status?.State === 'SUCCEEDED') break;
    }
    const { ResultSet } = await client.send(new GetQueryResultsCommand({ QueryExecutionId }));
    return (ResultSet?.Rows ?? [])
      .slice(1)
      .map((row) => (row.Data ?? []).map((cell) => cell.VarCharValue ?? null));
  } finally {
    client.destroy();
  }
}

/** Rows of a SELECT in Redshift, as text; at most one page. */
export async function redshiftRows(services: Services, sql: string): Promise<Text[][]> {
  const client = new RedshiftDataClient({ ...common, endpoint: services.redshiftData });
  try {
    const { Id } = await client.send(
      new ExecuteStatementCommand({
        WorkgroupName: 'sluice',
        Database: 'warehouse',
        Sql: sql,
        WaitTimeSeconds: 30,
      }),
    );
    const ended = await client.send(new DescribeStatementCommand({ Id, WaitTimeSeconds: 30 }));
    if (ended.Status !== 'FINISHED') throw new Error(ended.Error ?? ended.Status);
    const { Records } = await client.send(new GetStatementResultCommand({ Id }));
    return (Records ?? []).map((record) =>
      record.map((cell) => {
        if (cell.isNull === true) return null;
        return String(cell.stringValue ?? cell.longValue ?? cell.doubleValue ?? cell.booleanValue);
      }),
    );
  } finally {
    client.destroy();
  }
}
