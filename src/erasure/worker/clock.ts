import { dayOf } from '../../calendar';
import type { LedgerTable } from '../ledger/table';

/** Further off than this, a clock is wrong: AWS itself refuses signatures that are five minutes off. */
const MOST_SKEW_MS = 5 * 60_000;

/**
 * The worker's clock. Holds end and periods pass by the day, so a clock that jumped ahead would erase what must stay:
 * nothing begins while it differs from the ledger's service, whose replies say what time it is there. And the day never
 * goes back while the worker lives.
 */
export class WorkerClock {
  private latest = '';

  constructor(
    private readonly table: Pick<LedgerTable, 'serviceTime'>,
    readonly now: () => number,
  ) {}

  /** Today, `YYYY-MM-DD`. @param atLeast a day that was reached before: that of a batch */
  day(atLeast = ''): string {
    // A clock that is wrong decides nothing: then it is the service's day.
    const today = dayOf(this.now() - (this.skew ?? 0));
    if (today > this.latest) this.latest = today;
    return atLeast > this.latest ? atLeast : this.latest;
  }

  get iso(): string {
    return new Date(this.now()).toISOString();
  }

  /** How far it is ahead of the service in milliseconds, where that is too far to go on. */
  get skew(): number | undefined {
    const there = this.table.serviceTime();
    const skew = there === undefined ? 0 : this.now() - there;
    return Math.abs(skew) > MOST_SKEW_MS ? skew : undefined;
  }
}
