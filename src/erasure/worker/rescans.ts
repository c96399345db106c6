import type { Logger } from 'pino';
import { addDays } from '../../calendar';
import { SluiceError } from '../../errors';
import type { HeldLease } from '../ledger/leases';
import type { StagedKey } from '../steps';
import { isOverdue } from '../horizon';
import { awaitsLook, horizonDate, tableId, type Looks, type TableProgress } from '../tables';
import { findingsOf, type Finding } from '../verify/findings';
import type { Expiry } from './expiry';
import type { Journal, Request } from './journal';
import type { People, Person } from './people';
import { hasSurvivors, looksOf, type Verifying } from './verifying';

/** Later looks for people whose rows had gone: a replay, a restore or late data brings them back. */

interface Due {
  request: Request;
  people: readonly Person[];
}

/** One name for all, so that keys of a look that broke off are replaced by the next, and taken away. */
const LOOK = 'rescan';

export interface RescanParts {
  journal: Journal;
  people: People;
  verifying: Verifying;
  expiry: Expiry;
  /** Days between two looks. */
  everyDays: number;
  logger: Logger;
}

export class Rescans {
  constructor(private readonly parts: RescanParts) {}

  /**
   * Looks for the people of all requests whose turn it is, all at once, and then by the day of the batch where any are
   * found. True when rows are to go again.
   */
  async look(open: readonly Request[], lease: HeldLease): Promise<boolean> {
    const { journal, people, verifying, expiry, logger } = this.parts;
    const day = journal.clock.day();
    const due: Due[] = [];
    for (const request of open)
      if (this.isDue(request, day)) due.push({ request, people: await people.of(request) });
    if (due.length === 0) return false;
    const of = { id: LOOK, day };
    const at = journal.clock.iso;
    const keys = due.flatMap((one) => this.keys(one));
    const unexpired = await expiry.again({ ...of, keys }, lease);
    const all = await verifying.look(of, keys);
    const any = all.some(hasRows);
    logger.info({ event: 'erasure_rescan', requests: due.length, any }, 'looked for people who came back');
    const findings = new Map<Due, Finding[]>(due.map((one) => [one, []]));
    for (const asOf of batchDays(due, day)) {
      // What has been kept long enough since then waits for the day of all of it, and is nobody who came back.
      const of = { id: LOOK, day: asOf };
      const isOf = (table: TableProgress): boolean => isOver(table) && (table.asOf ?? day) === asOf;
      const together = due.filter(({ request }) => request.tables.some(isOf));
      const some = any
        ? await verifying.look(
            of,
            together.flatMap((one) => this.keys(one, isOf)),
          )
        : all;
      for (const one of together) {
        // A dataset has tables in two stores, which may have gone on different days.
        const own = new Set(one.request.tables.filter(isOf).map(({ id }) => id));
        const found = findingsOf(some, this.keys(one, isOf));
        findings.get(one)?.push(...found.filter((finding) => own.has(tableId(finding))));
      }
    }
    let back = false;
    for (const [one, own] of findings) {
      lease.check();
      const request = await this.found(one, own, looksOf(own, { at, day }, unexpired), day);
      back ||= request.state === 'APPROVED';
    }
    return back;
  }

  private isDue(request: Request, day: string): boolean {
    const { state, rescanUntil, rescannedOn = '', tables } = request;
    if (rescanUntil === undefined || day <= rescannedOn) return false;
    if (state !== 'COMPLETED' && state !== 'PARTIAL') return false;
    // What went late, by the token alone, is looked for by it too.
    if (tables.some((table) => awaitsLook(table, day))) return true;
    if (rescannedOn >= rescanUntil) return false;
    return day >= rescanUntil || day >= addDays(rescannedOn, this.parts.everyDays);
  }

  private async found(
    { request, people }: Due,
    own: readonly Finding[],
    looks: Looks,
    day: string,
  ): Promise<Request> {
    let current = request;
    for (const finding of own) {
      const { survivors: rows, files } = finding;
      const id = tableId(finding);
      const table = request.tables.find((one) => one.id === id && isOver(one));
      if (table === undefined) continue;
      // Files of older snapshots may hold rows until the horizon, and none after.
      if (!(day >= (horizonDate(table) ?? request.rescanUntil ?? '') ? hasRows : hasSurvivors)(finding))
        continue;
      // They are out of sight before anybody can learn that they are back.
      await this.hidden(current, people);
      const note =
        rows > 0
          ? `${rows} rows were found in ${id} again.`
          : `Files of ${id} still hold ${files?.rows ?? 0} rows after its horizon.`;
      current = await this.parts.journal.change(
        current,
        { type: 'resurrected', table: id },
        { as: 'RESURRECTED', note },
      );
      this.parts.logger.warn({
        event: 'erasure_resurrected',
        request: request.id,
        tenant: request.tenant,
        table: id,
        rows,
      });
    }
    current = await this.parts.journal.change(
      current,
      { type: 'looked', looks },
      { also: () => ({ rescannedOn: day }) },
    );
    for (const table of current.tables) {
      // They are looked at again each day; somebody should find what keeps the snapshots.
      if (looks[table.id] === undefined || !isOverdue(table)) continue;
      const { id, tenant } = request;
      this.parts.logger.warn(
        {
          event: 'erasure_snapshots_kept',
          request: id,
          tenant,
          table: table.id,
          oldest: table.look?.snapshots?.oldest,
        },
        'snapshots from before an erasure are left when they should have gone, or nobody can tell',
      );
    }
    return this.parts.journal.chained(current);
  }

  private async hidden(request: Request, people: readonly Person[]): Promise<void> {
    try {
      await this.parts.journal.ledger.requests.addTombstones(
        request,
        people.flatMap(({ keys }) => keys),
      );
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'RATE_LIMITED') throw error;
      this.parts.logger.warn({
        event: 'erasure_tombstones_full',
        request: request.id,
        tenant: request.tenant,
      });
    }
  }

  private keys({ request, people }: Due, isWanted = isOver): StagedKey[] {
    const datasets = new Set(request.tables.filter(isWanted).map(({ dataset }) => dataset));
    return [...datasets].flatMap((dataset) => this.parts.people.staged(request.tenant, people, dataset));
  }
}

/** Days of the batches that tables went in last: periods that had not ended then are no business of a look at them. */
function batchDays(due: readonly Due[], day: string): ReadonlySet<string> {
  return new Set(due.flatMap(({ request }) => request.tables.filter(isOver).map(({ asOf = day }) => asOf)));
}

/** In a table, or in the files behind it. */
function hasRows(finding: Finding): boolean {
  return hasSurvivors(finding) || (finding.files?.rows ?? 0) > 0;
}

/** Nothing of it should be found any more. */
function isOver({ state, outcome }: TableProgress): boolean {
  return (
    state === 'ended' &&
    outcome !== undefined &&
    ['ERASED', 'PSEUDONYMISED', 'NOT_FOUND', 'PENDING_HORIZON'].includes(outcome.state)
  );
}
