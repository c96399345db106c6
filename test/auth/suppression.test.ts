import fc from 'fast-check';
import { suppressed, type Group } from '../../src/auth/suppression';

/** Every total over some of the axes, by the positions of its groups. */
function totals(groups: readonly Group[]): number[][] {
  const axes = groups[0]?.axes.length ?? 0;
  const found: number[][] = [];
  for (let kept = 0; kept < 2 ** axes - 1; kept += 1) {
    const slices = new Map<string, number[]>();
    groups.forEach(({ axes: values }, index) => {
      const name = JSON.stringify(values.filter((_, axis) => (kept >> axis) & 1));
      slices.set(name, [...(slices.get(name) ?? []), index]);
    });
    found.push(...slices.values());
  }
  return found;
}

it('blanks nothing without a minimum or a small group', () => {
  expect(suppressed([{ people: 0, axes: ['a'] }], 0)).toEqual([false]);
  expect(suppressed([{ people: 5, axes: ['a'] }], 5)).toEqual([false]);
});

it('blanks a lone group below the minimum', () => {
  expect(suppressed([{ people: 4, axes: [] }], 5)).toEqual([true]);
});

it('leaves no total from which fewer people than the minimum, or one group, could be worked out', () => {
  const cell = fc.record({ people: fc.nat({ max: 12 }), a: fc.nat({ max: 3 }), b: fc.nat({ max: 3 }) });
  const table = fc.uniqueArray(cell, { maxLength: 12, selector: ({ a, b }) => `${a},${b}` });
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 6 }), (cells, minimum) => {
      const groups = cells.map(({ people, a, b }) => ({ people, axes: [String(a), String(b)] }));
      const blank = suppressed(groups, minimum);
      groups.forEach((group, index) => {
        if (group.people < minimum) expect(blank[index]).toBe(true);
      });
      for (const members of totals(groups)) {
        const hidden = members.filter((index) => blank[index]);
        if (hidden.length === 0 || hidden.length === members.length) continue;
        expect(hidden.length).toBeGreaterThan(1);
        expect(hidden.reduce((sum, index) => sum + (groups[index]?.people ?? 0), 0)).toBeGreaterThanOrEqual(
          minimum,
        );
      }
    }),
    { numRuns: 500 },
  );
});
