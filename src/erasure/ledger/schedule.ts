import { SluiceError } from '../../errors';
import type { LedgerTable } from './table';

/** Whether anything may be erased now: one setting for all workers, read before each step. */
export interface ScheduleState {
  paused: boolean;
  /** Who paused or resumed them last: the tenant, and the person’s one-way token there. */
  by?: string;
  /** When, ISO 8601 in UTC. */
  at?: string;
  reason?: string;
}

export class Schedule {
  constructor(
    private readonly table: LedgerTable,
    private readonly now: () => number,
  ) {}

  async read(): Promise<ScheduleState> {
    return (await this.table.get<ScheduleState>(PLACE))?.body ?? { paused: false };
  }

  /** Steps that are under way end; no further one begins, and no batch. */
  pause(by: string, reason: string): Promise<ScheduleState> {
    return this.write({ paused: true, by, reason });
  }

  resume(by: string): Promise<ScheduleState> {
    return this.write({ paused: false, by });
  }

  private async write(state: ScheduleState): Promise<ScheduleState> {
    const stored = await this.table.get<ScheduleState>(PLACE);
    const body = { ...state, at: new Date(this.now()).toISOString() };
    if ((await this.table.put(PLACE, stored?.version ?? 0, body)) === undefined)
      throw new SluiceError('CONFLICT');
    return body;
  }
}

const PLACE = { pk: 'BATCHES', sk: 'SCHEDULE' };
