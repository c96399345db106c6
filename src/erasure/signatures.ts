import type { KeyObject } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import { canonicalJson } from './canonical';

/** Signed texts: JWS in its compact form (RFC 7515), Ed25519 (RFC 8037), over canonical JSON. */

export async function signed(type: string, payload: object, key: KeyObject): Promise<string> {
  return new CompactSign(Buffer.from(canonicalJson(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: type })
    .sign(key);
}

/** What was signed; undefined when a single character is not as it was signed, or it was with another key or for something else. */
export async function verified(type: string, text: string, key: KeyObject): Promise<unknown> {
  // Bits that base64url leaves unused must not make a second spelling of a signed text.
  const parts = text.split('.');
  if (!parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)) return undefined;
  try {
    const { payload, protectedHeader } = await compactVerify(text, key, { algorithms: ['EdDSA'] });
    if (protectedHeader.typ !== type) return undefined;
    return JSON.parse(Buffer.from(payload).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
