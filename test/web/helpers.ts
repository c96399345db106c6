import type { KeyValueStore } from '../../web/src/storage';

/** Base64url JSON, as links and tokens carry it. */
export const packed = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token that reads like a real one. The page never checks signatures, so this one has none. */
export const token = (claims: Record<string, unknown>): string =>
  `${packed({ alg: 'ES256', typ: 'JWT' })}.${packed(claims)}.c2lnbmF0dXJl`;

/** The browser's Storage interface over a map that a test can look into. */
export function memoryStore(): { store: KeyValueStore; kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const store: KeyValueStore = {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
  return { store, kept };
}
