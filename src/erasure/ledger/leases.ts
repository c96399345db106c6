import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from './records';
import type { LedgerTable, Place, Stored } from './table';

/** Thrown when another worker took over: whoever meets it does nothing more. */
export class LeaseLost extends Error {
  constructor() {
    super('Another worker took over.');
  }
}

/**
 * The right to work, held by one worker at a time. No clock of the world decides: who waits watches the record for as long
 * as a lease lasts, by a clock that only goes forward, and takes over only what did not change in that time; who holds it
 * renews it, and stops by the same kind of clock when it could not. So a clock that jumps gives nobody a lease, and every
 * lease has a higher number than those before.
 */
export class Leases {
  constructor(
    private readonly table: LedgerTable,
    private readonly owner: string,
    private readonly durationMs: number,
  ) {}

  /** Waits until the lease can be had. Undefined when the signal is aborted before. */
  async acquire(name: string, signal: AbortSignal): Promise<HeldLease | undefined> {
    const place = { pk: 'LEASES', sk: name };
    let watched: { version: number; since: number } | undefined;
    while (!signal.aborted) {
      const stored = await this.table.get<Lease>(place);
      const free = stored === undefined || stored.body.owner === '';
      const now = performance.now();
      if (!free && watched?.version !== stored.version) watched = { version: stored.version, since: now };
      const abandoned = watched !== undefined && now - watched.since >= this.durationMs;
      if (free || abandoned) {
        const held = await this.take(place, stored);
        if (held !== undefined) return held;
        continue;
      }
      await sleep(Math.min(1_000, this.durationMs / 4), undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  }

  private async take(place: Place, stored: Stored<Lease> | undefined): Promise<HeldLease | undefined> {
    const began = performance.now();
    const version = await this.table.put(place, stored?.version ?? 0, this.lease());
    return version === undefined
      ? undefined
      : new HeldLease(this.table, place, this.durationMs, version, began, () => this.lease());
  }

  private lease(): Lease {
    return { owner: this.owner, until: new Date(Date.now() + this.durationMs).toISOString() };
  }
}

export class HeldLease {
  private lost = false;
  private renewing: Promise<void> | undefined;

  constructor(
    private readonly table: LedgerTable,
    private readonly place: Place,
    private readonly durationMs: number,
    private version: number,
    private renewedAt: number,
    private readonly record: () => Lease,
  ) {}

  /** Higher than that of every lease before. */
  get fence(): number {
    return this.version;
  }

  /** Renews the lease when a third of it is over. @throws LeaseLost when another worker took over, or might have */
  async beat(): Promise<void> {
    this.check();
    if (performance.now() - this.renewedAt < this.durationMs / 3) return;
    await (this.renewing ??= this.renew().finally(() => (this.renewing = undefined)));
  }

  /** @throws LeaseLost */
  check(): void {
    // What is nearly over is over: the one who watches began to watch after the last renewal.
    if (performance.now() - this.renewedAt >= this.durationMs * 0.9) this.lost = true;
    if (this.lost) throw new LeaseLost();
  }

  async release(): Promise<void> {
    if (this.lost) return;
    this.lost = true;
    await this.table.put(this.place, this.version, { owner: '', until: '' });
  }

  private async renew(): Promise<void> {
    const began = performance.now();
    const version = await this.table.put(this.place, this.version, this.record());
    if (version === undefined) {
      this.lost = true;
      throw new LeaseLost();
    }
    this.version = version;
    this.renewedAt = began;
  }
}
