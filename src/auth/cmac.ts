import { createCipheriv, type Cipher } from 'node:crypto';
import { endianness } from 'node:os';
import { viewOf } from './byte-buffer';

/**
 * AES-256-CMAC (NIST SP 800-38B; RFC 4493 is the same with a shorter key), cut to 64 bits, of many texts at once.
 *
 * A call into the cipher costs as much as a hundred blocks. So the texts of a group go through it side by side: one
 * block of each in a call, then the next ones, combined with what came out before.
 */

const BLOCK = 16;
const WORD = 4;
/** Words of a block. */
const WORDS = BLOCK / WORD;
/** Bytes of a MAC. */
export const MAC_BYTES = 8;
/** Most texts that go side by side. */
const GROUP = 1_024;
/** Bytes of the longest text that does: ids have less, and so has an e-mail address. */
const LONGEST = 256;
/** Stands for a longer one. */
const TOO_LONG = 'x'.repeat(LONGEST + 1);
/** Most bytes of a character of JavaScript in UTF-8. */
const CHARACTER_BYTES = 3;
/** The bit that follows a text whose last block is not full. */
const PADDING = 0x80;
/** What doubling a block adds when a bit leaves it: R_128 of SP 800-38B. */
const CARRY = 0x87;

if (endianness() !== 'LE') throw new Error('Sluice runs on little-endian machines.');

/** The group at hand, shared by all: nothing else runs between `take` and the last look at the results. */
const TEXT = Buffer.alloc(GROUP * (LONGEST + 1) * CHARACTER_BYTES + BLOCK);
const TEXT_WORDS = viewOf(TEXT);
const STARTS = new Int32Array(GROUP + 1);
const BLOCKS = new Int32Array(GROUP);
/** What goes into the cipher next, a block for each text. */
const STATES = new Int32Array(GROUP * WORDS);
/** The bits of a last block that are its text's, by how many bytes it has. */
const KEPT = new Int32Array((BLOCK + 1) * WORDS);
for (let bytes = 0; bytes <= BLOCK; bytes += 1)
  KEPT.set(wordsOf(Buffer.alloc(BLOCK).fill(0xff, 0, bytes)), bytes * WORDS);

/** MACs under one key. */
export class Cmac {
  private readonly cipher: Cipher;
  /** What a last block is combined with, by how many bytes it has: its padding, and what tells that it is the last. */
  private readonly ends = new Int32Array((BLOCK + 1) * WORDS);

  /** @param key 32 random bytes */
  constructor(private readonly key: Buffer) {
    this.cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    const once = doubled(this.cipher.update(Buffer.alloc(BLOCK)));
    for (let bytes = 0; bytes < BLOCK; bytes += 1) {
      const padding = Buffer.alloc(BLOCK);
      padding[bytes] = PADDING;
      this.ends.set(wordsOf(padding), bytes * WORDS);
      combine(this.ends, bytes * WORDS, wordsOf(doubled(once)), 0);
    }
    this.ends.set(wordsOf(once), BLOCK * WORDS);
  }

  /**
   * The first 64 bits of each text's MAC, over its UTF-8.
   *
   * @param results where they go, `MAC_BYTES` for each text
   */
  macs(texts: readonly string[], results: Uint8Array): void {
    for (let first = 0; first < texts.length; first += GROUP) {
      const group = texts.length <= GROUP ? texts : texts.slice(first, first + GROUP);
      this.group(group, results.subarray(first * MAC_BYTES));
    }
  }

  private group(texts: readonly string[], results: Uint8Array): void {
    const count = texts.length;
    const rounds = take(texts);
    const going = STATES.subarray(0, count * WORDS);
    let previous: Int32Array = STATES;
    for (let round = rounds; round > 1; round -= 1) {
      middle(count, round, previous);
      previous = wordsOf(this.cipher.update(going));
    }
    last(count, this.ends, previous);
    previous = wordsOf(this.cipher.update(going));
    const words = viewOf(results);
    for (let index = 0; index < count; index += 1) {
      const isLong = BLOCKS[index] === 0;
      const from = isLong ? this.ofLong(texts[index] as string) : previous;
      const at = isLong ? 0 : index * WORDS;
      words.setInt32(index * MAC_BYTES, from[at] as number, true);
      words.setInt32(index * MAC_BYTES + WORD, from[at + 1] as number, true);
    }
  }

  /** The MAC of a long text, whose blocks follow one another in one call. */
  private ofLong(text: string): Int32Array {
    const bytes = Buffer.from(text);
    const blocks = Buffer.alloc(Math.ceil(bytes.length / BLOCK) * BLOCK);
    bytes.copy(blocks);
    const left = bytes.length - blocks.length + BLOCK;
    combine(wordsOf(blocks.subarray(-BLOCK)), 0, this.ends, left * WORDS);
    const chained = createCipheriv('aes-256-cbc', this.key, Buffer.alloc(BLOCK)).update(blocks);
    return wordsOf(chained.subarray(-BLOCK));
  }
}

/**
 * Puts the bytes of texts together, in one go where all are ASCII. Long ones have no blocks here.
 *
 * @returns most blocks of one
 */
function take(texts: readonly string[]): number {
  let length = 0;
  for (const text of texts) length += text.length;
  // Some are too long then, and all together may be for the room there is.
  const taken =
    length <= GROUP * LONGEST ? texts : texts.map((text) => (text.length > LONGEST ? TOO_LONG : text));
  const all = taken.join('');
  // As many bytes as characters: each text begins where the one before ends.
  const plain = TEXT.write(all) === all.length;
  let most = 1;
  let at = 0;
  for (let index = 0; index < taken.length; index += 1) {
    const text = taken[index] as string;
    const bytes = plain ? text.length : TEXT.write(text, at);
    const blocks = bytes > LONGEST ? 0 : Math.max(1, Math.ceil(bytes / BLOCK));
    STARTS[index] = at;
    BLOCKS[index] = blocks;
    if (blocks > most) most = blocks;
    at += bytes;
  }
  STARTS[taken.length] = at;
  return most;
}

/**
 * Puts each text's next block into its place, unless it is the text's last. All texts end in the same call, so shorter
 * ones begin later: what comes out of their places before is not used.
 *
 * @param round how many blocks are left, with this one
 * @param previous what came out of the places before
 */
function middle(count: number, round: number, previous: Int32Array): void {
  for (let index = 0; index < count; index += 1) {
    const blocks = BLOCKS[index] as number;
    if (blocks < round) continue;
    const from = (STARTS[index] as number) + (blocks - round) * BLOCK;
    const at = index * WORDS;
    STATES[at] = TEXT_WORDS.getInt32(from, true);
    STATES[at + 1] = TEXT_WORDS.getInt32(from + WORD, true);
    STATES[at + 2] = TEXT_WORDS.getInt32(from + 2 * WORD, true);
    STATES[at + 3] = TEXT_WORDS.getInt32(from + 3 * WORD, true);
    if (blocks > round) combine(STATES, at, previous, at);
  }
}

/** Puts each text's last block into its place. A page has a thousand, so nothing here depends on how full they are. */
function last(count: number, ends: Int32Array, previous: Int32Array): void {
  for (let index = 0; index < count; index += 1) {
    const blocks = BLOCKS[index] as number;
    if (blocks === 0) continue;
    const from = (STARTS[index] as number) + (blocks - 1) * BLOCK;
    const end = ((STARTS[index + 1] as number) - from) * WORDS;
    const at = index * WORDS;
    STATES[at] = (TEXT_WORDS.getInt32(from, true) & (KEPT[end] as number)) ^ (ends[end] as number);
    STATES[at + 1] =
      (TEXT_WORDS.getInt32(from + WORD, true) & (KEPT[end + 1] as number)) ^ (ends[end + 1] as number);
    STATES[at + 2] =
      (TEXT_WORDS.getInt32(from + 2 * WORD, true) & (KEPT[end + 2] as number)) ^ (ends[end + 2] as number);
    STATES[at + 3] =
      (TEXT_WORDS.getInt32(from + 3 * WORD, true) & (KEPT[end + 3] as number)) ^ (ends[end + 3] as number);
    if (blocks > 1) combine(STATES, at, previous, at);
  }
}

/** Combines a block with another one. */
function combine(blocks: Int32Array, at: number, others: Int32Array, from: number): void {
  (blocks[at] as number) ^= others[from] as number;
  (blocks[at + 1] as number) ^= others[from + 1] as number;
  (blocks[at + 2] as number) ^= others[from + 2] as number;
  (blocks[at + 3] as number) ^= others[from + 3] as number;
}

/** A block times two in the field of CMAC. */
function doubled(block: Buffer): Buffer {
  const result = Buffer.alloc(BLOCK);
  for (let index = 0; index < BLOCK; index += 1)
    result[index] = ((block[index] as number) << 1) | ((block[index + 1] ?? 0) >>> 7);
  if (((block[0] as number) & PADDING) !== 0) (result[BLOCK - 1] as number) ^= CARRY;
  return result;
}

/** The same memory, which begins at a whole word. */
function wordsOf(bytes: Buffer): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / WORD);
}
