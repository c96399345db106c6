import { hash, hkdfSync } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ByteBuffer } from './byte-buffer';
import { DIGITS, DigestTable, GROUP, write } from './digest-table';

/**
 * One-way tokens of people for audit lines and tombstones: SHA-256 over a secret block and the value, cut to 128 of
 * 256 bits.
 *
 * Why a prefix is enough of a key here: each tenant's key is 64 characters, exactly one block of SHA-256 (FIPS 180-4),
 * so that what the value meets is a secret state in the place of the fixed one, and the half of the digest that is
 * thrown away leaves nothing to extend (Coron et al., "Merkle-Damgård Revisited", CRYPTO 2005). One call of
 * `crypto.hash` costs a seventh of `createHmac`, and a page names a thousand people.
 */

export const TOKEN_PREFIX = 'a_';
/** Characters of a token behind its prefix: 128 bits as base64url. */
const TOKEN_DIGITS = 22;
/** Characters of a token. */
export const TOKEN_LENGTH = TOKEN_PREFIX.length + TOKEN_DIGITS;
/**
 * A line of the audit holds the beginning of each token: 60 bits, half the bytes. That a record names somebody else in
 * the place of a person has a chance of N / 2^60 for a tenant of N people: less than one in a billion for a billion.
 */
const MARK_LENGTH = DIGITS;
const TOKEN = /^a_(?:[A-Za-z0-9_-]{10}|[A-Za-z0-9_-]{22})$/;
/** Tenants whose keys are kept. */
const TENANTS = 200;

interface TenantKey {
  key: string;
  /** The tenant's number in the table of digests, never used again for another. */
  number: number;
}

/** Makes audit tokens; nothing turns one back. */
export class AuditTokens {
  private readonly tenants = new LRUCache<string, TenantKey>({ max: TENANTS });
  private readonly table = new DigestTable();
  private numbers = 0;

  /** @param key 64 random bytes; each tenant's key is derived from it (HKDF-SHA-256) */
  constructor(private readonly key: Buffer) {}

  /** The same person in the same tenant gives the same token. */
  token(tenant: string, value: string): string {
    return TOKEN_PREFIX + digest(this.of(tenant).key, value).slice(0, TOKEN_DIGITS);
  }

  /**
   * Puts the marks of one page's values behind what a buffer holds, each once: the first 12 characters of their tokens.
   *
   * @returns how many these are
   */
  append(tenant: string, values: readonly string[], to: ByteBuffer): number {
    const { table } = this;
    const { key, number } = this.of(tenant);
    table.begin(number);
    const others = new Set<string>();
    const before = to.length;
    to.reserve(values.length * MARK_LENGTH);
    const { bytes } = to;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let first = 0; first < values.length; first += GROUP) {
      const group = values.length <= GROUP ? values : values.slice(first, first + GROUP);
      const made = (index: number): string => TOKEN_PREFIX + digest(key, group[index] as string);
      table.take(group);
      for (let index = 0; index < group.length; index += 1) {
        const at = to.length;
        const copied = table.copy(index, made, view, at);
        if (copied === 'again') continue;
        if (copied === 'taken') {
          const value = group[index] as string;
          if (others.has(value)) continue;
          others.add(value);
          write(made(index), bytes, at);
        }
        to.length = at + MARK_LENGTH;
      }
    }
    return (to.length - before) / MARK_LENGTH;
  }

  /** Whether a text has the form of a token or a mark, whoever's it may be. */
  static isToken(text: string): boolean {
    return TOKEN.test(text);
  }

  /** Whether a text has the form of a whole token, which stands in rows that lost their person. */
  static isOfPerson(text: string): boolean {
    return text.length === TOKEN_LENGTH && TOKEN.test(text);
  }

  /** What a line of the audit holds of a token, or of what is such a mark already. */
  static markOf(token: string): string {
    return token.slice(0, MARK_LENGTH);
  }

  private of(tenant: string): TenantKey {
    let tokens = this.tenants.get(tenant);
    if (tokens === undefined) {
      const key = Buffer.from(hkdfSync('sha256', this.key, '', `sluice audit tokens\0${tenant}`, 32));
      this.numbers += 1;
      tokens = { key: key.toString('hex'), number: this.numbers };
      this.tenants.set(tenant, tokens);
    }
    return tokens;
  }
}

/** A token's digits, and more. */
function digest(key: string, value: string): string {
  return hash('sha256', key + value, 'base64url');
}
