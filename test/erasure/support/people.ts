import type { Fields } from '../../../local/src/sample/rows';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { declarations } from '../../../src/schema/catalog';
import type { StagedKey } from '../../../src/erasure/steps';
import type { SubjectKeyKind } from '../../../src/schema/vocabulary';

/** People to be erased, people who look like them, and rows about both. */

/** Day of the batches. */
export const DAY = '2026-11-24';

/** Keys that mean something to an engine, a pattern, a path or a shell, if anybody let them. */
export const NASTY = [
  'C-100',
  `it's`,
  '100%',
  '_',
  '%',
  'a"b',
  'a\\b',
  ' lead',
  'trail ',
  `x' OR '1'='1`,
  `'; DROP TABLE decisions; --`,
  `"; DELETE FROM erp.sales_lines; --`,
  '${jndi:x}',
  ':p1',
  'Zürich 😀',
  'NULL',
  'batch=1/',
  '007',
  'Zo\u00eb',
  'user_1',
  `' || (SELECT 1) || '`,
  `E'\\x41'`,
];

/** What no key of NASTY is: other cases, other blanks, prefixes, longer ones, letters that only look alike. */
export const DECOYS = [
  'c-100',
  'C-100 ',
  ' C-100',
  'C-10',
  'C-1000',
  'С-100',
  'C‑100',
  'IT’S',
  "it''s",
  'its',
  '1000%',
  '100',
  'lead',
  'trail',
  'trail  ',
  'a\\\\b',
  'zürich 😀',
  'null',
  `x' OR '1'='2`,
  '7',
  '0007',
  '07',
  // The same letter in two characters.
  'Zoe\u0308',
  'userX1',
  'user_10',
  // Wide letters, a blank without width, a tab.
  '\uff23-100',
  'C-100\u200b',
  'C-100\t',
  `E'A'`,
];

export const dataset = (name: string): DatasetDeclaration => {
  const found = declarations.datasets.get(name);
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found;
};

export const NAMES = ['Reading', 'Decision', 'Employee', 'SalesLine'] as const;

/** The token of a key of kind and text in these tests. */
export const tokenOf = (kind: SubjectKeyKind, key: string): string =>
  `e_${Buffer.from(`${kind}:${key}`).toString('base64url')}`;

/** Keys of a tenant's people for all datasets, as a worker stages them. */
export function stagedKeys(tenant: string, keys: readonly string[]): StagedKey[] {
  return NAMES.flatMap((name) => {
    const { keys: kinds = {}, mentions = {}, rule } = dataset(name).erasure ?? { rule: undefined };
    const action = rule?.action === 'delete' ? 'delete' : 'pseudonymise';
    const staged = (of: Readonly<Record<string, SubjectKeyKind>>, how: StagedKey['action']): StagedKey[] =>
      [...new Set(Object.values(of))].flatMap((kind) =>
        keys.map((key) => ({ tenant, dataset: name, action: how, kind, key, token: tokenOf(kind, key) })),
      );
    return [...staged(kinds, action), ...staged(mentions, 'mention')];
  });
}

/** Long ago for every retention; not long ago for any. */
export const LONG_AGO = '2013-05-02T00:00:00.000Z';
export const LATELY = '2026-03-02T08:30:00.000Z';

/**
 * Rows that name each key once in every column that may name a person, with and without a subject, early and late.
 * The row's id says what it is: `<key number>.<column>.<when>`.
 */
export function rowsAbout(name: (typeof NAMES)[number], keys: readonly string[], mark: string): Fields[] {
  const declared = dataset(name);
  const { keys: kinds = {}, mentions = {}, rule } = declared.erasure ?? {};
  const fields = [...Object.keys(kinds), ...Object.keys(mentions)];
  const time = rule !== undefined && 'from' in rule ? rule.from : declared.time;
  return keys.flatMap((key, at) =>
    fields.flatMap((field) =>
      [LONG_AGO, LATELY].map((moment) => {
        const row: Record<string, unknown> = { [declared.key]: `${mark}.${at}.${field}.${moment}` };
        for (const column of declared.columns.values())
          if (!column.nullable && column.field !== declared.key) row[column.field] = moment;
        if (time !== undefined) row[time] = moment;
        for (const personal of ['applicantName', 'customerName', 'region', 'city', 'jobTitle'])
          if (declared.columns.has(personal)) row[personal] = `${personal} of ${key}`;
        // A mention is of somebody else than the row's own person.
        if (Object.hasOwn(mentions, field) && declared.subject !== undefined)
          row[declared.subject] = 'somebody';
        row[field] = key;
        return row as Fields;
      }),
    ),
  );
}
