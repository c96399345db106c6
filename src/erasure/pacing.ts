import { orLeave } from '../datasources/engines/leaving';
import { Abandoned, pause } from '../datasources/engines/service-caller';
import type { Config } from '../config';

/**
 * Keeps erasure to a part of a DynamoDB table's capacity, so that others can go on reading and writing it. Executors,
 * searches and verification share it: it knows nothing of what they ask.
 */

/** Time as pacing sees it; tests bring their own. */
export interface PacingClock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Waits for a moment of `now()`. @throws Abandoned as soon as the signal is aborted */
  until(moment: number, signal: AbortSignal): Promise<void>;
}

const CLOCK: PacingClock = {
  now: () => performance.now(),
  until: (moment, signal) => pause(Math.max(0, moment - performance.now()), signal),
};

/** What a call took. */
export interface Taken {
  /**
   * Capacity units as the service counted them; undefined where it does not say: it does not of a conditional write that was
   * refused, which takes what the item's size takes (Amazon DynamoDB Developer Guide, "Read and write operations").
   */
  units: number | undefined;
  /** Items that were read or written. */
  items: number;
}

/** Calls that take alike: pages of a scan; single items. */
export type CallKind = 'page' | 'item';

/**
 * So many capacity units a second of one table. The service tells what a call took only in its reply, so a call is
 * expected to take what the last one of its kind took, and the next one waits longer or shorter by what that was wrong.
 * Time in which nothing was asked for saves nothing up: a burst would take at once what others were promised.
 */
export class Pace {
  /** From when on what was taken so far is within the limit. */
  private free = 0;
  private readonly last = new Map<CallKind, { units: number; unitsPerItem: number }>();
  private queue: Promise<void> = Promise.resolve();

  /** @param unitsPerSecond 0: no limit */
  constructor(
    private readonly unitsPerSecond: number,
    readonly clock: PacingClock,
  ) {}

  /**
   * Makes a call as soon as the limit allows, in the order in which calls were asked for. One that fails counts as what was
   * expected.
   *
   * @param call is told how many items take about a second's units; undefined: as many as it likes
   * @throws Abandoned when the signal is aborted before it is made; what the call throws
   */
  async call<T extends Taken>(
    kind: CallKind,
    call: (items: number | undefined) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    if (this.unitsPerSecond === 0) return call(undefined);
    const before = this.queue;
    let leave = (): void => undefined;
    this.queue = new Promise((resolve) => (leave = resolve));
    try {
      if (signal.aborted) throw new Abandoned();
      await orLeave(before, signal).catch(() => {
        throw new Abandoned();
      });
      await this.clock.until(this.free, signal);
      const last = this.last.get(kind);
      const expected = last?.units ?? 0;
      this.free = Math.max(this.free, this.clock.now()) + this.milliseconds(expected);
      // Nobody knows what the first one takes, so the others wait for its reply.
      if (last !== undefined) leave();
      const taken = await call(this.itemsOfASecond(kind));
      const { units = Math.max(1, expected), items } = taken;
      this.free += this.milliseconds(units - expected);
      const unitsPerItem = items > 0 ? units / items : (last?.unitsPerItem ?? 1);
      this.last.set(kind, { units, unitsPerItem });
      return taken;
    } finally {
      // Not before those ahead, where it gave up in the queue.
      void before.then(leave);
    }
  }

  /** An item of which nothing is known is taken for a unit; for what it takes more the next calls wait. */
  private itemsOfASecond(kind: CallKind): number {
    // A page may have held nothing that takes a whole unit.
    const unitsPerItem = this.last.get(kind)?.unitsPerItem || 1;
    return Math.max(1, Math.floor(this.unitsPerSecond / unitsPerItem));
  }

  private milliseconds(units: number): number {
    return (units / this.unitsPerSecond) * 1_000;
  }
}

/** The paces of all tables. One of these serves a whole process. */
export class Pacing {
  private readonly paces = new Map<string, Pace>();

  constructor(
    private readonly config: Pick<Config, 'SLUICE_ERASURE_SCAN_UNITS' | 'SLUICE_ERASURE_WRITE_UNITS'>,
    readonly clock: PacingClock = CLOCK,
  ) {}

  /** Of scans and of reads of single items. */
  reads(table: string): Pace {
    return this.of(`reads ${table}`, this.config.SLUICE_ERASURE_SCAN_UNITS);
  }

  writes(table: string): Pace {
    return this.of(`writes ${table}`, this.config.SLUICE_ERASURE_WRITE_UNITS);
  }

  private of(name: string, unitsPerSecond: number): Pace {
    const pace = this.paces.get(name) ?? new Pace(unitsPerSecond, this.clock);
    this.paces.set(name, pace);
    return pace;
  }
}
