import { SluiceError } from '../../errors';
import type { HoldRecord } from './records';
import { newId, tenantOf, type Versioned } from './requests';
import type { LedgerTable } from './table';

/** Legal holds of a tenant. */
export class Holds {
  constructor(
    private readonly table: LedgerTable,
    private readonly now: () => number,
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

  /** Those of a request that nobody released; which of them hold on a day says `activeHolds`. */
  async of(tenant: string, requestId: string): Promise<HoldRecord[]> {
    const all = await this.list(tenant);
    return all.filter((hold) => hold.requestId === requestId && hold.releasedAt === undefined);
  }
}

function placeOf(tenant: string, id: string): { pk: string; sk: string } {
  return { pk: tenantOf(tenant), sk: `HOLD#${id}` };
}
