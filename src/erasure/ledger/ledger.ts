import { LRUCache } from 'lru-cache';
import type { Config } from '../../config';
import { forgetting } from '../../forgetting';
import type { SubjectKeyKind } from '../../schema/vocabulary';
import { Batches } from './batches';
import { Holds } from './holds';
import { Leases } from './leases';
import { Requests } from './requests';
import { KeySeal } from './seal';
import { Schedule } from './schedule';
import { LedgerTable, type LedgerConfig } from './table';
import { TombstoneWriter } from './tombstones';

/** Plans whose people are kept in memory. */
const PLANS_KEPT = 100;

/** The ledger of erasures: what was asked, decided, begun and done. Whatever is destroyed is written here before. */
export interface Ledger {
  requests: Requests;
  holds: Holds;
  batches: Batches;
  schedule: Schedule;
  /** The table itself, for the audit chain. */
  table: LedgerTable;
  /** Leases of one worker. */
  leases(owner: string, durationMs: number): Leases;
  close(): void;
}

/**
 * @param now the time in milliseconds since 1970; the system's own unless given
 * @param together kinds of keys that one table has columns for, for each table; all of them in one unless given
 */
export function createLedger(
  config: LedgerConfig & Pick<Config, 'SLUICE_ERASURE_KEY'>,
  now: () => number = Date.now,
  together?: readonly (readonly SubjectKeyKind[])[],
): Ledger {
  const table = new LedgerTable(config);
  const seal = new KeySeal(config.SLUICE_ERASURE_KEY);
  const tombstones = new TombstoneWriter(table, config.SLUICE_ERASURE_KEY, together, now);
  const requests = new Requests(table, seal, tombstones, now);
  return {
    requests,
    holds: new Holds(table, now, peopleOf(requests)),
    batches: new Batches(table, now),
    schedule: new Schedule(table, now),
    table,
    leases: (owner, durationMs) => new Leases(table, owner, durationMs),
    close: () => table.close(),
  };
}

/** Reads the people of requests' plans. Plans never change, so those read last are kept. */
function peopleOf(requests: Requests): (tenant: string, id: string) => Promise<readonly string[]> {
  const known = forgetting(new LRUCache<string, readonly string[]>({ max: PLANS_KEPT }));
  return async (tenant, id) => {
    const hash = (await requests.find(tenant, id))?.planHash;
    if (hash === undefined) return [];
    const name = `${tenant}#${id}#${hash}`;
    const people = known.get(name) ?? (await requests.plan(tenant, id, hash)).subjects;
    known.set(name, people);
    return people;
  };
}
