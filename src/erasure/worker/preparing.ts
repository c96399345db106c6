import type { Logger } from 'pino';
import { SluiceError } from '../../errors';
import type { Ledger } from '../ledger/ledger';
import type { ErasurePlan, ResolvedKey, SubjectKey } from '../model';
import { driftBetween, type Drift } from '../planner';
import type { Planning, PlanningRequest } from '../planning';
import type { Journal, Request } from './journal';

/** From a request to its plan, and the look just before a batch whether the plan is still what was approved. */

/** A request whose keys cannot be planned is tried again after so long, and each time after twice as long. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

export class Preparing {
  /** When what could not be planned is tried again, by a clock that only goes forward. */
  private readonly later = new Map<string, { at: number; pause: number }>();

  constructor(
    private readonly ledger: Ledger,
    private readonly journal: Journal,
    private readonly planning: Planning,
    private readonly logger: Logger,
    private readonly signal: AbortSignal,
  ) {}

  /** Makes the first plan of a request. What cannot be planned stays as it is, and its history says why. */
  async plan(request: Request): Promise<Request> {
    const { tenant, id } = request;
    const { requests } = this.ledger;
    if (!this.isDue(id)) return request;
    const asked = await requests.readKeys<SubjectKey>(tenant, id, request.asked);
    const planned = await this.ask(request, { id, tenant, asked });
    if (planned === undefined) return request;
    const keys = planned.people.flatMap((person) => person.keys);
    const leftOut = planned.people.flatMap((person) => person.leftOut);
    await requests.writePlan(planned.plan);
    const resolved = await requests.writeKeys(tenant, id, keys);
    const links = await requests.writeKeys(tenant, id, leftOut);
    const next = await this.journal.change(
      request,
      { type: 'planned', plan: planned.plan },
      { as: 'PLANNED', also: () => ({ resolved, leftOut: links }) },
    );
    return this.journal.chained(next);
  }

  /**
   * Plans an approved request again, just before its batch. Gives the hash of the plan that counts its rows; undefined
   * when it may not run now: the plan has drifted and is shown anew, or cannot be made.
   */
  async checked(request: Request): Promise<string | undefined> {
    const { tenant, id, approvedHash, resolved } = request;
    if (approvedHash === undefined || resolved === undefined) return undefined;
    // Only tokens are left by which nothing can be planned; what they stand for was approved.
    if (request.keysForgotten === true) return approvedHash;
    const { requests } = this.ledger;
    // What was approved is never less than what a part of it that is done leaves to be found.
    const begun = request.tables.some(({ erased, state }) => erased > 0 || state === 'ended');
    const all = await requests.readKeys<ResolvedKey>(tenant, id, resolved);
    const asked = begun ? all : await requests.readKeys<SubjectKey>(tenant, id, request.asked);
    const planned = await this.ask(request, { id, tenant, asked, resolved: begun });
    if (planned === undefined) return undefined;
    const { plan, people } = planned;
    await requests.writePlan(plan);
    const drift = driftBetween(await requests.plan(tenant, id, approvedHash), plan);
    if (drift.length === 0) return plan.hash;
    const keys = begun ? all : people.flatMap((person) => person.keys);
    const list = await requests.writeKeys(tenant, id, keys);
    await this.drifted(request, plan, drift, begun ? {} : { resolved: list });
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

  private async ask(
    request: Request,
    asked: Omit<PlanningRequest, 'holds'>,
  ): Promise<Awaited<ReturnType<Planning['plan']>> | undefined> {
    const { id, tenant } = request;
    const { day, holds } = await this.journal.moment(request);
    try {
      const planned = await this.planning.plan({ ...asked, holds }, day, this.signal);
      this.later.delete(id);
      return planned;
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      const pause = Math.min((this.later.get(id)?.pause ?? FIRST_PAUSE_MS / 2) * 2, LONGEST_PAUSE_MS);
      this.later.set(id, { at: performance.now() + pause, pause });
      this.logger.warn({ event: 'erasure_not_planned', request: id, tenant, code: error.code });
      const note = `${error.code}: ${error.message}`;
      const last = request.history.findLast(({ event }) => event === 'NOT_PLANNED');
      if (last?.note !== note) await this.journal.note(request, 'NOT_PLANNED', note);
      return undefined;
    }
  }

  private isDue(id: string): boolean {
    const later = this.later.get(id);
    return later === undefined || performance.now() >= later.at;
  }
}

function driftText(drift: Drift): string {
  if (drift.what === 'subjects') return 'the people have other keys';
  const { dataset, store } = drift;
  return drift.what === 'rows'
    ? `many more rows in ${dataset} (${store})`
    : `another rule for ${dataset} (${store})`;
}
