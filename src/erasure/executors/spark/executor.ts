import { createHash } from 'node:crypto';
import type { ObjectStore } from '../../../datasources/engines/object-store';
import { pause } from '../../../datasources/engines/service-caller';
import { SluiceError } from '../../../errors';
import { batchFolder, checkedBatch } from '../../statements/names';
import type { BatchWork, ErasureExecutor, ErasureStep, StepResult } from '../../steps';
import { hasKeys, rowActions, type ErasureTarget, type KeyColumn } from '../../targets';
import { failureOf, whileBeating, type StepContext } from '../failures';
import { STAGE_STEP } from '../ids';
import type { SparkJobs } from './jobs';

/** Between two looks at a job that runs, in milliseconds. */
const LOOK_MS = 5_000;
/** Runs of one step, each with a token of its own. */
const MOST_ATTEMPTS = 10;

export interface SparkExecutorOptions {
  jobs: SparkJobs;
  /** Where keys are staged, `s3://bucket/prefix/`: as the job reads them. */
  location: string;
  /** The same place, for what jobs say of themselves. */
  store: ObjectStore;
  lookMs?: number;
}

/** The run that is followed. */
interface Cursor {
  run: string;
  attempt: number;
  /** Which keys it was started for. */
  keys: string;
}

/**
 * Tables that only a Spark job may write (Hudi). A step starts a job and follows it; its token is made of the batch, the
 * step and the keys, so a start that is repeated because nobody knows how it ended is the same run.
 */
export class SparkExecutor implements ErasureExecutor {
  readonly store = 'spark';
  private readonly targets: ReadonlyMap<string, ErasureTarget>;

  constructor(
    private readonly options: SparkExecutorOptions,
    targets: readonly ErasureTarget[],
  ) {
    this.targets = new Map(sparkTargets(targets).map((target) => [target.dataset.name, target]));
  }

  steps(): readonly ErasureStep[] {
    return [...this.targets.keys()].flatMap((dataset): ErasureStep[] => {
      const erase = `spark.${dataset}.erase`;
      const common = { store: this.store, dataset } as const;
      return [
        { ...common, id: erase, kind: 'erase', after: [STAGE_STEP] },
        { ...common, id: `spark.${dataset}.expire`, kind: 'expire', after: [erase] },
      ];
    });
  }

  async run(step: ErasureStep, batch: BatchWork, context: StepContext): Promise<StepResult> {
    const target = this.targets.get(step.dataset ?? '');
    if (target === undefined || (step.kind !== 'erase' && step.kind !== 'expire'))
      throw new TypeError(`Spark has no step ${step.id}.`);
    if (!hasKeys(batch.keys, target.dataset.name)) return { state: 'done', rows: 0, statementIds: [] };
    const keys = digestOf(batch, target.dataset.name);
    const cursor = readCursor(context.cursor);
    try {
      if (cursor === undefined) return await this.start(step, batch, target, { keys, attempt: 1 });
      if (cursor.keys !== keys) {
        await this.end(cursor.run, context);
        return await this.start(step, batch, target, { keys, attempt: 1 });
      }
      return await this.follow(step, batch, target, cursor, context);
    } catch (error) {
      return failureOf(error);
    }
  }

  async close(): Promise<void> {
    this.options.jobs.close();
    this.options.store.close();
  }

  /** Its cursor is written down before anybody waits for it. */
  private async start(
    step: ErasureStep,
    batch: BatchWork,
    target: ErasureTarget,
    { keys, attempt }: Omit<Cursor, 'run'>,
  ): Promise<StepResult> {
    const token = createHash('sha256')
      .update(JSON.stringify([batch.id, step.id, keys, attempt]))
      .digest('hex');
    const { location } = this.options;
    const table = ['--table', JSON.stringify(jobTable(target, batch.day))];
    const reads = ['--keys', `${location}${batchFolder(batch.id)}`];
    const says = ['--result', `${location}${resultOf(step, batch)}`];
    const run = await this.options.jobs.start(token, {
      name: `sluice ${step.id}`,
      arguments: step.kind === 'erase' ? ['erase', ...table, ...reads, ...says] : ['expire', ...table],
    });
    return {
      state: 'again',
      rows: 0,
      statementIds: [run],
      cursor: JSON.stringify({ run, attempt, keys } satisfies Cursor),
    };
  }

  private async follow(
    step: ErasureStep,
    batch: BatchWork,
    target: ErasureTarget,
    { run, attempt, keys }: Cursor,
    context: StepContext,
  ): Promise<StepResult> {
    const { jobs, store } = this.options;
    let job = await whileBeating(context, (signal) => jobs.look(run, signal));
    // It had failed before, and that was said then.
    if (job.state !== 'running' && job.state !== 'done' && attempt < MOST_ATTEMPTS)
      return this.start(step, batch, target, { keys, attempt: attempt + 1 });
    job = await this.ended(run, context);
    if (job.state !== 'done')
      throw new SluiceError('ENGINE_FAILED', undefined, { statementId: run, reason: job.details });
    if (step.kind === 'erase') {
      const text = await whileBeating(context, (signal) => store.get(resultOf(step, batch), signal));
      return { state: 'done', rows: rowsIn(text), statementIds: [] };
    }
    await store.remove([resultOf({ id: `spark.${target.dataset.name}.erase` }, batch)], context.signal);
    return { state: 'done', rows: 0, statementIds: [] };
  }

  /** A run whose keys are not those of the batch any more may not go on. */
  private async end(run: string, context: StepContext): Promise<void> {
    await whileBeating(context, (signal) => this.options.jobs.cancel(run, signal));
    await this.ended(run, context);
  }

  private ended(run: string, context: StepContext): ReturnType<SparkJobs['look']> {
    return whileBeating(context, async (signal) => {
      for (;;) {
        const job = await this.options.jobs.look(run, signal);
        if (job.state !== 'running') return job;
        await pause(this.options.lookMs ?? LOOK_MS, signal);
      }
    });
  }
}

/** Datasets whose tables only Spark writes. */
export function sparkTargets(targets: readonly ErasureTarget[]): ErasureTarget[] {
  return targets.filter(({ dataset }) => dataset.writer === 'spark');
}

/** A table as the job's script takes it: names and days, no key. */
export function jobTable(target: ErasureTarget, day: string): object {
  const { dataset, subject, others, mentions } = target;
  const named = ({ column, kind }: KeyColumn): object => ({ column, kind });
  return {
    dataset: dataset.name,
    database: dataset.database,
    table: dataset.table,
    tenant: dataset.tenant,
    subject: named(subject),
    others: others.map(named),
    mentions: mentions.map(named),
    actions: rowActions(target, day),
  };
}

/** Beside the folders of keys, where no engine looks for any. */
function resultOf({ id }: Pick<ErasureStep, 'id'>, batch: BatchWork): string {
  return `spark-results/${checkedBatch(batch.id)}-${id}.json`;
}

/** Names the keys of a dataset by their tokens: the service keeps it, and nobody may guess a key from it. */
function digestOf({ keys }: BatchWork, dataset: string): string {
  const lines = keys
    .filter((key) => key.dataset === dataset)
    .map(({ tenant, action, kind, token }) => JSON.stringify([tenant, action, kind, token]));
  return createHash('sha256').update(lines.sort().join('\n')).digest('base64url');
}

function readCursor(text: string | undefined): Cursor | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Cursor);
}

/** A result that says no number says nothing: it must not pass for zero. */
function rowsIn(bytes: Uint8Array): number {
  const { rows } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { rows?: unknown };
  if (typeof rows === 'number' && Number.isSafeInteger(rows)) return rows;
  throw new SluiceError('ENGINE_FAILED', undefined, 'The job said no number of rows.');
}
