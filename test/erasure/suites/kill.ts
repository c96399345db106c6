import { runKills } from '../kills';
import type { Setting } from '../setting';

/** A worker killed at every boundary of a batch: whoever goes on comes to the same end. */
export async function kill({ report }: Setting): Promise<void> {
  const { requests, boundaries, rounds, notReached, differences } = await runKills({
    from: 0,
    step: 1,
    progress: (text) => report.say(text),
  });
  report.say(`${requests} requests, ${boundaries} boundaries, ${rounds} kills, ${notReached} not reached`);
  report.check(
    'kill: the end is the same as without',
    differences.length === 0 ? undefined : differences.join('\n'),
  );
  const every = rounds === boundaries ? undefined : `${rounds} of ${boundaries} boundaries were killed at`;
  report.check('kill: at every boundary', every);
}
