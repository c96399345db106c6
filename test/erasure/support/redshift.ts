import {
  DescribeStatementCommand,
  GetStatementResultCommand,
  type RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import { runRedshift } from '../../local/support';

/** Rows of a query on Redshift, as texts. */
export async function queryRedshift(client: RedshiftDataClient, sql: string): Promise<(string | null)[][]> {
  const { Id } = await runRedshift(client, sql);
  // The service waits half a minute at most.
  for (let status: string | undefined; status !== 'FINISHED';) {
    const found = await client.send(new DescribeStatementCommand({ Id, WaitTimeSeconds: 30 }));
    status = found.Status;
    if (status === 'FAILED' || status === 'ABORTED') throw new Error(found.Error);
  }
  const rows: (string | null)[][] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new GetStatementResultCommand({ Id, NextToken }));
    for (const record of page.Records ?? [])
      rows.push(record.map((field) => (field.isNull === true ? null : String(Object.values(field)[0]))));
    NextToken = page.NextToken;
  } while (NextToken !== undefined && NextToken !== '');
  return rows;
}
