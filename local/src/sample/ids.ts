import { createHash } from 'node:crypto';

/**
 * Id of a sample row that tells nothing of the row: the id is seen in the clear by roles that see whom the row is about
 * only masked. Always the same for the same row, in every tenant.
 *
 * @param kind what the row is, in one word
 * @param parts what the row is known by in its sample
 */
export function opaqueId(kind: string, ...parts: readonly (string | number)[]): string {
  const digest = createHash('sha256')
    .update(`sluice sample\0${kind}\0${parts.join('\0')}`)
    .digest('hex');
  return `${kind}-${digest.slice(0, 16)}`;
}
