import type { AuditChain } from '../chain';
import type { StoredStep } from '../ledger/batches';
import type { StepKind } from '../steps';

/** What the audit chain tells of steps. */

/** A batch is of all tenants, and so are its steps. */
export const ALL_TENANTS = '*';

/** Kinds of steps that take something away. */
const DESTRUCTIVE: readonly StepKind[] = ['erase', 'compact', 'expire', 'purge', 'unstage'];

export function isDestructive({ step }: Pick<StoredStep, 'step'>): boolean {
  return DESTRUCTIVE.includes(step.kind);
}

/** Appends that a step began or ended, where it takes something away. */
export async function chainStep(
  chain: AuditChain,
  batch: string,
  stored: StoredStep,
  what: 'BEGUN' | 'DONE' | 'FAILED',
): Promise<void> {
  if (!isDestructive(stored)) return;
  const { step, runs, rows, statementIds, failure } = stored;
  await chain.append({
    event: `STEP_${what}`,
    tenant: ALL_TENANTS,
    batch,
    step: step.id,
    name: `${batch} ${step.id} ${what} ${runs}`,
    ...(what === 'BEGUN' ? {} : { rows, statementIds }),
    ...(what === 'FAILED' && failure !== undefined ? { reason: failure } : {}),
  });
}
