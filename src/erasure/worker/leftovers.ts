import type { Logger } from 'pino';
import { isSame, leftBy, leftoverText, type Leftover } from '../leftovers';
import type { StoredStep } from '../ledger/batches';
import { LeaseLost, type HeldLease } from '../ledger/leases';
import type { Batch, StepRecord } from '../ledger/records';
import type { ErasureExecutor, StepResult } from '../steps';
import { placesOf } from './faults';
import type { Journal, Request } from './journal';
import { chainStep } from './step-chain';

/** Staged keys and results that a batch could not delete: noted with its requests, and tried again after its end. */

/** Pause before a failed step is tried again, in milliseconds; the next is twice as long, up to the longest. */
const FIRST_PAUSE_MS = 300_000;
const LONGEST_PAUSE_MS = 86_400_000;

export interface LeftoversParts {
  journal: Journal;
  executors: readonly ErasureExecutor[];
  logger: Logger;
  signal: AbortSignal;
  mayNotGoOn(): Promise<boolean>;
}

export class Leftovers {
  constructor(private readonly parts: LeftoversParts) {}

  /** Deletes what batches left that have ended, where its turn has come, and tells the requests. */
  async remove(open: readonly Request[], lease: HeldLease): Promise<void> {
    const all = open.flatMap(({ leftovers = [] }) => leftovers);
    if (all.length === 0) return;
    const { batches } = this.parts.journal.ledger;
    const current = await batches.current();
    for (const one of all.filter((left, at) => all.findIndex((other) => isSame(other, left)) === at)) {
      // What is under way is the batch's own to do.
      if (one.batch === current?.id || (await this.parts.mayNotGoOn())) continue;
      const asked = all.some((other) => isSame(other, one) && other.now === true);
      const batch = await batches.find(one.batch);
      const stored = (await batches.steps(one.batch)).find(({ step }) => step.id === one.step);
      if (batch === undefined || stored === undefined) continue;
      if (stored.state === 'failed' && !asked && !this.isDue(stored)) continue;
      // Somebody may have been cut off between the step and its requests.
      const ended = stored.state === 'done' ? stored : await this.again(batch, stored, lease);
      for (const request of open)
        if (request.leftovers?.some((other) => isSame(other, one)) === true)
          await this.tell(request, one, ended);
    }
  }

  private isDue({ endedAt = '', retries = 0 }: StoredStep): boolean {
    const wait = Math.min(FIRST_PAUSE_MS * 2 ** retries, LONGEST_PAUSE_MS);
    return this.parts.journal.clock.now() >= Date.parse(endedAt) + wait;
  }

  /** Runs the step to an end, written down before. */
  private async again(batch: Batch, failed: StoredStep, lease: HeldLease): Promise<StoredStep> {
    const { journal, logger } = this.parts;
    const { endedAt: _ended, failure: _failure, ...open } = failed;
    let rows = open.rows;
    let stored = await this.update(batch, open, {
      state: 'running',
      runs: open.runs + 1,
      fence: lease.fence,
      startedAt: journal.clock.iso,
    });
    await chainStep(journal.chain, batch.id, stored, 'BEGUN');
    for (;;) {
      lease.check();
      const result = await this.once(batch, stored, lease);
      if (result.state === 'failed') {
        stored = await this.update(batch, stored, {
          state: 'failed',
          failure: result.reason,
          retries: (stored.retries ?? 0) + 1,
          endedAt: journal.clock.iso,
        });
        await chainStep(journal.chain, batch.id, stored, 'FAILED');
        warnOf(logger, stored, batch.id);
        return stored;
      }
      rows += result.rows;
      const { cursor } = result;
      if (result.state === 'done') break;
      stored = await this.update(batch, stored, { rows, ...(cursor === undefined ? {} : { cursor }) });
    }
    stored = await this.update(batch, stored, { state: 'done', rows, endedAt: journal.clock.iso });
    await chainStep(journal.chain, batch.id, stored, 'DONE');
    logger.info({ event: 'erasure_leftovers_removed', batch: batch.id, step: stored.step.id, rows });
    return stored;
  }

  private async once(
    { id, day }: Batch,
    { step, cursor }: StoredStep,
    lease: HeldLease,
  ): Promise<StepResult> {
    const { executors, signal, logger } = this.parts;
    const executor = executors.find((one) => one.steps().some((own) => own.id === step.id));
    // The workgroup keeps its results itself by now; those from before lie where it wrote them.
    if (executor === undefined) return { state: 'failed', reason: 'ENGINE_FAILED', retryable: false };
    try {
      return await executor.run(
        step,
        { id, day, keys: [] },
        {
          ...(cursor === undefined ? {} : { cursor }),
          signal,
          beat: () => lease.beat(),
        },
      );
    } catch (error) {
      if (error instanceof LeaseLost || signal.aborted) throw error;
      logger.error({ event: 'erasure_step_fault', step: step.id, fault: placesOf(error) });
      return { state: 'failed', reason: 'ENGINE_FAILED', retryable: true };
    }
  }

  private async tell(request: Request, one: Leftover, { state, failure }: StoredStep): Promise<void> {
    const { journal } = this.parts;
    if (state === 'done') {
      const event = { type: 'removed', batch: one.batch, step: one.step } as const;
      await journal.change(request, event, {
        as: 'REMOVED',
        note: `${one.step} of batch ${one.batch} is done.`,
      });
      return;
    }
    await noteLeftover(journal, request, { batch: one.batch, step: one.step, reason: failure });
  }

  private async update(batch: Batch, stored: StoredStep, changes: Partial<StepRecord>): Promise<StoredStep> {
    const next = await this.parts.journal.ledger.batches.updateStep(batch.id, stored, changes);
    if (next === undefined) throw new LeaseLost();
    return next;
  }
}

/** Notes with the requests of a batch which of its steps left objects behind. May be done any number of times. */
export async function noteLeftovers(
  journal: Journal,
  batch: Batch,
  steps: readonly StoredStep[],
): Promise<void> {
  for (const { step, state, failure } of steps) {
    if (state !== 'failed' || leftBy(step.id) === undefined) continue;
    for (const { tenant, id } of batch.requests) {
      const request = await journal.ledger.requests.find(tenant, id);
      if (request?.batch === batch.id)
        await noteLeftover(journal, request, { batch: batch.id, step: step.id, reason: failure });
    }
  }
}

/** Nothing is noted twice, or its history would grow with each try. */
async function noteLeftover(
  journal: Journal,
  request: Request,
  {
    batch,
    step,
    reason = 'ENGINE_FAILED',
  }: Pick<Leftover, 'batch' | 'step'> & { reason: Leftover['reason'] | undefined },
): Promise<void> {
  const what = leftBy(step);
  if (what === undefined || request.state === 'REJECTED' || request.state === 'CANCELLED') return;
  const leftover: Leftover = { batch, step, what, reason };
  const known = request.leftovers?.find((one) => isSame(one, leftover));
  if (known?.reason === reason && known.now !== true) return;
  await journal.change(
    request,
    { type: 'left', leftover },
    { as: 'NOT_REMOVED', note: leftoverText(leftover) },
  );
}

/** For operators; the request's history says it too. */
export function warnOf(logger: Logger, { step, failure }: StoredStep, batch: string): void {
  const what = leftBy(step.id);
  if (what === undefined || failure === undefined) return;
  logger.error(
    { event: 'erasure_not_removed', batch, step: step.id, code: failure },
    leftoverText({ batch, step: step.id, what, reason: failure }),
  );
}
