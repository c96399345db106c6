import { pause } from '../../datasources/engines/service-caller';
import type { ObjectStore } from '../../datasources/engines/object-store';
import { stageKeys, unstageKeys } from '../staging';
import type { BatchWork, ErasureExecutor, ErasureStep, StepResult } from '../steps';
import { failureOf, whileBeating, type StepContext } from './failures';
import { PURGE_STEP, STAGE_STEP, UNSTAGE_STEP } from './ids';

/** Pages of a listing that one run deletes, so that a run ends within minutes. */
const PAGES = 20;
const LONGEST_PAUSE_MS = 1_000;
/** A result that was just written is being read: it is left for so long. */
const READING_MS = 5_000;

export interface ObjectsOptions {
  /** Store of the staged keys. */
  keys: ObjectStore;
  /** Store of the engines' result objects; none where a workgroup keeps results itself. */
  results: ObjectStore | undefined;
  /**
   * How long a statement that began before the rows were gone may still run, and its result still be read, in
   * milliseconds: the longest a request may take.
   */
  graceMs: number;
  /** Steps that make rows go logically: results and keys go after all of them. */
  erasing: readonly string[];
}

/** Objects: the keys of a batch, staged and taken away, and the results of earlier questions, deleted. */
export class ObjectsExecutor implements ErasureExecutor {
  readonly store = 's3';

  constructor(private readonly options: ObjectsOptions) {}

  steps(): readonly ErasureStep[] {
    const { erasing, results } = this.options;
    const store = this.store;
    const purge: ErasureStep = { id: PURGE_STEP, kind: 'purge', store, after: erasing };
    return [
      { id: STAGE_STEP, kind: 'stage', store, after: [] },
      ...(results === undefined ? [] : [purge]),
      { id: UNSTAGE_STEP, kind: 'unstage', store, after: erasing },
    ];
  }

  async run(step: ErasureStep, batch: BatchWork, context: StepContext): Promise<StepResult> {
    const { keys, results } = this.options;
    try {
      if (step.id === STAGE_STEP) {
        const rows = await whileBeating(context, (signal) => stageKeys(keys, batch, signal));
        return { state: 'done', rows, statementIds: [] };
      }
      if (step.id === UNSTAGE_STEP) {
        await whileBeating(context, (signal) => unstageKeys(keys, batch.id, signal));
        return { state: 'done', rows: 0, statementIds: [] };
      }
      if (step.id === PURGE_STEP && results !== undefined) return await this.purge(results, context);
    } catch (error) {
      return failureOf(error);
    }
    throw new TypeError(`S3 has no step ${step.id}.`);
  }

  async close(): Promise<void> {
    this.options.keys.close();
    this.options.results?.close();
  }

  /**
   * Results that may hold rows which are gone by now: all that were written up to the end of the last statement that
   * may have begun before. The first run notes that moment, a later one waits for it and deletes.
   */
  private async purge(results: ObjectStore, context: StepContext): Promise<StepResult> {
    if (context.cursor === undefined) {
      const until = new Date(Date.now() + this.options.graceMs).toISOString();
      return { state: 'again', rows: 0, statementIds: [], cursor: until };
    }
    const until = Date.parse(context.cursor);
    const read = until + Math.min(this.options.graceMs, READING_MS);
    while (Date.now() <= read) {
      await context.beat();
      await pause(Math.min(LONGEST_PAUSE_MS, read - Date.now() + 1), context.signal);
    }
    let removed = 0;
    // What is deleted leaves the listing, so each run starts at its beginning.
    for (let page = 0, token: string | undefined; page < PAGES; page += 1) {
      const listed = await whileBeating(context, (signal) => results.list('', token, signal));
      const old = listed.objects.filter(({ modified }) => modified <= until).map(({ name }) => name);
      await results.remove(old, context.signal);
      removed += old.length;
      token = listed.next;
      if (token === undefined) return { state: 'done', rows: removed, statementIds: [] };
    }
    return { state: 'again', rows: removed, statementIds: [], cursor: context.cursor };
  }
}
