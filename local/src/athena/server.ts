import { splitStatements, tokenize } from '../duck/tokens';
import type { S3Store } from '../s3/store';
import type { FaultPlan } from '../wire/faults';
import { ServiceError, serveJson, type Operation } from '../wire/json-protocol';
import type { LoopbackServer } from '../wire/loopback';
import type { LakeBackend } from './backend';
import { Executions, type Execution } from './executions';
import { MAX_PAGE_ROWS, resultPage } from './results';

/** What the server stands on. */
export interface AthenaOptions {
  port: number;
  lake: LakeBackend;
  store: S3Store;
  faults: FaultPlan;
  workGroups: string[];
  /** Where results go when the request does not say: `s3://bucket/prefix/`. */
  defaultOutput: string;
  /** A table's columns in Glue's words, for GetTableMetadata; left out when the backend can't say. */
  columnsOf?: (database: string, table: string) => Promise<{ name: string; type: string }[] | undefined>;
}

/** Bytes of query text (service limit). */
const MAX_QUERY_BYTES = 262_144;

/**
 * Serves Athena's JSON protocol over a lake backend. Planned faults: `throttle`, `stall`, `fail` and `drop` by
 * operation; a `fail` of StartQueryExecution ends the query FAILED; the name `QueryExecution` stands for the running
 * query itself, so that a stall of it makes a slow query.
 */
export async function serveAthena(options: AthenaOptions): Promise<LoopbackServer> {
  const executions = new Executions(options.lake, options.store, options.faults);
  const server = await serveJson(options.port, options.faults, {
    target: 'AmazonAthena',
    operations: operationsOf(executions, options),
    throttled: () =>
      new ServiceError('TooManyRequestsException', 'Rate exceeded', 400, {
        Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED',
      }),
    failsLater: new Set(['StartQueryExecution']),
    internal: (message) => new ServiceError('InternalServerException', message, 500),
  });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await executions.close();
    },
  };
}

function operationsOf(executions: Executions, options: AthenaOptions): Record<string, Operation> {
  const find = (input: Record<string, unknown>): Execution => {
    const id = text(input, 'QueryExecutionId', 1, 128);
    const execution = executions.find(id);
    if (!execution) throw invalid(`QueryExecution ${id} was not found`);
    return execution;
  };
  return {
    async StartQueryExecution(input, { failure }) {
      const sql = withParameters(text(input, 'QueryString', 1, Infinity), input.ExecutionParameters);
      if (Buffer.byteLength(sql) > MAX_QUERY_BYTES)
        throw invalid(`Your query has exceeded the maximum query length of ${MAX_QUERY_BYTES} bytes`);
      const token =
        input.ClientRequestToken === undefined ? undefined : text(input, 'ClientRequestToken', 32, 128);
      const workGroup = workGroupOf(input, options);
      const context = record(input.QueryExecutionContext);
      const outputLocation =
        optionalText(record(input.ResultConfiguration), 'OutputLocation') ?? options.defaultOutput;
      await checkOutput(outputLocation, options.store);
      oneStatement(sql);
      const request = {
        sql,
        catalog: optionalText(context, 'Catalog') ?? 'AwsDataCatalog',
        database: optionalText(context, 'Database'),
        workGroup,
        outputLocation,
        reuseMinutes: reuseMinutes(input),
      };
      return { QueryExecutionId: executions.start(request, token, failure).id };
    },
    async GetQueryExecution(input) {
      return { QueryExecution: describe(find(input)) };
    },
    async BatchGetQueryExecution(input) {
      const ids = input.QueryExecutionIds;
      if (!Array.isArray(ids) || ids.length < 1 || ids.length > 50)
        throw invalid('Name between 1 and 50 query executions');
      const found = ids.map((id: unknown) => ({ id, execution: executions.find(String(id)) }));
      return {
        QueryExecutions: found.flatMap(({ execution }) => (execution ? [describe(execution)] : [])),
        UnprocessedQueryExecutionIds: found
          .filter(({ execution }) => !execution)
          .map(({ id }) => ({
            QueryExecutionId: id,
            ErrorCode: 'INVALID_INPUT',
            ErrorMessage: `QueryExecution ${String(id)} was not found`,
          })),
      };
    },
    async GetQueryResults(input) {
      const execution = find(input);
      const maxRows = input.MaxResults ?? MAX_PAGE_ROWS;
      if (!Number.isInteger(maxRows) || Number(maxRows) < 1 || Number(maxRows) > MAX_PAGE_ROWS)
        throw invalid(`MaxResults is not between 1 and ${MAX_PAGE_ROWS}`);
      const token = input.NextToken === undefined ? undefined : text(input, 'NextToken', 1, 1024);
      if (execution.state === 'QUEUED' || execution.state === 'RUNNING')
        throw invalid(`Query has not yet finished. Current state: ${execution.state}`);
      if (execution.state !== 'SUCCEEDED')
        throw invalid(`Query did not finish successfully. Final query state: ${execution.state}`);
      return resultPage(options.store, execution, token, Number(maxRows));
    },
    async StopQueryExecution(input) {
      executions.stop(find(input));
      return {};
    },
    async GetWorkGroup(input) {
      const name = text(input, 'WorkGroup', 1, 128);
      if (!options.workGroups.includes(name)) throw invalid(`WorkGroup ${name} is not found.`);
      return {
        WorkGroup: {
          Name: name,
          State: 'ENABLED',
          Configuration: {
            ResultConfiguration: { OutputLocation: options.defaultOutput },
            EnforceWorkGroupConfiguration: false,
            EngineVersion: {
              SelectedEngineVersion: 'AUTO',
              EffectiveEngineVersion: 'Athena engine version 3',
            },
          },
        },
      };
    },
    async GetTableMetadata(input) {
      const [database, table] = [text(input, 'DatabaseName', 1, 128), text(input, 'TableName', 1, 128)];
      const columns = await options.columnsOf?.(database, table);
      if (!columns)
        throw new ServiceError(
          'MetadataException',
          `Entity Not Found: Table ${table} not found in database ${database}`,
        );
      return {
        TableMetadata: {
          Name: table,
          TableType: 'EXTERNAL_TABLE',
          Columns: columns.map(({ name, type }) => ({ Name: name, Type: type })),
          PartitionKeys: [],
          Parameters: {},
        },
      };
    },
  };
}

/** The shape of QueryExecution. */
function describe(execution: Execution): object {
  const { request, submitted, started, completed } = execution;
  const end = (completed ?? new Date()).getTime();
  const begin = (started ?? (completed ? submitted : new Date())).getTime();
  return {
    QueryExecutionId: execution.id,
    Query: request.sql,
    StatementType: execution.statementType,
    WorkGroup: request.workGroup,
    EngineVersion: { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: 'Athena engine version 3' },
    QueryExecutionContext: {
      Catalog: request.catalog,
      ...(request.database ? { Database: request.database } : {}),
    },
    ResultConfiguration: { OutputLocation: `s3://${execution.bucket}/${execution.key}` },
    ResultReuseConfiguration: {
      ResultReuseByAgeConfiguration: {
        Enabled: request.reuseMinutes > 0,
        ...(request.reuseMinutes > 0 ? { MaxAgeInMinutes: request.reuseMinutes } : {}),
      },
    },
    Status: {
      State: execution.state,
      SubmissionDateTime: submitted.getTime() / 1000,
      ...(completed ? { CompletionDateTime: completed.getTime() / 1000 } : {}),
      ...(execution.reason ? { StateChangeReason: execution.reason } : {}),
      ...(execution.state === 'FAILED' ? { AthenaError: athenaErrorOf(execution.reason ?? '') } : {}),
    },
    Statistics: {
      DataScannedInBytes: execution.scannedBytes,
      QueryQueueTimeInMillis: begin - submitted.getTime(),
      EngineExecutionTimeInMillis: started ? end - begin : 0,
      TotalExecutionTimeInMillis: end - submitted.getTime(),
      ServiceProcessingTimeInMillis: 0,
      ResultReuseInformation: { ReusedPreviousResult: execution.reused },
    },
  };
}

/** Category 1 is the service's own failure, 2 the user's. */
function athenaErrorOf(reason: string): object {
  const internal = reason.startsWith('GENERIC_INTERNAL_ERROR');
  return {
    ErrorCategory: internal ? 1 : 2,
    ErrorType: internal ? 0 : 1003,
    Retryable: internal,
    ErrorMessage: reason,
  };
}

async function checkOutput(location: string, store: S3Store): Promise<void> {
  const bucket = /^s3:\/\/([^/]+)(\/.*)?$/.exec(location)?.[1];
  if (!bucket) throw invalid('outputLocation is not a valid S3 path.');
  await store.bucketFolder(bucket).catch(() => {
    throw invalid(`Unable to verify/create output bucket ${bucket}`);
  });
}

function workGroupOf(input: Record<string, unknown>, options: AthenaOptions): string {
  const name = optionalText(input, 'WorkGroup') ?? 'primary';
  if (!/^[a-zA-Z0-9._-]{1,128}$/.test(name) || !options.workGroups.includes(name))
    throw invalid(`WorkGroup ${name} is not found.`);
  return name;
}

function reuseMinutes(input: Record<string, unknown>): number {
  const byAge = record(record(input.ResultReuseConfiguration).ResultReuseByAgeConfiguration);
  if (byAge.Enabled !== true) return 0;
  const minutes = byAge.MaxAgeInMinutes ?? 60;
  // 10,080 minutes, seven days, is the service's limit.
  if (!Number.isInteger(minutes) || Number(minutes) < 0 || Number(minutes) > 10_080)
    throw invalid('MaxAgeInMinutes is not between 0 and 10080');
  return Number(minutes);
}

function oneStatement(sql: string): void {
  let statements: string[];
  try {
    statements = splitStatements(sql);
  } catch (error) {
    throw invalid((error as Error).message);
  }
  if (statements.length > 1) throw invalid(`Only one sql statement is allowed. Got: ${statements.length}`);
  if (statements.length === 0) throw invalid('The query is empty');
}

/** Puts execution parameters, which are SQL literals already, in the place of the statement's question marks. */
function withParameters(sql: string, parameters: unknown): string {
  if (parameters === undefined) return sql;
  if (!Array.isArray(parameters) || parameters.length < 1) throw invalid('ExecutionParameters is empty');
  const left = parameters.map(String);
  const out = tokenize(sql).map(({ kind, text: word }) =>
    kind === 'mark' && word === '?' ? (left.shift() ?? '?') : word,
  );
  if (left.length > 0) throw invalid('There are more execution parameters than question marks');
  return out.join('');
}

function text(input: Record<string, unknown>, name: string, min: number, max: number): string {
  const value = input[name];
  if (typeof value !== 'string') throw invalid(`${name} is missing`);
  if (value.length < min || value.length > max)
    throw invalid(`${name} must have between ${min} and ${max} characters`);
  return value;
}

function optionalText(input: Record<string, unknown>, name: string): string | undefined {
  return input[name] === undefined ? undefined : text(input, name, 1, 1024);
}

function record(value: unknown): Record<string, unknown> {
  return value && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidRequestException', message, 400, { AthenaErrorCode: 'INVALID_INPUT' });
}
