/**
 * Small groups. A group with fewer people than the minimum loses its measures. Where a total would give it away (the
 * total less the other groups), the next smallest group loses them too: in every total over one or more of the axes,
 * what is blanked must be at least two groups of together at least the minimum.
 */

/** What suppression looks at in a group. */
export interface Group {
  /** Distinct people in the group. */
  people: number;
  /** Period and dimensions, each as text. */
  axes: readonly string[];
}

/** Beyond so many axes only totals over each single axis and over all are looked at. */
const AXES_COMBINED = 5;

/** Which groups lose their measures, by position. */
export function suppressed(groups: readonly Group[], minimum: number): boolean[] {
  const blank = groups.map((group) => group.people < minimum);
  if (minimum <= 0 || !blank.includes(true)) return blank;
  const totals = totalsOver(groups);
  for (let changed = true; changed;) {
    changed = false;
    for (const members of totals) {
      while (exposed(members, groups, blank, minimum)) {
        const next = smallestShown(members, groups, blank);
        if (next === undefined) break;
        blank[next] = true;
        changed = true;
      }
    }
  }
  return blank;
}

function exposed(
  members: readonly number[],
  groups: readonly Group[],
  blank: readonly boolean[],
  minimum: number,
): boolean {
  let count = 0;
  let people = 0;
  for (const member of members) {
    if (blank[member] !== true) continue;
    count += 1;
    people += groups[member]?.people ?? 0;
  }
  return count === 1 || (count > 0 && people < minimum);
}

function smallestShown(
  members: readonly number[],
  groups: readonly Group[],
  blank: readonly boolean[],
): number | undefined {
  let smallest: number | undefined;
  for (const member of members) {
    if (blank[member] === true) continue;
    if (smallest === undefined || (groups[member]?.people ?? 0) < (groups[smallest]?.people ?? 0))
      smallest = member;
  }
  return smallest;
}

/** Members of each total that another query could ask for. */
function totalsOver(groups: readonly Group[]): number[][] {
  const axes = groups[0]?.axes.length ?? 0;
  return keptAxes(axes).flatMap((kept) => {
    const slices = new Map<string, number[]>();
    groups.forEach((group, index) => {
      const name = JSON.stringify(kept.map((axis) => group.axes[axis]));
      const members = slices.get(name);
      if (members === undefined) slices.set(name, [index]);
      else members.push(index);
    });
    return [...slices.values()].filter((members) => members.length > 1);
  });
}

/** Every choice of axes that leaves at least one out. */
function keptAxes(axes: number): number[][] {
  const all = Array.from({ length: axes }, (_, axis) => axis);
  if (axes > AXES_COMBINED) return [[], ...all.map((left) => all.filter((axis) => axis !== left))];
  const choices: number[][] = [];
  for (let bits = 0; bits < 2 ** axes - 1; bits += 1) choices.push(all.filter((axis) => (bits >> axis) & 1));
  return choices;
}
