/**
 * A bounded table of digests that were made of values before, as bytes outside of JavaScript's objects: a value that is
 * seen for the first time leaves no object behind, since keeping some for each costs more than making the digest. A
 * slot holds the last value that fell on it; another one there only means that a digest is made again.
 */

/** Slots, a power of two: 4 MB. */
const SLOTS = 1 << 16;
/** Bytes of a slot, as much as a cache line of most machines: owner (4), length (1), digest (22), value (37). */
const SLOT_BYTES = 64;
const LENGTH_AT = 4;
const DIGEST_AT = 5;
/** Characters kept of a digest: 128 bits as base64url. */
export const DIGITS = 22;
const VALUE_AT = DIGEST_AT + DIGITS;
/** Longest value held, in Latin-1 characters: a UUID has 36. */
const LONGEST = SLOT_BYTES - VALUE_AT;

/** What a page's next value was: not on it yet, on it already, or in a slot that another value of the page has. */
export type Copied = 'new' | 'again' | 'taken';

/** Digests by owner and value. */
export class DigestTable {
  private readonly bytes = new Uint8Array(SLOTS * SLOT_BYTES);
  private readonly owners = new Int32Array(this.bytes.buffer);
  /** Page that each slot's value was last copied for; numbers that never come again. */
  private readonly pages = new Float64Array(SLOTS);
  /** The value at hand. */
  private readonly value = new Uint8Array(LONGEST);

  /**
   * Puts the digest of a value, its first `DIGITS` characters, into a buffer, unless it was put there for the same page
   * before, or can't be told from one that was.
   *
   * @param page a number above 0 that no other page has
   * @param owner a number above 0: whose value it is
   * @param make makes the digest, ASCII text
   */
  copy(
    page: number,
    owner: number,
    value: string,
    make: (value: string) => string,
    to: Uint8Array,
    at: number,
  ): Copied {
    const slot = this.slotOf(owner, value);
    if (slot < 0) return 'taken';
    const { bytes, pages } = this;
    const from = slot * SLOT_BYTES;
    const held = this.holds(from, owner, value.length);
    if (pages[slot] === page) return held ? 'again' : 'taken';
    if (!held) {
      write(make(value), bytes, from + DIGEST_AT);
      this.keep(from, owner, value.length);
    }
    pages[slot] = page;
    for (let index = 0; index < DIGITS; index += 1)
      to[at + index] = bytes[from + DIGEST_AT + index] as number;
    return 'new';
  }

  /**
   * Where a value belongs, with the value's bytes at hand; -1 when it fits into no slot. FNV-1a (RFC 9923), folded to
   * the number of slots: it spreads values and protects nothing.
   */
  private slotOf(owner: number, value: string): number {
    const { length } = value;
    if (length > LONGEST) return -1;
    let hash = Math.imul(2_166_136_261 ^ owner, 16_777_619);
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 255) return -1;
      this.value[index] = code;
      hash = Math.imul(hash ^ code, 16_777_619);
    }
    return (hash ^ (hash >>> 16)) & (SLOTS - 1);
  }

  private holds(from: number, owner: number, length: number): boolean {
    const { bytes, value } = this;
    if (this.owners[from >> 2] !== owner || bytes[from + LENGTH_AT] !== length) return false;
    for (let index = 0; index < length; index += 1)
      if (bytes[from + VALUE_AT + index] !== value[index]) return false;
    return true;
  }

  private keep(from: number, owner: number, length: number): void {
    const { bytes, value } = this;
    this.owners[from >> 2] = owner;
    bytes[from + LENGTH_AT] = length;
    for (let index = 0; index < length; index += 1) bytes[from + VALUE_AT + index] = value[index] as number;
  }
}

/** Puts the first `DIGITS` characters of an ASCII text into a buffer. */
export function write(text: string, to: Uint8Array, at: number): void {
  for (let index = 0; index < DIGITS; index += 1) to[at + index] = text.charCodeAt(index);
}
