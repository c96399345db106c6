import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { SluiceError } from '../../errors';
import type { AuditChain } from '../chain';
import type { Batches } from '../ledger/batches';
import type { HeldLease } from '../ledger/leases';
import type { Batch } from '../ledger/records';
import type { Versioned } from '../ledger/requests';
import type { ErasurePlan } from '../model';
import type { ErasureExecutor, ErasureStep } from '../steps';
import type { ErasureTarget } from '../targets';
import type { Journal, Request } from './journal';
import { fitting, keysOf, type BatchLimits } from './limits';
import { Members } from './members';
import type { People } from './people';
import type { Preparing } from './preparing';
import { Running } from './running';
import { ALL_TENANTS } from './step-chain';
import type { Verifying } from './verifying';
import { LeaseLost } from '../ledger/leases';

/** Batches: formed of what is approved, brought to their end by whoever has the lease, whoever began them. */

export interface BatchingParts {
  journal: Journal;
  batches: Batches;
  chain: AuditChain;
  preparing: Preparing;
  people: People;
  executors: readonly ErasureExecutor[];
  targets: readonly ErasureTarget[];
  verifying: Verifying;
  signingKey: KeyObject;
  logger: Logger;
  signal: AbortSignal;
  limits: BatchLimits;
  atOnce: number;
  retryPauseMs: number;
  mayNotGoOn(): Promise<boolean>;
}

export class Batching {
  constructor(private readonly parts: BatchingParts) {}

  /** Begins a batch of approved requests, those that are due first. False when there are none that may run. */
  async form(open: readonly Request[]): Promise<boolean> {
    const { journal, batches, preparing, logger } = this.parts;
    const approved = open
      .filter(({ state }) => state === 'APPROVED')
      .sort((one, other) => (one.dueOn + one.id < other.dueOn + other.id ? -1 : 1));
    const chosen: { tenant: string; id: string; counted: string }[] = [];
    let keys = 0;
    let left = approved;
    // Once more for the room that those leave who may not run.
    for (;;) {
      const candidates = fitting(left, this.parts.limits, { requests: chosen.length, keys });
      if (candidates.length === 0) break;
      left = left.filter((request) => !candidates.includes(request));
      const checked = await preparing.checked(candidates);
      for (const request of candidates) {
        const counted = checked.get(request);
        if (counted === undefined) continue;
        keys += keysOf(request);
        chosen.push({ tenant: request.tenant, id: request.id, counted });
      }
    }
    if (chosen.length === 0) return false;
    const batch = await batches.begin(chosen);
    logger.info({ event: 'erasure_batch', batch: batch.id, requests: chosen.length, keys }, 'batch begins');
    for (const { tenant, id, counted } of batch.requests) {
      const request = await journal.ledger.requests.get(tenant, id);
      // Only tokens are left: nothing could be counted.
      const plan =
        request.keysForgotten === true ? undefined : await journal.ledger.requests.plan(tenant, id, counted);
      await this.taken(batch, request, plan);
    }
    return true;
  }

  /** Brings the batch that is under way to its end; `stopped` when it is paused. */
  async goOn(batch: Versioned<Batch>, lease: HeldLease): Promise<'ended' | 'stopped'> {
    const { journal, people, targets, executors, verifying } = this.parts;
    let current = batch;
    if (current.state === 'FORMING') current = await this.formed(current);
    if (current.state === 'RUNNING') {
      const members = await Members.read(current, journal, people, targets);
      // Whoever wrote the steps down may not have come to their end.
      await this.parts.batches.plan(current, this.steps());
      const running = new Running({
        ...this.parts,
        batch: current,
        members,
        executors,
        targets,
        people,
        lease,
      });
      if ((await running.run()) === 'stopped') return 'stopped';
      current = await this.changed(current, { state: 'VERIFYING', erasedAt: await this.erasedAt(current) });
    }
    if (current.state === 'VERIFYING') {
      const members = await Members.read(current, journal, people, targets);
      await verifying.verify(current, members, () => lease.check());
      await this.chained(current, 'ENDED');
      current = await this.changed(current, { state: 'DONE', endedAt: journal.clock.iso });
    }
    await this.parts.batches.end(current);
    return 'ended';
  }

  /** Signs what the chain holds by now. */
  async sign(): Promise<void> {
    await this.parts.chain.sign(this.parts.signingKey);
  }

  /** Those that were not taken before somebody was cut off wait for the next batch, and are looked at again before. */
  private async formed(batch: Versioned<Batch>): Promise<Versioned<Batch>> {
    const { journal } = this.parts;
    const taken: Batch['requests'][number][] = [];
    for (const one of batch.requests) {
      const request = await journal.ledger.requests.find(one.tenant, one.id);
      if (request?.batch === batch.id && request.state === 'RUNNING') taken.push(one);
    }
    await this.chained(batch, 'BEGUN');
    return this.changed(batch, { state: taken.length === 0 ? 'DONE' : 'RUNNING', requests: taken });
  }

  private async taken(batch: Batch, request: Request, plan: ErasurePlan | undefined): Promise<void> {
    const event = { type: 'batch' as const, id: batch.id, ...(plan === undefined ? {} : { plan }) };
    try {
      await this.parts.journal.change(request, event, { day: batch.day });
    } catch (error) {
      // A hold or a person came between.
      if (!(error instanceof SluiceError) || error.code !== 'CONFLICT') throw error;
    }
  }

  private steps(): ErasureStep[] {
    return this.parts.executors.flatMap((executor) => executor.steps());
  }

  private async erasedAt({ id, startedAt }: Batch): Promise<string> {
    const steps = await this.parts.batches.steps(id);
    const ends = steps.filter(({ step }) => step.kind === 'erase').map(({ endedAt }) => endedAt ?? startedAt);
    return ends.sort().at(-1) ?? startedAt;
  }

  private async changed(batch: Versioned<Batch>, changes: Partial<Batch>): Promise<Versioned<Batch>> {
    const next = await this.parts.batches.update(batch, changes);
    if (next === undefined) throw new LeaseLost();
    this.parts.logger.info({ event: 'erasure_batch', batch: batch.id, state: next.state }, 'batch goes on');
    return next;
  }

  private async chained({ id }: Batch, what: string): Promise<void> {
    await this.parts.chain.append({
      event: `BATCH_${what}`,
      tenant: ALL_TENANTS,
      batch: id,
      name: `${id} ${what}`,
    });
  }
}
