import type { StoredStep } from '../ledger/batches';
import type { TableProgress, TakenOut } from '../tables';
import type { ErasureTarget } from '../targets';
import type { Request } from './journal';
import type { Members } from './members';

/**
 * What runs is what was approved. A worker that goes on with a batch may have other rules declared than the one that began
 * it: tables whose rules are others leave the batch, and the next plan shows their drift. Those whose rows have gone stay.
 */
export async function leaveOutdated(
  members: Members,
  steps: readonly StoredStep[],
  targets: readonly ErasureTarget[],
): Promise<void> {
  const leaving = (request: Request): TableProgress[] =>
    members.outdated(request).filter((table) => !hasErased(table, steps, targets));
  await members.change(
    (request) => request.state === 'RUNNING' && leaving(request).length > 0,
    ({ request, counted }) => ({
      type: 'outdated',
      tables: Object.fromEntries(
        leaving(request).map((table) => [
          table.id,
          leftOf(table, erasing(table, steps), request.id, counted.get(table.id) ?? 0),
        ]),
      ),
    }),
    (request) => ({
      as: 'OUTDATED',
      note: `Other rules are declared by now than were approved, for ${leaving(request)
        .map(({ id }) => id)
        .join(', ')}. What has not gone waits for a plan of its own.`,
    }),
  );
}

/** Steps that make the rows of a table go. */
function erasing({ store, dataset }: TableProgress, steps: readonly StoredStep[]): StoredStep[] {
  return steps.filter(
    ({ step }) =>
      step.kind === 'erase' &&
      (step.store === 'spark' ? step.dataset === dataset : step.store === store) &&
      (step.dataset ?? dataset) === dataset,
  );
}

/** Then files and snapshots are left to go, whatever the rules. They cannot where nobody declares the table any more. */
function hasErased(
  table: TableProgress,
  steps: readonly StoredStep[],
  targets: readonly ErasureTarget[],
): boolean {
  const isDeclared = targets.some(({ dataset }) => dataset.name === table.dataset);
  return isDeclared && erasing(table, steps).every(({ state }) => state === 'done');
}

/** A run that nobody saw the end of may have come to it. */
function leftOf(
  table: TableProgress,
  steps: readonly StoredStep[],
  request: string,
  counted: number,
): TakenOut {
  if (table.state !== 'begun') return { gone: 0, unsure: 0 };
  const gone = steps.reduce((sum, { byRequest = {} }) => sum + (byRequest[request] ?? 0), 0);
  const hasRun = steps.some(({ runs }) => runs > 0);
  return { gone, unsure: hasRun ? Math.max(0, counted - gone) : 0 };
}
