import { randomBytes } from 'node:crypto';
import { cmac } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { Subjects } from '../../src/auth/audit';
import { AuditTokens } from '../../src/auth/audit-tokens';
import { Cmac, MAC_BYTES } from '../../src/auth/cmac';

/** Texts of all lengths about a block's and a group's end, and of characters with one to four bytes. */
const texts = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.uuid(),
    fc
      .tuple(fc.constantFrom('x', 'é', '€', '🙂'), fc.nat(270))
      .map(([character, times]) => character.repeat(times)),
    fc.constantFrom('', 'y'.repeat(5_000)),
  ),
);

function macsOf(key: Uint8Array, asked: readonly string[]): string {
  const macs = Buffer.alloc(asked.length * MAC_BYTES);
  new Cmac(Buffer.from(key)).macs(asked, macs);
  return macs.toString('hex');
}

function expectedOf(key: Uint8Array, asked: readonly string[]): string {
  return Buffer.concat(asked.map((text) => cmac(Buffer.from(text), key).subarray(0, MAC_BYTES))).toString(
    'hex',
  );
}

describe('MACs are those of AES-256-CMAC', () => {
  it('whichever texts go side by side', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), texts, (key, asked) => {
        expect(macsOf(key, asked)).toBe(expectedOf(key, asked));
      }),
    );
  });

  it.each<[string, string[]]>([
    ['more than go side by side', Array.from({ length: 2_100 }, (_none, index) => 'x'.repeat(index % 40))],
    ['long ones among them', Array.from({ length: 1_500 }, (_none, index) => 'x'.repeat((index % 3) * 250))],
    ['all of them longest, and of three bytes a character', Array<string>(1_024).fill('€'.repeat(257))],
    ['one that needs more room than a group has', ['€'.repeat(300_000)]],
    ['halves of a character', ['a\ud83d', '\ude42b', '', 'é']],
  ])('for %s', (_name, asked) => {
    const key = randomBytes(32);
    expect(macsOf(key, asked) === expectedOf(key, asked)).toBe(true);
  });

  it('as NIST gives it for no bytes (SP 800-38B, D.3)', () => {
    const key = Buffer.from('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', 'hex');
    expect(macsOf(key, [''])).toBe('028962f61b7bf89e');
  });
});

it('tokens are one per person and tenant, under their own key', () => {
  const tokens = new AuditTokens(randomBytes(64));
  expect(tokens.token('one', 'x')).toBe(tokens.token('one', 'x'));
  expect(tokens.token('two', 'x')).not.toBe(tokens.token('one', 'x'));
  expect(new AuditTokens(randomBytes(64)).token('one', 'x')).not.toBe(tokens.token('one', 'x'));
  expect(tokens.token('one', 'x')).toMatch(/^a_[A-Za-z0-9_-]{22}$/);
});

it('a line holds the beginning of the token of each person, once', () => {
  const tokens = new AuditTokens(randomBytes(64));
  fc.assert(
    fc.property(fc.constantFrom('one', 'two'), texts, texts, (tenant, named, people) => {
      const subjects = new Subjects(tokens, tenant);
      subjects.name(named);
      subjects.of([...people.map((person) => [person]), [7], [null]], 0);
      const { text, count } = subjects.tokenised();
      const once = [...new Set([...named, ...people])];
      const marks = once.map((value) => AuditTokens.markOf(tokens.token(tenant, value)));
      expect(Buffer.from(text).toString()).toBe(marks.join(''));
      expect(count).toBe(once.length);
    }),
  );
});

it('a line holds any number of people, and the next one its own', () => {
  const tokens = new AuditTokens(randomBytes(64));
  const lineOf = (people: readonly string[]): { text: string; count: number } => {
    const subjects = new Subjects(tokens, 'one');
    subjects.name(people);
    subjects.of(
      people.map((person) => [person]),
      0,
    );
    const { text, count } = subjects.tokenised();
    return { text: Buffer.from(text).toString(), count };
  };
  for (const number of [1_000, 150_000, 3, 0]) {
    const people = Array.from({ length: number }, (_none, index) => `person-${index}`);
    const marks = people.map((value) => AuditTokens.markOf(tokens.token('one', value)));
    const { text, count } = lineOf(people);
    expect(text === marks.join('')).toBe(true);
    expect(count).toBe(number);
  }
});
