/**
 * A bounded table of digests that were made of values before, as bytes outside of JavaScript's objects: a value that is
 * seen for the first time leaves no object behind, since keeping some for each costs more than making the digest. A
 * slot holds the last value that fell on it; another one there only means that a digest is made again.
 *
 * Values come in groups. Their bytes are taken in one go, four at a time, since reading a piece of a longer text (what
 * most values are) character by character costs more than all the rest; and all slots of a group are looked at before
 * the first is used, so that the machine fetches many at the same time.
 */

/** Slots, a power of two: 4 MB. */
const SLOTS = 1 << 16;
/** Bytes of a slot, as much as a cache line of most machines: owner (4), digest (12), length (4), value (44). */
const SLOT_BYTES = 64;
const DIGEST_AT = 4;
/** Characters kept of a digest: three words of the machine, since copying it is most of the work. */
export const DIGITS = 12;
const LENGTH_AT = DIGEST_AT + DIGITS;
const VALUE_AT = 20;
/** Longest value held, in bytes of UTF-8: a UUID has 36. */
const LONGEST = SLOT_BYTES - VALUE_AT;
/** Stands for any value of more bytes. */
const TOO_LONG = 'x'.repeat(LONGEST + 1);
/** Most values of a group. */
export const GROUP = 1_024;
/** Most bytes of a character of JavaScript in UTF-8. */
const CHARACTER_BYTES = 3;
const WORD = 4;
const BITS = 32;
/** Of MurmurHash2. */
const MULTIPLIER = 0x5bd1e995;

/** What a page's next value was: not on it yet, on it already, or in a slot that another value of the page has. */
export type Copied = 'new' | 'again' | 'taken';

/** Digests by owner and value. */
export class DigestTable {
  private readonly bytes = Buffer.alloc(SLOTS * SLOT_BYTES);
  private readonly words = new Int32Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length / WORD);
  private readonly tableWords = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  /** A bit for each slot whose value is on the page at hand. */
  private readonly onPage = new Int32Array(SLOTS / BITS);
  private owner = 0;
  /** The group at hand: its values' bytes one after the other, and where each is and belongs. */
  private readonly text = Buffer.alloc(GROUP * (LONGEST + 1) * CHARACTER_BYTES + WORD);
  private readonly textWords = new DataView(this.text.buffer, this.text.byteOffset, this.text.length);
  private readonly starts = new Int32Array(GROUP + 1);
  private readonly slots = new Int32Array(GROUP);
  /** Of no meaning; it keeps the reading of slots from being taken for useless. */
  private touched = 0;

  /**
   * Begins a page that holds nothing yet.
   *
   * @param owner a number above 0: whose values come
   */
  begin(owner: number): void {
    this.owner = owner;
    this.onPage.fill(0);
  }

  /**
   * Takes the values that `copy` is asked for next.
   *
   * @param values at most `GROUP`
   */
  take(values: readonly string[]): void {
    this.encode(values);
    for (let index = 0; index < values.length; index += 1) this.slots[index] = this.slotOf(index);
    for (let index = 0; index < values.length; index += 1) {
      const slot = this.slots[index] as number;
      if (slot >= 0) this.touched += this.words[slot * (SLOT_BYTES / WORD)] as number;
    }
  }

  /**
   * Puts the digest of a value, its first `DIGITS` characters, into a buffer, unless it is on the page already, or can't
   * be told from one that is.
   *
   * @param index of the value in the group that was taken
   * @param make makes the digest, ASCII text
   */
  copy(index: number, make: (index: number) => string, to: DataView, at: number): Copied {
    const slot = this.slots[index] as number;
    if (slot < 0) return 'taken';
    const { onPage, tableWords } = this;
    const from = slot * SLOT_BYTES;
    const held = this.holds(from, index);
    const bit = 1 << (slot % BITS);
    const word = Math.trunc(slot / BITS);
    if (((onPage[word] as number) & bit) !== 0) return held ? 'again' : 'taken';
    if (!held) this.keep(from, index, make(index));
    (onPage[word] as number) |= bit;
    const digest = from + DIGEST_AT;
    for (let digit = 0; digit < DIGITS; digit += WORD)
      to.setInt32(at + digit, tableWords.getInt32(digest + digit, true), true);
    return 'new';
  }

  /** Puts the values' bytes together. */
  private encode(values: readonly string[]): void {
    const { text, starts } = this;
    let all = values.join('');
    let held = values;
    if (all.length > GROUP * LONGEST) {
      // Some are too long for a slot, and all together may be for the text.
      held = values.map((value) => (value.length > LONGEST ? TOO_LONG : value));
      all = held.join('');
    }
    // As many bytes as characters: all of them are ASCII, and each value begins where the one before ends.
    const plain = text.write(all) === all.length;
    let at = 0;
    for (let index = 0; index < held.length; index += 1) {
      const value = held[index] as string;
      starts[index] = at;
      at += plain ? value.length : text.write(value, at);
    }
    starts[held.length] = at;
  }

  /** Where a value belongs; -1 when it fits into no slot. The hash spreads values (MurmurHash2) and protects nothing. */
  private slotOf(index: number): number {
    const start = this.starts[index] as number;
    const end = this.starts[index + 1] as number;
    if (end - start > LONGEST) return -1;
    let hash = this.owner ^ (end - start);
    for (let at = start; at < end; at += WORD) {
      let word = Math.imul(this.word(at, end), MULTIPLIER);
      word ^= word >>> 24;
      hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
    }
    hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
    return (hash ^ (hash >>> 15)) & (SLOTS - 1);
  }

  /** Four bytes of the text, without those behind the value's end. */
  private word(at: number, end: number): number {
    const word = this.textWords.getInt32(at, true);
    const left = end - at;
    return left < WORD ? word & ((1 << (8 * left)) - 1) : word;
  }

  private holds(from: number, index: number): boolean {
    const start = this.starts[index] as number;
    const end = this.starts[index + 1] as number;
    const slot = from / WORD;
    if (this.words[slot] !== this.owner || this.bytes[from + LENGTH_AT] !== end - start) return false;
    let kept = slot + VALUE_AT / WORD;
    for (let at = start; at < end; at += WORD, kept += 1)
      if (this.words[kept] !== this.word(at, end)) return false;
    return true;
  }

  private keep(from: number, index: number, digest: string): void {
    const start = this.starts[index] as number;
    const end = this.starts[index + 1] as number;
    this.words[from / WORD] = this.owner;
    this.bytes[from + LENGTH_AT] = end - start;
    write(digest, this.bytes, from + DIGEST_AT);
    let kept = (from + VALUE_AT) / WORD;
    for (let at = start; at < end; at += WORD, kept += 1) this.words[kept] = this.word(at, end);
  }
}

/** Puts the first `DIGITS` characters of an ASCII text into a buffer. */
export function write(text: string, to: Uint8Array, at: number): void {
  for (let index = 0; index < DIGITS; index += 1) to[at + index] = text.charCodeAt(index);
}
