import { runSchedules } from '../schedules';
import type { Setting } from '../setting';

/** A progress line for so many plans. */
const SAID_EVERY = 50_000;

/** What must never happen. */
type Rule =
  | 'holdViolations'
  | 'unapprovedRuns'
  | 'otherRules'
  | 'doubleRuns'
  | 'unseenEnds'
  | 'lateFields'
  | 'unended'
  | 'faults';

/** Random requests with holds, approvals, drift, changed rules and jumping clocks through planner and states, each to its end. */
export async function schedules({ options: { plans, seed }, report }: Setting): Promise<void> {
  const began = process.cpuUsage();
  const found = runSchedules({
    plans,
    seed,
    progress: (done) => {
      if (done % SAID_EVERY === 0) report.say(`${done} of ${plans} schedules, ${report.elapsed}`);
    },
  });
  const { user, system } = process.cpuUsage(began);
  const ends = Object.entries(found.ends).map(([state, count]) => `${count} ${state}`);
  report.say(
    `${found.plans} schedules, ${found.plansMade} plans, ${found.events} events, ${found.refused} refused,` +
      ` ${((user + system) / 1e6).toFixed(0)} CPU seconds; ended: ${ends.join(', ')}`,
  );
  const rules: [Rule, string][] = [
    ['holdViolations', 'no row went while a hold kept it'],
    ['unapprovedRuns', 'nothing ran that somebody else had not approved as it was'],
    ['otherRules', 'no batch ran under rules that were changed since they were approved'],
    ['doubleRuns', 'no table went twice'],
    ['unseenEnds', 'nothing was called erased before somebody had looked'],
    ['lateFields', 'no field was kept after its day'],
    ['unended', 'every request ended'],
    ['faults', 'every refusal was one of the error table'],
  ];
  for (const [rule, name] of rules) {
    const detail = found[rule] === 0 ? undefined : `${found[rule]} times, first in "${found.firstBroken}"`;
    report.check(`schedules: ${name}`, detail);
  }
  const whole = Object.values(found.ends).reduce((sum, count) => sum + count, 0) === plans;
  const empty = (found.ends.COMPLETED ?? 0) === 0 || found.refused === 0;
  report.check(
    'schedules: all were played, and some were completed and some events refused',
    whole && !empty ? undefined : JSON.stringify(found),
  );
}
