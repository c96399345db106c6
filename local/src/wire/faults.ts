/** Faults that tests can plan: the next N calls of an operation are throttled, stalled, failed or lose their reply. */

/** Ways to fail; see `Fault`. */
export type FaultKind = 'throttle' | 'stall' | 'fail' | 'drop';

/** Which server a fault is planned for. */
export type FaultService = 'dynamodb' | 'athena' | 'redshift' | 's3';

/** A fault to plan. */
export interface Fault {
  /** The operation's name, for example `StartQueryExecution`; `*` at its end or alone matches any rest. */
  operation: string;
  /**
   * - `throttle`: the service's own throttling error, before any work;
   * - `stall`: the call waits `millis` before any work;
   * - `fail`: a statement ends FAILED with `message`; other calls answer with an internal error;
   * - `drop`: the work is done, then the connection closes without a reply.
   */
  kind: FaultKind;
  /** How many calls it hits; one when left out. */
  times?: number;
  /** For `stall`: milliseconds. */
  millis?: number;
  /** For `fail`: the engine's error text. */
  message?: string;
}

/** What one call has to suffer. */
export interface Suffered {
  throttle: boolean;
  stallMillis: number;
  failure: string | undefined;
  drop: boolean;
}

/** The faults planned for one server, which asks at every call. */
export class FaultPlan {
  private planned: (Fault & { left: number })[] = [];
  private readonly watchers = new Set<(operation: string) => void>();

  /** Tells of every call from now on, until the given function is called. */
  watch(told: (operation: string) => void): () => void {
    this.watchers.add(told);
    return () => void this.watchers.delete(told);
  }

  add(fault: Fault): void {
    const times = fault.times ?? 1;
    if (!Number.isInteger(times) || times < 1) throw new RangeError('times must be a whole number above 0.');
    this.planned.push({ ...fault, left: times });
  }

  clear(): void {
    this.planned = [];
  }

  /** The faults still to come. */
  pending(): Fault[] {
    return this.planned.map(({ left, ...fault }) => ({ ...fault, times: left }));
  }

  /** Takes what is planned for one call of an operation; the first fault of each kind counts. */
  take(operation: string): Suffered {
    for (const told of this.watchers) told(operation);
    const taken = new Map<FaultKind, Fault>();
    for (const fault of this.planned) {
      if (taken.has(fault.kind) || !matches(fault.operation, operation)) continue;
      fault.left -= 1;
      taken.set(fault.kind, fault);
    }
    this.planned = this.planned.filter((fault) => fault.left > 0);
    return {
      throttle: taken.has('throttle'),
      stallMillis: taken.get('stall')?.millis ?? 0,
      failure: taken.has('fail') ? (taken.get('fail')?.message ?? 'Injected failure') : undefined,
      drop: taken.has('drop'),
    };
  }
}

function matches(pattern: string, operation: string): boolean {
  return pattern.endsWith('*') ? operation.startsWith(pattern.slice(0, -1)) : pattern === operation;
}

/** The fault plans of all local servers. */
export type Faults = Record<FaultService, FaultPlan>;

/** Plans without any fault yet. */
export function createFaults(): Faults {
  return {
    dynamodb: new FaultPlan(),
    athena: new FaultPlan(),
    redshift: new FaultPlan(),
    s3: new FaultPlan(),
  };
}
