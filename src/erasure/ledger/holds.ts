import { SluiceError } from '../../errors';
import type { Hold } from './records';
import { newId, tenantOf, type Versioned } from './requests';
import type { LedgerTable } from './table';

/** Legal holds of a tenant. */
export class Holds {
  constructor(
    private readonly table: LedgerTable,
    private readonly now: () => number,
  ) {}

  async place(asked: Omit<Hold, 'id' | 'placedAt'>): Promise<Versioned<Hold>> {
    const now = this.now();
    const hold: Hold = { ...asked, id: newId(now), placedAt: new Date(now).toISOString() };
    const version = await this.table.put(placeOf(hold.tenant, hold.id), 0, hold);
    if (version === undefined) throw new SluiceError('CONFLICT');
    return { ...hold, version };
  }

  /** Releases a hold; one that was released before stays as it is. @throws SluiceError NOT_FOUND, CONFLICT */
  async release(tenant: string, id: string, by: string): Promise<Versioned<Hold>> {
    const stored = await this.table.get<Hold>(placeOf(tenant, id));
    if (stored === undefined) throw new SluiceError('NOT_FOUND', 'There is no such hold.');
    if (stored.body.releasedAt !== undefined) return { ...stored.body, version: stored.version };
    const released: Hold = {
      ...stored.body,
      releasedBy: by,
      releasedAt: new Date(this.now()).toISOString(),
    };
    const version = await this.table.put(placeOf(tenant, id), stored.version, released);
    if (version === undefined) throw new SluiceError('CONFLICT');
    return { ...released, version };
  }

  /** All holds of a tenant, oldest first. */
  async list(tenant: string): Promise<Versioned<Hold>[]> {
    const found = await this.table.list<Hold>(tenantOf(tenant), { prefix: 'HOLD#' });
    return found.map(({ body, version }) => ({ ...body, version }));
  }

  /** Those that hold on a day. */
  async active(tenant: string, day: string): Promise<Versioned<Hold>[]> {
    return (await this.list(tenant)).filter((hold) => isActive(hold, day));
  }
}

/** Whether a hold keeps anything back on a day (`YYYY-MM-DD`). */
export function isActive(hold: Hold, day: string): boolean {
  return hold.releasedAt === undefined && (hold.until === undefined || day <= hold.until);
}

function placeOf(tenant: string, id: string): { pk: string; sk: string } {
  return { pk: tenantOf(tenant), sk: `HOLD#${id}` };
}
