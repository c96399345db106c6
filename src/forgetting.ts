/**
 * Caches that may hold values of people, such as one that was made a pseudonym, or a query with a literal in it. Each is
 * emptied twice a day, also when it is used all the time: looking at ages would cost each use of it, and whatever made an
 * entry makes it again.
 */

/** Days after which nothing is left in such a cache of what was put there. */
export const CACHE_DAYS = 1;
/** A process that is busy comes late to its timers. */
const EMPTIED_MS = (CACHE_DAYS * 86_400_000) / 2;

/** Anything that can be emptied at any moment without being wrong then. */
interface Cache {
  clear(): void;
}

const caches = new Set<WeakRef<Cache>>();
let timer: NodeJS.Timeout | undefined;

/** Has a cache emptied from now on, for as long as anybody else holds it. Gives it back. */
export function forgetting<C extends Cache>(cache: C): C {
  caches.add(new WeakRef(cache));
  timer ??= setInterval(emptyAll, EMPTIED_MS).unref();
  return cache;
}

function emptyAll(): void {
  for (const reference of caches) {
    const cache = reference.deref();
    if (cache === undefined) caches.delete(reference);
    else cache.clear();
  }
}
