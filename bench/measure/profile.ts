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
  const names = namesOf(profile);
  const times = new Map<string, number>();
  let busy = 0;
  eachBusy(profile, names, (node, time) => {
    const name = names.get(node) ?? '';
    busy += time;
    times.set(name, (times.get(name) ?? 0) + time);
  });
  return [...times]
    .sort(([, one], [, two]) => two - one)
    .slice(0, count)
    .map(([name, time]) => ({ name, share: time / busy }));
}

/**
 * Share of the time in which the process was not idle, 0 to 1, that functions of some files took, with what they called.
 * Work that goes on after an `await` in another file is that file's.
 */
export function shareOf(profile: Profiler.Profile, files: RegExp): number {
  const names = namesOf(profile);
  const ofFiles = new Set<number>();
  /** Nodes come after the one that called them. */
  for (const { id, callFrame, children = [] } of profile.nodes) {
    if (files.test(callFrame.url)) ofFiles.add(id);
    if (ofFiles.has(id)) for (const child of children) ofFiles.add(child);
  }
  let busy = 0;
  let spent = 0;
  eachBusy(profile, names, (node, time) => {
    busy += time;
    if (ofFiles.has(node)) spent += time;
  });
  return spent / busy;
}

/** Name and place of the function of each node. */
function namesOf({ nodes }: Profiler.Profile): Map<number, string> {
  return new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
}

/** Gives each sample in which the process was not idle: its node, and how long it stands for. */
function eachBusy(
  { samples = [], timeDeltas = [] }: Profiler.Profile,
  names: ReadonlyMap<number, string>,
  take: (node: number, time: number) => void,
): void {
  for (const [at, node] of samples.entries()) {
    const name = names.get(node);
    // `dispatch` is the profiler itself, answering when it is started.
    if (name !== '(idle)' && name !== 'dispatch') take(node, timeDeltas[at] ?? 0);
  }
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
