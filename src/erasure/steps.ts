import type { EngineName } from '../schema/vocabulary';
import type { FailureReason, SubjectKeyKind } from './model';

/**
 * What the worker and the executors agree on. The worker writes a step down before it runs it, runs steps of one table one
 * after the other, and runs a step again whenever it does not know how it ended; so every step may be run any number of
 * times and has its effect once.
 */

/** One key of one person for one dataset, as it is staged for a batch. */
export interface StagedKey {
  tenant: string;
  dataset: string;
  /** `release`: by the token, rows that lost their person and still have fields whose period is over. */
  action: 'delete' | 'pseudonymise' | 'release' | 'mention';
  kind: SubjectKeyKind;
  key: string;
  /**
   * What stands in the place of the person's identifiers from then on: one-way, keyed, the same for all keys of a person. In a
   * search, what says which requests look for the key (search/tables.ts).
   */
  token: string;
}

/** A batch: all subjects of its requests, whichever tenant they are of. */
export interface BatchWork {
  id: string;
  /** Day the batch began, `YYYY-MM-DD`: retention is counted back from it. */
  day: string;
  /** Keys that no hold keeps back as the run begins. */
  keys: readonly StagedKey[];
}

export const STEP_KINDS = ['stage', 'erase', 'compact', 'expire', 'purge', 'unstage'] as const;
/**
 * `stage` puts the keys where the engine finds them; `erase` makes rows go logically; `compact` and `expire` make the
 * files go that still hold them; `purge` deletes result objects; `unstage` takes the keys away.
 */
export type StepKind = (typeof STEP_KINDS)[number];

/** A step as it stands in the ledger: known before anything runs, and the same for one subject and for a thousand. */
export interface ErasureStep {
  /** Unique in its batch and the same each time the steps are listed: `athena.Decision.erase`. */
  id: string;
  kind: StepKind;
  store: EngineName | 's3' | 'spark';
  /** Absent for steps about all tables of a store. */
  dataset?: string;
  /** Ids of steps that must have ended before. */
  after: readonly string[];
}

/** How one run of a step ended. */
export type StepResult =
  /** `again`: there is more to do, run it again (VACUUM that has a batch left, a scan that goes on at `cursor`). */
  | {
      state: 'done' | 'again';
      rows: number;
      /** The rows by dataset, of a step about several. */
      datasets?: Readonly<Record<string, number>>;
      /** The rows by the token of their person, of a step that goes item by item; for each token of the person. */
      people?: Readonly<Record<string, number>>;
      statementIds: readonly string[];
      cursor?: string;
    }
  | { state: 'failed'; reason: FailureReason; retryable: boolean };

/** Carries out steps on one store. */
export interface ErasureExecutor {
  readonly store: ErasureStep['store'];
  /** The steps of any batch on this store, in order. */
  steps(): readonly ErasureStep[];
  /**
   * Runs a step, again if need be.
   *
   * @param cursor where the run before stopped, if it said so
   * @param beat called now and then while it works; throws when the lease is lost, and then nothing more may be done
   */
  run(
    step: ErasureStep,
    batch: BatchWork,
    context: { cursor?: string; signal: AbortSignal; beat(): Promise<void> },
  ): Promise<StepResult>;
  close(): Promise<void>;
}
