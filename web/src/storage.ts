/** Where the page may keep things, and what may never be kept. */
import { TOKEN_PATTERN } from './jwt';

/** The part of the browser's Storage that the page uses. */
export interface KeyValueStore {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** GraphiQL puts this before each of its keys. */
const GRAPHIQL_PREFIX = 'graphiql:';

/**
 * GraphiQL's own storage (tabs, history, theme). It lasts as long as the browser tab, and anything that looks
 * like a token is cut out before it is written: someone may have pasted one into a query or a variable.
 * "Clear storage" in GraphiQL's settings removes GraphiQL's keys and leaves the session's tokens.
 */
export function tokenFreeStorage(store: KeyValueStore) {
  const ownKeys = (): string[] =>
    Array.from({ length: store.length }, (_, index) => store.key(index)).filter(
      (key): key is string => key !== null && key.startsWith(GRAPHIQL_PREFIX),
    );
  return {
    get length(): number {
      return ownKeys().length;
    },
    getItem: (key: string): string | null => store.getItem(key),
    setItem: (key: string, value: string): void =>
      store.setItem(key, value.replace(TOKEN_PATTERN, '[token removed]')),
    removeItem: (key: string): void => store.removeItem(key),
    clear: (): void => ownKeys().forEach((key) => store.removeItem(key)),
  };
}
