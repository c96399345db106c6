import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANSWERS, pagesAbout } from './answers';
import type { People } from './rows';

/**
 * Canned endpoints, a process of their own: just enough of Athena, S3, Redshift Data and DynamoDB to answer the calls
 * that a read makes, with bytes made before, so that the clients' own work is what is measured. Every statement has
 * succeeded as soon as it is started. `GET /keys` gives the public key of the benchmark's tokens.
 *
 * Started by `bench/run.ts`: takes the key set and whom pages are about as arguments and sends its port to
 * its parent.
 */

const AWS_JSON = 'application/x-amz-json-1.1';
const OUTPUT = 's3://canned/results.csv';
const keySet = Buffer.from(process.argv[2] ?? '{"keys":[]}');
const pages = pagesAbout((process.argv[3] ?? 'few') as People);
let statements = 0;

type Answer = (body: Buffer) => Buffer | string;

/** Ids have the form of the services' own. */
function nextId(): string {
  statements += 1;
  return `00000000-0000-4000-8000-${String(statements).padStart(12, '0')}`;
}

function idIn(body: Buffer): string {
  return /"(?:QueryExecutionId|Id)":"([^"]+)"/.exec(body.toString())?.[1] ?? '';
}

const athena: Record<string, Answer> = {
  StartQueryExecution: () => `{"QueryExecutionId":"${nextId()}"}`,
  GetQueryExecution: (body) =>
    `{"QueryExecution":{"QueryExecutionId":"${idIn(body)}","Status":{"State":"SUCCEEDED"},` +
    `"ResultConfiguration":{"OutputLocation":"${OUTPUT}"},` +
    `"Statistics":{"DataScannedInBytes":1048576,"QueryQueueTimeInMillis":0,"EngineExecutionTimeInMillis":1}}}`,
  GetQueryResults: (body) => {
    const token = /"NextToken":"(\d+)"/.exec(body.toString())?.[1] ?? '0';
    return ANSWERS.athenaPages[Number(token)] ?? '{}';
  },
  GetWorkGroup: () => '{"WorkGroup":{"Name":"primary","State":"ENABLED"}}',
};

const redshift: Record<string, Answer> = {
  ExecuteStatement: () => `{"Id":"${nextId()}","Status":"FINISHED","HasResultSet":true}`,
  DescribeStatement: (body) => `{"Id":"${idIn(body)}","Status":"FINISHED","HasResultSet":true}`,
  GetStatementResult: () => ANSWERS.redshiftRecords,
  GetStatementResultV2: () => pages.redshiftCsv(),
};

interface KeyedBody {
  Key: { pk: { S: string } };
  RequestItems: Record<string, { Keys: readonly { pk: { S: string } }[] }>;
}

/** Key `bench#<id>`; the readiness check asks for `#`, which no item has. */
function itemFor({ pk }: KeyedBody['Key']): string[] {
  const id = pk.S.slice(pk.S.indexOf('#') + 1);
  return id === '' ? [] : [ANSWERS.decisionItem(id)];
}

const dynamodb: Record<string, Answer> = {
  GetItem: (body) => {
    const { TableName, Key } = JSON.parse(body.toString()) as KeyedBody & { TableName: string };
    // Nobody is being erased: the ledger has no records.
    return TableName === ANSWERS.table ? `{"Item":${itemFor(Key).join()}}` : '{}';
  },
  BatchGetItem: (body) => {
    const { RequestItems } = JSON.parse(body.toString()) as KeyedBody;
    const items = (RequestItems[ANSWERS.table]?.Keys ?? []).flatMap(itemFor);
    return (
      `{"Responses":{"${ANSWERS.table}":[${items.join()}]},"UnprocessedKeys":{},` +
      `"ConsumedCapacity":[{"TableName":"${ANSWERS.table}","CapacityUnits":${items.length}}]}`
    );
  },
};

const services: Record<string, Record<string, Answer>> = {
  AmazonAthena: athena,
  RedshiftData: redshift,
  DynamoDB_20120810: dynamodb,
};

function send(response: ServerResponse, status: number, type: string, body: Buffer | string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': nextId(),
  });
  response.end(body);
}

function answerCall(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const [service = '', operation = ''] = String(request.headers['x-amz-target']).split('.');
  const answer = services[service]?.[operation];
  if (answer === undefined) {
    send(response, 400, AWS_JSON, '{"__type":"UnknownOperationException","message":"Not canned."}');
    return;
  }
  send(response, 200, request.headers['content-type'] ?? AWS_JSON, answer(body));
}

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    if (request.url === '/keys') send(response, 200, 'application/json', keySet);
    else send(response, 200, 'text/csv', pages.athenaObject());
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    // Objects of the read audit are taken and forgotten.
    if (request.method === 'PUT') send(response, 200, 'text/plain', '');
    else answerCall(request, response, Buffer.concat(chunks));
  });
});
// Clients keep their connections from one round to the next.
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
