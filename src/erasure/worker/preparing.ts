import type { Logger } from 'pino';
import { totalCost, type BilledRun } from '../../datasources/results';
import { SluiceError } from '../../errors';
import type { Ledger } from '../ledger/ledger';
import type { ErasurePlan } from '../model';
import { driftBetween, otherRules, underRulesOf, type Drift } from '../planner';
import type { PlannedErasure, Planning, PlanningRequest } from '../planning';
import { keepPlanned, planningOf } from '../requested';
import { tableId } from '../tables';
import type { DatasetDeclaration } from '../../schema/declarations';
import type { Journal, Request } from './journal';
import { fitting, type BatchLimits } from './limits';

/** From requests to their plans, and the look just before a batch whether the plan is still what was approved. */

/** A request whose keys cannot be planned is tried again after so long, and each time after twice as long. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** A request with the plan that was found for it, and what was asked about it. */
export interface Answer {
  request: Request;
  asked: PlanningRequest;
  planned: PlannedErasure;
}

export class Preparing {
  /** When what could not be planned is tried again, by a clock that only goes forward. */
  private readonly later = new Map<string, { at: number; pause: number }>();

  constructor(
    private readonly ledger: Ledger,
    private readonly journal: Journal,
    private readonly planning: Planning,
    private readonly logger: Logger,
    private readonly signal: AbortSignal,
    private readonly limits: BatchLimits,
    private readonly datasets: readonly DatasetDeclaration[],
  ) {}

  /**
   * Finds the first plans of what has been received, those of a tenant together. What cannot be planned stays as it is, and
   * its history says why.
   */
  async find(requests: readonly Request[]): Promise<Answer[]> {
    const due = requests.filter(({ state, id }) => state === 'RECEIVED' && this.isDue(id));
    const answers: Answer[] = [];
    for (const together of byTenant(due))
      for (let left = together; left.length > 0;) {
        const some = fitting(left, this.limits);
        left = left.filter((request) => !some.includes(request));
        answers.push(...(await this.ask(some)));
      }
    return answers;
  }

  /** Gives a request the plan that was found for it. */
  async plan({ request, asked, planned }: Answer): Promise<Request> {
    const kept = await keepPlanned(this.ledger.requests, asked, planned);
    const next = await this.journal.change(
      request,
      { type: 'planned', plan: planned.plan },
      { as: 'PLANNED', also: () => kept },
    );
    return this.journal.chained(next);
  }

  /**
   * Plans approved requests again, just before their batch, those of a tenant together. Gives the hash of the plan that
   * counts its rows for each that may run now; the plan of any other has drifted and is shown anew, or cannot be made.
   */
  async checked(requests: readonly Request[]): Promise<Map<Request, string>> {
    const counted = new Map<Request, string>();
    const toAsk: Request[] = [];
    for (const request of requests) {
      const { approvedHash, resolved, keysForgotten } = request;
      if (approvedHash === undefined || resolved === undefined) continue;
      if (keysForgotten !== true) toAsk.push(request);
      else if (await this.isAsApproved(request)) counted.set(request, approvedHash);
    }
    for (const together of byTenant(toAsk))
      for (const answer of await this.ask(together)) {
        const hash = await this.withoutDrift(answer);
        if (hash !== undefined) counted.set(answer.request, hash);
      }
    return counted;
  }

  /**
   * Whether what a request goes on with by tokens alone is still what was approved. Nothing can be counted by them, so that
   * is told by the rules of the tables that wait. A request under other rules is shown anew.
   */
  private async isAsApproved(request: Request): Promise<boolean> {
    const { tenant, id, approvedHash = '', tables, erasedOn } = request;
    const day = this.journal.clock.day();
    const plan = await this.ledger.requests.plan(tenant, id, approvedHash);
    const waiting = tables.filter(({ state }) => state === 'waiting').map((table) => table.id);
    const drift = otherRules(plan, this.datasets, day).filter((one) => waiting.includes(tableId(one)));
    if (drift.length === 0) return true;
    const next = underRulesOf(plan, drift, this.datasets, { day, newest: erasedOn ?? day });
    await this.ledger.requests.writePlan(next);
    await this.drifted(request, next, drift, {});
    return false;
  }

  private async withoutDrift({ request, asked, planned }: Answer): Promise<string | undefined> {
    const { requests } = this.ledger;
    const { tenant, id, approvedHash = '' } = request;
    const { plan } = planned;
    const drift = driftBetween(await requests.plan(tenant, id, approvedHash), plan);
    if (drift.length === 0) {
      await requests.writePlan(plan);
      return plan.hash;
    }
    await this.drifted(request, plan, drift, await keepPlanned(requests, asked, planned));
    return undefined;
  }

  private async drifted(
    request: Request,
    plan: ErasurePlan,
    drift: readonly Drift[],
    also: Partial<Request>,
  ): Promise<void> {
    const note = `The plan is no longer what was approved: ${drift.map(driftText).join('; ')}. Look at it again, and approve it.`;
    const next = await this.journal.change(
      request,
      { type: 'drifted', plan },
      { as: 'DRIFTED', note, also: () => also },
    );
    this.logger.warn({ event: 'erasure_drifted', request: request.id, tenant: request.tenant, drift });
    await this.journal.chained(next);
  }

  /** Plans requests of one tenant. The history of those that are not in the answer says why. */
  private async ask(requests: readonly Request[]): Promise<Answer[]> {
    const tenant = requests[0]?.tenant ?? '';
    const asked = new Map<Request, PlanningRequest>();
    for (const request of requests) {
      const { holds } = await this.journal.moment(request);
      const question = await planningOf(this.ledger.requests, request, holds).catch(orRefusal);
      if (question instanceof SluiceError) await this.notPlanned(request, question);
      else asked.set(request, question);
    }
    const day = this.journal.clock.day();
    const run: BilledRun = { signal: this.signal, calls: [] };
    const planned = await this.planning
      .plan(tenant, [...asked.values()], day, run)
      .catch(orRefusal)
      .finally(() => this.logCost(tenant, asked.size, run));
    const answers: Answer[] = [];
    for (const [at, [request, question]] of [...asked].entries()) {
      // A store that cannot be asked is so for each of them.
      const answer = planned instanceof SluiceError ? planned : planned[at];
      if (answer === undefined) continue;
      if (answer instanceof SluiceError) await this.notPlanned(request, answer);
      else {
        this.later.delete(request.id);
        answers.push({ request, asked: question, planned: answer });
      }
    }
    return answers;
  }

  /** What the stores were asked, and what of it has a price; also where it came to nothing. */
  private logCost(tenant: string, requests: number, { calls }: BilledRun): void {
    if (calls.length === 0) return;
    this.logger.info(
      { event: 'erasure_planning', tenant, requests, calls: calls.length, costUsd: totalCost(calls) },
      'asked the stores for plans',
    );
  }

  private async notPlanned(request: Request, error: SluiceError): Promise<void> {
    const { id, tenant } = request;
    const pause = Math.min((this.later.get(id)?.pause ?? FIRST_PAUSE_MS / 2) * 2, LONGEST_PAUSE_MS);
    this.later.set(id, { at: performance.now() + pause, pause });
    this.logger.warn({ event: 'erasure_not_planned', request: id, tenant, code: error.code });
    const note = `${error.code}: ${error.message}`;
    const last = request.history.findLast(({ event }) => event === 'NOT_PLANNED');
    if (last?.note !== note) await this.journal.note(request, 'NOT_PLANNED', note);
  }

  private isDue(id: string): boolean {
    const later = this.later.get(id);
    return later === undefined || performance.now() >= later.at;
  }
}

function orRefusal(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  throw error;
}

function byTenant(requests: readonly Request[]): Request[][] {
  const tenants = new Map<string, Request[]>();
  for (const request of requests)
    tenants.set(request.tenant, [...(tenants.get(request.tenant) ?? []), request]);
  return [...tenants.values()];
}

function driftText(drift: Drift): string {
  if (drift.what === 'subjects') return 'the people have other keys';
  const { dataset, store } = drift;
  return drift.what === 'rows'
    ? `many more rows in ${dataset} (${store})`
    : `another rule for ${dataset} (${store})`;
}
