import { aessiv } from '@noble/ciphers/aes.js';
import type { CursorSeal } from '../auth/pages';
import type { Position } from '../auth/scope';
import { SluiceError } from '../errors';

/** Longest cursor that is looked at, in characters: several sort values of the longest text fit in. */
const LONGEST_CURSOR = 524_288;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const PURPOSE = bytes('sluice cursor 1');

/**
 * Opaque cursors: a keyset position sealed by AES-SIV (RFC 5297), with the binding as associated data. Nobody can
 * read a sort value from one, make one, or use one under another binding.
 *
 * @param key SLUICE_CURSOR_KEY: 64 bytes
 */
export function createCursorSeal(key: Uint8Array): CursorSeal {
  const own = Uint8Array.from(key);
  return {
    seal: (binding, position) =>
      Buffer.from(aessiv(own, PURPOSE, bytes(binding)).encrypt(bytes(JSON.stringify(position)))).toString(
        'base64url',
      ),
    open: (binding, cursor) => {
      if (cursor.length > LONGEST_CURSOR || !BASE64URL.test(cursor)) throw new SluiceError('BAD_CURSOR');
      const sealed = Buffer.from(cursor, 'base64url');
      // Base64 has several spellings of the same bytes; only our own is taken.
      if (sealed.toString('base64url') !== cursor) throw new SluiceError('BAD_CURSOR');
      try {
        const open = aessiv(own, PURPOSE, bytes(binding)).decrypt(Uint8Array.from(sealed));
        return JSON.parse(Buffer.from(open).toString('utf8')) as Position;
      } catch (error) {
        throw new SluiceError('BAD_CURSOR', undefined, error);
      }
    },
  };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
