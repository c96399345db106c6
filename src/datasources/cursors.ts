import { aessiv } from '@noble/ciphers/aes.js';
import type { Position } from '../auth/scope';
import { SluiceError } from '../errors';

/**
 * Opaque cursors: a keyset position sealed by AES-SIV (RFC 5297) together with what it is bound to. Nobody can read a
 * sort value from one, make one, or use one elsewhere.
 */
export interface CursorSeal {
  /** @param binding text that names tenant, role, scope and plan; see `bindingOf` of the gate */
  seal(binding: string, position: Position): string;
  /** @throws SluiceError BAD_CURSOR for anything not sealed under the same key and binding */
  open(binding: string, cursor: string): Position;
}

/** Longest cursor that is looked at, in characters: several sort values of the longest text fit in. */
const LONGEST_CURSOR = 524_288;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
/** Changes whenever the format does, so that old cursors are refused instead of misread. */
const FORMAT = 'sluice cursor 1';

/** @param key 64 bytes, SLUICE_CURSOR_KEY */
export function createCursorSeal(key: Uint8Array): CursorSeal {
  const cipher = (binding: string): ReturnType<typeof aessiv> => aessiv(key, bytes(FORMAT), bytes(binding));
  return {
    seal: (binding, position) =>
      Buffer.from(cipher(binding).encrypt(bytes(JSON.stringify(position)))).toString('base64url'),
    open(binding, cursor) {
      if (cursor.length > LONGEST_CURSOR || !BASE64URL.test(cursor)) throw new SluiceError('BAD_CURSOR');
      const sealed = Buffer.from(cursor, 'base64url');
      // Base64 has several spellings of the same bytes; only our own is taken.
      if (sealed.toString('base64url') !== cursor) throw new SluiceError('BAD_CURSOR');
      try {
        return JSON.parse(
          Buffer.from(cipher(binding).decrypt(new Uint8Array(sealed))).toString('utf8'),
        ) as Position;
      } catch (error) {
        throw new SluiceError('BAD_CURSOR', undefined, error);
      }
    },
  };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
