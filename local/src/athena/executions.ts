import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Store } from '../s3/store';
import type { FaultPlan } from '../wire/faults';
import { ServiceError } from '../wire/json-protocol';
import { LakeQueryError, type LakeBackend, type LakeColumn } from './backend';
import { writeResult } from './results';

/** The service's own states. */
export type ExecutionState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** What StartQueryExecution asked for; two equal ones are the same request. */
export interface ExecutionRequest {
  sql: string;
  catalog: string;
  database: string | undefined;
  workGroup: string;
  /** `s3://bucket/prefix/`. */
  outputLocation: string;
  /** Minutes within which an earlier result of the same statement may answer; 0 means never. */
  reuseMinutes: number;
}

/** One query, from its start on. */
export interface Execution {
  id: string;
  request: ExecutionRequest;
  /** What the client called its request, so that sending it again starts nothing. */
  token: string | undefined;
  statementType: 'DML' | 'DDL' | 'UTILITY';
  state: ExecutionState;
  reason: string | undefined;
  submitted: Date;
  started: Date | undefined;
  completed: Date | undefined;
  scannedBytes: number;
  reused: boolean;
  /** The result object. */
  bucket: string;
  key: string;
  columns: LakeColumn[];
  updateCount: number | undefined;
  abort: AbortController;
}

/** How many queries run at once, and how many may wait; Athena's own quotas are larger and per account. */
const RUNNING_LIMIT = 4;
const WAITING_LIMIT = 200;
/** Finished executions are forgotten, oldest first, beyond this many; Athena keeps them 45 days. */
const KEPT_EXECUTIONS = 5_000;

/** The queries of one Athena server: queue, run, stop, and remember. They live as long as the process. */
export class Executions {
  private readonly all = new Map<string, Execution>();
  private readonly tokens = new Map<string, { id: string; request: string }>();
  private readonly waiting: Execution[] = [];
  private readonly reusable = new Map<string, string>();
  private running = 0;
  private settled: Promise<void> = Promise.resolve();

  constructor(
    private readonly lake: LakeBackend,
    private readonly store: S3Store,
    private readonly faults: FaultPlan,
  ) {}

  /** Queues a query. The same token with the same request gives the same query. */
  start(request: ExecutionRequest, token: string | undefined, failure: string | undefined): Execution {
    const fingerprint = JSON.stringify(request);
    const known = token === undefined ? undefined : this.tokens.get(token);
    if (known && known.request !== fingerprint)
      throw new ServiceError('InvalidRequestException', 'Idempotent parameters do not match', 400, {
        AthenaErrorCode: 'INVALID_INPUT',
      });
    const earlier = known && this.all.get(known.id);
    if (earlier) return earlier;
    if (this.waiting.length >= WAITING_LIMIT)
      throw new ServiceError(
        'TooManyRequestsException',
        'You have exceeded the limit for queued queries',
        400,
        {
          Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED',
        },
      );
    const execution = this.create(request, token);
    this.all.set(execution.id, execution);
    if (token !== undefined) this.tokens.set(token, { id: execution.id, request: fingerprint });
    this.forgetOldest();
    if (failure !== undefined) this.finish(execution, 'FAILED', failure);
    else if (!this.reuse(execution)) {
      this.waiting.push(execution);
      setImmediate(() => this.next());
    }
    return execution;
  }

  /** Undefined when there is no such query. */
  find(id: string): Execution | undefined {
    return this.all.get(id);
  }

  /** Stops a query that has not ended; one that has is left as it is, as in the service. */
  stop(execution: Execution): void {
    if (execution.state !== 'QUEUED' && execution.state !== 'RUNNING') return;
    const at = this.waiting.indexOf(execution);
    if (at >= 0) this.waiting.splice(at, 1);
    this.finish(execution, 'CANCELLED', 'Query cancelled by user');
    execution.abort.abort();
  }

  /** Stops everything and waits until the engine has let go. */
  async close(): Promise<void> {
    for (const execution of this.all.values()) this.stop(execution);
    while (this.running > 0) await this.settled;
  }

  private create(request: ExecutionRequest, token: string | undefined): Execution {
    const id = randomUUID();
    const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(request.outputLocation) ?? [];
    const statementType = statementTypeOf(request.sql);
    const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
    return {
      id,
      request,
      token,
      statementType,
      state: 'QUEUED',
      reason: undefined,
      submitted: new Date(),
      started: undefined,
      completed: undefined,
      scannedBytes: 0,
      reused: false,
      bucket,
      key: `${folder}${id}.${statementType === 'DML' ? 'csv' : 'txt'}`,
      columns: [],
      updateCount: undefined,
      abort: new AbortController(),
    };
  }

  private reuse(execution: Execution): boolean {
    const { reuseMinutes } = execution.request;
    // Only what selects, and only while its result is where it was written ("Reuse query results in Athena").
    if (!isQuery(execution.request.sql)) return false;
    const earlier = this.all.get(this.reusable.get(reuseKey(execution.request)) ?? '');
    if (reuseMinutes <= 0 || !earlier?.completed) return false;
    if (Date.now() - earlier.completed.getTime() > reuseMinutes * 60_000) return false;
    const { bucket, key, columns } = earlier;
    if (!this.store.has(bucket, key)) return false;
    Object.assign(execution, { bucket, key, columns, reused: true, started: new Date() });
    this.finish(execution, 'SUCCEEDED', undefined);
    return true;
  }

  private next(): void {
    while (this.running < RUNNING_LIMIT) {
      const execution = this.waiting.shift();
      if (!execution) return;
      this.running += 1;
      this.settled = this.run(execution).finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }

  private async run(execution: Execution): Promise<void> {
    execution.state = 'RUNNING';
    execution.started = new Date();
    const { signal } = execution.abort;
    try {
      const suffered = this.faults.take('QueryExecution');
      if (suffered.stallMillis > 0) await sleep(suffered.stallMillis, undefined, { signal });
      if (suffered.failure !== undefined) throw new LakeQueryError(suffered.failure);
      const { sql, catalog, database } = execution.request;
      const result = await this.lake.execute(sql, { catalog, database, signal });
      execution.columns = result.columns;
      await writeResult(this.store, execution.bucket, execution.key, result);
      signal.throwIfAborted();
      execution.scannedBytes = result.scannedBytes();
      execution.updateCount = result.updateCount;
      this.finish(execution, 'SUCCEEDED', undefined);
      if (result.columns.length > 0) this.reusable.set(reuseKey(execution.request), execution.id);
    } catch (error) {
      this.finish(execution, 'FAILED', (error as Error).message);
    }
  }

  /** The first end counts: a query that was cancelled stays cancelled, whatever its engine says later. */
  private finish(execution: Execution, state: ExecutionState, reason: string | undefined): void {
    if (execution.completed) return;
    execution.state = state;
    execution.reason = reason;
    execution.completed = new Date();
  }

  private forgetOldest(): void {
    for (const [id, execution] of this.all) {
      if (this.all.size <= KEPT_EXECUTIONS) break;
      if (!execution.completed) continue;
      this.all.delete(id);
      if (execution.token !== undefined) this.tokens.delete(execution.token);
      const key = reuseKey(execution.request);
      if (this.reusable.get(key) === id) this.reusable.delete(key);
    }
  }
}

function reuseKey({ sql, catalog, database, workGroup, outputLocation }: ExecutionRequest): string {
  return JSON.stringify([sql, catalog, database, workGroup, outputLocation]);
}

function isQuery(sql: string): boolean {
  return ['SELECT', 'WITH', 'VALUES', 'TABLE'].includes(firstWord(sql));
}

function firstWord(sql: string): string {
  return /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|\()*([a-z]+)/i.exec(sql)?.[1]?.toUpperCase() ?? '';
}

function statementTypeOf(sql: string): Execution['statementType'] {
  const first = firstWord(sql);
  if (
    ['SELECT', 'WITH', 'VALUES', 'INSERT', 'DELETE', 'UPDATE', 'MERGE', 'TABLE', 'OPTIMIZE'].includes(first)
  )
    return 'DML';
  return ['SHOW', 'DESCRIBE', 'EXPLAIN'].includes(first) ? 'UTILITY' : 'DDL';
}
