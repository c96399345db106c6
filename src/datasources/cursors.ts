import { createHash } from 'node:crypto';
import { aessiv } from '@noble/ciphers/aes.js';
import type { Position } from '../auth/scope';
import { SluiceError } from '../errors';
import type { RowsPlan } from './plans';

/**
 * Opaque cursors: a keyset position sealed by AES-SIV (RFC 5297) for one tenant, role and plan. Nobody can read a
 * sort value from one, make one, or use one elsewhere.
 */

/** Whose cursor it is; the tenant and role come from the viewer, never from the request's arguments. */
export interface CursorBinding {
  tenant: string;
  role: string;
  /** See `planFingerprint`. */
  fingerprint: string;
}

/** Longest cursor that is looked at, in characters: several sort values of the longest text fit in. */
const LONGEST_CURSOR = 524_288;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** What must stay the same from page to page: dataset, order, filters and range; the page's size may change. */
export function planFingerprint(plan: Pick<RowsPlan, 'dataset' | 'orderBy' | 'where' | 'range'>): string {
  const parts = [
    plan.dataset,
    plan.orderBy.map(({ field, direction }) => [field, direction]),
    plan.where ?? null,
    plan.range === undefined ? null : [plan.range.from, plan.range.to],
  ];
  return createHash('sha256').update(canonical(parts)).digest('base64url');
}

/** @param key SLUICE_CURSOR_KEY: 64 bytes */
export function sealCursor(key: Uint8Array, position: Position, binding: CursorBinding): string {
  const sealed = aessiv(key, ...associated(binding)).encrypt(bytes(JSON.stringify(position)));
  return Buffer.from(sealed).toString('base64url');
}

/** @throws SluiceError BAD_CURSOR for anything that `sealCursor` did not make under the same key and binding */
export function openCursor(key: Uint8Array, cursor: string, binding: CursorBinding): Position {
  if (cursor.length > LONGEST_CURSOR || !BASE64URL.test(cursor)) throw new SluiceError('BAD_CURSOR');
  const sealed = Buffer.from(cursor, 'base64url');
  // Base64 has several spellings of the same bytes; only our own is taken.
  if (sealed.toString('base64url') !== cursor) throw new SluiceError('BAD_CURSOR');
  try {
    const open = aessiv(key, ...associated(binding)).decrypt(new Uint8Array(sealed));
    return JSON.parse(Buffer.from(open).toString('utf8')) as Position;
  } catch (error) {
    throw new SluiceError('BAD_CURSOR', undefined, error);
  }
}

function associated({ tenant, role, fingerprint }: CursorBinding): Uint8Array[] {
  return [bytes('sluice cursor 1'), bytes(tenant), bytes(role), bytes(fingerprint)];
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** JSON with sorted names, so that the same filter written in another order is the same plan. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}
