import type { AuditChain } from '../chain';
import { chained, changed, changesBetween, type Request } from '../history';
import type { Ledger } from '../ledger/ledger';
import type { ErasureRequest, HistoryEntry } from '../ledger/records';
import { advance, type Moment, type RequestEvent } from '../states';
import type { WorkerClock } from './clock';

/** Changes of requests by the worker: each through the states, with its line of history and its entry in the chain. */

export type { Request } from '../history';

export interface Noted {
  /** Word of the history, also where the state stays as it is; the new state's name unless given. */
  as?: string;
  note?: string;
  /** What else of the record changes, given the request after the event. */
  also?: (next: Request) => Partial<ErasureRequest>;
  /** Day that the event is of at least: that of the batch. */
  day?: string;
}

export class Journal {
  constructor(
    readonly ledger: Ledger,
    readonly chain: AuditChain,
    readonly clock: WorkerClock,
  ) {}

  async moment({ tenant, id }: Pick<ErasureRequest, 'tenant' | 'id'>, day?: string): Promise<Moment> {
    // A clock that is wrong gives the service's day.
    return { day: this.clock.day(day), checked: true, holds: await this.ledger.holds.of(tenant, id) };
  }

  /**
   * Changes a request, or finds that nothing changes. When another write comes between, it is read and judged again.
   *
   * @throws SluiceError what the states say; CONFLICT when it never stands still
   */
  change(request: Request, event: RequestEvent, noted: Noted = {}): Promise<Request> {
    return changed(this.ledger, request, async (current) => {
      const next = advance(current, event, await this.moment(current, noted.day));
      const also = noted.also?.(next) ?? {};
      const entered = noted.as ?? (next.state === current.state ? undefined : next.state);
      if (next === current && entered === undefined && Object.keys(also).length === 0) return undefined;
      const history =
        entered === undefined ? next.history : [...next.history, this.entry(entered, current, next, noted)];
      return changesBetween(current, { ...next, ...also, history });
    });
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
  chained(request: Request): Promise<Request> {
    return chained(this.ledger, this.chain, request);
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
