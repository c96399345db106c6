import { Random } from '../../privacy/random';
import { runKills } from '../kills';
import type { Setting } from '../setting';

/** Requests between two kills of a run that does not kill at all of them. */
const STEP = 40;

/** kill -9 of the worker just before and just after each request to a service. */
export async function kill({ options, report }: Setting): Promise<void> {
  const { kills, seed } = options;
  const found = await runKills({
    ...(kills === undefined
      ? { from: 1, step: 1 }
      : { from: new Random(`${seed} kill`).whole(1, STEP), step: STEP, most: kills }),
    progress: (text) => report.say(text),
  });
  report.say(
    `${found.rounds} kills at the boundaries of ${found.requests} requests, ${found.notReached} after the worker’s end`,
  );
  report.check(
    `kill: each of ${found.rounds} kills left what a batch leaves that nobody disturbed`,
    found.differences.length === 0 ? undefined : found.differences.join('\n'),
  );
  report.check(
    'kill: workers were killed at work',
    found.rounds > found.notReached ? undefined : 'No boundary was reached.',
  );
}
