import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createCursorSeal } from '../../src/datasources/cursors';
import { SluiceError } from '../../src/errors';

const seal = createCursorSeal(randomBytes(64));
const position = fc.array(
  fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null)),
  { minLength: 1, maxLength: 5 },
);

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof SluiceError ? error.code : `not ours: ${String(error)}`;
  }
  return 'nothing was thrown';
}

test('a cursor opens to its position under its own binding only', () => {
  fc.assert(
    fc.property(position, fc.string(), fc.string(), (given, binding, other) => {
      const cursor = seal.seal(binding, given);
      expect(seal.open(binding, cursor)).toEqual(given);
      if (other !== binding) expect(codeOf(() => seal.open(other, cursor))).toBe('BAD_CURSOR');
    }),
  );
});

test('no character of a cursor can be changed, added or taken away', () => {
  fc.assert(
    fc.property(
      position,
      fc.nat(),
      fc.constantFrom('A', 'b', '7', '-', '_', '=', ' ', ''),
      (given, at, char) => {
        const cursor = seal.seal('plan', given);
        const index = at % cursor.length;
        const changed = cursor.slice(0, index) + char + cursor.slice(index + 1);
        fc.pre(changed !== cursor);
        expect(codeOf(() => seal.open('plan', changed))).toBe('BAD_CURSOR');
      },
    ),
  );
});

test.each(['', 'x', '!!', 'AAAA', 'A'.repeat(600_000), Buffer.from('["e-1"]').toString('base64url')])(
  'what was never sealed is BAD_CURSOR',
  (text) => {
    expect(codeOf(() => seal.open('plan', text))).toBe('BAD_CURSOR');
  },
);

test('another key opens nothing', () => {
  const cursor = seal.seal('plan', ['e-1']);
  expect(codeOf(() => createCursorSeal(randomBytes(64)).open('plan', cursor))).toBe('BAD_CURSOR');
});

test('a sort value cannot be read from a cursor', () => {
  const cursor = seal.seal('plan', ['a salary of 4242']);
  expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('4242');
});
