import { hash, hkdfSync } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/**
 * One-way tokens of people for audit lines and tombstones: SHA-256 over a secret block and the value, cut to 128 of
 * 256 bits.
 *
 * Why a prefix is enough of a key here: each tenant's key is 64 characters, exactly one block of SHA-256 (FIPS 180-4),
 * so that what the value meets is a secret state in the place of the fixed one, and the half of the digest that is
 * thrown away leaves nothing to extend (Coron et al., "Merkle-Damgård Revisited", CRYPTO 2005). One call of
 * `crypto.hash` costs a seventh of `createHmac`, and a page names a thousand people.
 */

/** As many digits of base64url as hold 128 bits. */
const DIGITS = 22;
const PREFIX = 'a_';
const TOKEN = /^a_[A-Za-z0-9_-]{22}$/;
const TENANTS = 200;
/** Values longer than this are not worth a place in the cache. */
const CACHED_LENGTH = 256;

interface TenantTokens {
  key: string;
  known: LRUCache<string, string>;
}

/** Makes audit tokens; nothing turns one back. */
export class AuditTokens {
  private readonly tenants = new LRUCache<string, TenantTokens>({ max: TENANTS });

  /**
   * @param key 64 random bytes; each tenant's key is derived from it (HKDF-SHA-256)
   * @param cached how many tokens of a tenant are kept at most
   */
  constructor(
    private readonly key: Buffer,
    private readonly cached = 50_000,
  ) {}

  /** The same person in the same tenant gives the same token. */
  token(tenant: string, value: string): string {
    return this.maker(tenant)(value);
  }

  /** The same for many values of one tenant. */
  maker(tenant: string): (value: string) => string {
    const { key, known } = this.of(tenant);
    return (value) => {
      let token = known.get(value);
      if (token === undefined) {
        token = PREFIX + hash('sha256', key + value, 'base64url').slice(0, DIGITS);
        if (value.length <= CACHED_LENGTH) known.set(value, token);
      }
      return token;
    };
  }

  /** Whether a text has the form of a token, whoever's it may be. */
  static isToken(text: string): boolean {
    return TOKEN.test(text);
  }

  private of(tenant: string): TenantTokens {
    let tokens = this.tenants.get(tenant);
    if (tokens === undefined) {
      const key = Buffer.from(hkdfSync('sha256', this.key, '', `sluice audit tokens\0${tenant}`, 32));
      tokens = { key: key.toString('hex'), known: new LRUCache({ max: this.cached }) };
      this.tenants.set(tenant, tokens);
    }
    return tokens;
  }
}
