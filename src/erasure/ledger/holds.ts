import { SluiceError } from '../../errors';
import type { HoldRecord } from './records';
import { newId, tenantOf, type Versioned } from './requests';
import type { LedgerTable } from './table';

/**
 * Legal holds of a tenant. A hold is placed on a request and binds its people: it keeps their rows from every other
 * request too that is about one of them, or else asking a second time would erase what is held.
 */
export class Holds {
  /** @param peopleOf tokens of the people of a request's plan; none where it has no plan */
  constructor(
    private readonly table: LedgerTable,
    private readonly now: () => number,
    private readonly peopleOf: (tenant: string, requestId: string) => Promise<readonly string[]>,
  ) {}

  async place(asked: Omit<HoldRecord, 'id' | 'placedAt'>): Promise<Versioned<HoldRecord>> {
    const now = this.now();
    const hold: HoldRecord = { ...asked, id: newId(now), placedAt: new Date(now).toISOString() };
    const version = await this.table.put(placeOf(hold.tenant, hold.id), 0, hold);
    if (version === undefined) throw new SluiceError('CONFLICT');
    return { ...hold, version };
  }

  /** Releases a hold; one that was released before stays as it is. @throws SluiceError NOT_FOUND, CONFLICT */
  async release(tenant: string, id: string, by: string): Promise<Versioned<HoldRecord>> {
    const stored = await this.table.get<HoldRecord>(placeOf(tenant, id));
    if (stored === undefined) throw new SluiceError('NOT_FOUND', 'There is no such hold.');
    if (stored.body.releasedAt !== undefined) return { ...stored.body, version: stored.version };
    const released: HoldRecord = {
      ...stored.body,
      releasedBy: by,
      releasedAt: new Date(this.now()).toISOString(),
    };
    const version = await this.table.put(placeOf(tenant, id), stored.version, released);
    if (version === undefined) throw new SluiceError('CONFLICT');
    return { ...released, version };
  }

  /** All holds of a tenant, oldest first. */
  async list(tenant: string): Promise<Versioned<HoldRecord>[]> {
    const found = await this.table.list<HoldRecord>(tenantOf(tenant), { prefix: 'HOLD#' });
    return found.map(({ body, version }) => ({ ...body, version }));
  }

  /** Those that bind a request's people and that nobody released; which of them hold on a day says `activeHolds`. */
  async of(tenant: string, requestId: string): Promise<HoldRecord[]> {
    return (await this.shown(tenant, requestId)).filter(({ releasedAt }) => releasedAt === undefined);
  }

  /** Those, and what was placed on the request itself and is released. */
  async shown(tenant: string, requestId: string): Promise<HoldRecord[]> {
    const all = (await this.list(tenant)).filter(
      (hold) => hold.requestId === requestId || hold.releasedAt === undefined,
    );
    const others = new Set(all.map((hold) => hold.requestId).filter((id) => id !== requestId));
    if (others.size === 0) return all;
    const people = new Set(await this.peopleOf(tenant, requestId));
    const binding = new Set([requestId]);
    if (people.size > 0) {
      for (const other of others) {
        const held = await this.peopleOf(tenant, other);
        if (held.some((person) => people.has(person))) binding.add(other);
      }
    }
    return all.filter((hold) => binding.has(hold.requestId));
  }
}

function placeOf(tenant: string, id: string): { pk: string; sk: string } {
  return { pk: tenantOf(tenant), sk: `HOLD#${id}` };
}
