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

const PREFIX = 'a_';
const [A, UNDERSCORE] = Buffer.from(PREFIX) as unknown as [number, number];
/** Stands behind each token in a line. */
const BAR = '|'.charCodeAt(0);
/** Characters of a token. */
const TOKEN_LENGTH = PREFIX.length + DIGITS;
const TOKEN = /^a_[A-Za-z0-9_-]{22}$/;
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
    return PREFIX + digest(this.of(tenant).key, value).slice(0, DIGITS);
  }

  /**
   * Puts the tokens of one page's values behind what a buffer holds, each once and with a bar behind it.
   *
   * @returns how many these are
   */
  append(tenant: string, values: readonly string[], to: ByteBuffer): number {
    const { table } = this;
    const { key, number } = this.of(tenant);
    table.begin(number);
    const others = new Set<string>();
    const before = to.length;
    to.reserve(values.length * (TOKEN_LENGTH + 1));
    const { bytes } = to;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let first = 0; first < values.length; first += GROUP) {
      const group = values.length <= GROUP ? values : values.slice(first, first + GROUP);
      const made = (index: number): string => digest(key, group[index] as string);
      table.take(group);
      for (let index = 0; index < group.length; index += 1) {
        const at = to.length;
        const copied = table.copy(index, made, view, at + PREFIX.length);
        if (copied === 'again') continue;
        if (copied === 'taken') {
          const value = group[index] as string;
          if (others.has(value)) continue;
          others.add(value);
          write(made(index), bytes, at + PREFIX.length);
        }
        bytes[at] = A;
        bytes[at + 1] = UNDERSCORE;
        bytes[at + TOKEN_LENGTH] = BAR;
        to.length = at + TOKEN_LENGTH + 1;
      }
    }
    return (to.length - before) / (TOKEN_LENGTH + 1);
  }

  /** Whether a text has the form of a token, whoever's it may be. */
  static isToken(text: string): boolean {
    return TOKEN.test(text);
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
