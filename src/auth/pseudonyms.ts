import { createHmac, hkdfSync } from 'node:crypto';
import { aessiv } from '@noble/ciphers/aes.js';
import { LRUCache } from 'lru-cache';
import { EMPTY_TEXT_BYTES } from '../datasources/compile/dialects';
import { forgetting } from '../forgetting';
import type { EngineName } from '../schema/vocabulary';

/**
 * Pseudonyms: tokens that stand for a value, the same wherever the value occurs in one tenant, opaque to their
 * holder, and turned back by the gate alone. AES-SIV (RFC 5297) with a 64-byte key per tenant.
 */

const PREFIX = 'p_';
/** 16 bytes of tag and at least one padded block make 43 characters of base64url. */
const TOKEN = /^p_[A-Za-z0-9_-]{43,}$/;
/** Characters of the shortest token; what stands for a token that is none has fewer. */
const SHORTEST = 45;
const BLOCK = 16;
/** Values longer than this are not worth a place in the cache. */
const CACHED_LENGTH = 256;
const TENANT_KEYS = 1000;

/** Makes tokens and turns them back. */
export class Pseudonyms {
  private readonly keys = new LRUCache<string, Buffer>({ max: TENANT_KEYS });
  private readonly cache: LRUCache<string, string>;

  /**
   * @param key 64 random bytes; each tenant's key is derived from it (HKDF-SHA-512)
   * @param cached how many tokens are kept at most, for at most a day
   */
  constructor(
    private readonly key: Buffer,
    cached = 100_000,
  ) {
    this.cache = forgetting(new LRUCache({ max: cached }));
  }

  /** The token of a value. Its length tells the value's only to sixteen bytes. */
  token(tenant: string, value: string): string {
    if (value.length > CACHED_LENGTH) return this.encrypt(tenant, value);
    const slot = `${tenant}\0${value}`;
    let token = this.cache.get(slot);
    if (token === undefined) {
      token = this.encrypt(tenant, value);
      this.cache.set(slot, token);
    }
    return token;
  }

  /** The value behind a token of this tenant; undefined for anything else, without saying why. */
  reveal(tenant: string, token: string): string | undefined {
    if (!TOKEN.test(token)) return undefined;
    const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
    // One spelling per token: bits that base64url ignores must not make a second one.
    if (bytes.toString('base64url') !== token.slice(PREFIX.length)) return undefined;
    try {
      return unpad(aessiv(this.keyOf(tenant)).decrypt(bytes));
    } catch {
      return undefined;
    }
  }

  /**
   * What a filter compares with in place of a token that is none: text that no row holds and nobody can guess,
   * so that the engine takes the same path and finds nothing.
   */
  unmatchable(tenant: string, token: string): string {
    return createHmac('sha256', this.keyOf(tenant)).update('unmatchable\0').update(token).digest('base64url');
  }

  /**
   * How much longer a statement must count than what it holds in the place of a token, in bytes, so that it counts the
   * same for every value that the token could stand for.
   */
  static room(engine: EngineName, token: string, value: string): number {
    const sent = Math.max(SHORTEST, Buffer.byteLength(token));
    // Athena's literals double quotes; Redshift's parameters hold the text as it is, or what stands for none.
    if (engine === 'athena') return 2 * sent - Buffer.byteLength(value.replaceAll("'", "''"));
    return sent - (value === '' ? EMPTY_TEXT_BYTES : Buffer.byteLength(value));
  }

  private encrypt(tenant: string, value: string): string {
    const sealed = aessiv(this.keyOf(tenant)).encrypt(pad(Buffer.from(value, 'utf8')));
    return PREFIX + Buffer.from(sealed).toString('base64url');
  }

  private keyOf(tenant: string): Buffer {
    let key = this.keys.get(tenant);
    if (key === undefined) {
      key = Buffer.from(hkdfSync('sha512', this.key, '', `sluice pseudonyms\0${tenant}`, 64));
      this.keys.set(tenant, key);
    }
    return key;
  }
}

/** ISO/IEC 7816-4 padding: a one bit, then zeros to the end of the block. */
function pad(plain: Buffer): Buffer {
  const padded = Buffer.alloc((Math.floor(plain.length / BLOCK) + 1) * BLOCK);
  plain.copy(padded);
  padded[plain.length] = 0x80;
  return padded;
}

function unpad(padded: Uint8Array): string | undefined {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end -= 1;
  if (end < 0 || padded[end] !== 0x80) return undefined;
  return Buffer.from(padded.subarray(0, end)).toString('utf8');
}
