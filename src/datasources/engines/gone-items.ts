import { hash } from 'node:crypto';
import { AuditTokens } from '../../auth/audit-tokens';
import type { Gone, GoneKeys } from '../../auth/scope';
import { retainedBy } from '../../erasure/retention';
import type { DatasetDeclaration } from '../../schema/declarations';
import { columnFor } from '../compile/conditions';
import { columnReader, type Item } from './items';

/** The first 64 bits of SHA-256 over a salt and a text, as `hash64` of the SQL dialects computes them. */
export function hash64(salt: string, value: string): string {
  return hash('sha256', salt + value, 'hex').slice(0, 16);
}

/**
 * The item as it is seen while people are treated as gone, with the meaning that the statements have
 * (`compile/gone.ts`): undefined when it is one of theirs; without the fields that only name them.
 */
export function withoutGone(
  dataset: DatasetDeclaration,
  gone: Gone | undefined,
  item: Item,
): Item | undefined {
  if (gone === undefined) return item;
  const subject = gone.subject === undefined ? null : cellOf(dataset, gone.subject, item);
  for (const keys of gone.keys) {
    if (keys.field !== gone.subject && subject !== null) continue;
    if (holdsGone(dataset, keys, item)) return undefined;
  }
  const named = gone.mentions.filter((keys) => holdsGone(dataset, keys, item));
  if (named.length === 0) return item;
  // The item is shared with other requests.
  const seen = { ...item };
  for (const { field } of named) delete seen[columnFor(dataset, field).column];
  return seen;
}

/** Fields by which it is known whether an item is left out by `withoutRetained`. */
export function retainedFields({ erasure, subject }: DatasetDeclaration): string[] {
  const fields = erasure === undefined ? [] : retainedBy(erasure.rule).flatMap((period) => period.fields);
  return fields.length === 0 || subject === undefined ? [] : [subject, ...fields];
}

/** The item, or undefined while it keeps fields for a law alone of somebody who is out of it. */
export function withoutRetained(dataset: DatasetDeclaration, item: Item): Item | undefined {
  const [subject, ...fields] = retainedFields(dataset).map((field) => cellOf(dataset, field, item));
  if (typeof subject !== 'string' || !AuditTokens.isOfPerson(subject)) return item;
  if (dataset.erasure?.rule.action === 'delete') return undefined;
  return fields.some((cell) => cell !== null && cell !== subject) ? undefined : item;
}

function holdsGone(dataset: DatasetDeclaration, { field, salt, hashes }: GoneKeys, item: Item): boolean {
  const cell = cellOf(dataset, field, item);
  return cell !== null && hashes.has(hash64(salt, String(cell)));
}

function cellOf(dataset: DatasetDeclaration, field: string, item: Item) {
  return columnReader(columnFor(dataset, field)).read(item);
}
