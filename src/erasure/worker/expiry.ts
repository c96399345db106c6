import type { Logger } from 'pino';
import type { AuditChain } from '../chain';
import type { HeldLease } from '../ledger/leases';
import type { BatchWork, ErasureExecutor, ErasureStep } from '../steps';
import { ALL_TENANTS } from './running';

/**
 * Snapshots that were too young when a batch ran: they are expired again each day until the last horizon is over, so that
 * what a table's own settings let go does go. Rows that are read are not touched.
 */
export class Expiry {
  constructor(
    private readonly executors: readonly ErasureExecutor[],
    private readonly chain: AuditChain,
    private readonly logger: Logger,
    private readonly signal: AbortSignal,
  ) {}

  /** @param work of the day; names the people whose rows had gone */
  async again(work: BatchWork, lease: HeldLease): Promise<void> {
    for (const executor of this.executors) {
      for (const step of executor.steps()) {
        if (step.kind !== 'expire' || !work.keys.some(({ dataset }) => dataset === step.dataset)) continue;
        await this.run(executor, step, work, lease);
      }
    }
  }

  private async run(
    executor: ErasureExecutor,
    step: ErasureStep,
    work: BatchWork,
    lease: HeldLease,
  ): Promise<void> {
    lease.check();
    const event = { tenant: ALL_TENANTS, step: step.id, batch: work.id };
    await this.chain.append({
      ...event,
      event: 'EXPIRY_BEGUN',
      name: `${work.id} ${step.id} ${work.day} BEGUN`,
    });
    const statementIds: string[] = [];
    for (let cursor: string | undefined; ;) {
      const result = await executor.run(step, work, {
        ...(cursor === undefined ? {} : { cursor }),
        signal: this.signal,
        beat: () => lease.beat(),
      });
      if (result.state === 'failed') {
        const { reason } = result;
        this.logger.error(
          { event: 'erasure_expiry_failed', step: step.id, reason },
          'snapshots are not expired',
        );
        return;
      }
      statementIds.push(...result.statementIds);
      cursor = result.cursor;
      if (result.state === 'done') break;
    }
    const name = `${work.id} ${step.id} ${work.day} DONE`;
    await this.chain.append({ ...event, event: 'EXPIRY_DONE', statementIds, name });
  }
}
