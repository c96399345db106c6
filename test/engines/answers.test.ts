import { difference } from './support/answers';

/** The comparison that the suites of SQL shapes rest on. */
describe('The difference of two answers', () => {
  test.each([
    ['a missing row', [['a']], []],
    ['another order', [['a'], ['b']], [['b'], ['a']]],
    ['another cell', [['a', 1]], [['a', 2]]],
    ['a cell too many', [['a']], [['a', 1]]],
    ['NULL for the empty text', [['']], [[null]]],
    ['NULL for zero', [[0]], [[null]]],
    ['a number for its text', [[1]], [['1']]],
    ['digits of a decimal', [['19.9900']], [['19.99']]],
    ['a double more than 1e-9 off', [[1_000_000]], [[1_000_000.002]]],
  ])('%s counts', (_name, one, two) => {
    expect(difference(one, two)).toMatch(/against/);
  });

  test('last digits of a double do not', () => {
    expect(difference([[0.1 + 0.2, null, 'x']], [[0.3, null, 'x']])).toBeUndefined();
  });
});
