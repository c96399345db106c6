import { hash, hkdfSync } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { DIGITS, DigestTable, write } from './digest-table';

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
/** Characters of a token. */
export const TOKEN_LENGTH = PREFIX.length + DIGITS;
const TOKEN = /^a_[A-Za-z0-9_-]{22}$/;
/** Tenants whose keys are kept. */
const TENANTS = 200;

interface TenantKey {
  key: string;
  /** The tenant's number in the table of digests, never used again for another. */
  number: number;
}

/**
 * Puts the token of a value there, unless the page has it. A page is written in one go: between two of its values no
 * other page gets any.
 */
export type TokenWriter = (value: string, to: Uint8Array, at: number) => boolean;

/** Makes audit tokens; nothing turns one back. */
export class AuditTokens {
  private readonly tenants = new LRUCache<string, TenantKey>({ max: TENANTS });
  private readonly table = new DigestTable();
  private numbers = 0;
  private pages = 0;

  /** @param key 64 random bytes; each tenant's key is derived from it (HKDF-SHA-256) */
  constructor(private readonly key: Buffer) {}

  /** The same person in the same tenant gives the same token. */
  token(tenant: string, value: string): string {
    return PREFIX + digest(this.of(tenant).key, value).slice(0, DIGITS);
  }

  /** Puts tokens of one page's values into a buffer, each `TOKEN_LENGTH` bytes. */
  writer(tenant: string): TokenWriter {
    const { table } = this;
    const { key, number } = this.of(tenant);
    const made = (value: string): string => digest(key, value);
    this.pages += 1;
    const page = this.pages;
    const others = new Set<string>();
    return (value, to, at) => {
      const copied = table.copy(page, number, value, made, to, at + PREFIX.length);
      if (copied === 'again') return false;
      if (copied === 'taken') {
        if (others.has(value)) return false;
        others.add(value);
        write(made(value), to, at + PREFIX.length);
      }
      to[at] = A;
      to[at + 1] = UNDERSCORE;
      return true;
    };
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
