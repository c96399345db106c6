import { SluiceError } from '../../errors';
import { activeHolds, holdOn } from '../holds';
import type { PlanPart } from '../model';
import type { Batch } from '../ledger/records';
import { otherRules } from '../planner';
import type { ErasureStep, StagedKey } from '../steps';
import { tableId, type TableProgress } from '../tables';
import type { ErasureTarget } from '../targets';
import type { Journal, Noted, Request } from './journal';
import type { People, Person } from './people';
import type { RequestEvent } from '../states';

/** Requests that are changed at once. */
const AT_ONCE = 16;

interface Member {
  request: Request;
  people: readonly Person[];
  /** Rows that were counted just before the batch, by table. */
  counted: ReadonlyMap<string, number>;
  /** Tables for which other rules are declared by now than they were counted by. */
  outdated: ReadonlySet<string>;
}

/** What an event is made of. */
type Found = Pick<Member, 'request' | 'counted' | 'outdated'>;

/** The requests of a batch: whose tables have come how far, and whose keys a step runs with. */
export class Members {
  private members: Member[] = [];
  /** Changes come one group after the other, whichever step they are of. */
  private changing: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly batch: Batch,
    private readonly journal: Journal,
    private readonly people: People,
    private readonly targets: readonly ErasureTarget[],
  ) {}

  static async read(
    batch: Batch,
    journal: Journal,
    people: People,
    targets: readonly ErasureTarget[],
  ): Promise<Members> {
    const members = new Members(batch, journal, people, targets);
    await members.read();
    return members;
  }

  get requests(): readonly Request[] {
    return this.members.map(({ request }) => request);
  }

  /** Changes those of the requests that are in the batch and meet the condition; what the states refuse is left. */
  change(
    when: (request: Request) => boolean,
    event: RequestEvent | ((member: Found) => RequestEvent),
    noted: Noted | ((request: Request) => Noted) = {},
  ): Promise<void> {
    const change = this.changing.then(() =>
      inGroups(this.members, async (member) => {
        if (!this.isIn(member.request) || !when(member.request)) return;
        const what = typeof event === 'function' ? event(member) : event;
        const how = typeof noted === 'function' ? noted(member.request) : noted;
        member.request = await this.journal.change(member.request, what, { day: this.batch.day, ...how });
      }),
    );
    this.changing = change.catch(() => undefined);
    return change;
  }

  /** Tables of a request that are in the batch, and for which other rules are declared by now. */
  outdated({ id, tables }: Request): TableProgress[] {
    const changed = this.members.find(({ request }) => request.id === id)?.outdated;
    return tables.filter(
      (table) => changed?.has(table.id) === true && (table.state === 'picked' || table.state === 'begun'),
    );
  }

  /** Reads the requests anew: people may have held, and others may have changed them. */
  refresh(): Promise<void> {
    const reading = this.changing.then(() =>
      inGroups(this.members, async (member) => {
        const { tenant, id } = member.request;
        member.request = await this.journal.ledger.requests.get(tenant, id);
      }),
    );
    this.changing = reading.catch(() => undefined);
    return reading;
  }

  /**
   * Takes a table whose items are going one by one out of the batch, for requests that a hold binds by now.
   *
   * @param rows that have gone so far, by request
   * @param noted for the history
   */
  keepBack(
    id: string,
    rows: Readonly<Record<string, number>>,
    noted: (rows: number) => Noted,
  ): Promise<void> {
    const work = this.changing.then(async () => {
      const going = this.members.filter(
        ({ request }) =>
          this.isIn(request) && request.tables.some((table) => table.id === id && table.state === 'begun'),
      );
      const held = await this.tenantsWithHolds(new Set(going.map(({ request }) => request.tenant)));
      await inGroups(
        going.filter(({ request }) => held.has(request.tenant)),
        async (member) => {
          const { request } = member;
          const had = rows[request.id] ?? 0;
          if (!(await this.isHeld(request, id))) return;
          try {
            member.request = await this.journal.change(
              request,
              { type: 'interrupted', table: id, rows: had },
              { day: this.batch.day, ...noted(had) },
            );
          } catch (error) {
            if (!(error instanceof SluiceError) || error.code !== 'CONFLICT') throw error;
            // It was released meanwhile.
            if (await this.isHeld(request, id)) throw error;
          }
        },
      );
    });
    this.changing = work.catch(() => undefined);
    return work;
  }

  /** Keys of the people for the datasets of a store whose tables have come so far. @param store all of the staged ones unless given */
  keys(
    states: readonly TableProgress['state'][],
    store?: ErasureStep['store'],
    inState: (request: Request) => boolean = (request) => request.state === 'RUNNING',
  ): StagedKey[] {
    return this.members.flatMap(({ request, people }) => {
      if (!this.isIn(request) || !inState(request)) return [];
      return this.targets.flatMap(({ dataset }) => {
        const of = store === 'dynamodb' ? store : dataset.engine;
        const id = tableId({ store: of, dataset: dataset.name });
        const table = request.tables.find((one) => one.id === id);
        if (table === undefined || !states.includes(table.state)) return [];
        return this.people.staged(request.tenant, people, dataset.name);
      });
    });
  }

  /** Keys of one request for datasets, in whatever store. */
  keysOf(request: Request, datasets: ReadonlySet<string>): StagedKey[] {
    const member = this.members.find((one) => one.request.id === request.id);
    return [...datasets].flatMap((name) => this.people.staged(request.tenant, member?.people ?? [], name));
  }

  /** Rows by request, of rows by the token of their person. */
  byRequest(rows: Readonly<Record<string, number>>): Record<string, number> {
    const found: Record<string, number> = {};
    for (const { request, people } of this.members) {
      const own = people.reduce((sum, { token }) => sum + (rows[token] ?? 0), 0);
      if (own > 0) found[request.id] = own;
    }
    return found;
  }

  /** Most tenants have none, and then no request has to be asked for its own. */
  private async tenantsWithHolds(tenants: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const held = new Set<string>();
    const day = this.journal.clock.day(this.batch.day);
    for (const tenant of tenants)
      if (activeHolds(await this.journal.ledger.holds.list(tenant), day).length > 0) held.add(tenant);
    return held;
  }

  private async isHeld(request: Request, id: string): Promise<boolean> {
    const { day, holds } = await this.journal.moment(request, this.batch.day);
    const table = request.tables.find((one) => one.id === id);
    return table !== undefined && holdOn(holds, table.dataset, day) !== undefined;
  }

  private isIn(request: Request): boolean {
    return request.batch === this.batch.id && (request.state === 'RUNNING' || request.state === 'VERIFYING');
  }

  private async read(): Promise<void> {
    const { requests } = this.journal.ledger;
    const members: Member[] = [];
    await inGroups(this.batch.requests, async ({ tenant, id, counted }) => {
      const request = await requests.find(tenant, id);
      if (request === undefined || !this.isIn(request)) return;
      const plan = await requests.plan(tenant, id, counted);
      const changed = otherRules(
        plan,
        this.targets.map(({ dataset }) => dataset),
        this.batch.day,
      );
      members.push({
        request,
        people: await this.people.of(request),
        counted: rowsOf(plan.parts),
        outdated: new Set(changed.map(tableId)),
      });
    });
    this.members = members.sort((one, other) => (one.request.id < other.request.id ? -1 : 1));
  }
}

/** Rows that go, by table. */
function rowsOf(parts: readonly PlanPart[]): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const { store, dataset, planned, rows: counted } of parts) {
    const id = tableId({ store, dataset });
    rows.set(id, (rows.get(id) ?? 0) + (planned.action === 'retain' ? 0 : counted));
  }
  return rows;
}

async function inGroups<T>(all: readonly T[], each: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const done = await Promise.allSettled(all.slice(at, at + AT_ONCE).map(each));
    const failed = done.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
