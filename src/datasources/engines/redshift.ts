import { randomUUID } from 'node:crypto';
import {
  BatchExecuteStatementCommand,
  CancelStatementCommand,
  DescribeStatementCommand,
  ExecuteStatementCommand,
  GetStatementResultV2Command,
  RedshiftDataClient,
  type DescribeStatementCommandOutput,
  type GetStatementResultV2CommandOutput,
} from '@aws-sdk/client-redshift-data';
import type { Config } from '../../config';
import { SluiceError } from '../../errors';
import type { Statement } from '../compile/statement';
import { rowDecoder, type TextCell } from '../decode';
import { clientSettings, lean } from './clients';
import { readCsv } from './csv';
import { faultName } from './service-errors';
import { pause, pollWaits, ServiceCaller } from './service-caller';
import type { Execution, SqlEngine } from './shared-execution';

/** Longest wait asked of the service, in seconds; it allows 30, but a connection is held for it. */
const LONGEST_WAIT_S = 5;
/** What GetStatementResultV2 answers for a statement that has not finished, or failed. */
const NO_RESULT = ['ResourceNotFoundException', 'ValidationException'];
/** The Data API says neither; a serverless work group is billed for its running time, not by statement. */
const NO_FIGURES = { scannedBytes: 0, queuedMs: 0, costUsd: 0 };
/** The service waits for too many at once: poll instead. */
const NO_WAITING = 'ActiveWaitingRequestsExceededException';

/**
 * Redshift through its Data API. The statement is started without waiting, since only the answer says what to cancel
 * when everybody leaves; then the service waits while the result is asked for, so a short statement is two calls.
 */
export class RedshiftEngine implements SqlEngine {
  readonly name = 'redshift';
  private readonly client: RedshiftDataClient;
  private readonly caller: ServiceCaller;
  private readonly waitSeconds: number;

  constructor(private readonly config: Config) {
    this.client = lean(
      new RedshiftDataClient(clientSettings(config.AWS_REGION, config.SLUICE_REDSHIFT_ENDPOINT)),
    );
    this.caller = new ServiceCaller(config.SLUICE_CALL_DEADLINE_MS);
    this.waitSeconds = Math.min(LONGEST_WAIT_S, Math.floor(config.SLUICE_CALL_DEADLINE_MS / 2_000));
  }

  async run(statement: Statement, signal: AbortSignal): Promise<Execution> {
    const id = await this.start(statement);
    let finished = false;
    try {
      const first = await this.firstPage(id, signal);
      finished = true;
      const rows = await this.readPages(id, first, signal);
      const decode = rowDecoder(statement.columns);
      return { statementId: id, rows: rows.map(decode), ...NO_FIGURES };
    } finally {
      if (!finished) this.cancel(id);
    }
  }

  /** Runs a statement that answers no rows, by itself: VACUUM takes no transaction. */
  async change(statement: Statement, signal: AbortSignal): Promise<{ statementId: string; rows: number }> {
    const id = await this.start(statement);
    const { ResultRows: rows } = await this.finished(id, signal);
    return { statementId: id, rows: Math.max(Number(rows ?? 0), 0) };
  }

  /** Names of the columns that a question answers with. */
  async columns(statement: Statement, signal: AbortSignal): Promise<string[]> {
    const id = await this.start(statement);
    await this.finished(id, signal);
    const { ColumnMetadata: columns = [] } = await this.page(id, undefined, 0, signal);
    return columns.map(({ name = '' }) => name);
  }

  /**
   * Runs statements in one transaction: all of them have their effect, or none. At most 40 (BatchExecuteStatement).
   *
   * @returns rows changed by each
   */
  async transaction(
    sqls: readonly string[],
    label: string,
    signal: AbortSignal,
  ): Promise<{ statementId: string; rows: readonly number[] }> {
    const id = await this.startBatch(sqls, label);
    const { SubStatements: parts = [] } = await this.finished(id, signal);
    return { statementId: id, rows: parts.map(({ ResultRows: rows }) => Math.max(Number(rows ?? 0), 0)) };
  }

  /**
   * Asks questions in one transaction, after statements that make what they read: temporary tables.
   *
   * @returns the run of each question, with its own id
   */
  async askAfter(
    sqls: readonly string[],
    questions: readonly Statement[],
    label: string,
    signal: AbortSignal,
  ): Promise<Execution[]> {
    const id = await this.startBatch([...sqls, ...questions.map(({ sql }) => sql)], label);
    await this.finished(id, signal);
    const answers: Execution[] = [];
    for (const [at, { columns }] of questions.entries()) {
      const part = `${id}:${sqls.length + at + 1}`;
      const rows = await this.readPages(part, await this.page(part, undefined, 0, signal), signal);
      answers.push({ statementId: part, rows: rows.map(rowDecoder(columns)), ...NO_FIGURES });
    }
    return answers;
  }

  private async startBatch(sqls: readonly string[], label: string): Promise<string> {
    const command = new BatchExecuteStatementCommand({
      Sqls: [...sqls],
      WorkgroupName: this.config.SLUICE_REDSHIFT_WORKGROUP,
      Database: this.config.SLUICE_REDSHIFT_DATABASE,
      StatementName: `sluice ${label}`,
      ClientToken: randomUUID(),
      ResultFormat: 'CSV',
    });
    const { Id: id } = await this.caller.call((abortSignal) => this.client.send(command, { abortSignal }));
    if (typeof id !== 'string') throw new SluiceError('ENGINE_FAILED', undefined, 'No statement Id.');
    return id;
  }

  /** Polls until a statement has ended well; cancels it when nobody waits any more. */
  private async finished(id: string, signal: AbortSignal): Promise<DescribeStatementCommandOutput> {
    let over = false;
    try {
      for (const wait of pollWaits()) {
        const found = await this.describe(id, signal);
        over = found !== undefined;
        if (found !== undefined) return found;
        await pause(wait, signal);
      }
      throw new SluiceError('INTERNAL');
    } finally {
      if (!over) this.cancel(id);
    }
  }

  private async start(statement: Statement): Promise<string> {
    const command = new ExecuteStatementCommand({
      Sql: statement.sql,
      WorkgroupName: this.config.SLUICE_REDSHIFT_WORKGROUP,
      Database: this.config.SLUICE_REDSHIFT_DATABASE,
      StatementName: `sluice ${statement.label}`,
      ClientToken: randomUUID(),
      ResultFormat: 'CSV',
      ...(statement.parameters.length === 0 ? {} : { Parameters: [...statement.parameters] }),
    });
    const { Id: id } = await this.caller.call((abortSignal) => this.client.send(command, { abortSignal }));
    if (typeof id !== 'string') throw new SluiceError('ENGINE_FAILED', undefined, 'No statement Id.');
    return id;
  }

  /** Waits at the service for the first page; polls when the service has no place to wait in. */
  private async firstPage(id: string, signal: AbortSignal): Promise<GetStatementResultV2CommandOutput> {
    let waiting = this.waitSeconds > 0;
    for (const wait of pollWaits()) {
      if (waiting) {
        try {
          return await this.page(id, undefined, this.waitSeconds, signal);
        } catch (error) {
          const name = faultName(error) ?? '';
          if (name === NO_WAITING) waiting = false;
          else if (!NO_RESULT.includes(name)) throw error;
        }
      }
      if (await this.describe(id, signal)) return this.page(id, undefined, 0, signal);
      await pause(wait, signal);
    }
    throw new SluiceError('INTERNAL');
  }

  /**
   * What the service says of a statement that has finished; undefined while it has not.
   *
   * @throws SluiceError ENGINE_FAILED when the statement failed or was cancelled by somebody else
   */
  private async describe(
    id: string,
    signal: AbortSignal,
  ): Promise<DescribeStatementCommandOutput | undefined> {
    const found = await this.caller.call(
      (abortSignal) => this.client.send(new DescribeStatementCommand({ Id: id }), { abortSignal }),
      { signal },
    );
    const { Status: status, Error: reason } = found;
    if (status === 'FAILED' || status === 'ABORTED') {
      throw new SluiceError('ENGINE_FAILED', undefined, { statementId: id, state: status, reason });
    }
    if (status === 'FINISHED') return found;
    if (status === 'SUBMITTED' || status === 'PICKED' || status === 'STARTED') return undefined;
    throw new SluiceError('ENGINE_FAILED', undefined, { statementId: id });
  }

  private page(
    id: string,
    token: string | undefined,
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<GetStatementResultV2CommandOutput> {
    const command = new GetStatementResultV2Command({
      Id: id,
      ...(token === undefined ? {} : { NextToken: token }),
      ...(waitSeconds === 0 ? {} : { WaitTimeSeconds: waitSeconds }),
    });
    const expected = waitSeconds === 0 ? [] : [NO_WAITING, ...NO_RESULT];
    return this.caller.call((abortSignal) => this.client.send(command, { abortSignal }), {
      signal,
      expected,
    });
  }

  private async readPages(
    id: string,
    first: GetStatementResultV2CommandOutput,
    signal: AbortSignal,
  ): Promise<TextCell[][]> {
    const rows = rowsOf(first);
    for (let token = first.NextToken; token !== undefined && token !== '';) {
      const page = await this.page(id, token, 0, signal);
      for (const row of rowsOf(page)) rows.push(row);
      token = page.NextToken;
    }
    return withoutHeader(rows, first);
  }

  /** Best effort, and nobody waits for it: a statement that has ended meanwhile can't be cancelled. */
  private cancel(id: string): void {
    this.caller
      .attempt((abortSignal) => this.client.send(new CancelStatementCommand({ Id: id }), { abortSignal }))
      .catch(() => undefined);
  }

  /** Asks about a statement that is not there: the service answers without waking the warehouse. */
  async ping(signal: AbortSignal): Promise<void> {
    try {
      await this.caller.attempt(
        (abortSignal) =>
          this.client.send(new DescribeStatementCommand({ Id: randomUUID() }), { abortSignal }),
        { signal, expected: NO_RESULT },
      );
    } catch (error) {
      if (!NO_RESULT.includes(faultName(error) ?? '')) throw error;
    }
  }

  close(): void {
    this.client.destroy();
  }
}

function rowsOf(page: GetStatementResultV2CommandOutput): TextCell[][] {
  // An answer without records is not an answer without rows.
  if (!Array.isArray(page.Records)) throw new SluiceError('ENGINE_FAILED', undefined, 'No Records.');
  return page.Records.flatMap((record) => readCsv(record.CSVRecords ?? ''));
}

/** A first line with the columns' names is a header when there is one line more than the service counts rows. */
function withoutHeader(
  rows: TextCell[][],
  { TotalNumRows: total, ColumnMetadata: columns }: GetStatementResultV2CommandOutput,
) {
  const [first] = rows;
  const named =
    first !== undefined && columns?.every((column, at) => (column.label ?? column.name) === first[at]);
  return named === true && total !== undefined && rows.length > total ? rows.slice(1) : rows;
}
