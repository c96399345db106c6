import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';

/**
 * The one text of plain data (JSON Canonicalization Scheme, RFC 8785): equal data gives equal bytes, whatever the order of
 * its keys. Fields that are undefined are left out.
 */
export function canonicalJson(data: object): string {
  const text = canonicalize(data);
  if (text === undefined) throw new TypeError('There is nothing to write as JSON.');
  return text;
}

/** SHA-256 over the canonical JSON, in base64url (43 characters). */
export function canonicalHash(data: object): string {
  return createHash('sha256').update(canonicalJson(data)).digest('base64url');
}
