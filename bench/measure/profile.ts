import type { Profiler } from 'node:inspector';
import { ROOT } from './processes';

/** Time in which a function itself was running, without what it called. */
export interface SelfTime {
  /** Name and place of the function. */
  name: string;
  /** Share of the time in which the process was not idle, 0 to 1. */
  share: number;
}

/** The functions with the most time of their own, most first. */
export function selfTimes(profile: Profiler.Profile, count: number): SelfTime[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  profile.samples?.forEach((node, at) => {
    const name = names.get(node) ?? '';
    // `dispatch` is the profiler itself, answering when it is started.
    if (name === '(idle)' || name === 'dispatch') return;
    const time = profile.timeDeltas?.[at] ?? 0;
    busy += time;
    times.set(name, (times.get(name) ?? 0) + time);
  });
  return [...times]
    .sort(([, one], [, two]) => two - one)
    .slice(0, count)
    .map(([name, time]) => ({ name, share: time / busy }));
}

function nameOf({ functionName, url, lineNumber }: Profiler.Profile['nodes'][number]['callFrame']): string {
  const name = functionName || '(anonymous)';
  if (url === '') return name;
  const file = url
    .replace('file://', '')
    .replace(`${ROOT}/`, '')
    .replace(/^.*node_modules\//, '');
  return `${name} ${file}:${lineNumber + 1}`;
}
