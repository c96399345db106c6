import { TombstoneHashes, tombstonePlace, type TombstoneRecord } from '../../auth/tombstones';
import { hash64 } from '../../datasources/engines/gone-items';
import { SluiceError } from '../../errors';
import type { SubjectKeyKind } from '../../schema/vocabulary';
import { SUBJECT_KEY_KINDS, type SubjectKey } from '../model';
import type { LedgerTable, Stored } from './table';

/**
 * Keys of one tenant that can be gone from one table before their rows are: each is a value in every statement about it
 * (Redshift takes 100 KB).
 */
export const MOST_TOMBSTONES = 4_000;

/** Writes the tombstones that the gate heeds; by request, so that people of two requests stay gone until both are through. */
export class TombstoneWriter {
  private readonly hashes: TombstoneHashes;

  /** @param together kinds of keys that one table has columns for, for each table */
  constructor(
    private readonly table: LedgerTable,
    key: Buffer,
    private readonly together: readonly (readonly SubjectKeyKind[])[] = [SUBJECT_KEY_KINDS],
    private readonly now: () => number = Date.now,
  ) {
    this.hashes = new TombstoneHashes(key);
  }

  /** @throws SluiceError RATE_LIMITED when too many people of the tenant wait already */
  async add(tenant: string, requestId: string, keys: readonly SubjectKey[]): Promise<void> {
    const entry: TombstoneRecord['requests'][string] = {};
    for (const kind of SUBJECT_KEY_KINDS) {
      const salt = this.hashes.salt(tenant, kind);
      const found = keys.filter((key) => key.kind === kind).map(({ key }) => hash64(salt, key));
      if (found.length > 0) entry[kind] = [...new Set(found)].sort().join(' ');
    }
    await this.change(tenant, (record) => {
      if (JSON.stringify(record.requests[requestId]) === JSON.stringify(entry)) return undefined;
      const requests = { ...record.requests, [requestId]: entry };
      const waiting = this.together.map((kinds) =>
        Object.values(requests).reduce((sum, hashes) => sum + countOf(hashes, kinds), 0),
      );
      if (Math.max(...waiting) > MOST_TOMBSTONES) {
        throw new SluiceError(
          'RATE_LIMITED',
          `At most ${MOST_TOMBSTONES} keys of people that one table may hold wait for their erasure at once. Wait until the running batch is done, or split the request.`,
        );
      }
      return requests;
    });
  }

  async remove(tenant: string, requestId: string): Promise<void> {
    await this.change(tenant, ({ requests }) => {
      if (requests[requestId] === undefined) return undefined;
      const { [requestId]: _gone, ...rest } = requests;
      return rest;
    });
  }

  /** Requests of the tenant that have tombstones. */
  async requests(tenant: string): Promise<readonly string[]> {
    const stored = await this.table.get<TombstoneRecord>(tombstonePlace(tenant));
    return Object.keys(stored?.body.requests ?? {});
  }

  private async change(
    tenant: string,
    changed: (record: TombstoneRecord) => TombstoneRecord['requests'] | undefined,
  ): Promise<void> {
    const place = tombstonePlace(tenant);
    for (;;) {
      const stored: Stored<TombstoneRecord> | undefined = await this.table.get<TombstoneRecord>(place);
      const record = stored?.body ?? { key: this.hashes.name, requests: {} };
      if (record.key !== this.hashes.name && Object.keys(record.requests).length > 0) {
        throw new SluiceError(
          'ENGINE_UNAVAILABLE',
          undefined,
          new Error('The tombstones were written with another SLUICE_ERASURE_KEY. Set that one.'),
        );
      }
      const requests = changed(record);
      if (requests === undefined) return;
      const body: TombstoneRecord = { key: this.hashes.name, requests, changedAt: this.now() };
      if ((await this.table.put(place, stored?.version ?? 0, body)) !== undefined) return;
    }
  }
}

function countOf(hashes: TombstoneRecord['requests'][string], kinds: readonly SubjectKeyKind[]): number {
  return kinds.reduce((sum, kind) => sum + (hashes[kind]?.split(' ').length ?? 0), 0);
}
