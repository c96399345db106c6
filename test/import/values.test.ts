import fc from 'fast-check';
import { declarations } from '../../src/schema/catalog';
import type { ColumnDeclaration } from '../../src/schema/declarations';
import { cellReader, RowProblem } from '../../local/src/import/cells';
import {
  add,
  divide,
  multiply,
  readDecimal,
  round,
  subtract,
  writeDecimal,
} from '../../local/src/import/decimals';
import { timeReader } from '../../local/src/import/times';

const exact = (text: string) => readDecimal(text) ?? fail(text);
function fail(text: string): never {
  throw new Error(`${text} is no decimal`);
}

describe('decimals', () => {
  it('reads plain and exponent forms, and nothing else', () => {
    expect(writeDecimal(exact('-0012.50'))).toBe('-12.50');
    expect(writeDecimal(exact('.5'))).toBe('0.5');
    expect(writeDecimal(exact('3.'))).toBe('3');
    expect(writeDecimal(exact('1.2e-3'))).toBe('0.0012');
    expect(writeDecimal(exact('2E3'))).toBe('2000');
    for (const text of ['', '.', '1,5', '0x10', 'NaN', 'Infinity', '1 2', '--1', '1e9999']) {
      expect(readDecimal(text)).toBeUndefined();
    }
  });

  it('multiplies, adds and subtracts without losing a digit', () => {
    expect(writeDecimal(multiply(exact('-24'), exact('2.555')))).toBe('-61.320');
    expect(writeDecimal(add(exact('0.1'), exact('0.2')))).toBe('0.3');
    const number = fc.tuple(
      fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }),
      fc.integer({ min: 0, max: 8 }),
    );
    fc.assert(
      fc.property(number, number, ([a, x], [b, y]) => {
        const left = { units: a, scale: x };
        const right = { units: b, scale: y };
        const back = readDecimal(writeDecimal(left));
        expect(back).toEqual(left);
        expect(multiply(left, right)).toEqual({ units: a * b, scale: x + y });
        const sum = add(left, right);
        expect(subtract(sum, right).units * 10n ** BigInt(x)).toBe(a * 10n ** BigInt(sum.scale));
      }),
    );
  });

  it('rounds half away from zero when dividing, and refuses to divide by zero', () => {
    expect(divide(exact('1'), exact('3'), 4)).toEqual({ units: 3333n, scale: 4 });
    expect(divide(exact('18.01'), exact('100'), 8)).toEqual({ units: 18010000n, scale: 8 });
    expect(divide(exact('-1'), exact('8'), 2)).toEqual({ units: -13n, scale: 2 });
    expect(divide(exact('1'), exact('0.00'), 2)).toBeUndefined();
    expect(round(exact('2.345'), 2)).toEqual({ units: 235n, scale: 2 });
  });
});

describe('times', () => {
  it.each([
    ['ISO', '2014-01-31', '2014-01-31T00:00:00.000Z'],
    ['ISO', '2014-01-31 08:30:00.5', '2014-01-31T08:30:00.500Z'],
    ['ISO', '2014-01-31T08:30:00+02:00', '2014-01-31T06:30:00.000Z'],
    ['YYYY-MM-DD HH:mm:ss', '2009-03-19 05:46:37', '2009-03-19T05:46:37.000Z'],
    ['YYYY-MM-DD HH:mm:ss.SSS', '1996-07-04 00:00:00.000', '1996-07-04T00:00:00.000Z'],
    ['MMM-YYYY', 'Feb-2018', '2018-02-01T00:00:00.000Z'],
    ['D.M.YYYY H:mm', '7.3.2011 9:05', '2011-03-07T09:05:00.000Z'],
  ])('%s reads %s', (format, text, moment) => {
    expect(timeReader(format)?.(text)).toBe(moment);
  });

  it.each([
    ['ISO', '2011-02-29'],
    ['ISO', '2011-13-01'],
    ['ISO', '2011-01-01T24:00:00Z'],
    ['ISO', '2011-01-01T00:00:00+25:00'],
    ['YYYY-MM-DD HH:mm:ss', '2011-04-31 00:00:00'],
    ['YYYY-MM-DD HH:mm:ss', '2011-04-30'],
    ['YYYY-MM-DD HH:mm:ss', 'tomorrow'],
    ['MMM-YYYY', 'Foo-2018'],
  ])('%s does not read %s', (format, text) => {
    expect(timeReader(format)?.(text)).toBeUndefined();
  });

  it('knows no other formats', () => {
    for (const format of ['', 'DD.MM', 'YY-MM', 'YYYY-YYYY', 'YYYY at hh'])
      expect(timeReader(format)).toBeUndefined();
  });

  it('reads back every moment it would write', () => {
    const read = timeReader('ISO');
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (day) => {
          expect(read?.(day.toISOString())).toBe(day.toISOString());
        },
      ),
    );
  });
});

describe('cells', () => {
  const column = (dataset: string, field: string): ColumnDeclaration =>
    declarations.datasets.get(dataset)?.columns.get(field) ?? fail(field);

  it('gives decimals all digits of their scale and rejects digits that would be lost', () => {
    const price = column('SalesLine', 'unitPrice');
    expect(cellReader(price)('2.55')).toBe('2.5500');
    expect(cellReader(price)('-11062.06')).toBe('-11062.0600');
    expect(() => cellReader(price)('0.00001')).toThrow('unitPrice: more than 4 digits after the point');
    expect(cellReader(price, { round: true })('0.00005')).toBe('0.0001');
    expect(() => cellReader(price)('100000000000000')).toThrow('out of range');
    expect(cellReader(price)('99999999999999.9999')).toBe('99999999999999.9999');
  });

  it('takes whole numbers in range, written with or without .0', () => {
    const quantity = cellReader(column('SalesLine', 'quantity'));
    expect(quantity('-80995')).toBe(-80995);
    expect(quantity('6.0')).toBe(6);
    for (const text of ['1.5', '2147483648', 'six', '']) expect(() => quantity(text)).toThrow(RowProblem);
  });

  it('takes yes and no, enum values and numbers, and nothing that only looks like them', () => {
    const left = cellReader(column('Employee', 'left'));
    expect([left('Yes'), left('no'), left('TRUE'), left('0')]).toEqual([true, false, true, false]);
    expect(() => left('maybe')).toThrow('left: not yes or no');
    expect(() => cellReader(column('Decision', 'outcome'))('Denied')).toThrow('outcome: not one of');
    const value = cellReader(column('Reading', 'value'));
    expect(value('1.5e3')).toBe(1500);
    for (const text of ['NaN', 'Infinity', '0x1f', '1,5', '']) expect(() => value(text)).toThrow(RowProblem);
  });

  it('never names the value in a reason', () => {
    for (const field of ['quantity', 'unitPrice', 'channel']) {
      try {
        cellReader(column('SalesLine', field))('secret-value');
        throw new Error('taken');
      } catch (problem) {
        expect((problem as RowProblem).reason).toMatch(new RegExp(`^${field}: `));
        expect((problem as RowProblem).reason).not.toContain('secret');
      }
    }
  });
});
