import fc from 'fast-check';
import { addDays, periodOf } from '../../src/calendar';
import { keptUntil } from '../../src/erasure/retention';
import { endedBefore } from '../../src/erasure/verify/days';

/** Verification counts days by code of its own; both must come to the same day, or one of them is wrong. */

const FIRST = '1969-01-01';
const DAYS_OF_400_YEARS = 146_097;
const every = Array.from({ length: DAYS_OF_400_YEARS }, (_none, at) => addDays(FIRST, at));

/** Each part may be missing, as ISO 8601 has it; weeks stand beside the others here. */
const part = (letter: string, most: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(''),
    fc.integer({ min: 0, max: most }).map((count) => `${count}${letter}`),
  );
const keep = fc
  .tuple(part('Y', 100), part('M', 1_200), part('W', 5_200), part('D', 36_500))
  .map((parts) => `P${parts.join('')}`)
  .filter((text) => periodOf(text) !== undefined);
const among = (days: readonly string[]): fc.Arbitrary<string> =>
  fc.nat(days.length - 1).map((at) => days[at] ?? FIRST);
/** Ends of months and leap days more often than chance has them. */
const day = fc.oneof(
  among(every),
  among(every.filter((one) => /-(28|29|30|31|01)$/.test(one))),
  among(every.filter((one) => one.endsWith('-02-29'))),
);

test('a period is over on the same day for verification and for what erases', () => {
  fc.assert(
    fc.property(keep, day, fc.boolean(), (text, today, fromEndOfYear) => {
      const period = { keep: text, ...(fromEndOfYear && { fromEndOfYear }) };
      expect(endedBefore(period, today)).toBe(keptUntil(period, today));
    }),
    { numRuns: 5_000 },
  );
});

test('of every day of 400 years, a month back is the same', () => {
  const period = { keep: 'P1M' };
  expect(every.filter((today) => endedBefore(period, today) !== keptUntil(period, today))).toEqual([]);
});

test.each([
  ['P1M', '2026-03-31', '2026-02-28'],
  ['P1M', '2028-03-30', '2028-02-29'],
  ['P1Y', '2028-02-29', '2027-02-28'],
  ['P4Y', '2028-02-29', '2024-02-29'],
  ['P100Y', '2000-02-29', '1900-02-28'],
  ['P1M1D', '2026-03-31', '2026-02-27'],
  ['P2W', '2026-01-01', '2025-12-18'],
  ['P25M', '2026-11-24', '2024-10-24'],
])('%s back from %s is %s', (text, today, expected) => {
  expect(endedBefore({ keep: text }, today)).toBe(expected);
  expect(endedBefore({ keep: text, fromEndOfYear: true }, today)).toBe(`${expected.slice(0, 4)}-01-01`);
});

test.each(['', '8Y', 'P8', 'P1D1Y', 'PT1H', 'P-1Y'])('%j is no period', (text) => {
  expect(() => endedBefore({ keep: text }, '2026-11-24')).toThrow(TypeError);
});
