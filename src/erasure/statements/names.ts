/** Names in statements and of staged objects. */

import type { ErasureTarget, PersonalColumns } from '../targets';

export { KEY_COLUMNS, KEYS_DATABASE, KEYS_TABLE } from '../../schema/subject-keys';

/** Batch ids stand in SQL and in object names. */
const BATCH_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** The id, or an error when it could mean something in a path or a statement. */
export function checkedBatch(id: string): string {
  if (!BATCH_ID.test(id)) throw new TypeError('A batch id has letters, digits, _ and - alone.');
  return id;
}

/** Folder of a batch's keys below the staging location. */
export function batchFolder(id: string): string {
  return `batch=${checkedBatch(id)}/`;
}

/** An identifier in double quotes. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Whether anything of the person is left in columns of a row whose subject is the token. @param at a column in SQL */
export function leftIn(
  { subject }: Pick<ErasureTarget, 'subject'>,
  { tokenised, emptied }: PersonalColumns,
  at: (column: string) => string,
): string {
  const left = [
    ...tokenised.map((column) => `${at(column)} <> ${at(subject.column)}`),
    ...emptied.map((column) => `${at(column)} IS NOT NULL`),
  ];
  return left.length === 1 ? left.join('') : `(${left.join(' OR ')})`;
}
