import type { AuditTokens } from '../../src/auth/audit-tokens';
import type { Ledger } from '../../src/erasure/ledger/ledger';
import type { ResolvedKey, SubjectKey } from '../../src/erasure/model';
import { makePlan } from '../../src/erasure/planner';
import { SERVICE_RESIDUE } from '../../src/erasure/residue';
import { advance } from '../../src/erasure/states';
import { declarations } from '../../src/schema/catalog';

/** What a worker would have found of a request. */
export interface Finding {
  /** Keys beside those that were asked for. */
  found: readonly ResolvedKey[];
  leftOut: readonly (ResolvedKey & { why: 'TOO_COMMON' | 'TOO_FAR' })[];
  /** Rows of each part of decisions and sales. */
  rows: number;
  day: string;
}

/** Plans a request as the worker would, without any store. Gives the plan's hash. */
export async function planAsWorker(
  { requests }: Ledger,
  tokens: AuditTokens,
  tenant: string,
  id: string,
  { found, leftOut, rows, day }: Finding,
): Promise<string> {
  const request = await requests.get(tenant, id);
  const asked = await requests.readKeys<SubjectKey>(tenant, id, request.asked);
  const keys = [...asked.map((key, person): ResolvedKey => ({ ...key, person, distance: 0 })), ...found];
  const plan = makePlan({
    requestId: id,
    tenant,
    subjects: keys.map(({ key }) => tokens.token(tenant, key)),
    datasets: declarations.datasets,
    day,
    counts: ({ dataset }) => (dataset === 'Decision' || dataset === 'SalesLine' ? { rows } : undefined),
    holds: [],
    residue: SERVICE_RESIDUE,
  });
  await requests.writePlan(plan);
  const next = advance(request, { type: 'planned', plan }, { day, checked: true, holds: [] });
  const { version: _version, id: _id, tenant: _tenant, ...changes } = next;
  await requests.update(request, {
    ...changes,
    resolved: await requests.writeKeys(tenant, id, keys),
    leftOut: await requests.writeKeys(tenant, id, leftOut),
  });
  return plan.hash;
}
