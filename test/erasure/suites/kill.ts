import { startLakeAws } from '../../engines/support/lake-aws';
import { runKills } from '../kills';
import type { KillLake } from '../kills/places';
import type { Setting } from '../setting';

/** A worker killed at every boundary of a request's life: whoever goes on comes to the same end. */
export async function kill(setting: Setting): Promise<void> {
  for (const on of setting.options.lakes) await killOn(on, setting);
}

async function killOn(on: KillLake, setting: Setting): Promise<void> {
  const { report, options } = setting;
  const { kills } = options;
  // Trino serves all suites of a run and is ended with it.
  const lake = on === 'trino' ? (await setting.world()).lake : await startLakeAws('duckdb');
  try {
    const { phases, differences } = await runKills(lake, {
      ...(kills === undefined ? {} : { most: kills }),
      ...(options.phases === undefined ? {} : { phases: options.phases }),
      on,
      progress: (text) => report.say(`${text}, ${report.elapsed}`),
    });
    for (const { phase, requests, boundaries, rounds, notReached, seconds } of phases)
      report.say(
        `on ${on}, ${phase}: ${requests} requests, ${boundaries} boundaries, ${rounds} kills, ${notReached} not reached, ${seconds.toFixed(0)} s, ${setting.load}`,
      );
    report.check(
      `kill: on ${on} the end is the same as without`,
      differences.length === 0 ? undefined : differences.join('\n'),
    );
    const sum = (of: 'boundaries' | 'rounds' | 'notReached'): number =>
      phases.reduce((all, one) => all + one[of], 0);
    const wanted = Math.min(kills ?? Infinity, sum('boundaries'));
    const killed = sum('rounds') - sum('notReached');
    report.check(
      `kill: on ${on} wherever it should`,
      killed >= wanted && wanted > 0 ? undefined : `${killed} of ${wanted} were killed`,
    );
  } finally {
    if (on === 'duckdb') await lake.close();
  }
}
