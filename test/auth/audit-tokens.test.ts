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
      .tuple(fc.constantFrom('x', 'é', '€', '🙂'), fc.nat(140))
      .map(([character, times]) => character.repeat(times)),
    fc.constantFrom('', 'y'.repeat(5_000)),
  ),
);

it('MACs are those of AES-256-CMAC, whichever texts go side by side', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), texts, (key, asked) => {
      const macs = Buffer.alloc(asked.length * MAC_BYTES);
      new Cmac(Buffer.from(key)).many(asked, macs);
      const expected = asked.map((text) => cmac(Buffer.from(text), key).subarray(0, MAC_BYTES));
      expect(macs.toString('hex')).toBe(Buffer.concat(expected).toString('hex'));
    }),
  );
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

it('a line holds more people than go side by side', () => {
  const tokens = new AuditTokens(randomBytes(64));
  const people = Array.from({ length: 5_000 }, (_none, index) => `person-${index}`);
  const subjects = new Subjects(tokens, 'one');
  subjects.of(
    [...people, ...people].map((value) => [value]),
    0,
  );
  const { text, count } = subjects.tokenised();
  const marks = people.map((value) => AuditTokens.markOf(tokens.token('one', value)));
  expect(Buffer.from(text).toString() === marks.join('')).toBe(true);
  expect(count).toBe(people.length);
});
