import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Abandoned } from '../../datasources/engines/service-caller';
import { SluiceError } from '../../errors';
import type { Ledger } from '../ledger/ledger';
import type { Batch } from '../ledger/records';
import type { Versioned } from '../ledger/requests';
import { LeaseLost, type HeldLease, type Leases } from '../ledger/leases';
import type { Batching } from './batching';
import type { WorkerClock } from './clock';
import type { Endings } from './endings';
import { placesOf } from './faults';
import type { Journal, Request } from './journal';
import type { Leftovers } from './leftovers';
import type { Notices } from './notices';
import type { Preparing } from './preparing';
import type { Rescans } from './rescans';
import type { Tidying } from './tidying';
import { isOpen, type DailyWindow } from './window';

/** The worker: in rounds, for as long as it has the lease. Any number of them may run; one works, the others wait. */

export interface WorkerParts {
  ledger: Ledger;
  leases: Leases;
  clock: WorkerClock;
  journal: Journal;
  preparing: Preparing;
  batching: Batching;
  endings: Endings;
  leftovers: Leftovers;
  rescans: Rescans;
  notices: Notices;
  tidying: Tidying;
  logger: Logger;
  signal: AbortSignal;
  window: DailyWindow | undefined;
  pollMs: number;
  /** How often the lease is looked after, in milliseconds. */
  beatMs: number;
}

/** Why it came to its end. */
export type WorkEnd = 'idle' | 'paused' | 'outside_window' | 'busy' | 'stopped';

const LEASE = 'WORKER';
/** Errors that are about one request and say nothing of the ledger. */
const OF_ONE: readonly string[] = ['CONFLICT', 'NOT_FOUND', 'BAD_USER_INPUT', 'INTERNAL'];

export class Worker {
  constructor(private readonly parts: WorkerParts) {}

  /** Works until the signal is aborted; what fails is logged and tried again, a pause later. */
  async forever(): Promise<void> {
    const { leases, signal } = this.parts;
    while (!signal.aborted) {
      const lease = await leases.acquire(LEASE, signal).catch((error: unknown) => this.failed(error));
      if (lease !== undefined) await this.holding(lease);
      await this.rest();
    }
  }

  /** Round after round, until one fails or the signal is aborted. Whoever waits may take over then. */
  private async holding(lease: HeldLease): Promise<void> {
    const { signal, logger } = this.parts;
    logger.info({ event: 'erasure_lease', fence: lease.fence }, 'this worker works now');
    try {
      while (!signal.aborted) {
        await this.beating(lease, () => this.round(lease));
        await this.rest(lease);
      }
    } catch (error) {
      this.failed(error);
    }
    await lease.release().catch((error: unknown) => this.failed(error));
  }

  /**
   * Works until nothing is left to do now.
   *
   * @param patienceMs how long it waits for another worker to end
   * @throws SluiceError when a store cannot be asked; LeaseLost when another worker took over
   */
  async once(patienceMs: number): Promise<WorkEnd> {
    const { leases, signal } = this.parts;
    const waiting = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const lease = await leases.acquire(LEASE, waiting);
    if (lease === undefined) return signal.aborted ? 'stopped' : 'busy';
    try {
      for (;;) {
        const end = await this.beating(lease, () => this.round(lease));
        if (signal.aborted) return 'stopped';
        if (end !== 'more') return end;
      }
    } catch (error) {
      if (signal.aborted && error instanceof Abandoned) return 'stopped';
      throw error;
    } finally {
      await lease.release();
    }
  }

  /** Keeps the lease while something takes its time: statements on large tables take minutes. */
  private async beating<T>(lease: HeldLease, work: () => Promise<T>): Promise<T> {
    // A lease that is lost is noticed by whoever looks at it before the next step.
    const beats = setInterval(() => void lease.beat().catch(() => undefined), this.parts.beatMs);
    try {
      return await work();
    } finally {
      clearInterval(beats);
    }
  }

  /** Everything that is to be done at this moment, in turn. `more`: a batch ended, and another round may find more. */
  private async round(lease: HeldLease): Promise<WorkEnd | 'more'> {
    const { ledger, batching, clock, endings, notices, rescans } = this.parts;
    await lease.beat();
    let end: WorkEnd | 'more' = 'idle';
    let failure: SluiceError | undefined;
    const current = await ledger.batches.current();
    this.checkClock();
    if (current !== undefined) {
      try {
        end = (await this.goesOn(current, lease)) ? 'more' : 'paused';
      } catch (error) {
        // A store that cannot be asked keeps the batch waiting, and nothing else.
        if (!(error instanceof SluiceError) || error.code === 'INTERNAL') throw error;
        failure = error;
        end = 'paused';
      }
    }
    let open = await this.planned(lease, await this.eachOpen(lease, (request) => this.settled(request)));
    if (end === 'idle' && open.some(({ state }) => state === 'APPROVED')) {
      if (await this.mayNotGoOn()) end = 'paused';
      else if (!isOpen(this.parts.window, clock.now())) end = 'outside_window';
      else if (await batching.form(open)) return 'more';
    }
    // Looking takes from the stores too, so it is done at the time of batches.
    const mayLook = isOpen(this.parts.window, clock.now()) && !(await this.mayNotGoOn());
    if (mayLook && (await rescans.look(open, lease)) && end === 'idle') end = 'more';
    await this.parts.leftovers.remove(open, lease);
    open = await this.eachOpen(lease, async (request) => notices.give(await endings.follow(request)));
    for (const tenant of new Set(open.map((request) => request.tenant))) {
      await lease.beat();
      await ledger.requests.sweepTombstones(tenant);
    }
    await batching.sign();
    await this.parts.tidying.tidy();
    if (failure !== undefined) throw failure;
    return end;
  }

  private async goesOn(batch: Versioned<Batch>, lease: HeldLease): Promise<boolean> {
    return !(await this.mayNotGoOn()) && (await this.parts.batching.goOn(batch, lease)) === 'ended';
  }

  /** Brings the request in line with the day and the holds, and enters what the audit chain lacks. */
  private async settled(request: Request): Promise<Request> {
    const { journal } = this.parts;
    return journal.chained(await journal.change(request, { type: 'settle' }));
  }

  /** Those that had no plan have one now, where it could be made. */
  private async planned(lease: HeldLease, open: readonly Request[]): Promise<Request[]> {
    const { preparing } = this.parts;
    const found = new Map((await preparing.find(open)).map((answer) => [answer.request, answer]));
    return this.each(lease, open, async (request) => {
      const answer = found.get(request);
      return answer === undefined ? request : preparing.plan(answer);
    });
  }

  private async eachOpen(lease: HeldLease, work: (request: Request) => Promise<Request>): Promise<Request[]> {
    return this.each(lease, await this.parts.ledger.requests.open(), work);
  }

  private async each(
    lease: HeldLease,
    all: readonly Request[],
    work: (request: Request) => Promise<Request>,
  ): Promise<Request[]> {
    const done: Request[] = [];
    for (const request of all) {
      await lease.beat();
      try {
        done.push(await work(request));
      } catch (error) {
        // One that cannot be worked on keeps nobody else waiting.
        if (!(error instanceof SluiceError) || !OF_ONE.includes(error.code)) throw error;
        this.passOver(request, error);
      }
    }
    return done;
  }

  private passOver({ id, tenant }: Request, { code, message }: SluiceError): void {
    const { logger } = this.parts;
    const said = { request: id, tenant, code, message };
    // Somebody was quicker, such as one who approves or cancels: the next pass reads the request as it is by then.
    if (code === 'CONFLICT') logger.info({ event: 'erasure_request_changed', ...said });
    else logger.error({ event: 'erasure_request_failed', ...said });
  }

  private async mayNotGoOn(): Promise<boolean> {
    return this.parts.signal.aborted || (await this.parts.ledger.schedule.read()).paused;
  }

  /** @throws SluiceError INTERNAL when the clock is so far off that days cannot be relied on */
  private checkClock(): void {
    const { skew } = this.parts.clock;
    if (skew === undefined) return;
    throw new SluiceError(
      'INTERNAL',
      `This machine’s clock is ${Math.round(skew / 1_000)} s off the ledger’s. Holds and periods go by the day, so nothing is erased until it is set right.`,
    );
  }

  /** Until the next round; what a lease is held for is kept. */
  private async rest(lease?: HeldLease): Promise<void> {
    const { pollMs, signal } = this.parts;
    const until = performance.now() + pollMs;
    while (!signal.aborted && performance.now() < until) {
      await sleep(Math.min(1_000, until - performance.now() + 1), undefined, { signal }).catch(
        () => undefined,
      );
      await lease?.beat();
    }
  }

  private failed(error: unknown): undefined {
    const { logger } = this.parts;
    if (error instanceof Abandoned) return;
    if (error instanceof LeaseLost) logger.warn({ event: 'erasure_lease_lost' }, 'another worker took over');
    else if (error instanceof SluiceError) {
      const { code, message } = error;
      logger.error({ event: 'erasure_round_failed', code, message }, 'a round failed and is tried again');
    } else
      logger.error(
        { event: 'erasure_round_fault', fault: placesOf(error) },
        'a round failed and is tried again',
      );
  }
}
