import type { Logger } from 'pino';
import type { AuditChain } from '../chain';
import type { HeldLease } from '../ledger/leases';
import type { BatchWork, ErasureExecutor, ErasureStep } from '../steps';
import { ALL_TENANTS } from './step-chain';

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

  /**
   * Gives the tables where that failed, as `store.dataset`.
   *
   * @param work of the day; names the people whose rows had gone
   */
  async again(work: BatchWork, lease: HeldLease): Promise<ReadonlySet<string>> {
    const failed = new Set<string>();
    for (const executor of this.executors) {
      for (const step of executor.steps()) {
        if (step.kind !== 'expire' || !work.keys.some(({ dataset }) => dataset === step.dataset)) continue;
        if (!(await this.run(executor, step, work, lease))) failed.add(`${step.store}.${step.dataset}`);
      }
    }
    return failed;
  }

  /** Whether it was done. What fails stands in the chain too, and the next day tries again. */
  private async run(
    executor: ErasureExecutor,
    step: ErasureStep,
    work: BatchWork,
    lease: HeldLease,
  ): Promise<boolean> {
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
        const name = `${work.id} ${step.id} ${work.day} FAILED`;
        await this.chain.append({ ...event, event: 'EXPIRY_FAILED', name });
        return false;
      }
      statementIds.push(...result.statementIds);
      cursor = result.cursor;
      if (result.state === 'done') break;
    }
    const name = `${work.id} ${step.id} ${work.day} DONE`;
    await this.chain.append({ ...event, event: 'EXPIRY_DONE', statementIds, name });
    return true;
  }
}
