/** Gives a place back. */
export type Release = () => void;

interface Waiting {
  grant: (release: Release) => void;
}

/**
 * A limited number of places, given to tenants in turn: a tenant with a hundred statements waiting delays another's
 * first one by one statement, not by a hundred.
 */
export class FairQueue {
  private free: number;
  /** Tenants with waiting statements, the next one to be served first. */
  private readonly turns = new Map<string, Waiting[]>();

  constructor(places: number) {
    this.free = places;
  }

  /**
   * @param signal when it is aborted the place in the queue is given up
   * @throws the signal's reason
   */
  acquire(tenant: string, signal: AbortSignal): Promise<Release> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.free > 0) {
      this.free -= 1;
      return Promise.resolve(this.releaseOnce());
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        const own = this.turns.get(tenant) ?? [];
        const left = own.filter((one) => one !== waiting);
        if (left.length === 0) this.turns.delete(tenant);
        else this.turns.set(tenant, left);
        reject(signal.reason as Error);
      };
      const waiting: Waiting = {
        grant: (release) => {
          signal.removeEventListener('abort', leave);
          resolve(release);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.turns.set(tenant, [...(this.turns.get(tenant) ?? []), waiting]);
    });
  }

  private releaseOnce(): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.next();
    };
  }

  private next(): void {
    const turn = this.turns.entries().next();
    if (turn.done === true) {
      this.free += 1;
      return;
    }
    const [tenant, [first, ...others]] = turn.value;
    this.turns.delete(tenant);
    if (others.length > 0) this.turns.set(tenant, others);
    first?.grant(this.releaseOnce());
  }
}
