import { randomUUID } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  GetWorkGroupCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
  type QueryExecution,
} from '@aws-sdk/client-athena';
import { DeleteObjectsCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../../config';
import { SluiceError } from '../../errors';
import type { Statement } from '../compile/statement';
import { rowDecoder, type TextCell } from '../decode';
import { clientSettings, lean } from './clients';
import { CsvReader } from './csv';
import { pause, pollWaits, ServiceCaller } from './service-caller';
import type { Execution, SqlEngine } from './shared-execution';

const MEGABYTE = 1024 ** 2;
const TERABYTE = 1024 ** 4;
/** Amazon Athena pricing: bytes are rounded up to the megabyte, with at least 10 MB for each query. */
const LEAST_BILLED_MEGABYTES = 10;
/** GetQueryResults: at most 1,000 rows a page, the header row counted in. */
const PAGE_ROWS = 1_000;
/** How far apart the clocks of gateways, workers and the service may be, and how long a change takes to be heeded. */
const CLOCKS_MS = 600_000;
/** States of a query that nothing changes any more. */
const ENDED: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

/** Athena: start, poll, read the result object or the result pages, stop when abandoned. */
export class AthenaEngine implements SqlEngine {
  readonly name = 'athena';
  private readonly athena: AthenaClient;
  private readonly s3: S3Client;
  private readonly caller: ServiceCaller;
  private readonly storage: ServiceCaller;

  constructor(private readonly config: Config) {
    this.athena = lean(new AthenaClient(clientSettings(config.AWS_REGION, config.SLUICE_ATHENA_ENDPOINT)));
    this.s3 = lean(
      new S3Client({
        ...clientSettings(config.AWS_REGION, config.SLUICE_S3_ENDPOINT),
        forcePathStyle: config.SLUICE_S3_ENDPOINT !== undefined,
      }),
    );
    this.caller = new ServiceCaller(config.SLUICE_CALL_DEADLINE_MS);
    this.storage = new ServiceCaller(config.SLUICE_CALL_DEADLINE_MS);
  }

  async run(statement: Statement, signal: AbortSignal): Promise<Execution> {
    const { id, execution } = await this.finished(statement, signal, this.reuseMinutes(statement));
    return this.answer(statement, id, execution, signal);
  }

  /**
   * Runs a statement whose result must not stay: it is gone when this returns or throws, also where nobody waits any more
   * or the answer cannot be read. A statement that is under way then is stopped first.
   *
   * @param folder `s3://bucket/prefix/` for the result; a workgroup that enforces its own location writes it there. None
   *   where the workgroup keeps results itself, which nobody can remove
   */
  runOnce(statement: Statement, folder: string | undefined, signal: AbortSignal): Promise<Execution> {
    return this.once(statement, folder, signal, (id, execution) =>
      this.answer(statement, id, execution, signal),
    );
  }

  /** Runs a statement that changes rows or files, and gives the number of rows that it changed. */
  async change(statement: Statement, signal: AbortSignal): Promise<{ statementId: string; rows: number }> {
    const { id } = await this.finished(statement, signal);
    const command = new GetQueryResultsCommand({ QueryExecutionId: id, MaxResults: 1 });
    const { UpdateCount: rows } = await this.caller.call(
      (abortSignal) => this.athena.send(command, { abortSignal }),
      { signal },
    );
    return { statementId: id, rows: rows ?? 0 };
  }

  /**
   * Rows of a statement that describes a table (SHOW …), as text: they come without a row of names before them. Of a SELECT,
   * that row is the first. The result does not stay.
   */
  describe(sql: string, signal: AbortSignal): Promise<TextCell[][]> {
    return this.once({ sql }, this.config.SLUICE_ATHENA_OUTPUT, signal, (id) =>
      this.readPages(id, signal, 0),
    );
  }

  /** Where results are written: what a workgroup enforces, else what is configured, else the workgroup's own; none where it keeps them itself. */
  async outputLocation(signal: AbortSignal): Promise<string | undefined> {
    const { WorkGroup: group } = await this.caller.call(
      (abortSignal) =>
        this.athena.send(new GetWorkGroupCommand({ WorkGroup: this.config.SLUICE_ATHENA_WORKGROUP }), {
          abortSignal,
        }),
      { signal },
    );
    const { EnforceWorkGroupConfiguration: enforced, ResultConfiguration: own } = group?.Configuration ?? {};
    if (enforced === true) return own?.OutputLocation;
    return this.config.SLUICE_ATHENA_OUTPUT ?? own?.OutputLocation;
  }

  private async once<T>(
    statement: Pick<Statement, 'sql'>,
    folder: string | undefined,
    signal: AbortSignal,
    read: (id: string, execution: QueryExecution) => Promise<T>,
  ): Promise<T> {
    const id = await this.start(statement, folder);
    let execution: QueryExecution;
    let answer: T;
    try {
      execution = await this.finish(id, signal);
      answer = await read(id, execution);
    } catch (error) {
      // Why it failed is what counts; what cannot be removed now is found in the folder later.
      await this.stopped(id)
        .then((ended) => this.removeResult(ended))
        .catch(() => undefined);
      throw error;
    }
    await this.removeResult(execution);
    return answer;
  }

  /** Stops a query and waits for its end, which one that has ended already is at; at most as long as one call may take. */
  private async stopped(id: string): Promise<QueryExecution> {
    const signal = AbortSignal.timeout(this.config.SLUICE_CALL_DEADLINE_MS);
    await this.stop(id);
    for (const wait of pollWaits()) {
      const execution = await this.look(id, signal);
      if (ENDED.has(execution?.Status?.State ?? '') && execution !== undefined) return execution;
      await pause(wait, signal);
    }
    throw new SluiceError('INTERNAL');
  }

  private async removeResult({ ResultConfiguration: result }: QueryExecution): Promise<void> {
    const object = objectOf(result?.OutputLocation);
    if (object === undefined) return;
    const { Bucket, Key } = object;
    const command = new DeleteObjectsCommand({
      Bucket,
      Delete: { Objects: [{ Key }, { Key: `${Key}.metadata` }], Quiet: true },
    });
    const { Errors: [first] = [] } = await this.storage.call((abortSignal) =>
      this.s3.send(command, { abortSignal }),
    );
    if (first !== undefined) throw new SluiceError('ENGINE_FAILED', undefined, { reason: first.Code });
  }

  private async answer(
    { columns }: Statement,
    id: string,
    execution: QueryExecution,
    signal: AbortSignal,
  ): Promise<Execution> {
    const rows = await this.read(id, execution, signal);
    return { statementId: id, rows: rows.map(rowDecoder(columns)), ...this.figures(execution) };
  }

  /** Starts a statement and waits for its end; one that nobody waits for any more is stopped. */
  private async finished(
    statement: Pick<Statement, 'sql'>,
    signal: AbortSignal,
    reuseMinutes = 0,
  ): Promise<{ id: string; execution: QueryExecution }> {
    // Not given up half way: only its answer says which query to stop.
    const id = await this.start(statement, this.config.SLUICE_ATHENA_OUTPUT, reuseMinutes);
    try {
      return { id, execution: await this.finish(id, signal) };
    } catch (error) {
      void this.stop(id);
      throw error;
    }
  }

  private async start(
    statement: Pick<Statement, 'sql'>,
    folder: string | undefined,
    reuseMinutes = 0,
  ): Promise<string> {
    const config = this.config;
    const command = new StartQueryExecutionCommand({
      QueryString: statement.sql,
      ClientRequestToken: randomUUID(),
      WorkGroup: config.SLUICE_ATHENA_WORKGROUP,
      QueryExecutionContext: { Catalog: config.SLUICE_ATHENA_CATALOG },
      ...(folder === undefined ? {} : { ResultConfiguration: { OutputLocation: folder } }),
      ...(reuseMinutes === 0
        ? {}
        : {
            ResultReuseConfiguration: {
              ResultReuseByAgeConfiguration: {
                Enabled: true,
                MaxAgeInMinutes: reuseMinutes,
              },
            },
          }),
    });
    const { QueryExecutionId: id } = await this.caller.call((abortSignal) =>
      this.athena.send(command, { abortSignal }),
    );
    if (typeof id !== 'string') throw new SluiceError('ENGINE_FAILED', undefined, 'No QueryExecutionId.');
    return id;
  }

  /**
   * How old a result may be that answers in the place of a run, in whole minutes. One that was finished after the list of
   * erased people changed may have been begun before: it is too old too.
   */
  private reuseMinutes({ notBefore }: Pick<Statement, 'notBefore'>): number {
    const { SLUICE_ATHENA_REUSE_MINUTES: most, SLUICE_REQUEST_DEADLINE_MS: longest } = this.config;
    if (notBefore === undefined) return most;
    const age = Date.now() - notBefore - longest - CLOCKS_MS;
    return Math.max(0, Math.min(most, Math.floor(age / 60_000)));
  }

  /** Polls until the query has succeeded. */
  private async finish(id: string, signal: AbortSignal): Promise<QueryExecution> {
    for (const wait of pollWaits()) {
      await pause(wait, signal);
      const execution = await this.look(id, signal);
      const state = execution?.Status?.State;
      if (execution !== undefined && state === 'SUCCEEDED') return execution;
      if (state === 'FAILED' || state === 'CANCELLED') {
        throw new SluiceError('ENGINE_FAILED', undefined, {
          statementId: id,
          state,
          reason: execution?.Status?.StateChangeReason,
        });
      }
      // An answer of no known state would be asked for again until the request's deadline.
      if (state !== 'QUEUED' && state !== 'RUNNING')
        throw new SluiceError('ENGINE_FAILED', undefined, { statementId: id });
    }
    throw new SluiceError('INTERNAL');
  }

  private async look(id: string, signal: AbortSignal): Promise<QueryExecution | undefined> {
    const command = new GetQueryExecutionCommand({ QueryExecutionId: id });
    const { QueryExecution: execution } = await this.caller.call(
      (abortSignal) => this.athena.send(command, { abortSignal }),
      { signal },
    );
    return execution;
  }

  private async read(id: string, execution: QueryExecution, signal: AbortSignal): Promise<TextCell[][]> {
    const location = execution.ResultConfiguration?.OutputLocation;
    // Work groups with managed results have no object to read.
    const object = this.config.SLUICE_ATHENA_RESULTS === 's3' ? objectOf(location) : undefined;
    return object === undefined ? this.readPages(id, signal) : this.readObject(object, signal);
  }

  private readObject(object: { Bucket: string; Key: string }, signal: AbortSignal): Promise<TextCell[][]> {
    return this.storage.call(
      async (abortSignal) => {
        const { Body: body } = await this.s3.send(new GetObjectCommand(object), { abortSignal });
        const rows = await rowsOfStream(body as Readable, abortSignal);
        return rows.slice(1);
      },
      { signal },
    );
  }

  private async readPages(id: string, signal: AbortSignal, headers = 1): Promise<TextCell[][]> {
    const rows: TextCell[][] = [];
    let token: string | undefined;
    do {
      const page = await this.caller.call(
        (abortSignal) =>
          this.athena.send(
            new GetQueryResultsCommand({
              QueryExecutionId: id,
              MaxResults: PAGE_ROWS,
              ...(token === undefined ? {} : { NextToken: token }),
            }),
            { abortSignal },
          ),
        { signal },
      );
      const cells = (page.ResultSet?.Rows ?? []).map((row) =>
        (row.Data ?? []).map((datum) => datum.VarCharValue ?? null),
      );
      // The header row comes only on the first page.
      for (const row of token === undefined ? cells.slice(headers) : cells) rows.push(row);
      token = page.NextToken;
    } while (token !== undefined);
    return rows;
  }

  private figures({ Statistics: statistics }: QueryExecution): Omit<Execution, 'statementId' | 'rows'> {
    const scannedBytes = statistics?.DataScannedInBytes ?? 0;
    const reused = statistics?.ResultReuseInformation?.ReusedPreviousResult === true;
    const billed = Math.max(Math.ceil(scannedBytes / MEGABYTE), LEAST_BILLED_MEGABYTES) * MEGABYTE;
    return {
      scannedBytes,
      queuedMs: statistics?.QueryQueueTimeInMillis ?? 0,
      costUsd: reused ? 0 : (billed / TERABYTE) * this.config.SLUICE_ATHENA_USD_PER_TB,
    };
  }

  /** Best effort: a query that has ended meanwhile can't be stopped. */
  private async stop(id: string): Promise<void> {
    const command = new StopQueryExecutionCommand({ QueryExecutionId: id });
    await this.caller
      .attempt((abortSignal) => this.athena.send(command, { abortSignal }))
      .catch(() => undefined);
  }

  async ping(signal: AbortSignal): Promise<void> {
    const { WorkGroup: group } = await this.caller.attempt(
      (abortSignal) =>
        this.athena.send(new GetWorkGroupCommand({ WorkGroup: this.config.SLUICE_ATHENA_WORKGROUP }), {
          abortSignal,
        }),
      { signal },
    );
    if (group?.State === 'DISABLED') throw new SluiceError('ENGINE_UNAVAILABLE');
  }

  close(): void {
    this.athena.destroy();
    this.s3.destroy();
  }
}

function objectOf(location: string | undefined): { Bucket: string; Key: string } | undefined {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location ?? '') ?? [];
  return bucket === undefined || key === undefined ? undefined : { Bucket: bucket, Key: key };
}

async function rowsOfStream(body: Readable, signal: AbortSignal): Promise<TextCell[][]> {
  const stop = (): void => void body.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const rows: TextCell[][] = [];
    const reader = new CsvReader();
    const decoder = new StringDecoder('utf8');
    for await (const chunk of body)
      for (const row of reader.push(decoder.write(chunk as Buffer))) rows.push(row);
    return [...rows, ...reader.push(decoder.end()), ...reader.end()];
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
