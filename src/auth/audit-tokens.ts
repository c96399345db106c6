import { hkdfSync } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { forgetting } from '../forgetting';
import { viewOf, type ByteBuffer } from './byte-buffer';
import { Cmac, MAC_BYTES } from './cmac';

/**
 * Tokens of people for audit lines, and for rows that lose their person: 128 bits, the halves of which are MACs of the
 * value under two keys (AES-256-CMAC). Without the keys a token tells nothing but that two are the same. With them,
 * 2^64 values of a block fit each half: turning a token back takes that many tries, or as many as there are ids.
 *
 * docs/decisions/0024 says why they are no hashes.
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
const MARK_LENGTH = 12;
/** Bytes that are a mark as base64url: 12 bits are the prefix, 60 are of the MAC. */
const MARK_BYTES = 9;
const MARK_START = [...Buffer.from(`${TOKEN_PREFIX}AA`, 'base64url')] as [number, number, number];
const WORD = 4;
const TOKEN = /^a_(?:[A-Za-z0-9_-]{10}|[A-Za-z0-9_-]{22})$/;
/** Tenants whose keys are kept. */
const TENANTS = 200;
/** People of most pages, a power of two. */
const PEOPLE = 2_048;
/** Readers whose tokens are kept: the same few ask again and again. */
const READERS = 1_000;

/** Makes audit tokens. */
export class AuditTokens {
  private readonly tenants = new LRUCache<string, { first: Cmac; second: Cmac }>({ max: TENANTS });
  private readonly readers = forgetting(new LRUCache<string, string>({ max: READERS }));
  /** For most pages; memory of their own would be dear to collect. */
  private readonly page = new Page(PEOPLE);

  /** @param key 64 random bytes; each tenant's keys are derived from it (HKDF-SHA-256) */
  constructor(private readonly key: Buffer) {}

  /** The same person in the same tenant gives the same token. */
  token(tenant: string, value: string): string {
    const { first, second } = this.keysOf(tenant);
    const macs = Buffer.alloc(2 * MAC_BYTES);
    first.macs([value], macs);
    second.macs([value], macs.subarray(MAC_BYTES));
    return TOKEN_PREFIX + macs.toString('base64url');
  }

  /** The token of the one whose request it is; kept, since each request needs it. */
  ofReader(tenant: string, subject: string): string {
    const reader = `${tenant}\0${subject}`;
    let token = this.readers.get(reader);
    if (token === undefined) {
      token = this.token(tenant, subject);
      this.readers.set(reader, token);
    }
    return token;
  }

  /**
   * Puts the marks of one page's values behind what a buffer holds, each once: the first 12 characters of their tokens.
   *
   * @returns how many these are
   */
  append(tenant: string, values: readonly string[], to: ByteBuffer): number {
    const page = this.page.for(values.length);
    this.keysOf(tenant).first.macs(values, page.macs);
    const count = page.pack(values.length);
    to.add(page.marks.toString('base64url', 0, count * MARK_BYTES));
    return count;
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

  private keysOf(tenant: string): { first: Cmac; second: Cmac } {
    let keys = this.tenants.get(tenant);
    if (keys === undefined) {
      const both = Buffer.from(
        hkdfSync('sha256', this.key, '', `sluice audit tokens, AES-CMAC\0${tenant}`, 64),
      );
      keys = { first: new Cmac(both.subarray(0, 32)), second: new Cmac(both.subarray(32)) };
      this.tenants.set(tenant, keys);
    }
    return keys;
  }
}

/** The MACs of one page's people, and the marks made of them. */
class Page {
  readonly macs: Buffer;
  readonly marks: Buffer;
  private readonly macsView: DataView;
  private readonly marksView: DataView;
  /** Open addressing by a MAC's last bits: 0, or one more than the number of the mark that is there. */
  private readonly places: Int32Array;

  /** @param people most of a page, a power of two */
  constructor(people: number) {
    this.macs = Buffer.alloc(people * MAC_BYTES);
    this.marks = Buffer.alloc(people * MARK_BYTES);
    this.macsView = viewOf(this.macs);
    this.marksView = viewOf(this.marks);
    this.places = new Int32Array(2 * people);
  }

  /** A page with room for so many people: this one if it has, and else one that is used once. */
  for(people: number): Page {
    return people * MAC_BYTES <= this.macs.length ? this : new Page(2 ** Math.ceil(Math.log2(people)));
  }

  /**
   * Makes marks of the MACs, each once.
   *
   * @returns how many these are
   */
  pack(people: number): number {
    const { marks, macsView, marksView, places } = this;
    const last = places.length - 1;
    places.fill(0);
    let count = 0;
    for (let person = 0; person < people; person += 1) {
      const high = macsView.getInt32(person * MAC_BYTES);
      const low = macsView.getInt32(person * MAC_BYTES + WORD);
      // The MAC's first 60 bits come half a byte later: a byte and a half are the prefix.
      const first = (MARK_START[1] << 24) | (high >>> 4);
      const second = (high << 28) | (low >>> 4);
      let place = second & last;
      while (places[place] !== 0 && !this.isMark((places[place] as number) - 1, first, second))
        place = (place + 1) & last;
      if (places[place] !== 0) continue;
      const at = count * MARK_BYTES;
      marks[at] = MARK_START[0];
      marksView.setInt32(at + 1, first);
      marksView.setInt32(at + 1 + WORD, second);
      count += 1;
      places[place] = count;
    }
    return count;
  }

  private isMark(number: number, first: number, second: number): boolean {
    const at = number * MARK_BYTES + 1;
    return this.marksView.getInt32(at) === first && this.marksView.getInt32(at + WORD) === second;
  }
}
