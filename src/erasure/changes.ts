import { dayOf } from '../calendar';
import type { AuditChain } from './chain';
import { chained, changed, changesBetween, type Request } from './history';
import { activeHolds } from './holds';
import type { Ledger } from './ledger/ledger';
import type { ErasureRequest, HistoryEntry } from './ledger/records';
import { advance, type Moment, type RequestEvent } from './states';

/** Changes of requests by people: each through the states, with its line of history and its entry in the audit chain. */

/** Who acts: a tenant's person, by one-way token. */
export interface Actor {
  tenant: string;
  token: string;
}

export type { Request } from './history';

/** What a change does. */
export interface Change {
  /** Word of the history and the chain: `APPROVED`. */
  as: string;
  event: RequestEvent;
  note?: string;
  /** What else of the record changes. */
  also?: Partial<ErasureRequest>;
  /** Writes it; a conditional update unless said. */
  write?: (request: Request, changes: Partial<ErasureRequest>) => Promise<Request>;
}

export class Changes {
  constructor(
    private readonly ledger: Ledger,
    private readonly chain: AuditChain,
    private readonly now: () => number,
  ) {}

  get day(): string {
    return dayOf(this.now());
  }

  async moment({ tenant, id }: Pick<ErasureRequest, 'tenant' | 'id'>): Promise<Moment> {
    const { day } = this;
    // Nobody compares a gateway's clock with the ledger's: periods end by the worker's alone.
    return { day, checked: false, holds: activeHolds(await this.ledger.holds.of(tenant, id), day) };
  }

  /**
   * Changes a request. When another write comes between, it is read again and tried again.
   *
   * @throws SluiceError NOT_FOUND, what the states say, CONFLICT when it never stands still
   */
  async make(actor: Actor, id: string, change: Change): Promise<Request> {
    const { requests } = this.ledger;
    const changesOf = async (request: Request): Promise<Partial<ErasureRequest>> => {
      const next = advance(request, change.event, await this.moment(request));
      const entry: HistoryEntry = {
        at: new Date(this.now()).toISOString(),
        event: change.as,
        from: request.state,
        to: next.state,
        by: actor.token,
        ...(change.note === undefined ? {} : { note: change.note }),
      };
      return changesBetween(request, { ...next, ...change.also, history: [...next.history, entry] });
    };
    const request = await requests.get(actor.tenant, id);
    return this.chained(await changed(this.ledger, request, changesOf, change.write));
  }

  /** Appends to the audit chain what the history has and the chain has not. */
  chained(request: Request): Promise<Request> {
    return chained(this.ledger, this.chain, request);
  }
}
