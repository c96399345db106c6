import { Memory } from '../generator/memory';
import type { Setting } from '../setting';
import { TWINS } from '../world/tenancies';
import { FigureCheck } from '../check/figures';
import { leaksOf, newTally, runRole, share, summary, type RoleRun, type Tally } from './canaries';

/** Two tenants with equal ids, numbers and addresses everywhere: nothing of one may come to the other. */

/** Part of the queries of each role that each of the two asks. */
const PART = 20;
const HARVEST = 60;

export async function tenants(setting: Setting): Promise<void> {
  const { options, report, gateways } = setting;
  const checks = new Map<Tally, FigureCheck>();
  const pairs = options.roles.map(async (role): Promise<RoleRun[]> => {
    // Tokens and cursors of the other tenant are tried too.
    const harvest = newRun(setting, role, TWINS[1], HARVEST);
    await runRole(setting, harvest);
    const run = newRun(setting, role, TWINS[0], Math.max(100, Math.round(options.queries / PART)));
    return [{ ...run, foreign: harvest.memory }, newRun(setting, role, TWINS[1], run.queries)];
  });
  const runs = (await Promise.all(pairs)).flat();
  const started = Date.now();
  const progress = setInterval(() => report.say(summary(runs, started)), 10_000);
  await Promise.all(runs.map((run) => runRole(setting, run))).finally(() => clearInterval(progress));
  report.say(summary(runs, started));
  for (const { role, tenancy, tally } of runs) {
    const { seen = 0 } = checks.get(tally) ?? {};
    report.check(
      `tenants: ${role} of ${tenancy?.tenant} sees nothing of the other (${tally.asked} queries, ${share(tally.data, tally)} with data, ${seen} figures)`,
      leaksOf(setting, role, tally, 'tenants'),
    );
  }

  // Some roles read none.
  if (options.roles.length === setting.policy.roles.size) {
    report.check(
      'tenants: there were figures to look at',
      [...checks.values()].some(({ seen }) => seen > 0) ? undefined : 'No answer held a figure.',
    );
  }

  function newRun({ planted }: Setting, role: string, tenant: string, queries: number): RoleRun {
    const tenancy = planted.twin(tenant, role);
    const tally = newTally();
    const check = new FigureCheck(tenancy.figures ?? 'small', setting.caller(role).role);
    checks.set(tally, check);
    return {
      role,
      world: 'a',
      tenancy,
      strange: (data) => check.strange(data),
      gateway: gateways.a,
      other: undefined,
      queries,
      concurrency: Math.max(1, Math.round(options.concurrency / options.roles.length / 2)),
      memory: new Memory(),
      tally,
    };
  }
}
