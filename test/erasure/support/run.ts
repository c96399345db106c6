import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchWork, ErasureExecutor, ErasureStep, StepResult } from '../../../src/erasure/steps';

/** Carries out a batch as a worker does, without a ledger. */

export interface Ran {
  step: ErasureStep;
  result: StepResult;
  seconds: number;
}

/** A step that failed for now is run so often, as a worker would. */
const TURNS = 5;
const PAUSE_MS = 2_000;

/** Runs the steps of these kinds in an order that their `after` allows; stops at the first that fails. */
export async function runBatch(
  executors: readonly ErasureExecutor[],
  batch: BatchWork,
  kinds?: readonly ErasureStep['kind'][],
): Promise<Ran[]> {
  const steps = executors.flatMap((executor) => executor.steps().map((step) => ({ step, executor })));
  const done = new Set<string>();
  const ran: Ran[] = [];
  while (done.size < steps.length) {
    const next = steps.find(({ step }) => !done.has(step.id) && step.after.every((id) => done.has(id)));
    if (next === undefined) throw new Error('The steps wait for each other.');
    const { step, executor } = next;
    done.add(step.id);
    if (kinds !== undefined && !kinds.includes(step.kind)) continue;
    const began = performance.now();
    let result = await runStep(executor, step, batch);
    for (let turn = 1; turn < TURNS && result.state === 'failed' && result.retryable; turn += 1) {
      await sleep(turn * PAUSE_MS);
      result = await runStep(executor, step, batch);
    }
    ran.push({ step, result, seconds: (performance.now() - began) / 1_000 });
    if (result.state === 'failed') return ran;
  }
  return ran;
}

/** Runs a step until it has nothing more to do. */
export async function runStep(
  executor: ErasureExecutor,
  step: ErasureStep,
  batch: BatchWork,
): Promise<StepResult> {
  let rows = 0;
  for (let cursor: string | undefined; ;) {
    const result = await executor.run(step, batch, {
      ...(cursor === undefined ? {} : { cursor }),
      signal: new AbortController().signal,
      beat: async () => undefined,
    });
    if (result.state === 'failed') return result;
    rows += result.rows;
    if (result.state === 'done') return { ...result, rows };
    cursor = result.cursor;
  }
}
