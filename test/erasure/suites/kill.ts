import { startLakeAws } from '../../engines/support/lake-aws';
import { runKills, type KillLake } from '../kills';
import type { Setting } from '../setting';

/** A worker killed at every boundary of a batch: whoever goes on comes to the same end. */
export async function kill(setting: Setting): Promise<void> {
  for (const on of setting.options.lakes) await killOn(on, setting);
}

async function killOn(on: KillLake, setting: Setting): Promise<void> {
  const { report, options } = setting;
  const { kills } = options;
  // Trino serves all suites of a run and is ended with it.
  const lake = on === 'trino' ? (await setting.world()).lake : await startLakeAws('duckdb');
  try {
    const { requests, boundaries, rounds, notReached, differences } = await runKills(lake, {
      ...(kills === undefined ? {} : { most: kills }),
      on,
      progress: (text) => report.say(`${text}, ${report.elapsed}`),
    });
    report.say(
      `on ${on}: ${requests} requests, ${boundaries} boundaries, ${rounds} kills, ${notReached} not reached`,
    );
    report.check(
      `kill: on ${on} the end is the same as without`,
      differences.length === 0 ? undefined : differences.join('\n'),
    );
    const wanted = Math.min(kills ?? boundaries, boundaries);
    const killed = rounds - notReached;
    report.check(
      `kill: on ${on} wherever it should`,
      killed >= wanted && wanted > 0 ? undefined : `${killed} of ${wanted} were killed`,
    );
  } finally {
    if (on === 'duckdb') await lake.close();
  }
}
