import type { Logger } from 'pino';
import { addDays } from '../../calendar';
import { SluiceError } from '../../errors';
import type { StagedKey } from '../steps';
import type { TableProgress } from '../tables';
import type { Finding } from '../verify/verifier';
import type { Journal, Request } from './journal';
import type { People, Person } from './people';
import { hasSurvivors, type Verifying } from './verifying';

/** Later looks for people whose rows had gone: a replay, a restore or late data brings them back. */

interface Due {
  request: Request;
  people: readonly Person[];
}

export class Rescans {
  constructor(
    private readonly journal: Journal,
    private readonly people: People,
    private readonly verifying: Verifying,
    private readonly everyDays: number,
    private readonly logger: Logger,
  ) {}

  /**
   * Looks for the people of all requests whose turn it is, all at once, and then by request where any are found. True when
   * rows are to go again.
   */
  async look(open: readonly Request[]): Promise<boolean> {
    const day = this.journal.clock.day();
    const due: Due[] = [];
    for (const request of open)
      if (this.isDue(request, day)) due.push({ request, people: await this.people.of(request) });
    if (due.length === 0) return false;
    // One name for all, so that keys of a look that broke off are replaced by the next, and taken away.
    const id = 'rescan';
    const found = await this.verifying.look(
      { id, day },
      due.flatMap((one) => this.keys(one)),
    );
    this.logger.info({ event: 'erasure_rescan', requests: due.length, found: found.some(hasSurvivors) });
    let back = false;
    for (const one of due) {
      const own = found.some(hasSurvivors) ? await this.verifying.look({ id, day }, this.keys(one)) : [];
      const request = await this.found(one, own.filter(hasSurvivors), day);
      back ||= request.state === 'APPROVED';
    }
    return back;
  }

  private isDue(request: Request, day: string): boolean {
    const { state, rescanUntil, rescannedOn = '', keysForgotten } = request;
    if (rescanUntil === undefined || keysForgotten === true) return false;
    if (state !== 'COMPLETED' && state !== 'PARTIAL') return false;
    if (day <= rescannedOn || rescannedOn >= rescanUntil) return false;
    return day >= rescanUntil || day >= addDays(rescannedOn, this.everyDays);
  }

  private async found(
    { request, people }: Due,
    survivors: readonly Finding[],
    day: string,
  ): Promise<Request> {
    let current = request;
    for (const { store, dataset, survivors: rows } of survivors) {
      const id = `${store}.${dataset}`;
      if (!request.tables.some((table) => table.id === id && isOver(table))) continue;
      // They are out of sight before anybody can learn that they are back.
      await this.hidden(current, people);
      const note = `${rows} rows were found in ${id} again.`;
      current = await this.journal.change(
        current,
        { type: 'resurrected', table: id },
        { as: 'RESURRECTED', note },
      );
      this.logger.warn({
        event: 'erasure_resurrected',
        request: request.id,
        tenant: request.tenant,
        table: id,
        rows,
      });
    }
    current = await this.journal.change(current, { type: 'settle' }, { also: () => ({ rescannedOn: day }) });
    return this.journal.chained(current);
  }

  private async hidden(request: Request, people: readonly Person[]): Promise<void> {
    try {
      await this.journal.ledger.requests.addTombstones(
        request,
        people.flatMap(({ keys }) => keys),
      );
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'RATE_LIMITED') throw error;
      this.logger.warn({ event: 'erasure_tombstones_full', request: request.id, tenant: request.tenant });
    }
  }

  private keys({ request, people }: Due): StagedKey[] {
    const datasets = new Set(request.tables.filter(isOver).map(({ dataset }) => dataset));
    return [...datasets].flatMap((dataset) => this.people.staged(request.tenant, people, dataset));
  }
}

/** Nothing of it should be found any more. */
function isOver({ state, outcome }: TableProgress): boolean {
  return (
    state === 'ended' &&
    outcome !== undefined &&
    ['ERASED', 'PSEUDONYMISED', 'NOT_FOUND', 'PENDING_HORIZON'].includes(outcome.state)
  );
}
