import { SluiceError } from '../../errors';
import type { Statement } from '../compile/statement';
import { elapsedSince, type CallContext, type Cells, type EngineResult } from '../results';
import { FairQueue } from './fair-queue';
import { leaving, orLeave } from './leaving';
import { Abandoned } from './service-caller';

/** What one run of a statement gave, before it is known who shared it. */
export interface Execution {
  statementId: string;
  rows: readonly Cells[];
  scannedBytes: number;
  queuedMs: number;
  costUsd: number;
}

/** A SQL service: runs one statement to its end and stops it at the service when the signal is aborted. */
export interface SqlEngine {
  readonly name: Statement['engine'];
  run(statement: Statement, signal: AbortSignal): Promise<Execution>;
  /** Resolves when the service answers and can take statements. */
  ping(signal: AbortSignal): Promise<void>;
  close(): void;
}

interface Running {
  outcome: Promise<Execution>;
  stop: AbortController;
  waiters: number;
}

/**
 * Identical statements in flight run once, whoever asked: scope is in the statement and masks come after it. Each
 * waiter has its own signal; when the last one leaves, the statement is stopped at the service at once. The place
 * in the queue counts for the tenant that came first.
 */
export class SharedExecutions {
  private readonly running = new Map<string, Running>();
  private readonly queue: FairQueue;

  constructor(
    private readonly engine: SqlEngine,
    concurrency: number,
  ) {
    this.queue = new FairQueue(concurrency);
  }

  /**
   * @throws SluiceError ENGINE_TIMEOUT when the waiter's own signal is aborted (or the signal's own SluiceError);
   *   whatever the engine throws
   */
  async execute(statement: Statement, context: CallContext): Promise<EngineResult> {
    const began = performance.now();
    if (context.signal.aborted) throw leaving(context.signal);
    const key = keyOf(statement);
    const known = this.running.get(key);
    const running = known ?? this.start(key, statement, context.tenant);
    running.waiters += 1;
    try {
      const execution = await orLeave(running.outcome.catch(throwOwnCopy), context.signal);
      return resultOf(statement, execution, began, known !== undefined);
    } finally {
      running.waiters -= 1;
      if (running.waiters === 0) {
        this.forget(key, running);
        running.stop.abort();
      }
    }
  }

  private start(key: string, statement: Statement, tenant: string): Running {
    const stop = new AbortController();
    const running: Running = { outcome: this.inTurn(statement, tenant, stop.signal), stop, waiters: 0 };
    this.running.set(key, running);
    const forget = (): void => this.forget(key, running);
    running.outcome.then(forget, forget);
    return running;
  }

  private async inTurn(statement: Statement, tenant: string, signal: AbortSignal): Promise<Execution> {
    const queued = performance.now();
    const release = await this.queue.acquire(tenant, signal);
    const waited = performance.now() - queued;
    try {
      const execution = await this.engine.run(statement, signal);
      return { ...execution, queuedMs: Math.round(execution.queuedMs + waited) };
    } finally {
      release();
    }
  }

  private forget(key: string, running: Running): void {
    if (this.running.get(key) === running) this.running.delete(key);
  }
}

/**
 * What one who waited for a statement got.
 *
 * @param began reading of `performance.now()` when it was asked for
 * @param shared whether it ran for somebody else already
 */
export function resultOf(
  { engine, dataset }: Pick<Statement, 'engine' | 'dataset'>,
  { rows, ...figures }: Execution,
  began: number,
  shared: boolean,
): EngineResult {
  return { rows, call: { engine, dataset, ...figures, elapsedMs: elapsedSince(began), shared } };
}

function keyOf(statement: Statement): string {
  return JSON.stringify([statement.sql, statement.parameters, statement.columns, statement.notBefore]);
}

/** Each waiter gets an error of its own, since GraphQL writes paths into errors. */
function throwOwnCopy(error: unknown): never {
  if (error instanceof SluiceError) throw new SluiceError(error.code, error.message, error.cause);
  if (error instanceof Abandoned) throw new SluiceError('ENGINE_TIMEOUT');
  throw new SluiceError('ENGINE_FAILED', undefined, error);
}
