import { Abandoned } from '../../datasources/engines/service-caller';
import type { Batch } from '../ledger/records';
import type { StagedKey } from '../steps';
import { horizonDay } from '../horizon';
import { tableId, type Look, type Looks, type TableProgress } from '../tables';
import { findingsOf, type Finding } from '../verify/findings';
import type { Verifier } from '../verify/verifier';
import type { WorkerClock } from './clock';
import type { Request } from './journal';
import type { Members } from './members';

/** After a batch somebody looks who did not do it; what is found goes to the requests that it is of. */

export class Verifying {
  constructor(
    private readonly verifier: Pick<Verifier, 'verify'>,
    private readonly files: boolean,
    private readonly clock: Pick<WorkerClock, 'iso' | 'day'>,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Looks at all that is gone, and moves each request on.
   *
   * @param check throws when another worker took over meanwhile
   * @throws SluiceError when a store cannot be asked
   */
  async verify(batch: Batch, members: Members, check: () => void): Promise<void> {
    await members.refresh();
    const inState = ({ state }: Request): boolean => state === 'VERIFYING';
    const when = { at: this.clock.iso, day: this.clock.day(batch.day) };
    const found = await this.look(batch, [
      ...members.keys(['gone'], undefined, inState),
      ...members.keys(['gone'], 'dynamodb', inState),
    ]);
    const survivors = new Map<string, string[]>();
    const looks = new Map<string, Looks>();
    for (const request of members.requests.filter(inState)) {
      const gone = request.tables.filter(({ state }) => state === 'gone');
      // One look for all, whose answer says whose rows it found.
      const datasets = new Set(gone.map(({ dataset }) => dataset));
      const own = findingsOf(found, members.keysOf(request, datasets));
      looks.set(request.id, looksOf(own, when));
      const tables = own.filter(hasSurvivors).map(tableId);
      survivors.set(
        request.id,
        gone.map(({ id }) => id).filter((id) => tables.includes(id)),
      );
    }
    check();
    const inFiles = found.reduce((sum, { files }) => sum + (files?.rows ?? 0), 0);
    await members.change(
      inState,
      ({ request: { id } }) => ({
        type: 'verified',
        survivors: survivors.get(id) ?? [],
        looks: looks.get(id) ?? {},
        asOf: batch.day,
      }),
      (request) => {
        const left = survivors.get(request.id) ?? [];
        const note =
          left.length > 0
            ? `Rows were found in ${left.join(', ')}. They go in the next batch.`
            : this.files
              ? `No row is left. Files of older snapshots hold ${inFiles} rows of the batch’s people.`
              : 'No row is left.';
        return {
          as: left.length > 0 ? 'SURVIVORS' : 'VERIFIED',
          note,
          also: (next) => {
            // Copies are made as long as rows are there, which may be days after the batch began.
            const day = this.clock.day(batch.day);
            const rescanUntil = lastHorizon(next.tables, request.rescanUntil ?? day);
            return { erasedOn: day, rescannedOn: day, rescanUntil };
          },
        };
      },
    );
  }

  async look({ id, day }: Pick<Batch, 'id' | 'day'>, keys: readonly StagedKey[]): Promise<Finding[]> {
    if (keys.length === 0) return [];
    try {
      return await this.verifier.verify({ id, day, keys }, this.files, this.signal);
    } catch (error) {
      // Its clients give up with errors of their own.
      if (this.signal.aborted) throw new Abandoned();
      throw error;
    }
  }
}

/** The day by which the last copy is gone of what went. @param before the earliest that it can be */
function lastHorizon(tables: readonly TableProgress[], before: string): string {
  const days = tables.filter(({ erased }) => erased > 0).map(horizonDay);
  return days.reduce<string>((last, day) => (day !== undefined && day > last ? day : last), before);
}

/**
 * What was found, by table.
 *
 * @param unexpired tables whose old snapshots could not be expired before
 */
export function looksOf(
  findings: readonly Finding[],
  when: Pick<Look, 'at' | 'day'>,
  unexpired: ReadonlySet<string> = new Set(),
): Looks {
  return Object.fromEntries(
    findings.map(({ store, dataset, survivors, statementId, files, snapshots }) => [
      tableId({ store, dataset }),
      {
        ...when,
        found: survivors,
        ...(statementId === undefined ? {} : { statementId }),
        ...(files === undefined ? {} : { files: { read: files.read, rows: files.rows } }),
        ...(snapshots === undefined ? {} : { snapshots }),
        ...(snapshots === undefined && unexpired.has(tableId({ store, dataset }))
          ? { snapshotsUnknown: true }
          : {}),
      },
    ]),
  );
}

export function hasSurvivors({ survivors }: Finding): boolean {
  return survivors > 0;
}
