import { createHmac, hkdfSync } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Config } from '../config';
import { orLeave } from '../datasources/engines/leaving';
import { LedgerTable } from '../erasure/ledger/table';
import { BootError, faultOf, SluiceError } from '../errors';
import { forgetting } from '../forgetting';
import type { DatasetDeclaration } from '../schema/declarations';
import type { SubjectKeyKind } from '../schema/vocabulary';
import type { Gone, GoneKeys } from './scope';

/**
 * Tombstones: from the approval of their erasure on, people are gone from every read, before a row is touched. One record
 * for each tenant holds the hashes of their keys; the gate puts them into the scope of every plan.
 *
 * A hash is the first 64 bits of SHA-256 over a secret salt, its own for each tenant and kind of key, and the key.
 */

/** Hexadecimal digits of a key's name. */
const KEY_NAME_DIGITS = 16;
/** Tenants whose tombstones are kept. */
const TENANTS = 10_000;
/** The record of a tenant: hashes, separated by spaces, by request and kind of key. */
export interface TombstoneRecord {
  /** Names the key that the salts follow from. */
  key: string;
  requests: Record<string, Partial<Record<SubjectKeyKind, string>>>;
  /** When it last changed, in milliseconds since 1970. Records of before have none. */
  changedAt?: number;
}

/** Where a tenant's record is. */
export function tombstonePlace(tenant: string): { pk: string; sk: string } {
  return { pk: `TENANT#${tenant}`, sk: 'TOMBSTONES' };
}

/** Salts of the hashes, the same for who writes tombstones and who heeds them. */
export class TombstoneHashes {
  /** Names the key without telling it. */
  readonly name: string;

  /** @param key 32 random bytes */
  constructor(private readonly key: Buffer) {
    this.name = createHmac('sha256', key).update('sluice tombstones').digest('hex').slice(0, KEY_NAME_DIGITS);
  }

  salt(tenant: string, kind: SubjectKeyKind): string {
    return Buffer.from(
      hkdfSync('sha256', this.key, '', `sluice tombstones\0${tenant}\0${kind}`, 16),
    ).toString('hex');
  }
}

interface TenantTombstones {
  kinds: ReadonlyMap<SubjectKeyKind, Omit<GoneKeys, 'field'>>;
  changedAt?: number;
}

interface Known {
  /** When the read began, by a clock that only goes forward. */
  began: number;
  tombstones: Promise<TenantTombstones>;
}

/** The tombstones as the gate heeds them: one read for each tenant and interval, whoever asks. */
export class Tombstones {
  private readonly table: LedgerTable;
  private readonly hashes: TombstoneHashes;
  private readonly known = forgetting(new LRUCache<string, Known>({ max: TENANTS }));
  private readonly freshMs: number;

  constructor(
    config: Config,
    private readonly logger: Logger,
  ) {
    this.table = new LedgerTable(config);
    this.hashes = new TombstoneHashes(config.SLUICE_ERASURE_KEY);
    this.freshMs = config.SLUICE_TOMBSTONE_SECONDS * 1_000;
  }

  /**
   * The people of a tenant that a dataset's rows must not show; undefined when there never were any. What it says was true
   * at most SLUICE_TOMBSTONE_SECONDS ago.
   *
   * @throws SluiceError ENGINE_UNAVAILABLE when the ledger cannot be read; ENGINE_TIMEOUT when it stalls or the request is over
   */
  async goneFrom(
    dataset: DatasetDeclaration,
    tenant: string,
    signal: AbortSignal,
  ): Promise<Gone | undefined> {
    const { erasure, subject } = dataset;
    if (erasure === undefined) return undefined;
    const { kinds, changedAt } = await orLeave(this.of(tenant), signal);
    const changed = changedAt === undefined ? {} : { changedAt };
    const keysOf = (fields: Readonly<Record<string, SubjectKeyKind>>): GoneKeys[] =>
      Object.entries(fields).flatMap(([field, kind]) => {
        const found = kinds.get(kind);
        return found === undefined ? [] : [{ field, ...found }];
      });
    const keys = keysOf(erasure.keys);
    const mentions = keysOf(erasure.mentions ?? {});
    if (keys.length === 0 && mentions.length === 0)
      return changedAt === undefined ? undefined : { keys, mentions, ...changed };
    return { ...(subject === undefined ? {} : { subject }), keys, mentions, ...changed };
  }

  /** Whether the ledger answers: without its list nothing about people is shown. Reads a record that no tenant has. */
  async health(signal: AbortSignal): Promise<'up' | 'down'> {
    try {
      await this.table.get({ pk: '#', sk: '#' }, signal);
      return 'up';
    } catch {
      return 'down';
    }
  }

  close(): void {
    this.table.close();
  }

  private of(tenant: string): Promise<TenantTombstones> {
    const now = performance.now();
    const known = this.known.get(tenant);
    if (known !== undefined && now - known.began < this.freshMs) return known.tombstones;
    const read: Known = { began: now, tombstones: this.read(tenant) };
    this.known.set(tenant, read);
    // What failed is asked again by the next request.
    read.tombstones.catch(() => {
      if (this.known.get(tenant) === read) this.known.delete(tenant);
    });
    return read.tombstones;
  }

  private async read(tenant: string): Promise<TenantTombstones> {
    try {
      const stored = await this.table.get<TombstoneRecord>(tombstonePlace(tenant));
      return stored === undefined ? { kinds: new Map() } : this.grouped(tenant, stored.body);
    } catch (error) {
      this.logger.error({ event: 'tombstones_unread', fault: faultOf(error) }, 'tombstones cannot be read');
      throw new SluiceError(
        error instanceof SluiceError && error.code === 'ENGINE_TIMEOUT' ? error.code : 'ENGINE_UNAVAILABLE',
        'The list of people who are being erased cannot be read now, and without it nothing is shown. Retry later.',
        error,
      );
    }
  }

  private grouped(tenant: string, record: TombstoneRecord): TenantTombstones {
    if (record.key !== this.hashes.name && Object.keys(record.requests).length > 0)
      throw new BootError(['The tombstones were written with another SLUICE_ERASURE_KEY. Set that one.']);
    const found = new Map<SubjectKeyKind, Set<string>>();
    for (const kinds of Object.values(record.requests)) {
      for (const [kind, hashes] of Object.entries(kinds) as [SubjectKeyKind, string][]) {
        const set = found.get(kind) ?? new Set();
        for (const one of hashes.split(' ')) if (one !== '') set.add(one);
        if (set.size > 0) found.set(kind, set);
      }
    }
    // Sorted, so that every gateway compiles the same statement and runs are shared.
    const kinds = new Map(
      [...found].map(([kind, set]) => [
        kind,
        { salt: this.hashes.salt(tenant, kind), hashes: new Set([...set].sort()) },
      ]),
    );
    return record.changedAt === undefined ? { kinds } : { kinds, changedAt: record.changedAt };
  }
}
