/** Differences of two trees of plain data, leaf by leaf, whatever keys they have. */

/** Keys from the top; those of lists stay out: a list differs as a set. */
export type KeyPath = readonly string[];

/** One difference. `added` and `removed` name entries of a list; `from` and `to` the values of any other leaf. */
export interface TreeChange {
  path: KeyPath;
  from?: unknown;
  to?: unknown;
  added?: unknown[];
  removed?: unknown[];
  /** The list holds the same in another order. */
  reordered?: true;
  /** For a list that came or went as a whole. */
  whole?: 'came' | 'went';
}

/** Every difference, in the order of the new tree, then what only the old one has. What comes or goes as a whole is one. */
export function treeChanges(from: unknown, to: unknown, path: KeyPath = []): TreeChange[] {
  if (textOf(from) === textOf(to)) return [];
  if (isList(from ?? []) && isList(to ?? []) && (isList(from) || isList(to))) {
    const whole = from === undefined ? 'came' : to === undefined ? 'went' : undefined;
    return [listChange(path, (from ?? []) as unknown[], (to ?? []) as unknown[], whole)];
  }
  if (!isMap(from) || !isMap(to)) return [{ path, from, to }];
  const keys = new Set([...Object.keys(to), ...Object.keys(from)]);
  return [...keys].flatMap((key) => treeChanges(own(from, key), own(to, key), [...path, key]));
}

function listChange(
  path: KeyPath,
  from: readonly unknown[],
  to: readonly unknown[],
  whole: TreeChange['whole'],
): TreeChange {
  const [older, newer] = [from.map(textOf), to.map(textOf)];
  const without = (list: readonly unknown[], texts: string[], others: string[]): unknown[] => {
    const left = [...others];
    return list.filter((_, index) => {
      const at = left.indexOf(texts[index] ?? '');
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  };
  const added = without(to, newer, older);
  const removed = without(from, older, newer);
  return {
    path,
    added,
    removed,
    ...(added.length + removed.length === 0 ? { reordered: true } : {}),
    ...(whole === undefined ? {} : { whole }),
  };
}

function own(map: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** The same text for the same data, whatever the order of keys; what is not there is left out. */
export function textOf(value: unknown): string {
  if (isList(value)) return `[${value.map(textOf).join()}]`;
  if (isMap(value)) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return `{${entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => `${JSON.stringify(key)}:${textOf(inner)}`)
      .join()}}`;
  }
  return value === undefined ? '' : JSON.stringify(value);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}
