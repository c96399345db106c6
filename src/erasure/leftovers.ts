import { PURGE_STEP, UNSTAGE_STEP } from './executors/ids';
import type { FailureReason } from './model';

/** Objects that a batch was to delete and could not. A request that has any is not complete. */

export interface Leftover {
  batch: string;
  /** Id of the step that deletes them. */
  step: string;
  /** The batch's keys in the clear; or results of earlier questions, which may show rows that are gone. */
  what: 'staged_keys' | 'result_objects';
  reason: FailureReason;
  /** Whether somebody asked for it to be tried now, and not after the pause. */
  now?: true;
}

/** What a step leaves when it fails; undefined for steps whose failure stands with a table. */
export function leftBy(step: string): Leftover['what'] | undefined {
  if (step === UNSTAGE_STEP) return 'staged_keys';
  return step === PURGE_STEP ? 'result_objects' : undefined;
}

/** The leftovers with one more, or with one as it is known now; the same list where nothing is new. */
export function withLeftover(leftovers: readonly Leftover[], one: Leftover): readonly Leftover[] {
  const known = leftovers.find((other) => isSame(other, one));
  if (known !== undefined && known.reason === one.reason && known.now === one.now) return leftovers;
  return [...leftovers.filter((other) => other !== known), one];
}

export function isSame(one: Pick<Leftover, 'batch' | 'step'>, other: Pick<Leftover, 'batch' | 'step'>) {
  return one.batch === other.batch && one.step === other.step;
}

const WHAT: Readonly<Record<Leftover['what'], string>> = {
  staged_keys: 'Keys of its people in the clear are still staged',
  result_objects: 'Results of earlier questions, which may show its people, are still there',
};

/** For people: what is left, why, and what to do. */
export function leftoverText({ what, reason, batch }: Leftover): string {
  const right =
    reason === 'NO_PERMISSION' ? ' Give the workers the right to delete them (s3:DeleteObject).' : '';
  return `${WHAT[what]} (batch ${batch}): ${reason}.${right} The worker tries again; retryErasure makes it do so at once.`;
}
