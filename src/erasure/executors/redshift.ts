import type { RedshiftEngine } from '../../datasources/engines/redshift';
import { redshiftCompaction, redshiftErasure, type CopySource } from '../statements/redshift';
import { columnsStatement } from '../statements/questions';
import type { BatchWork, ErasureExecutor, ErasureStep, StepResult } from '../steps';
import { hasKeys, withColumnsOf, type ErasureTarget } from '../targets';
import { failureOf, whileBeating, type StepContext } from './failures';
import { STAGE_STEP } from './ids';

const ERASE = 'redshift.erase';
/** Statements of a transaction that make the table of keys and fill it, before those that change rows. */
const STAGING = 2;

/** Redshift: all tables in one transaction, then each table's blocks are written without the deleted rows. */
export class RedshiftExecutor implements ErasureExecutor {
  readonly store = 'redshift';
  private readonly targets: readonly ErasureTarget[];

  constructor(
    private readonly engine: RedshiftEngine,
    targets: readonly ErasureTarget[],
    private readonly source: CopySource,
  ) {
    this.targets = targets.filter(({ dataset }) => dataset.engine === 'redshift');
  }

  steps(): readonly ErasureStep[] {
    if (this.targets.length === 0) return [];
    return [
      { id: ERASE, kind: 'erase', store: this.store, after: [STAGE_STEP] },
      ...this.targets.map(({ dataset: { name } }): ErasureStep => ({
        id: `redshift.${name}.compact`,
        kind: 'compact',
        store: this.store,
        dataset: name,
        after: [ERASE],
      })),
    ];
  }

  async run(step: ErasureStep, batch: BatchWork, context: StepContext): Promise<StepResult> {
    const concerned = this.targets.filter(
      ({ dataset: { name } }) =>
        (step.dataset === undefined || step.dataset === name) && hasKeys(batch.keys, name),
    );
    if (concerned.length === 0) return { state: 'done', rows: 0, statementIds: [] };
    try {
      if (step.id === ERASE) {
        const whole = await this.withColumns(concerned, context);
        const sqls = redshiftErasure(whole, batch.id, batch.day, this.source);
        const { statementId, rows } = await whileBeating(context, (signal) =>
          this.engine.transaction(sqls, 'erasure', signal),
        );
        const changes = rows.slice(STAGING);
        const datasets: Record<string, number> = {};
        for (const target of whole) {
          const own = redshiftErasure([target], batch.id, batch.day, this.source).length - STAGING;
          datasets[target.dataset.name] = sumOf(changes.splice(0, own));
        }
        const changed = sumOf(Object.values(datasets));
        return { state: 'done', rows: changed, datasets, statementIds: [statementId] };
      }
      if (step.kind === 'compact') return await this.compact(concerned, context);
    } catch (error) {
      return failureOf(error);
    }
    throw new TypeError(`Redshift has no step ${step.id}.`);
  }

  async close(): Promise<void> {
    this.engine.close();
  }

  private async withColumns(
    targets: readonly ErasureTarget[],
    context: StepContext,
  ): Promise<ErasureTarget[]> {
    const whole: ErasureTarget[] = [];
    for (const target of targets) {
      const columns =
        target.bare === undefined
          ? []
          : await whileBeating(context, (signal) => this.engine.columns(columnsStatement(target), signal));
      whole.push(withColumnsOf(target, columns));
    }
    return whole;
  }

  private async compact(targets: readonly ErasureTarget[], context: StepContext): Promise<StepResult> {
    const statementIds: string[] = [];
    for (const target of targets) {
      const { statementId } = await whileBeating(context, (signal) =>
        this.engine.change(redshiftCompaction(target), signal),
      );
      statementIds.push(statementId);
    }
    return { state: 'done', rows: 0, statementIds };
  }
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
