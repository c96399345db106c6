import { SluiceError } from '../../errors';
import type { AuditChain, ChainHead } from '../chain';
import type { Ledger } from '../ledger/ledger';
import type { ErasureRequest, HistoryEntry } from '../ledger/records';
import type { Versioned } from '../ledger/requests';
import { advance, END_STATES, type Moment, type RequestEvent } from '../states';
import type { WorkerClock } from './clock';

/** Changes of requests by the worker: each through the states, with its line of history and its entry in the chain. */

export type Request = Versioned<ErasureRequest>;

export interface Noted {
  /** Word of the history, also where the state stays as it is; the new state's name unless given. */
  as?: string;
  note?: string;
  /** What else of the record changes, given the request after the event. */
  also?: (next: Request) => Partial<ErasureRequest>;
  /** Day that the event is of at least: that of the batch. */
  day?: string;
}

/** How often a change is tried that others come before. */
const TRIES = 10;
/** What of the worker's doing the audit chain tells of each request; batches and their steps have entries of their own. */
const CHAINED = ['PLANNED', 'DRIFTED', 'RESURRECTED', 'KEYS_FORGOTTEN'];

export class Journal {
  constructor(
    readonly ledger: Ledger,
    readonly chain: AuditChain,
    readonly clock: WorkerClock,
  ) {}

  async moment({ tenant, id }: Pick<ErasureRequest, 'tenant' | 'id'>, day?: string): Promise<Moment> {
    return { day: this.clock.day(day), holds: await this.ledger.holds.of(tenant, id) };
  }

  /**
   * Changes a request, or finds that nothing changes. When another write comes between, it is read and judged again.
   *
   * @throws SluiceError what the states say; CONFLICT when it never stands still
   */
  async change(request: Request, event: RequestEvent, noted: Noted = {}): Promise<Request> {
    let current = request;
    for (let attempt = 1; ; attempt += 1) {
      const next = advance(current, event, await this.moment(current, noted.day));
      const also = noted.also?.(next) ?? {};
      const entered = noted.as ?? (next.state === current.state ? undefined : next.state);
      if (next === current && entered === undefined && Object.keys(also).length === 0) return current;
      const history =
        entered === undefined ? next.history : [...next.history, this.entry(entered, current, next, noted)];
      try {
        return await this.ledger.requests.update(
          current,
          changesBetween(current, { ...next, ...also, history }),
        );
      } catch (error) {
        if (attempt >= TRIES || !isRace(error)) throw error;
        current = await this.ledger.requests.get(current.tenant, current.id);
      }
    }
  }

  /** Notes something in the history that changes no state. */
  note(request: Request, as: string, note?: string, also: Partial<ErasureRequest> = {}): Promise<Request> {
    return this.change(
      request,
      { type: 'settle' },
      { as, ...(note === undefined ? {} : { note }), also: () => also },
    );
  }

  /** Appends to the audit chain what the history has and the chain has not, be it from people or from Sluice. */
  async chained(request: Request): Promise<Request> {
    const places = new Map<string, number>();
    const missing = (entry: HistoryEntry): boolean =>
      entry.chain === undefined && chainWord(entry) !== undefined;
    let current = request;
    for (let attempt = 1; ; attempt += 1) {
      for (const [index, entry] of current.history.entries())
        if (missing(entry) && !places.has(placeOf(entry, index)))
          places.set(placeOf(entry, index), (await this.append(current, entry, index)).sequence);
      const history = current.history.map((entry, index) => {
        const chain = missing(entry) ? places.get(placeOf(entry, index)) : undefined;
        return chain === undefined ? entry : { ...entry, chain };
      });
      if (history.every((entry, index) => entry === current.history[index])) return current;
      try {
        return await this.ledger.requests.update(current, { history });
      } catch (error) {
        if (attempt >= TRIES || !isRace(error)) throw error;
        current = await this.ledger.requests.get(current.tenant, current.id);
      }
    }
  }

  private append(request: Request, entry: HistoryEntry, index: number): Promise<ChainHead> {
    const { tenant, id, planHash, batch } = request;
    const { event, by, at } = entry;
    return this.chain.append({
      event: chainWord(entry) ?? event,
      tenant,
      requestId: id,
      name: `${id} ${index} ${event} ${at}`,
      ...(by === undefined ? {} : { by }),
      ...(planHash === undefined || event === 'RECEIVED' ? {} : { planHash }),
      ...(batch === undefined || by !== undefined ? {} : { batch }),
    });
  }

  private entry(event: string, before: Request, after: Request, { note }: Noted): HistoryEntry {
    return {
      at: this.clock.iso,
      event,
      from: before.state,
      to: after.state,
      ...(note === undefined ? {} : { note }),
    };
  }
}

/** Another write came first. The states’ own conflicts are thrown before anything is written. */
function isRace(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'CONFLICT';
}

/** What people did, what changed a plan, and how it ended. */
function chainWord({ event, by, from, to }: HistoryEntry): string | undefined {
  if (by !== undefined || CHAINED.includes(event)) return event;
  return to !== undefined && to !== from && END_STATES.includes(to) ? to : undefined;
}

function placeOf({ event, at }: HistoryEntry, index: number): string {
  return `${index} ${event} ${at}`;
}

/** What is not there any more is undefined, so that no old value stays. */
function changesBetween(before: Request, after: Request): Partial<ErasureRequest> {
  const { version: _version, id: _id, tenant: _tenant, ...kept } = after;
  const gone = Object.keys(before).filter((key) => !(key in after));
  return { ...Object.fromEntries(gone.map((key) => [key, undefined])), ...kept };
}
