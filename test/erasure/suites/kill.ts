import { runKills } from '../kills';
import type { Setting } from '../setting';

/** A worker killed at every boundary of a batch: whoever goes on comes to the same end. */
export async function kill({ report, options }: Setting): Promise<void> {
  const { requests, boundaries, rounds, notReached, differences } = await runKills({
    ...(options.kills === undefined ? {} : { most: options.kills }),
    progress: (text) => report.say(text),
  });
  report.say(`${requests} requests, ${boundaries} boundaries, ${rounds} kills, ${notReached} not reached`);
  report.check(
    'kill: the end is the same as without',
    differences.length === 0 ? undefined : differences.join('\n'),
  );
  const wanted = Math.min(options.kills ?? boundaries, boundaries);
  const every = rounds - notReached >= wanted ? undefined : `${rounds - notReached} of ${wanted} were killed`;
  report.check('kill: wherever it should', every);
}
