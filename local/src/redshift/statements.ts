import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { interruptOnAbort } from '../duck/interrupt';
import type { FaultPlan } from '../wire/faults';
import { ServiceError } from '../wire/json-protocol';
import { redshiftError } from './errors';
import { invalid, type Parameter } from './parameters';
import { Sessions, type Session } from './sessions';
import type { WarehouseColumn } from './text';
import type { Warehouse } from './warehouse';

/** The service's own states. */
export type StatementStatus = 'SUBMITTED' | 'PICKED' | 'STARTED' | 'FINISHED' | 'FAILED' | 'ABORTED';

/** What was asked for; two equal ones are the same request. */
export interface StatementRequest {
  sqls: string[];
  batch: boolean;
  parameters: Parameter[];
  database: string;
  workgroup: string;
  format: 'JSON' | 'CSV';
  mode: 'TRANSACTION' | 'AUTO_COMMIT';
  name: string | undefined;
  sessionId: string | undefined;
  keepAlive: number | undefined;
}

/** One SQL text and how it went. */
export interface Part {
  id: string;
  sql: string;
  status: StatementStatus;
  error: string | undefined;
  created: Date;
  updated: Date;
  /** Nanoseconds, as the service counts. */
  duration: number;
  columns: WarehouseColumn[] | undefined;
  rows: number;
  size: number;
}

/** One statement or batch, from its start on. */
export interface Statement extends Omit<Part, 'sql'> {
  request: StatementRequest;
  /** What the client called its request, so that sending it again starts nothing. */
  token: string | undefined;
  parts: Part[];
  session: string | undefined;
  /** Settles when the statement has ended; never rejects. */
  ended: Promise<void>;
  end: () => void;
  waits: number;
  stop: AbortController;
}

/** Statements that run at once, that may be unfinished (the service allows 500), and that are remembered. */
const RUNNING_LIMIT = 4;
const ACTIVE_LIMIT = 500;
const KEPT_STATEMENTS = 5_000;
/** Calls that may wait for one statement at a time. */
const WAITS_LIMIT = 10;

/** The statements of one Redshift Data server. They live as long as the process; the service keeps them a day. */
export class Statements {
  private readonly all = new Map<string, Statement>();
  private readonly tokens = new Map<string, { id: string; request: string }>();
  private readonly waiting: Statement[] = [];
  private readonly running = new Set<Promise<void>>();
  readonly sessions: Sessions;

  constructor(
    private readonly warehouse: Warehouse,
    private readonly faults: FaultPlan,
  ) {
    this.sessions = new Sessions(warehouse);
  }

  /** Queues a statement. The same token with the same request gives the same statement. */
  start(request: StatementRequest, token: string | undefined, failure: string | undefined): Statement {
    const fingerprint = JSON.stringify(request);
    const known = token === undefined ? undefined : this.tokens.get(token);
    if (known && known.request !== fingerprint)
      throw invalid('The ClientToken was used before with other parameters.');
    const earlier = known && this.all.get(known.id);
    if (earlier) return earlier;
    if (this.waiting.length + this.running.size >= ACTIVE_LIMIT)
      throw new ServiceError(
        'ActiveStatementsExceededException',
        'Active statements exceeded the allowed quota.',
      );
    if (request.sessionId !== undefined && !this.sessions.has(request.sessionId))
      throw invalid(`Session ${request.sessionId} is not available.`);
    const statement = create(request, token);
    this.all.set(statement.id, statement);
    if (token !== undefined) this.tokens.set(token, { id: statement.id, request: fingerprint });
    this.forgetOldest();
    if (failure !== undefined) finish(statement, 'FAILED', failure);
    else {
      this.waiting.push(statement);
      setImmediate(() => this.next());
    }
    return statement;
  }

  /** The statement and the part that an id names; `id:2` is the second part of a batch. */
  find(id: string): { statement: Statement; part: Part | undefined } | undefined {
    const [whole = '', number] = id.split(':');
    const statement = this.all.get(whole);
    if (!statement) return undefined;
    if (number === undefined)
      return { statement, part: statement.request.batch ? undefined : statement.parts[0] };
    const part = statement.request.batch ? statement.parts[Number(number) - 1] : undefined;
    return part && { statement, part };
  }

  /** Waits for a statement to end, for so many seconds at most, or until the caller has gone. */
  async wait(statement: Statement, seconds: number, gone: AbortSignal): Promise<void> {
    if (seconds === 0 || isOver(statement.status)) return;
    if (statement.waits >= WAITS_LIMIT)
      throw new ServiceError(
        'ActiveWaitingRequestsExceededException',
        'Too many requests wait for this statement.',
      );
    statement.waits += 1;
    const timer = new AbortController();
    const leave = () => timer.abort();
    gone.addEventListener('abort', leave);
    try {
      await Promise.race([
        statement.ended,
        sleep(seconds * 1000, undefined, { signal: timer.signal }).catch(() => undefined),
      ]);
    } finally {
      timer.abort();
      gone.removeEventListener('abort', leave);
      statement.waits -= 1;
    }
  }

  /** Stops a statement; false when it had ended. */
  cancel(statement: Statement): boolean {
    if (isOver(statement.status)) return false;
    const at = this.waiting.indexOf(statement);
    if (at >= 0) this.waiting.splice(at, 1);
    finish(statement, 'ABORTED', 'ERROR: Query cancelled on user request');
    statement.stop.abort();
    return true;
  }

  async close(): Promise<void> {
    for (const statement of this.all.values()) this.cancel(statement);
    while (this.running.size > 0) await Promise.all(this.running);
    this.sessions.close();
  }

  private next(): void {
    while (this.running.size < RUNNING_LIMIT) {
      const statement = this.waiting.shift();
      if (!statement) return;
      const work: Promise<void> = this.run(statement).finally(() => {
        this.running.delete(work);
        this.next();
      });
      this.running.add(work);
    }
  }

  private async run(statement: Statement): Promise<void> {
    const { request, stop } = statement;
    mark(statement, 'PICKED');
    let session: Session | undefined;
    let clean = false;
    let rest: () => void = () => undefined;
    try {
      if (request.database !== this.warehouse.database)
        throw new Error(`FATAL: database "${request.database}" does not exist`);
      session = await this.sessions.take(request.sessionId, request.keepAlive, statement.id);
      rest = interruptOnAbort(session.connection, stop.signal);
      if (session.kept) statement.session = session.id;
      mark(statement, 'STARTED');
      const suffered = this.faults.take('StatementExecution');
      if (suffered.stallMillis > 0) await sleep(suffered.stallMillis, undefined, { signal: stop.signal });
      if (suffered.failure !== undefined) throw new Error(suffered.failure);
      stop.signal.throwIfAborted();
      await this.runParts(statement, session);
      finish(statement, 'FINISHED', undefined);
      clean = request.sqls.every((sql) => !/\btemp(orary)?\b|\bset\b/i.test(sql));
    } catch (error) {
      finish(statement, 'FAILED', redshiftError(error));
    } finally {
      rest();
      if (session) this.sessions.give(session, clean);
    }
  }

  private async runParts(statement: Statement, session: Session): Promise<void> {
    const { request, parts, stop } = statement;
    const { connection } = session;
    const transaction = request.batch && request.mode === 'TRANSACTION';
    if (transaction) await connection.run('BEGIN TRANSACTION');
    let failed: Error | undefined;
    for (const part of parts) {
      const begun = process.hrtime.bigint();
      part.status = 'STARTED';
      try {
        stop.signal.throwIfAborted();
        const outcome = await this.warehouse.run(connection, part.sql, request.parameters, part.id);
        Object.assign(part, outcome, { status: 'FINISHED' });
      } catch (error) {
        Object.assign(part, {
          status: stop.signal.aborted ? 'ABORTED' : 'FAILED',
          error: redshiftError(error),
        });
        failed ??= error as Error;
      }
      part.duration = Number(process.hrtime.bigint() - begun);
      part.updated = new Date();
      if (failed && (transaction || stop.signal.aborted)) break;
    }
    for (const part of parts) if (failed && !isOver(part.status)) part.status = 'ABORTED';
    if (transaction) await connection.run(failed ? 'ROLLBACK' : 'COMMIT');
    if (failed) throw failed;
  }

  private forgetOldest(): void {
    for (const [id, statement] of this.all) {
      if (this.all.size <= KEPT_STATEMENTS) break;
      if (!isOver(statement.status)) continue;
      this.all.delete(id);
      for (const part of statement.parts)
        if (part.columns) void rm(this.warehouse.resultPath(part.id), { force: true });
      if (statement.token !== undefined) this.tokens.delete(statement.token);
    }
  }
}

/** Whether a state is final. */
export function isOver(status: StatementStatus): boolean {
  return status === 'FINISHED' || status === 'FAILED' || status === 'ABORTED';
}

function create(request: StatementRequest, token: string | undefined): Statement {
  const id = randomUUID();
  const now = new Date();
  const fresh = { status: 'SUBMITTED' as const, error: undefined, created: now, updated: now, duration: 0 };
  const empty = { columns: undefined, rows: 0, size: 0 };
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return {
    id,
    ...fresh,
    ...empty,
    request,
    token,
    parts: request.sqls.map((sql, at) => ({
      id: request.batch ? `${id}:${at + 1}` : id,
      sql,
      ...fresh,
      ...empty,
    })),
    session: undefined,
    ended,
    end,
    waits: 0,
    stop: new AbortController(),
  };
}

function mark(statement: Statement, status: StatementStatus): void {
  if (isOver(statement.status)) return;
  statement.status = status;
  statement.updated = new Date();
}

/** The first end counts. */
function finish(statement: Statement, status: StatementStatus, error: string | undefined): void {
  if (isOver(statement.status)) return;
  mark(statement, status);
  statement.error = error;
  statement.duration = statement.parts.reduce((sum, part) => sum + part.duration, 0);
  statement.rows = statement.parts.reduce((sum, part) => sum + part.rows, 0);
  statement.size = statement.parts.reduce((sum, part) => sum + part.size, 0);
  for (const part of statement.parts)
    if (!isOver(part.status)) part.status = status === 'FINISHED' ? status : 'ABORTED';
  statement.end();
}
