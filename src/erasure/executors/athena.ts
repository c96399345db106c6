import type { AthenaEngine } from '../../datasources/engines/athena';
import { backoff, pause } from '../../datasources/engines/service-caller';
import type { Statement } from '../../datasources/compile/statement';
import { SluiceError } from '../../errors';
import { athenaCompaction, athenaErasure, athenaExpiry } from '../statements/athena';
import { columnsStatement } from '../statements/questions';
import type { BatchWork, ErasureExecutor, ErasureStep, StepResult } from '../steps';
import { hasKeys, withColumnsOf, type ErasureTarget } from '../targets';
import { engineText, failureOf, whileBeating, type StepContext } from './failures';
import { STAGE_STEP } from './ids';

/** A commit that met another writer's is tried so often, each with a longer pause: writers take turns by chance. */
const COMMIT_ATTEMPTS = 8;
const COMMIT_CONFLICT = /ICEBERG_COMMIT_ERROR|CONCURRENT_?MODIFICATION|TRANSACTION_CONFLICT/i;
/**
 * What Athena says when a VACUUM has ended with files left to delete, or an OPTIMIZE with partitions left to write: it
 * does so many in one run (Amazon Athena User Guide, "VACUUM" and "OPTIMIZE").
 */
const MORE_RUNS = /ICEBERG_(VACUUM|OPTIMIZE)_MORE_RUNS_NEEDED/;

/** Iceberg tables through Athena: rows go logically, then files without them are written, then old files go. */
export class AthenaExecutor implements ErasureExecutor {
  readonly store = 'athena';
  private readonly targets: ReadonlyMap<string, ErasureTarget>;

  constructor(
    private readonly engine: AthenaEngine,
    targets: readonly ErasureTarget[],
  ) {
    this.targets = new Map(
      targets
        .filter(({ dataset }) => dataset.engine === 'athena' && dataset.writer === undefined)
        .map((target) => [target.dataset.name, target]),
    );
  }

  steps(): readonly ErasureStep[] {
    return [...this.targets.keys()].flatMap((dataset): ErasureStep[] => {
      const id = (kind: string): string => `athena.${dataset}.${kind}`;
      const common = { store: this.store, dataset } as const;
      return [
        { ...common, id: id('erase'), kind: 'erase', after: [STAGE_STEP] },
        { ...common, id: id('compact'), kind: 'compact', after: [id('erase')] },
        { ...common, id: id('expire'), kind: 'expire', after: [id('compact')] },
      ];
    });
  }

  async run(step: ErasureStep, batch: BatchWork, context: StepContext): Promise<StepResult> {
    const target = this.targets.get(step.dataset ?? '');
    if (target === undefined) throw new TypeError(`Athena has no step ${step.id}.`);
    if (!hasKeys(batch.keys, target.dataset.name)) return { state: 'done', rows: 0, statementIds: [] };
    try {
      if (step.kind === 'erase') return await this.erase(target, batch, context);
      if (step.kind === 'compact') return await this.round(athenaCompaction(target), context);
      if (step.kind === 'expire') return await this.round(athenaExpiry(target), context);
    } catch (error) {
      return failureOf(error);
    }
    throw new TypeError(`Athena has no step ${step.id}.`);
  }

  async close(): Promise<void> {
    this.engine.close();
  }

  private async erase(target: ErasureTarget, batch: BatchWork, context: StepContext): Promise<StepResult> {
    const whole = target.bare === undefined ? target : await this.withColumns(target, context);
    const statements = athenaErasure(whole, batch.id, batch.day)
      .filter(({ needs }) => hasKeys(batch.keys, target.dataset.name, needs))
      .map(({ statement }) => statement);
    return this.all(statements, context);
  }

  private async withColumns(target: ErasureTarget, context: StepContext): Promise<ErasureTarget> {
    const { sql } = columnsStatement(target);
    const [names = []] = await whileBeating(context, (signal) => this.engine.describe(sql, signal));
    // The names are the first row of an answer, and the only one of this.
    return withColumnsOf(target, names.map(String));
  }

  /** One run of a statement that may need more of them. */
  private async round(statement: Statement, context: StepContext): Promise<StepResult> {
    try {
      return await this.all([statement], context);
    } catch (error) {
      if (!(error instanceof SluiceError) || !MORE_RUNS.test(engineText(error.cause))) throw error;
      const { statementId: id } = error.cause as { statementId?: string };
      return { state: 'again', rows: 0, statementIds: id === undefined ? [] : [id] };
    }
  }

  /** One after the other: a table's writers would only conflict. */
  private async all(statements: readonly Statement[], context: StepContext): Promise<StepResult> {
    const statementIds: string[] = [];
    let rows = 0;
    for (const statement of statements) {
      const changed = await this.committed(statement, context);
      statementIds.push(changed.statementId);
      rows += changed.rows;
    }
    return { state: 'done', rows, statementIds };
  }

  private async committed(
    statement: Statement,
    context: StepContext,
  ): Promise<{ statementId: string; rows: number }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await whileBeating(context, (signal) => this.engine.change(statement, signal));
      } catch (error) {
        const conflict = error instanceof SluiceError && COMMIT_CONFLICT.test(engineText(error.cause));
        if (!conflict || attempt === COMMIT_ATTEMPTS) throw error;
        await pause(backoff(attempt), context.signal);
      }
    }
  }
}
