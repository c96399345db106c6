import type { Request } from './journal';

/** How much is taken on at once, by a batch and by what is planned together. */
export interface BatchLimits {
  requests: number;
  /** Keys of all of them. One request alone may have more. */
  keys: number;
}

/** What has room beside what was taken before; one alone always has. */
export function fitting(
  requests: readonly Request[],
  limits: BatchLimits,
  taken: BatchLimits = { requests: 0, keys: 0 },
): Request[] {
  const some: Request[] = [];
  let { keys } = taken;
  for (const request of requests) {
    const among = taken.requests + some.length;
    if (among >= limits.requests) break;
    if (among > 0 && keys + keysOf(request) > limits.keys) continue;
    keys += keysOf(request);
    some.push(request);
  }
  return some;
}

/** Keys that are known: those that were asked for, until all are found. */
export function keysOf({ asked, resolved }: Request): number {
  return (resolved ?? asked).count;
}
