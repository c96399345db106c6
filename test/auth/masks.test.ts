import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { maskOf, misfit, partial } from '../../src/auth/masks';
import { Pseudonyms } from '../../src/auth/pseudonyms';
import type { ColumnDeclaration } from '../../src/schema/declarations';
import { MASK_ACTIONS, VALUE_KINDS, type MaskAction } from '../../src/schema/vocabulary';

const pseudonyms = new Pseudonyms(randomBytes(64));

const column = (parts: Partial<ColumnDeclaration>): ColumnDeclaration => ({
  field: 'field',
  column: 'field',
  kind: 'string',
  class: 'contact',
  nullable: true,
  description: '',
  ...parts,
});

/** Masks a value as a role of tenant `one` would see it. */
function masked(action: MaskAction, parts: Partial<ColumnDeclaration>, value: string | number | boolean) {
  const mask = maskOf(action, column(parts), 'one', pseudonyms);
  return mask === undefined ? value : mask(value);
}

/** Whether five characters in a row of what must stay hidden show up. */
function gives(shown: string, hidden: string): boolean {
  const characters = [...hidden];
  for (let start = 0; start + 5 <= characters.length; start += 1) {
    if (shown.includes(characters.slice(start, start + 5).join(''))) return true;
  }
  return false;
}

describe('partial', () => {
  it.each([
    ['jane.doe@example.com', 'j•••@example.com'],
    ['jo@example.com', '•••@example.com'],
    ['anna.berg@anna-berg.example', 'a•••@•••'],
    ['+49 (151) 2345-6789', '•••6789'],
    ['1234567', '•••67'],
    ['C-10045-77', '•••-77'],
    ['Jane Doe', '•••oe'],
    ['short', '•••'],
    ['', '•••'],
  ])('%s becomes %s', (value, shown) => expect(partial(value)).toBe(shown));

  it('never shows five characters in a row of what it hides, nor more than a third', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (value) => {
        fc.pre(!/^[^\s@]+@[^\s@]+\.[^\s@]+$/u.test(value) && !value.includes('•'));
        const shown = partial(value).replace('•••', '');
        expect([...shown].length * 3).toBeLessThanOrEqual([...value].length);
        expect(gives(shown, value)).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.emailAddress(), (mail) => {
        expect(gives(partial(mail), mail.slice(0, mail.lastIndexOf('@')))).toBe(false);
      }),
    );
  });
});

describe('pseudonym', () => {
  it('is the same wherever the value occurs in a tenant, and turns back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (value) => {
        const token = pseudonyms.token('one', value);
        expect(token).toMatch(/^p_[A-Za-z0-9_-]{43,}$/);
        expect(maskOf('pseudonym', column({ kind: 'id' }), 'one', pseudonyms)?.(value)).toBe(token);
        expect(pseudonyms.reveal('one', token)).toBe(value);
        expect(gives(token, value)).toBe(false);
      }),
    );
  });

  it('is the same after a restart with the same key, and another with another key', () => {
    const key = randomBytes(64);
    expect(new Pseudonyms(key).token('one', 'x')).toBe(new Pseudonyms(key).token('one', 'x'));
    expect(new Pseudonyms(randomBytes(64)).token('one', 'x')).not.toBe(new Pseudonyms(key).token('one', 'x'));
  });

  it('of another tenant or tampered with is nothing', () => {
    const token = pseudonyms.token('one', 'applicant 42');
    expect(pseudonyms.token('two', 'applicant 42')).not.toBe(token);
    expect(pseudonyms.reveal('two', token)).toBeUndefined();
    for (let at = 0; at < token.length; at += 1) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(pseudonyms.reveal('one', changed)).toBeUndefined();
    }
    expect(pseudonyms.reveal('one', 'applicant 42')).toBeUndefined();
    expect(pseudonyms.reveal('one', `${token}=`)).toBeUndefined();
  });

  it('tells the length of a value only to sixteen bytes', () => {
    expect(pseudonyms.token('one', 'a').length).toBe(pseudonyms.token('one', 'fifteen bytes..').length);
  });

  it('stays right when the cache is full', () => {
    const small = new Pseudonyms(randomBytes(64), 2);
    const first = small.token('one', 'a');
    for (const value of ['b', 'c', 'd']) small.token('one', value);
    expect(small.token('one', 'a')).toBe(first);
  });
});

describe('band and coarse', () => {
  it.each([
    [5000, '12345.6700', '10000.0000'],
    [5000, '-0.0100', '-5000.0000'],
    [5000, '0.0000', '0.0000'],
    [0.25, '99999999999999.9999', '99999999999999.7500'],
    [10, '7', '0'],
  ])('floors decimals exactly: width %d, %s becomes %s', (band, value, floor) => {
    expect(masked('band', { kind: 'decimal', band }, value)).toBe(floor);
  });

  it.each([
    [0.1, 0.3, 0.3],
    [0.1, 39.999978, 39.9],
    [0.1, 116.32746, 116.3],
    [0.1, -0.05, -0.1],
    [0.1, 0.7, 0.7],
    [10, 29, 20],
    [10, -1, -10],
  ])('floors numbers without noise: step %d, %d becomes %d', (coarse, value, floor) => {
    expect(masked('coarse', { kind: 'float', coarse }, value)).toBe(floor);
  });

  it('keeps the month of days and moments', () => {
    expect(masked('coarse', { kind: 'date' }, '1984-02-29')).toBe('1984-02-01');
    expect(masked('coarse', { kind: 'datetime' }, '2014-01-31T08:30:00.000Z')).toBe(
      '2014-01-01T00:00:00.000Z',
    );
    expect(masked('coarse', { kind: 'date' }, 'a long time ago')).toBeNull();
  });

  it('masks a masked value to itself, and never above the value', () => {
    const steps = fc.constantFrom(0.001, 0.1, 0.25, 0.3, 1, 7, 10, 5000);
    fc.assert(
      fc.property(steps, fc.double({ min: -1e9, max: 1e9, noNaN: true }), (step, value) => {
        for (const action of ['band', 'coarse'] as const) {
          const once = masked(action, { kind: 'float', [action]: step }, value) as number;
          expect(typeof once).toBe('number');
          expect(once).toBeLessThanOrEqual(value);
          expect(value - once).toBeLessThan(step * 1.000001);
          expect(masked(action, { kind: 'float', [action]: step }, once)).toBe(once);
        }
      }),
    );
    fc.assert(
      fc.property(steps, fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), (step, units) => {
        const digits = (units < 0n ? -units : units).toString().padStart(5, '0');
        const value = `${units < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
        const once = masked('band', { kind: 'decimal', band: step }, value) as string;
        expect(once).toMatch(/^-?\d+\.\d{4}$/);
        expect(BigInt(once.replace('.', '')) <= units).toBe(true);
        expect(masked('band', { kind: 'decimal', band: step }, once)).toBe(once);
      }),
    );
  });
});

describe('every action', () => {
  it('keeps the type of the value or gives null, on every kind it fits', () => {
    const samples: Record<string, string | number | boolean> = {
      id: '000123456',
      string: 'some longer text',
      enum: 'APPROVED',
      integer: 42,
      float: 4.2,
      decimal: '42.0000',
      boolean: true,
      date: '2014-01-31',
      datetime: '2014-01-31T08:30:00.000Z',
    };
    for (const action of MASK_ACTIONS) {
      for (const kind of VALUE_KINDS) {
        const parts = { kind, band: 5, coarse: 5 };
        if (misfit(action, column(parts)) !== undefined) continue;
        const value = samples[kind];
        if (value === undefined) throw new Error(kind);
        const result = masked(action, parts, value);
        if (action === 'redact' || action === 'hide') expect(result).toBeNull();
        else expect(typeof result).toBe(typeof value);
        if (action === 'clear') expect(result).toBe(value);
        else expect(result).not.toBe(value);
      }
    }
  });

  it('turns a value of an unexpected type into null', () => {
    expect(masked('partial', { kind: 'string' }, 5)).toBeNull();
    expect(masked('pseudonym', { kind: 'id' }, true)).toBeNull();
    expect(masked('band', { kind: 'integer', band: 5 }, '7')).toBeNull();
    expect(masked('band', { kind: 'decimal', band: 5 }, 'NaN')).toBeNull();
  });
});
