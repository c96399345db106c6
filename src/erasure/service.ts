import { addDays } from '../calendar';
import type { BilledRun } from '../datasources/results';
import { SluiceError } from '../errors';
import type { AuditChain } from './chain';
import { Changes, type Actor, type Request } from './changes';
import { LONGEST_HOLD_DAYS } from './holds';
import { askedKeys } from './key-list';
import type { Ledger } from './ledger/ledger';
import type { ErasureRequest, HoldRecord } from './ledger/records';
import type { Schedule, ScheduleState } from './ledger/schedule';
import type { ErasurePlan, RequestState, ResolvedKey, SubjectKey } from './model';
import { planOne, type PlannedErasure, type Planning } from './planning';
import { dueOn, extendedDueOn, isOverdue, type Regulation, type Regulations } from './regulations';
import { keepPlanned, planningOf } from './requested';
import { advance, END_STATES } from './states';
import { windowText, type DailyWindow } from './worker/window';

export type { Actor, Request } from './changes';

/** What people do about erasures, for the API. It knows no role and no policy: who may ask is decided before. */

/** A request for erasure as it comes in. */
export interface Submission {
  keys: readonly SubjectKey[];
  csv?: string;
  regulation: string;
  receivedOn: string;
  reason?: string;
  idempotencyKey: string;
}

/** Which requests are listed. */
export interface ListFilter {
  states?: readonly RequestState[];
  regulations?: readonly string[];
  dueBy?: string;
  overdue?: boolean;
}

/** A hold as it is asked for. */
export interface HoldTermsAsked {
  datasets?: readonly string[];
  ground: string;
  purpose: string;
  until: string;
}

/** A linked key that was not taken. */
export type LeftOutKey = PlannedErasure['people'][number]['leftOut'][number];

export interface ServiceParts {
  ledger: Ledger;
  chain: AuditChain;
  schedule: Pick<Schedule, 'read' | 'pause' | 'resume'>;
  regulations: Regulations;
  planning: Pick<Planning, 'plan'>;
  /** When batches begin; at any time where it is not said. */
  window: DailyWindow | undefined;
  /** Names of the datasets that erasure has to do with. */
  datasets: ReadonlySet<string>;
  now: () => number;
}

/** Longest text that a person writes down: a reason, a note. */
const LONGEST_NOTE = 1_000;
const LONGEST_GROUND = 300;
const LONGEST_IDEMPOTENCY_KEY = 200;
/** Requests that are read at once to fill a page. */
const READ_AHEAD = 100;
/** A plan without anything, to ask the states whether one may be made now. */
const NO_PLAN: ErasurePlan = { requestId: '', tenant: '', subjects: [], parts: [], residue: [], hash: '' };

export class ErasureService {
  private readonly changes: Changes;

  constructor(private readonly parts: ServiceParts) {
    this.changes = new Changes(parts.ledger, parts.chain, parts.now);
  }

  /** Today, `YYYY-MM-DD`. */
  get day(): string {
    return this.changes.day;
  }

  get regulations(): Regulations {
    return this.parts.regulations;
  }

  /** @throws SluiceError NOT_FOUND, also for another tenant's */
  get(actor: Actor, id: string): Promise<Request> {
    return this.parts.ledger.requests.get(actor.tenant, id);
  }

  /** Newest first; one more than `first` where there are more. */
  async list(actor: Actor, filter: ListFilter, first: number, after?: string): Promise<Request[]> {
    const { day } = this;
    const { states, regulations, dueBy, overdue } = filter;
    const found: Request[] = [];
    let behind = after;
    for (;;) {
      const page = await this.parts.ledger.requests.list(actor.tenant, {
        ...(states === undefined ? {} : { states }),
        ...(regulations === undefined ? {} : { regulations }),
        ...(dueBy === undefined ? {} : { dueBy }),
        ...(behind === undefined ? {} : { after: behind }),
        first: READ_AHEAD,
      });
      for (const request of page) {
        if (overdue !== undefined && overdue !== isLate(request, day)) continue;
        found.push(request);
        if (found.length > first) return found;
      }
      if (page.length < READ_AHEAD) return found;
      behind = page.at(-1)?.id;
    }
  }

  /** The plan that was shown last. */
  async plan({ tenant, id, planHash }: Request): Promise<ErasurePlan | undefined> {
    return planHash === undefined ? undefined : this.parts.ledger.requests.plan(tenant, id, planHash);
  }

  /** Keys of the people; undefined until they are resolved, and when they are no longer kept. */
  async keys({ tenant, id, resolved, keysForgotten }: Request): Promise<ResolvedKey[] | undefined> {
    if (resolved === undefined || keysForgotten === true) return undefined;
    return this.parts.ledger.requests.readKeys<ResolvedKey>(tenant, id, resolved);
  }

  async leftOut({ tenant, id, leftOut, keysForgotten }: Request): Promise<LeftOutKey[] | undefined> {
    if (leftOut === undefined || keysForgotten === true) return undefined;
    return this.parts.ledger.requests.readKeys<LeftOutKey>(tenant, id, leftOut);
  }

  /** All holds of a request, those that are released too, and those of other requests that bind its people. */
  async holds({ tenant, id }: Request): Promise<HoldRecord[]> {
    return this.parts.ledger.holds.shown(tenant, id);
  }

  certificate({ tenant, id }: Request): Promise<string | undefined> {
    return this.parts.ledger.requests.certificate(tenant, id);
  }

  /** The batch under way, with how many of its requests are the tenant's. */
  async batch(
    actor: Actor,
  ): Promise<{ id: string; state: string; startedAt: string; requests: number } | undefined> {
    const batch = await this.parts.ledger.batches.current();
    if (batch === undefined) return undefined;
    const { id, state, startedAt, requests } = batch;
    return {
      id,
      state,
      startedAt,
      requests: requests.filter(({ tenant }) => tenant === actor.tenant).length,
    };
  }

  /** Time of day in which batches begin, as `01:00-05:00` in UTC. */
  get window(): string | undefined {
    return this.parts.window === undefined ? undefined : windowText(this.parts.window);
  }

  /** One setting for all tenants; who of another tenant set it, and why, is not said. */
  async schedule(actor: Actor): Promise<ScheduleState> {
    const { by, reason, ...rest } = await this.parts.schedule.read();
    const [tenant, token] = by?.split(' ') ?? [];
    if (tenant !== actor.tenant || token === undefined) return rest;
    return { ...rest, by: token, ...(reason === undefined ? {} : { reason }) };
  }

  async pause(actor: Actor, reason: string): Promise<void> {
    const why = checkedText('reason', reason, LONGEST_NOTE);
    await this.parts.schedule.pause(`${actor.tenant} ${actor.token}`, why);
    await this.parts.chain.append({ event: 'PAUSED', tenant: actor.tenant, by: actor.token });
  }

  async resume(actor: Actor): Promise<void> {
    await this.parts.schedule.resume(`${actor.tenant} ${actor.token}`);
    await this.parts.chain.append({ event: 'RESUMED', tenant: actor.tenant, by: actor.token });
  }

  /** Finds the people and makes their plan, and writes nothing. */
  preview(actor: Actor, asked: readonly SubjectKey[], csv: string | undefined, run: BilledRun) {
    const keys = askedKeys(asked, csv);
    const request = { id: 'preview', asked: keys, holds: [] };
    return planOne(this.parts.planning, actor.tenant, request, this.day, run);
  }

  /** @throws SluiceError BAD_USER_INPUT; CONFLICT for an idempotency key of another request */
  async request(actor: Actor, submission: Submission): Promise<Request> {
    const { regulation, receivedOn, idempotencyKey } = submission;
    const law = this.regulation(regulation);
    if (receivedOn > this.day)
      throw new SluiceError('BAD_USER_INPUT', '`receivedOn` lies ahead. Give the day on which they asked.');
    const reason = submission.reason === undefined ? undefined : checkedNote(submission.reason);
    const named = checkedText('idempotencyKey', idempotencyKey, LONGEST_IDEMPOTENCY_KEY);
    const keys = askedKeys(submission.keys, submission.csv);
    const { request } = await this.parts.ledger.requests.create({
      tenant: actor.tenant,
      regulation,
      receivedOn,
      dueOn: dueOn(law, receivedOn),
      requestedBy: actor.token,
      ...(reason === undefined ? {} : { reason }),
      keys,
      idempotencyKey: named,
    });
    return this.changes.chained(request);
  }

  /** @param hash of the plan that the approver saw */
  approve(actor: Actor, id: string, hash: string): Promise<Request> {
    const { requests } = this.parts.ledger;
    return this.changes.make(actor, id, {
      as: 'APPROVED',
      event: { type: 'approve', by: actor.token, hash },
      write: async (request, changes) => {
        // Those who were forgotten are tokens in their rows: nobody is left to be hidden.
        const keys = request.keysForgotten === true ? [] : await this.keys(request);
        if (keys === undefined)
          throw new SluiceError(
            'CONFLICT',
            'Its keys are not resolved. Ask for a fresh plan (`replanErasure`).',
          );
        return requests.approve(request, keys, changes);
      },
    });
  }

  reject(actor: Actor, id: string, reason: string): Promise<Request> {
    const note = checkedNote(reason);
    return this.changes.make(actor, id, { as: 'REJECTED', event: { type: 'reject', by: actor.token }, note });
  }

  cancel(actor: Actor, id: string, reason: string | undefined): Promise<Request> {
    const note = reason === undefined ? {} : { note: checkedNote(reason) };
    return this.changes.make(actor, id, {
      as: 'CANCELLED',
      event: { type: 'cancel', by: actor.token },
      ...note,
    });
  }

  /** Makes a plan now, instead of waiting for the worker. Whatever was approved is not any more. */
  async replan(actor: Actor, id: string, run: BilledRun): Promise<Request> {
    const { requests } = this.parts.ledger;
    const { tenant } = actor;
    const request = await requests.get(tenant, id);
    const moment = await this.changes.moment(request);
    // The states say no before the stores are asked.
    advance(request, { type: 'planned', plan: NO_PLAN }, moment);
    const asked = await planningOf(requests, request, moment.holds);
    const planned = await planOne(this.parts.planning, tenant, asked, moment.day, run);
    return this.changes.make(actor, id, {
      as: 'PLANNED',
      event: { type: 'planned', plan: planned.plan },
      also: await keepPlanned(requests, asked, planned),
    });
  }

  async hold(actor: Actor, id: string, terms: HoldTermsAsked): Promise<Request> {
    const request = await this.get(actor, id);
    if (request.state === 'REJECTED' || request.state === 'CANCELLED')
      throw new SluiceError(
        'CONFLICT',
        `The request is ${request.state}: nothing of it runs, so nothing is held.`,
      );
    const { until } = terms;
    if (until <= this.day || until > addDays(this.day, LONGEST_HOLD_DAYS)) {
      throw new SluiceError(
        'BAD_USER_INPUT',
        '`until` is the first day without the hold: from tomorrow to ten years ahead. A longer one is placed again.',
      );
    }
    const ground = checkedText('ground', terms.ground, LONGEST_GROUND);
    await this.parts.ledger.holds.place({
      tenant: actor.tenant,
      requestId: id,
      datasets: this.heldDatasets(terms.datasets),
      ground,
      purpose: checkedText('purpose', terms.purpose, LONGEST_GROUND),
      until,
      placedBy: actor.token,
    });
    return this.changes.make(actor, id, { as: 'HELD', event: { type: 'settle' }, note: ground });
  }

  /** Releases a hold; one that was released before stays as it is. */
  async release(actor: Actor, holdId: string): Promise<Request> {
    const { holds } = this.parts.ledger;
    const hold = (await holds.list(actor.tenant)).find(({ id }) => id === holdId);
    if (hold === undefined) throw new SluiceError('NOT_FOUND', 'There is no such hold.');
    if (hold.releasedAt !== undefined) return this.get(actor, hold.requestId);
    await holds.release(actor.tenant, holdId, actor.token);
    return this.changes.make(actor, hold.requestId, { as: 'RELEASED', event: { type: 'settle' } });
  }

  /** @param note how and when the people were told */
  async extend(actor: Actor, id: string, note: string): Promise<Request> {
    const told = checkedNote(note);
    const { regulation, receivedOn } = await this.get(actor, id);
    return this.changes.make(actor, id, {
      as: 'EXTENDED',
      event: { type: 'extend', dueOn: extendedDueOn(this.regulation(regulation), receivedOn) },
      note: told,
    });
  }

  retry(actor: Actor, id: string): Promise<Request> {
    const { requests } = this.parts.ledger;
    return this.changes.make(actor, id, {
      as: 'RETRIED',
      event: { type: 'retry' },
      write: async (request, changes) => {
        await requests.markOpen(request.tenant, request.id);
        return requests.update(request, changes);
      },
    });
  }

  private regulation(name: string): Regulation {
    const law = this.parts.regulations.get(name);
    if (law !== undefined) return law;
    const names = [...this.parts.regulations.keys()].join(', ');
    throw new SluiceError('BAD_USER_INPUT', `There is no such regulation. Regulations are: ${names}.`);
  }

  /** A field keeps back its dataset, since a row goes or stays whole. */
  private heldDatasets(asked: readonly string[] | undefined): readonly string[] | 'all' {
    if (asked === undefined) return 'all';
    const names = [...new Set(asked.map((name) => name.split('.')[0] ?? ''))];
    if (names.length > 0 && names.every((name) => this.parts.datasets.has(name))) return names;
    throw new SluiceError(
      'BAD_USER_INPUT',
      `Name datasets that hold people, or leave \`datasets\` out for all: ${[...this.parts.datasets].join(', ')}.`,
    );
  }
}

/** Late, and not ended. */
export function isLate(request: Pick<ErasureRequest, 'state' | 'dueOn'>, day: string): boolean {
  return !END_STATES.includes(request.state) && isOverdue(request, day);
}

function checkedNote(text: string): string {
  return checkedText('reason', text, LONGEST_NOTE);
}

/** @throws SluiceError BAD_USER_INPUT for text that is empty, too long or holds control characters */
function checkedText(name: string, text: string, most: number): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > most || /[\p{Cc}\p{Cs}]/u.test(trimmed)) {
    throw new SluiceError(
      'BAD_USER_INPUT',
      `\`${name}\` is a text of 1 to ${most} characters, without line breaks.`,
    );
  }
  return trimmed;
}
