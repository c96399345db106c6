import type { DatasetDeclaration } from '../../schema/declarations';
import { EMPTIED_CLASSES, TOKENISED_CLASSES, type SubjectKeyKind } from '../../schema/vocabulary';
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

/** What a row that lost its person may hold no more, though no key finds it: only the token is left to know it by. */
export interface Pseudonymised {
  /** Where the token stands. */
  subject: string;
  /** Columns with nothing in them. */
  emptied: readonly string[];
  /** Columns with the token in them, or nothing. */
  tokenised: readonly string[];
}

/** None where no row of a dataset loses its person and stays. */
export function pseudonymisedOf(dataset: DatasetDeclaration): Pseudonymised | undefined {
  const { erasure, subject = '' } = dataset;
  const rule = erasure?.rule;
  if (rule?.action !== 'pseudonymise' && !(rule?.action === 'retain' && rule.then === 'pseudonymise'))
    return undefined;
  const others = [...dataset.columns.values()].filter(
    ({ field }) => field !== subject && erasure?.mentions?.[field] === undefined,
  );
  const columnsOf = (classes: readonly string[]): string[] =>
    others.filter((column) => classes.includes(column.class)).map(({ column }) => column);
  return {
    subject: dataset.columns.get(subject)?.column ?? subject,
    emptied: columnsOf(EMPTIED_CLASSES),
    tokenised: columnsOf(TOKENISED_CLASSES),
  };
}

/** Keys by what they are looked for in: for stores and files that are read row by row. */
export class Wanted {
  private readonly known = new Set<string>();
  private readonly tokens = new Set<string>();
  private readonly expectations: readonly Expectation[];
  private readonly pseudonymised: Pseudonymised | undefined;

  /** @param day of the batch */
  constructor(
    private readonly dataset: DatasetDeclaration,
    day: string,
    keys: readonly StagedKey[],
  ) {
    this.expectations = expectationsOf(dataset, day);
    this.pseudonymised = pseudonymisedOf(dataset);
    for (const { dataset: name, action, kind, tenant, key, token } of keys) {
      if (name !== dataset.name) continue;
      this.known.add([action, kind, tenant, key].join('\0'));
      if (action === 'pseudonymise') this.tokens.add([tenant, token].join('\0'));
    }
  }

  get columns(): string[] {
    const named = this.expectations.flatMap(({ column, unlessSet, before }) => [
      column,
      unlessSet,
      before?.column,
    ]);
    const { pseudonymised: left } = this;
    const all = [
      this.dataset.tenant,
      ...named,
      left?.subject,
      ...(left?.emptied ?? []),
      ...(left?.tokenised ?? []),
    ];
    return [...new Set(all.filter((name) => name !== undefined))];
  }

  /** Whether a row is one that should be gone. @param cell text of a column, or null */
  matches(cell: (column: string) => string | null): boolean {
    const tenant = cell(this.dataset.tenant);
    if (this.isLeftOver(tenant, cell)) return true;
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

  /** Whether a row that has a person's token still has something of the person. */
  private isLeftOver(tenant: string | null, cell: (column: string) => string | null): boolean {
    if (this.pseudonymised === undefined) return false;
    const { subject, emptied, tokenised } = this.pseudonymised;
    const token = cell(subject);
    if (!this.tokens.has([tenant, token].join('\0'))) return false;
    const named = (column: string): boolean => ![null, token].includes(cell(column));
    return emptied.some((column) => cell(column) !== null) || tokenised.some(named);
  }
}
