import type { DatasetDeclaration } from '../../schema/declarations';
import type { SubjectKeyKind } from '../../schema/vocabulary';
import { keptUntil } from '../retention';
import type { StagedKey } from '../steps';

/**
 * What no row may hold any more, read from the declarations and not from what executors made of them: for each column
 * that can name a person, the keys that must not be found in it.
 */
export interface Expectation {
  column: string;
  kind: SubjectKeyKind;
  actions: readonly StagedKey['action'][];
  /** A row that has a value here is somebody else's. */
  unlessSet?: string;
  /** Only rows with a time before the day must be gone; others are kept. */
  before?: { column: string; day: string };
}

/** @param day of the batch */
export function expectationsOf(dataset: DatasetDeclaration, day: string): Expectation[] {
  const { erasure, subject } = dataset;
  if (erasure === undefined) return [];
  const column = (field: string): string => dataset.columns.get(field)?.column ?? field;
  const { rule } = erasure;
  const before =
    rule.action === 'delete' || rule.keep === undefined
      ? undefined
      : { column: column(rule.from), day: keptUntil(rule, day) };
  const found: Expectation[] = [];
  for (const [field, kind] of Object.entries(erasure.keys)) {
    const place = {
      column: column(field),
      kind,
      ...(field === subject || subject === undefined ? {} : { unlessSet: column(subject) }),
    };
    const whole: StagedKey['action'][] = rule.action === 'delete' ? ['delete'] : ['pseudonymise'];
    if (rule.action === 'retain') found.push({ ...place, actions: [rule.then], ...(before && { before }) });
    else found.push({ ...place, actions: whole });
    // Rows that had been pseudonymised, and are found by their token.
    if (rule.action === 'pseudonymise' && before !== undefined)
      found.push({ ...place, actions: ['delete'], before });
  }
  for (const [field, kind] of Object.entries(erasure.mentions ?? {}))
    found.push({ column: column(field), kind, actions: ['mention'] });
  return found;
}

/** Keys by what they are looked for in: for stores and files that are read row by row. */
export class Wanted {
  private readonly known = new Set<string>();

  constructor(
    private readonly dataset: DatasetDeclaration,
    private readonly expectations: readonly Expectation[],
    keys: readonly StagedKey[],
  ) {
    for (const key of keys)
      if (key.dataset === dataset.name)
        this.known.add([key.action, key.kind, key.tenant, key.key].join('\0'));
  }

  get columns(): string[] {
    const named = this.expectations.flatMap(({ column, unlessSet, before }) => [
      column,
      unlessSet,
      before?.column,
    ]);
    return [...new Set([this.dataset.tenant, ...named.filter((name) => name !== undefined)])];
  }

  /** Whether a row is one that should be gone. @param cell text of a column, or null */
  matches(cell: (column: string) => string | null): boolean {
    const tenant = cell(this.dataset.tenant);
    return this.expectations.some(({ column, kind, actions, unlessSet, before }) => {
      const value = cell(column);
      if (value === null || (unlessSet !== undefined && cell(unlessSet) !== null)) return false;
      if (before !== undefined) {
        const time = cell(before.column);
        if (time === null || time >= before.day) return false;
      }
      return actions.some((action) => this.known.has([action, kind, tenant, value].join('\0')));
    });
  }
}
