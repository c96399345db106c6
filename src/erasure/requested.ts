import type { HoldTerms } from './holds';
import type { Request } from './history';
import type { ErasureRequest } from './ledger/records';
import type { Requests } from './ledger/requests';
import type { ResolvedKey, SubjectKey } from './model';
import type { PlannedErasure, PlanningRequest } from './planning';

/** Between a request in the ledger and its planning: what is asked about it, and what is kept of the answer. */

/** @throws SluiceError NOT_FOUND when its keys are no longer kept */
export async function planningOf(
  requests: Requests,
  request: Request,
  holds: readonly HoldTerms[],
): Promise<PlanningRequest> {
  const { id, tenant, asked, resolved, keysForgotten, tables } = request;
  const gone = new Set(tables.filter(({ erased }) => erased > 0).map((table) => table.id));
  // What was approved is never less than what a part of it that is done leaves to be found.
  const begun = tables.some(({ erased, state }) => erased > 0 || state === 'ended');
  if (begun && resolved !== undefined && keysForgotten !== true)
    return {
      id,
      holds,
      gone,
      asked: await requests.readKeys<ResolvedKey>(tenant, id, resolved),
      resolved: true,
    };
  return { id, holds, gone, asked: await requests.readKeys<SubjectKey>(tenant, id, asked) };
}

/** Keeps a plan and the keys that were found for it. Gives what the request's record says of them. */
export async function keepPlanned(
  requests: Requests,
  { resolved }: PlanningRequest,
  { plan, people }: PlannedErasure,
): Promise<Pick<ErasureRequest, 'resolved' | 'leftOut'>> {
  const { tenant, requestId } = plan;
  await requests.writePlan(plan);
  // All keys were asked with; nothing tells any more which of them are one person's.
  if (resolved === true) return {};
  const keys = people.flatMap((person) => person.keys);
  const leftOut = people.flatMap((person) => person.leftOut);
  return {
    resolved: await requests.writeKeys(tenant, requestId, keys),
    leftOut: await requests.writeKeys(tenant, requestId, leftOut),
  };
}
