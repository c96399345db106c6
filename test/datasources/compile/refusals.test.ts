import type { SluiceError } from '../../../src/errors';
import { JANUARY, compare, count, metrics, rows } from './plans';

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as SluiceError).code;
  }
  return 'nothing was thrown';
}

describe('refusals', () => {
  test('an empty tenant, which a token never has, is FORBIDDEN', () => {
    expect(codeOf(() => rows('Employee', { scope: { tenant: '', rows: [] } }))).toBe('FORBIDDEN');
  });

  test.each<[string, () => unknown]>([
    ['an unknown field', () => count('Employee', { where: compare('salary', 'eq', 1) })],
    [
      'an embedded field',
      () => count('Decision', { range: JANUARY, where: compare('transactions.value', 'gt', 1) }),
    ],
    ['contains on a number', () => count('Employee', { where: compare('age', 'contains', '4') })],
    ['less than on a boolean', () => count('Employee', { where: compare('left', 'lt', true) })],
    ['text for a number', () => count('Employee', { where: compare('age', 'eq', '44 or 1=1') })],
    [
      'a number beyond exact whole numbers',
      () => count('Employee', { where: compare('age', 'eq', 2 ** 60) }),
    ],
    ['a list for eq', () => count('Employee', { where: compare('age', 'eq', [1]) })],
    ['one value for in', () => count('Employee', { where: compare('age', 'in', 1) })],
    ['a NUL', () => count('Employee', { where: compare('city', 'eq', 'a\0b') })],
    ['half a surrogate pair', () => count('Employee', { where: compare('city', 'eq', '\ud83d') })],
    ['a day that is not', () => count('Employee', { where: compare('hiredOn', 'eq', '2014-02-30') })],
    [
      'a time with an offset',
      () =>
        count('Decision', { range: JANUARY, where: compare('decidedAt', 'lt', '2014-01-01T00:00:00+01:00') }),
    ],
    ['an exponent in a decimal', () => count('Employee', { where: compare('monthlySalary', 'eq', '1e3') })],
    ['infinity', () => count('Employee', { where: compare('yearsAtCompany', 'eq', Infinity) })],
    ['no range on a partitioned dataset', () => count('Reading')],
    ['no range where one is required', () => count('Decision')],
    ['a range on a dataset without time', () => count('Employee', { range: JANUARY })],
    [
      'a range that ends before it begins',
      () => count('Reading', { range: { from: JANUARY.to, to: JANUARY.from } }),
    ],
    ['a range that is no time', () => count('Reading', { range: { from: "'", to: JANUARY.to } })],
    ['a grain without time', () => metrics('Headcount', { grain: 'DAY', measures: ['people'] })],
    ['an unknown measure', () => metrics('Headcount', { measures: ['pay'] })],
    ['nothing asked for', () => metrics('Headcount', {})],
    [
      'a sort by what is not there',
      () => metrics('Headcount', { measures: ['people'], orderBy: [{ field: 'period', direction: 'asc' }] }),
    ],
  ])('%s is BAD_USER_INPUT', (_name, act) => {
    expect(codeOf(act)).toBe('BAD_USER_INPUT');
  });

  test.each<[string, () => unknown]>([
    [
      'too short',
      () => rows('Employee', { orderBy: [{ field: 'city', direction: 'asc' }], position: ['e-1'] }),
    ],
    ['without its key', () => rows('Employee', { position: [null] })],
  ])('a position %s is BAD_CURSOR', (_name, act) => {
    expect(codeOf(act)).toBe('BAD_CURSOR');
  });

  test.each<[string, () => unknown]>([
    [
      'Athena',
      () =>
        count('Reading', {
          range: JANUARY,
          where: compare(
            'site',
            'in',
            Array.from({ length: 30_000 }, (_, n) => `site ${n}`),
          ),
        }),
    ],
    [
      'Redshift',
      () =>
        count('Employee', {
          where: compare(
            'city',
            'in',
            Array.from({ length: 3_000 }, (_, n) => `city ${n}`),
          ),
        }),
    ],
  ])('a statement too long for %s is QUERY_TOO_COMPLEX', (_name, act) => {
    expect(codeOf(act)).toBe('QUERY_TOO_COMPLEX');
  });
});
