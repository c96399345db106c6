import type { FaultPlan } from '../wire/faults';
import { ServiceError, serveJson, type Call, type Operation } from '../wire/json-protocol';
import type { LoopbackServer } from '../wire/loopback';
import { checkParameters, invalid, isMultiple, readParameters } from './parameters';
import { columnMetadata, csvRecords, jsonRecords, resultPage, type ResultPage } from './results';
import { isOver, Statements, type Part, type Statement, type StatementRequest } from './statements';
import type { Warehouse } from './warehouse';

/** What the server stands on. */
export interface RedshiftOptions {
  port: number;
  warehouse: Warehouse;
  faults: FaultPlan;
  workgroups: string[];
}

/** Service limits: bytes of one SQL text, statements of a batch, seconds of a wait. */
const MAX_SQL_BYTES = 100 * 1024;
const MAX_BATCH = 40;
const MAX_WAIT_SECONDS = 30;

/**
 * Serves the Redshift Data JSON protocol over the warehouse. Planned faults: `throttle`, `stall`, `fail` and `drop` by
 * operation; a `fail` of ExecuteStatement or BatchExecuteStatement ends the statement FAILED; the name
 * `StatementExecution` stands for the running statement itself.
 */
export async function serveRedshiftData(options: RedshiftOptions): Promise<LoopbackServer> {
  const statements = new Statements(options.warehouse, options.faults);
  const server = await serveJson(options.port, options.faults, {
    target: 'RedshiftData',
    operations: operationsOf(statements, options),
    throttled: () =>
      new ServiceError('ActiveStatementsExceededException', 'Active statements exceeded the allowed quota.'),
    failsLater: new Set(['ExecuteStatement', 'BatchExecuteStatement']),
    internal: (message) => new ServiceError('InternalServerException', message, 500),
  });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await statements.close();
    },
  };
}

function operationsOf(statements: Statements, options: RedshiftOptions): Record<string, Operation> {
  const start = async (
    input: Record<string, unknown>,
    call: Call,
    sqls: string[],
    batch: boolean,
  ): Promise<object> => {
    const request = readRequest(input, sqls, batch, options);
    const wait = waitSeconds(input);
    const token = optionalText(input, 'ClientToken', 64);
    const statement = statements.start(request, token, call.failure);
    await statements.wait(statement, wait, call.gone);
    return {
      Id: statement.id,
      CreatedAt: seconds(statement.created),
      Database: request.database,
      DbUser: 'IAM:local',
      WorkgroupName: request.workgroup,
      Status: statement.status,
      HasResultSet: hasResultSet(statement),
      ...(statement.session ? { SessionId: statement.session } : {}),
    };
  };

  const find = (input: Record<string, unknown>) => {
    const id = input.Id;
    if (typeof id !== 'string' || !/^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\d{0,2})?$/.test(id))
      throw invalid('Id must be the identifier of a statement.');
    const found = statements.find(id);
    if (!found)
      throw new ServiceError('ResourceNotFoundException', 'Query does not exist.', 400, { ResourceId: id });
    return found;
  };

  const page = async (
    input: Record<string, unknown>,
    call: Call,
    format: 'JSON' | 'CSV',
  ): Promise<ResultPage & { part: Part }> => {
    const { statement, part } = find(input);
    await statements.wait(statement, waitSeconds(input), call.gone);
    if (statement.request.format !== format)
      throw invalid(`The result format of this statement is ${statement.request.format}, not ${format}.`);
    if (!part || part.status !== 'FINISHED' || statement.status !== 'FINISHED')
      throw new ServiceError(
        'ResourceNotFoundException',
        'Query does not have result. Please check query status with DescribeStatement.',
        400,
        { ResourceId: String(input.Id) },
      );
    return { ...(await resultPage(part, options.warehouse.resultPath(part.id), input.NextToken)), part };
  };

  return {
    async ExecuteStatement(input, call) {
      return start(input, call, [sqlText(input.Sql)], false);
    },
    async BatchExecuteStatement(input, call) {
      const { Sqls: sqls } = input;
      if (!Array.isArray(sqls) || sqls.length < 1 || sqls.length > MAX_BATCH)
        throw invalid(`Sqls must hold between 1 and ${MAX_BATCH} statements.`);
      return start(input, call, sqls.map(sqlText), true);
    },
    async DescribeStatement(input, call) {
      const { statement, part } = find(input);
      await statements.wait(statement, waitSeconds(input), call.gone);
      return describe(statement, String(input.Id).includes(':') ? part : undefined);
    },
    async GetStatementResult(input, call) {
      const found = await page(input, call, 'JSON');
      return {
        Records: jsonRecords(found),
        ColumnMetadata: columnMetadata(found.columns),
        TotalNumRows: found.part.rows,
        ...(found.nextToken === undefined ? {} : { NextToken: found.nextToken }),
      };
    },
    async GetStatementResultV2(input, call) {
      const found = await page(input, call, 'CSV');
      return {
        Records: [{ CSVRecords: csvRecords(found) }],
        ColumnMetadata: columnMetadata(found.columns),
        TotalNumRows: found.part.rows,
        ResultFormat: 'CSV',
        ...(found.nextToken === undefined ? {} : { NextToken: found.nextToken }),
      };
    },
    async CancelStatement(input) {
      const { statement } = find(input);
      if (!statements.cancel(statement))
        throw invalid(`Could not cancel a query that is already in ${statement.status} state`);
      return { Status: true };
    },
    async ListSessions(input) {
      const max = input.MaxResults ?? 100;
      if (!Number.isInteger(max) || Number(max) < 0 || Number(max) > 100)
        throw invalid('MaxResults must be between 0 and 100.');
      const from = Number(input.NextToken ?? 0);
      if (!Number.isInteger(from) || from < 0) throw invalid('Invalid NextToken.');
      const found = statements.sessions
        .list()
        .filter(({ id }) => input.SessionId === undefined || input.SessionId === id)
        .map((session) => ({
          SessionId: session.id,
          Status: session.statement === undefined ? 'AVAILABLE' : 'BUSY',
          CreatedAt: seconds(session.created),
          UpdatedAt: seconds(session.updated),
          Database: options.warehouse.database,
          DbUser: 'IAM:local',
          WorkgroupName: options.workgroups[0],
          SessionAliveSeconds: session.keepAlive,
          ...(session.statement === undefined ? {} : { CurrentStatementId: session.statement }),
        }))
        .filter(({ Status }) => input.Status === undefined || input.Status === Status);
      const end = from + Number(max);
      return {
        Sessions: found.slice(from, end),
        ...(end < found.length && Number(max) > 0 ? { NextToken: String(end) } : {}),
      };
    },
  };
}

function readRequest(
  input: Record<string, unknown>,
  sqls: string[],
  batch: boolean,
  options: RedshiftOptions,
): StatementRequest {
  const parameters = readParameters(input.Parameters);
  checkParameters(sqls, parameters);
  const sessionId = optionalText(input, 'SessionId', 64);
  const workgroup =
    optionalText(input, 'WorkgroupName', 128) ??
    (sessionId === undefined ? undefined : options.workgroups[0]);
  if (workgroup === undefined)
    throw invalid('Say which WorkgroupName to use; this server has no provisioned clusters.');
  if (!options.workgroups.includes(workgroup))
    throw invalid("Redshift endpoint doesn't exist in this region.");
  const database =
    optionalText(input, 'Database', 128) ??
    (sessionId === undefined ? undefined : options.warehouse.database);
  if (database === undefined) throw invalid('Database is required.');
  const keepAlive = input.SessionKeepAliveSeconds;
  if (
    keepAlive !== undefined &&
    (!Number.isInteger(keepAlive) || Number(keepAlive) < 0 || Number(keepAlive) > 86_400)
  )
    throw invalid('SessionKeepAliveSeconds must be between 0 and 86400.');
  return {
    sqls,
    batch,
    parameters,
    database,
    workgroup,
    format: oneOf(input, 'ResultFormat', ['JSON', 'CSV']),
    mode: oneOf(input, 'ExecutionMode', ['TRANSACTION', 'AUTO_COMMIT']),
    name: optionalText(input, 'StatementName', 2048),
    sessionId,
    keepAlive: keepAlive === undefined ? undefined : Number(keepAlive),
  };
}

/** DescribeStatement of a statement, or of one part of a batch. */
function describe(statement: Statement, part: Part | undefined): object {
  const { request } = statement;
  const shown = part ?? statement;
  const single = request.batch ? undefined : statement.parts[0];
  return {
    Id: shown.id,
    Database: request.database,
    DbUser: 'IAM:local',
    WorkgroupName: request.workgroup,
    Status: shown.status,
    ...(shown.error === undefined ? {} : { Error: shown.error }),
    CreatedAt: seconds(shown.created),
    UpdatedAt: seconds(shown.updated),
    Duration: shown.duration,
    HasResultSet: part ? part.columns !== undefined : hasResultSet(statement),
    ResultRows: shown.rows,
    ResultSize: shown.size,
    ResultFormat: request.format,
    RedshiftPid: 0,
    RedshiftQueryId: 0,
    ...(part || single ? { QueryString: (part ?? single)?.sql } : {}),
    ...(request.parameters.length > 0 ? { QueryParameters: request.parameters } : {}),
    ...(statement.session ? { SessionId: statement.session } : {}),
    ...(request.batch && !part
      ? { SubStatements: statement.parts.map(subStatement), ExecutionMode: request.mode }
      : {}),
  };
}

function subStatement(part: Part): object {
  return {
    Id: part.id,
    QueryString: part.sql,
    Status: part.status,
    ...(part.error === undefined ? {} : { Error: part.error }),
    CreatedAt: seconds(part.created),
    UpdatedAt: seconds(part.updated),
    Duration: part.duration,
    HasResultSet: part.columns !== undefined,
    ResultRows: part.rows,
    ResultSize: part.size,
    RedshiftQueryId: 0,
  };
}

/** Known once the statement has ended well. */
function hasResultSet(statement: Statement): boolean {
  return isOver(statement.status) && statement.parts.some(({ columns }) => columns !== undefined);
}

function sqlText(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') throw invalid('The SQL text is empty.');
  if (Buffer.byteLength(value) > MAX_SQL_BYTES)
    throw invalid(`The SQL text is larger than ${MAX_SQL_BYTES} bytes.`);
  if (isMultiple(value))
    throw invalid('One SQL text may hold one statement; use BatchExecuteStatement for more.');
  return value;
}

function waitSeconds(input: Record<string, unknown>): number {
  const wait = input.WaitTimeSeconds;
  if (wait === undefined) return 0;
  if (!Number.isInteger(wait) || Number(wait) < 1 || Number(wait) > MAX_WAIT_SECONDS)
    throw invalid(`WaitTimeSeconds must be between 1 and ${MAX_WAIT_SECONDS}.`);
  return Number(wait);
}

function optionalText(input: Record<string, unknown>, name: string, max: number): string | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '' || value.length > max)
    throw invalid(`${name} must have between 1 and ${max} characters.`);
  return value;
}

function oneOf<T extends string>(input: Record<string, unknown>, name: string, allowed: [T, ...T[]]): T {
  const value = input[name] ?? allowed[0];
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw invalid(`${name} must be one of ${allowed.join(', ')}.`);
  return found;
}

function seconds(date: Date): number {
  return date.getTime() / 1000;
}
