import { addDays } from '../../calendar';
import { Abandoned } from '../../datasources/engines/service-caller';
import type { Batch } from '../ledger/records';
import type { StagedKey } from '../steps';
import { horizonDays } from '../horizon';
import type { Look, Looks, TableProgress } from '../tables';
import type { Finding, Verifier } from '../verify/verifier';
import type { WorkerClock } from './clock';
import type { Request } from './journal';
import type { Members } from './members';

/** After a batch somebody looks who did not do it; what is found goes to the requests that it is of. */

export class Verifying {
  constructor(
    private readonly verifier: Pick<Verifier, 'verify'>,
    private readonly files: boolean,
    private readonly clock: Pick<WorkerClock, 'iso'>,
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
    const when = { at: this.clock.iso, day: batch.day };
    const found = await this.look(batch, [
      ...members.keys(['gone'], undefined, inState),
      ...members.keys(['gone'], 'dynamodb', inState),
    ]);
    const survivors = new Map<string, string[]>();
    const looks = new Map<string, Looks>();
    for (const request of members.requests.filter(inState)) {
      const gone = request.tables.filter(({ state }) => state === 'gone');
      // One look for all; only where rows are found, one for each, so that it is known whose they are.
      const own = !found.some(hasSurvivors)
        ? found
        : await this.look(batch, members.keysOf(request, new Set(gone.map(({ dataset }) => dataset))));
      looks.set(request.id, looksOf(own, when));
      const tables = own.filter(hasSurvivors).map(({ store, dataset }) => `${store}.${dataset}`);
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
          also: (next) => ({
            erasedOn: batch.day,
            rescannedOn: batch.day,
            rescanUntil: lastHorizon(next.tables, batch.day, request.rescanUntil),
          }),
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

/** The day by which the last copy of what went on a day is gone. */
function lastHorizon(tables: readonly TableProgress[], day: string, before = day): string {
  const most = Math.max(0, ...tables.filter(({ erased }) => erased > 0).map(horizonDays));
  const last = addDays(day, most);
  return last > before ? last : before;
}

/** What was found, by table. */
export function looksOf(findings: readonly Finding[], when: Pick<Look, 'at' | 'day'>): Looks {
  return Object.fromEntries(
    findings.map(({ store, dataset, survivors, statementId, files, snapshots }) => [
      `${store}.${dataset}`,
      {
        ...when,
        found: survivors,
        ...(statementId === undefined ? {} : { statementId }),
        ...(files === undefined ? {} : { files }),
        ...(snapshots === undefined ? {} : { snapshots }),
      },
    ]),
  );
}

export function hasSurvivors({ survivors }: Finding): boolean {
  return survivors > 0;
}
