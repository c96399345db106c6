import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { DynamoDBClient, GetItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  ExecuteStatementCommand,
  GetStatementResultCommand,
  GetStatementResultV2Command,
  RedshiftDataClient,
  type Field,
} from '@aws-sdk/client-redshift-data';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';

/**
 * What somebody would write without a gateway: a plain `node:http` handler, the AWS SDK as it comes, and
 * `JSON.stringify`. It checks no token, masks nothing, writes no audit line and trusts its own SQL. One process for each
 * rival, started by `bench/run.ts` with the endpoint as its first argument; it sends its port to its parent.
 */

const endpoint = process.argv[2] ?? '';
const region = 'eu-central-1';
const athena = new AthenaClient({ region, endpoint });
const s3 = new S3Client({ region, endpoint, forcePathStyle: true });
const redshift = new RedshiftDataClient({ region, endpoint });
const dynamodb = new DynamoDBClient({ region, endpoint });

/** Before each look at a running query, in milliseconds: the same as Sluice's first. */
const POLL_MS = 50;

const time = (text: string | undefined): string => `${text?.replace(' ', 'T')}Z`;

/** Starts the query and waits for it: what both ways of reading Athena's results need. */
async function athenaQuery(limit: string): Promise<{ id: string; output: string }> {
  const { QueryExecutionId: id = '' } = await athena.send(
    new StartQueryExecutionCommand({
      QueryString:
        'SELECT reading_id, device_id, recorded_at, value, latitude, longitude FROM telemetry.readings ' +
        `WHERE operator_id = 'bench' AND value < ${Number(limit)} ORDER BY reading_id LIMIT 1000`,
      WorkGroup: 'primary',
    }),
  );
  for (;;) {
    await sleep(POLL_MS);
    const { QueryExecution: execution } = await athena.send(
      new GetQueryExecutionCommand({ QueryExecutionId: id }),
    );
    const state = execution?.Status?.State;
    if (state === 'SUCCEEDED') return { id, output: execution?.ResultConfiguration?.OutputLocation ?? '' };
    if (state === 'FAILED' || state === 'CANCELLED') throw new Error(`The query ended as ${state}.`);
  }
}

function reading(cells: readonly (string | undefined)[]) {
  return {
    id: cells[0],
    deviceId: cells[1],
    recordedAt: time(cells[2]),
    value: Number(cells[3]),
    latitude: Number(cells[4]),
    longitude: Number(cells[5]),
  };
}

/** A header row and 1,000 rows are two pages, since a page holds 1,000 rows with the header. */
async function athenaResults(limit: string): Promise<unknown> {
  const { id } = await athenaQuery(limit);
  const rows = [];
  let token: string | undefined;
  do {
    const page = await athena.send(
      new GetQueryResultsCommand({ QueryExecutionId: id, ...(token ? { NextToken: token } : {}) }),
    );
    for (const row of page.ResultSet?.Rows ?? []) {
      rows.push(reading(row.Data?.map(({ VarCharValue }) => VarCharValue) ?? []));
    }
    token = page.NextToken;
  } while (token !== undefined);
  return { rows: rows.slice(1) };
}

/** The quickest reading of the object that works for these rows: quotes, NULLs and line breaks would break it. */
async function athenaObject(limit: string): Promise<unknown> {
  const { output } = await athenaQuery(limit);
  const { hostname, pathname } = new URL(output);
  const object = await s3.send(new GetObjectCommand({ Bucket: hostname, Key: pathname.slice(1) }));
  const text = (await object.Body?.transformToString()) ?? '';
  const lines = text.trimEnd().split('\n').slice(1);
  return { rows: lines.map((line) => reading(line.slice(1, -1).split('","'))) };
}

async function redshiftQuery(limit: string, format: 'JSON' | 'CSV'): Promise<string> {
  const { Id: id = '' } = await redshift.send(
    new ExecuteStatementCommand({
      Sql:
        'SELECT line_id, sold_at, quantity, unit_price, customer_id, customer_name FROM erp.sales_lines ' +
        `WHERE company_id = 'bench' AND quantity < CAST(:most AS bigint) ORDER BY line_id LIMIT 1000`,
      Parameters: [{ name: 'most', value: limit }],
      WorkgroupName: 'sluice',
      Database: 'warehouse',
      ResultFormat: format,
    }),
  );
  return id;
}

/** Seconds to wait at the service for the statement's end: instead of polling. */
const WaitTimeSeconds = 5;

async function redshiftRecords(limit: string): Promise<unknown> {
  const id = await redshiftQuery(limit, 'JSON');
  const { Records: records } = await redshift.send(
    new GetStatementResultCommand({ Id: id, WaitTimeSeconds }),
  );
  const text = (field: Field | undefined): string | undefined => field?.stringValue;
  return {
    rows: records?.map((row) => ({
      id: text(row[0]),
      soldAt: time(text(row[1])),
      quantity: row[2]?.longValue,
      unitPrice: text(row[3]),
      customerId: text(row[4]),
      customerName: text(row[5]),
    })),
  };
}

/** The quickest reading of the CSV that works for these rows: quotes, NULLs and line breaks would break it. */
async function redshiftCsv(limit: string): Promise<unknown> {
  const id = await redshiftQuery(limit, 'CSV');
  const { Records: records } = await redshift.send(
    new GetStatementResultV2Command({ Id: id, WaitTimeSeconds }),
  );
  const lines = (records ?? []).flatMap(({ CSVRecords }) => (CSVRecords ?? '').trimEnd().split('\n'));
  return {
    rows: lines.map((line) => {
      const cells = line.split(',');
      return {
        id: cells[0],
        soldAt: time(cells[1]),
        quantity: Number(cells[2]),
        unitPrice: cells[3],
        customerId: cells[4],
        customerName: cells[5],
      };
    }),
  };
}

async function decision(id: string): Promise<unknown> {
  const { Item: item } = await dynamodb.send(
    new GetItemCommand({ TableName: 'sluice-decisions', Key: { pk: { S: `bench#${id}` } } }),
  );
  const check = (row: AttributeValue) => ({
    kind: row.M?.kind?.S,
    name: row.M?.name?.S,
    value: Number(row.M?.value?.N),
  });
  return {
    id: item?.decision_id?.S,
    decidedAt: item?.decided_at?.S,
    outcome: item?.outcome?.S,
    product: item?.product?.S,
    amount: item?.amount?.S,
    currency: item?.currency?.S,
    applicantName: item?.applicant_name?.S,
    applicantEmail: item?.applicant_email?.S,
    transactions: item?.transactions?.L?.map(check),
  };
}

const handlers: Record<string, (argument: string) => Promise<unknown>> = {
  '/athena-results': athenaResults,
  '/athena-object': athenaObject,
  '/redshift-records': redshiftRecords,
  '/redshift-csv': redshiftCsv,
  '/decision': decision,
};

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://127.0.0.1');
  const handler = handlers[url.pathname];
  const argument = url.searchParams.get('argument') ?? '';
  void (handler === undefined ? Promise.reject(new Error('No such path.')) : handler(argument)).then(
    (answer) => {
      const body = JSON.stringify(answer);
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    },
    (error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(String(error));
    },
  );
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
