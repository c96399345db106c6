import { addDays } from '../../src/calendar';
import { SluiceError } from '../../src/errors';
import type { HoldTerms } from '../../src/erasure/holds';
import { REQUEST_STATES, type ErasurePlan, type RequestState } from '../../src/erasure/model';
import { driftBetween, isWhole, makePlan, type Counts, type PartTerms } from '../../src/erasure/planner';
import { SERVICE_RESIDUE } from '../../src/erasure/residue';
import {
  advance,
  END_STATES,
  type Moment,
  type RequestEvent,
  type RequestStanding,
} from '../../src/erasure/states';
import type { Looks } from '../../src/erasure/tables';
import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration, ErasureRule, RetainedFields } from '../../src/schema/declarations';
import { Random } from '../privacy/random';

/**
 * Random plans and schedules through the planner and the states. The judge keeps its own books of what was placed,
 * approved and planned, and knows nothing of how the states decide.
 */

export interface ScheduleReport {
  plans: number;
  /** Plans made, drifted and refreshed ones with them. */
  plansMade: number;
  events: number;
  refused: number;
  /** Rows that began to go while a hold kept them back. */
  holdViolations: number;
  /** Rows that began to go, of a plan that nobody but the requester approved, or of another than was approved. */
  unapprovedRuns: number;
  /** Requests that a batch took under rules that are not those which were approved. */
  otherRules: number;
  /** Tables that began twice without having been waiting in between, or went without having begun. */
  doubleRuns: number;
  /** Tables called erased before anybody found, on the day of their horizon or later, that nothing is left. */
  unseenEnds: number;
  /** Tables of a request that ended with fields whose day had come. */
  lateFields: number;
  /** Requests that no fair course of events brought to an end. */
  unended: number;
  /** Refusals that were no error of the table. */
  faults: number;
  ends: Partial<Record<RequestState, number>>;
  /** Seed of the first schedule that broke a rule. */
  firstBroken?: string;
}

export interface ScheduleOptions {
  plans: number;
  seed: string;
  /** Number of the first one, so that several processes can share a run; 0 unless given. */
  from?: number;
  /** The states under test; those of the project unless given. */
  states?: typeof advance;
  /** What is called drift; the project's unless given. */
  drift?: typeof driftBetween;
  /** Called after each thousand. */
  progress?: (done: number) => void;
}

const START = '2026-11-24';
const PEOPLE = ['ann', 'bob', 'cyd'] as const;
const RANDOM_EVENTS = 24;

/** Runs so many random requests, each to its end. */
export function runSchedules({
  plans,
  seed,
  from = 0,
  states = advance,
  drift = driftBetween,
  progress,
}: ScheduleOptions): ScheduleReport {
  const report: ScheduleReport = {
    plans,
    plansMade: 0,
    events: 0,
    refused: 0,
    holdViolations: 0,
    unapprovedRuns: 0,
    otherRules: 0,
    doubleRuns: 0,
    unseenEnds: 0,
    lateFields: 0,
    unended: 0,
    faults: 0,
    ends: {},
  };
  const catalogs = Array.from({ length: 32 }, (_, index) =>
    randomCatalog(new Random(`${seed} catalog ${index}`)),
  );
  for (let index = from; index < from + plans; index++) {
    const own = `${seed} ${index}`;
    const random = new Random(own);
    const broken = rulesBroken(report);
    new Schedule(random, random.one(catalogs), report, { states, drift }, `r${index}`).run();
    if (rulesBroken(report) > broken) report.firstBroken ??= own;
    if (progress !== undefined && (index + 1 - from) % 1_000 === 0) progress(index + 1 - from);
  }
  return report;
}

function rulesBroken(report: ScheduleReport): number {
  const { holdViolations, unapprovedRuns, otherRules, doubleRuns, unseenEnds, lateFields, unended } = report;
  return holdViolations + unapprovedRuns + otherRules + doubleRuns + unseenEnds + lateFields + unended;
}

type Catalog = ReadonlyMap<string, DatasetDeclaration>;

/** A field that goes at some time, and one that may go at another. */
function retained(random: Random, from: string): RetainedFields[] {
  return ['one', 'other'].map((field) => ({
    fields: [field],
    ground: 'Some other law',
    keep: random.one(['P30D', 'P60D', 'P25M']),
    from,
  }));
}

/** The project's datasets under random rules. */
function randomCatalog(random: Random): Catalog {
  return new Map(
    [...declarations.datasets].map(([name, dataset]) => {
      if (dataset.erasure === undefined || dataset.time === undefined) return [name, dataset];
      const period = { ground: 'Some law', keep: random.one(['P30D', 'P25M', 'P8Y']), from: dataset.time };
      const rule = random.one<ErasureRule>([
        dataset.erasure.rule,
        { action: 'delete' },
        { action: 'pseudonymise', ground: 'Some law' },
        { action: 'pseudonymise', ...period },
        { action: 'delete', retained: retained(random, dataset.time) },
        { action: 'pseudonymise', ground: 'Some law', retained: retained(random, dataset.time) },
        { action: 'pseudonymise', ...period, keep: 'P8Y', retained: retained(random, dataset.time) },
        { action: 'retain', then: 'delete', ...period },
        { action: 'retain', then: 'pseudonymise', ...period },
      ]);
      return [name, { ...dataset, erasure: { ...dataset.erasure, rule } }];
    }),
  );
}

/** The same datasets when somebody deployed another rule: one of another kind, or the same with another period. */
function changedCatalog(random: Random, catalog: Catalog): Catalog {
  const [name, dataset] = random.one([...catalog]);
  if (random.chance(0.3)) return new Map([...catalog, [name, randomCatalog(random).get(name) ?? dataset]]);
  const { erasure } = dataset;
  if (erasure === undefined) return catalog;
  const { rule } = erasure;
  const keep = random.one(['P20D', 'P40D', 'P7Y']);
  const kept: ErasureRule = rule.action === 'delete' || rule.keep === undefined ? rule : { ...rule, keep };
  const period =
    kept.action === 'retain' || kept.retained === undefined
      ? kept
      : { ...kept, retained: kept.retained.map((fields) => ({ ...fields, keep })) };
  return new Map([...catalog, [name, { ...dataset, erasure: { ...erasure, rule: period } }]]);
}

/** What the rules of all datasets say, as they are declared. */
function rulesOf(catalog: Catalog): string {
  return JSON.stringify([...catalog].map(([name, { erasure }]) => [name, erasure]));
}

class Schedule {
  private day = START;
  private readonly holds: HoldTerms[] = [];
  private subjects = ['a_1'];
  private request: RequestStanding;
  private plan: ErasurePlan | undefined;
  /** The judge's books. */
  private approvedPlan: string | undefined;
  private readonly rulesOfPlans = new Map<string, string>();
  private readonly runs = new Map<string, 'begun' | 'gone'>();
  /** Day of the last look that found nothing, by table. */
  private readonly clean = new Map<string, string>();

  constructor(
    private readonly random: Random,
    private catalog: Catalog,
    private readonly report: ScheduleReport,
    private readonly tested: Required<Pick<ScheduleOptions, 'states' | 'drift'>>,
    private readonly id: string,
  ) {
    this.request = {
      state: 'RECEIVED',
      requestedBy: random.one(PEOPLE),
      dueOn: addDays(START, 30),
      tables: [],
    };
  }

  run(): void {
    const events = this.random.whole(4, RANDOM_EVENTS);
    for (let count = 0; count < events; count++) this.randomly();
    this.toTheEnd();
    // What was kept for a time goes on by itself.
    for (const days of [40, 800]) {
      this.jump(days);
      this.toTheEnd();
    }
    const { state } = this.request;
    if (!END_STATES.includes(state)) this.report.unended++;
    if (!REQUEST_STATES.includes(state)) this.report.faults++;
    this.report.ends[state] = (this.report.ends[state] ?? 0) + 1;
  }

  private get moment(): Moment {
    return { day: this.day, checked: true, holds: this.holds };
  }

  private send(event: RequestEvent): boolean {
    this.report.events++;
    const before = this.request;
    let next: RequestStanding;
    try {
      next = this.tested.states(before, event, this.moment);
    } catch (error) {
      this.report.refused++;
      if (!(error instanceof SluiceError)) this.report.faults++;
      return false;
    }
    this.judge(before, event);
    this.judgeEnds(before, next);
    this.request = next;
    return true;
  }

  private judge(before: RequestStanding, event: RequestEvent): void {
    if (event.type === 'planned' || event.type === 'drifted') {
      this.plan = event.plan;
      this.approvedPlan = undefined;
    }
    if (event.type === 'approve' && event.by !== before.requestedBy) this.approvedPlan = event.hash;
    if (event.type === 'batch' && this.rulesOfPlans.get(before.approvedHash ?? '') !== rulesOf(this.catalog))
      this.report.otherRules++;
    if (event.type === 'begin') {
      const table = before.tables.find(({ id }) => id === event.table);
      const held = this.holds.some(
        ({ datasets, until, releasedAt }) =>
          releasedAt === undefined &&
          this.day < until &&
          (datasets === 'all' || datasets.includes(table?.dataset ?? '')),
      );
      if (held) this.report.holdViolations++;
      if (this.plan === undefined || this.approvedPlan !== this.plan.hash) this.report.unapprovedRuns++;
      if (this.runs.get(event.table) === 'begun') this.report.doubleRuns++;
      this.runs.set(event.table, 'begun');
    }
    if (event.type === 'gone' || event.type === 'failed') {
      if (event.type === 'gone' && this.runs.get(event.table) !== 'begun') this.report.doubleRuns++;
      this.runs.set(event.table, 'gone');
    }
  }

  private judgeEnds(before: RequestStanding, next: RequestStanding): void {
    const isOver = ['COMPLETED', 'PARTIAL', 'FAILED'].includes(next.state);
    for (const { id, outcome } of next.tables) {
      const kept = outcome?.state === 'PSEUDONYMISED' ? (outcome.retained ?? []) : [];
      if (isOver && kept.some(({ until }) => until <= this.day)) this.report.lateFields++;
      const was = before.tables.find((table) => table.id === id)?.outcome;
      if (outcome?.state !== 'ERASED' || was?.state !== 'PENDING_HORIZON') continue;
      if (was.date > this.day || (this.clean.get(id) ?? '') < was.date) this.report.unseenEnds++;
    }
  }

  /** Somebody looks at all tables. What is found of one is brought back by an event of its own, or not yet. */
  private looked(): Looks {
    const { random, day } = this;
    return Object.fromEntries(
      this.request.tables.map(({ id }) => {
        const [found, rows] = [random.one([0, 0, 0, 2]), random.one([0, 0, 3])];
        const files = random.chance(0.5) ? { read: 1, rows } : undefined;
        if (found + (files?.rows ?? 0) === 0) this.clean.set(id, day);
        else this.clean.delete(id);
        return [id, { at: `${day}T01:00:00.000Z`, day, found, ...(files && { files }) }];
      }),
    );
  }

  /** @param counts random ones unless given */
  private freshPlan(counts?: Counts): ErasurePlan {
    this.report.plansMade++;
    const { random } = this;
    const scale = random.one([0, 1, 50, 5_000]);
    const plan = makePlan({
      requestId: this.id,
      tenant: 'aurora',
      subjects: this.subjects,
      datasets: this.catalog,
      day: this.day,
      counts: counts ?? (() => (random.chance(0.3) ? undefined : { rows: random.whole(0, scale) })),
      holds: this.holds,
      residue: SERVICE_RESIDUE,
    });
    if (random.chance(0.05) && !isWhole(plan)) this.report.faults++;
    if (!this.rulesOfPlans.has(plan.hash)) this.rulesOfPlans.set(plan.hash, rulesOf(this.catalog));
    return plan;
  }

  private drift(): void {
    if (this.random.chance(0.3)) this.subjects = [...this.subjects, `a_${this.subjects.length + 1}`];
    const plan = this.freshPlan();
    if (this.plan === undefined || this.tested.drift(this.plan, plan).length > 0)
      this.send({ type: 'drifted', plan });
  }

  /** As a worker does: the plan is made again, with as many rows as before, and only one without drift runs. */
  private batch(id: string): boolean {
    const approved = this.plan;
    if (approved === undefined || this.request.state !== 'APPROVED') return this.send({ type: 'batch', id });
    const rows = (asked: PartTerms): number =>
      approved.parts
        .filter(({ dataset, store }) => dataset === asked.dataset && store === asked.store)
        .reduce((sum, part) => sum + part.rows, 0);
    const plan = this.freshPlan((asked) => ({
      rows: asked.planned.action === 'mention' ? 0 : Math.floor(rows(asked) / 2),
    }));
    if (this.tested.drift(approved, plan).length === 0) return this.send({ type: 'batch', id, plan });
    return this.send({ type: 'drifted', plan });
  }

  private deploy(): void {
    this.catalog = changedCatalog(this.random, this.catalog);
  }

  private table(): string {
    const { tables } = this.request;
    return tables.length === 0 || this.random.chance(0.02) ? 'athena.Nothing' : this.random.one(tables).id;
  }

  private placeHold(): void {
    this.holds.push({
      ground: 'Lawsuit',
      datasets: this.random.chance(0.3) ? 'all' : [this.random.one([...this.catalog.keys()])],
      until: addDays(this.day, this.random.whole(0, 400)),
    });
    // A request learns of a hold later than the next step, now and then.
    if (this.random.chance(0.6)) this.send({ type: 'settle' });
  }

  private releaseHold(): void {
    const hold = this.holds.find(({ releasedAt }) => releasedAt === undefined);
    if (hold !== undefined) hold.releasedAt = this.day;
    this.send({ type: 'settle' });
  }

  /** Anything, whether it makes sense or not; what makes sense more often. */
  private randomly(): void {
    const { random, request } = this;
    const hash = random.chance(0.85) ? request.planHash : random.one([request.approvedHash, 'other']);
    const acts: readonly [number, () => void][] = [
      [request.state === 'RECEIVED' ? 8 : 1, () => this.send({ type: 'planned', plan: this.freshPlan() })],
      [2, () => this.drift()],
      [
        request.state === 'PLANNED' ? 10 : 1,
        () => this.send({ type: 'approve', by: random.one(PEOPLE), hash: hash ?? 'none' }),
      ],
      [0.4, () => this.send({ type: 'reject', by: random.one(PEOPLE) })],
      [0.4, () => this.send({ type: 'cancel', by: request.requestedBy })],
      [1, () => this.deploy()],
      [2, () => this.placeHold()],
      [1.5, () => this.releaseHold()],
      // A clock that jumps, now and then backwards.
      [2, () => this.jump(random.whole(-3, 300))],
      [0.5, () => this.send({ type: 'extend', dueOn: addDays(request.dueOn, random.whole(-5, 60)) })],
      [request.state === 'APPROVED' ? 10 : 1, () => this.batch(`b${random.whole(1, 9)}`)],
      [request.state === 'RUNNING' ? 12 : 1, () => this.send({ type: 'begin', table: this.table() })],
      [
        request.state === 'RUNNING' ? 12 : 1,
        () => this.send({ type: 'gone', table: this.table(), rows: random.whole(0, 9) }),
      ],
      [1, () => this.send({ type: 'failed', table: this.table(), reason: 'ENGINE_FAILED' })],
      [
        request.state === 'VERIFYING' ? 10 : 1,
        () => this.send({ type: 'verified', survivors: random.chance(0.3) ? [this.table()] : [], looks: {} }),
      ],
      [END_STATES.includes(request.state) ? 6 : 1, () => this.send({ type: 'looked', looks: this.looked() })],
      [1, () => this.send({ type: 'resurrected', table: this.table() })],
      [0.5, () => this.send({ type: 'retry' })],
    ];
    const [, act] = random.weighted(acts, ([weight]) => weight);
    act();
  }

  private jump(days: number): void {
    this.day = addDays(this.day, days);
    this.send({ type: 'settle' });
  }

  /** A fair course: holds are released or run out, somebody approves, batches run, nothing else goes wrong. */
  private toTheEnd(): void {
    for (let turn = 0; turn < 100 && !END_STATES.includes(this.request.state); turn++) {
      const { state, planHash, requestedBy, tables } = this.request;
      if (state === 'RECEIVED') this.send({ type: 'planned', plan: this.freshPlan() });
      else if (state === 'PLANNED')
        this.send({ type: 'approve', by: requestedBy === 'ann' ? 'bob' : 'ann', hash: planHash ?? '' });
      else if (state === 'APPROVED') {
        if (!this.batch('last')) this.send({ type: 'settle' });
      } else if (state === 'VERIFYING') this.send({ type: 'verified', survivors: [], looks: {} });
      else if (state === 'RUNNING') {
        const next = tables.find((table) => table.state === 'picked' || table.state === 'begun');
        const begun = next?.state === 'begun' || this.send({ type: 'begin', table: next?.id ?? '' });
        if (!begun) this.send({ type: 'settle' });
        else if (next !== undefined) this.send({ type: 'gone', table: next.id, rows: 1 });
      } else this.jump(200);
    }
  }
}
