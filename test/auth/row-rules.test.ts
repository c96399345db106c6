import fc from 'fast-check';
import { Hierarchy } from '../../src/auth/hierarchies';
import { windowUntil } from '../../src/auth/time-windows';
import { nextDay, periodOf } from '../../src/calendar';

/** A forest: each node but the roots names one earlier node as its parent. */
const forests = fc
  .array(fc.nat(), { minLength: 1, maxLength: 40 })
  .map((picks) => picks.map((pick, node) => (node === 0 || pick % 4 === 0 ? undefined : pick % node)));

const named = (node: number): string => `n${node}`;

describe('hierarchies', () => {
  it('give a node and exactly those that reach it by their parents', () => {
    fc.assert(
      fc.property(forests, fc.array(fc.nat(45), { maxLength: 4 }), (parents, picks) => {
        const data: Record<string, string[]> = {};
        parents.forEach((parent, node) => {
          if (parent !== undefined) (data[named(parent)] ??= []).push(named(node));
        });
        const reaches = (node: number | undefined, top: number): boolean =>
          node !== undefined && (node === top || reaches(parents[node], top));
        const expected = new Set(picks.map(named));
        parents.forEach((_parent, node) => {
          if (picks.some((pick) => reaches(node, pick))) expected.add(named(node));
        });
        expect(new Hierarchy(data).within(picks.map(named))).toEqual([...expected].sort());
      }),
    );
  });

  it('give the same list for the same nodes in any order, however often', () => {
    const tree = new Hierarchy({ a: ['b', 'c'], c: ['d'] });
    expect(tree.within(['c', 'a', 'c'])).toEqual(['a', 'b', 'c', 'd']);
    expect(tree.within(['a', 'c'])).toEqual(tree.within(['c', 'a']));
    expect(tree.within(['__proto__', 'constructor'])).toEqual(['__proto__', 'constructor']);
  });
});

describe('time windows', () => {
  const at = (moment: string, period: string): [string, string] => {
    const { from, to } = windowUntil(
      Date.parse(moment),
      periodOf(period) ?? { years: 0, months: 0, days: 0 },
    );
    return [from, to];
  };

  it.each([
    ['2026-05-15T13:20:00Z', 'P1D', '2026-05-14'],
    ['2026-05-15T00:00:00Z', 'P90D', '2026-02-14'],
    ['2026-05-15T23:59:59.999Z', 'P2W', '2026-05-01'],
    ['2026-03-31T12:00:00Z', 'P1M', '2026-02-28'],
    ['2024-03-31T12:00:00Z', 'P1M', '2024-02-29'],
    ['2024-02-29T12:00:00Z', 'P1Y', '2023-02-28'],
    ['2026-01-10T12:00:00Z', 'P1M', '2025-12-10'],
    ['2026-01-10T12:00:00Z', 'P1Y2M3W4D', '2024-10-16'],
    ['2026-01-10T12:00:00Z', 'P100Y', '1926-01-10'],
  ])('from %s, %s reaches back to %s', (moment, period, from) => {
    expect(at(moment, period)).toEqual([from, moment.slice(0, 10)]);
  });

  it('stay the same through a day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40_000 }),
        fc.nat(86_399_999),
        fc.integer({ min: 1, max: 36_000 }),
        (day, within, days) => {
          const period = periodOf(`P${days}D`) ?? { years: 0, months: 0, days: 0 };
          const start = windowUntil(day * 86_400_000, period);
          expect(windowUntil(day * 86_400_000 + within, period)).toEqual(start);
          expect(Date.parse(start.to) - Date.parse(start.from)).toBe(days * 86_400_000);
          expect(Date.parse(nextDay(start.to)) - Date.parse(start.to)).toBe(86_400_000);
        },
      ),
    );
  });

  it.each([
    '',
    'P',
    'P0D',
    '90D',
    'P1H',
    'PT1H',
    'P1.5D',
    'P-1D',
    'P1D ',
    'p1d',
    'P101Y',
    'P1D1Y',
    'P99999D',
  ])('do not take %j', (text) => expect(periodOf(text)).toBeUndefined());
});
