import type { PolicyFile } from './policy-file';

/** Trees of the policy file: who is given a node has it and all below it. */

/** A hierarchy as written: each parent with its children. */
export type HierarchyData = Readonly<Record<string, readonly string[]>>;

/** A tree, or several, of names. */
export class Hierarchy {
  private readonly closures: ReadonlyMap<string, readonly string[]>;

  /** @param data free of cycles and of children with two parents: see `checkHierarchies` */
  constructor(data: HierarchyData) {
    const children = new Map(Object.entries(data));
    const closures = new Map<string, readonly string[]>();
    const below = (node: string): readonly string[] => {
      const known = closures.get(node);
      if (known !== undefined) return known;
      // Stands for the node while its own children are looked at: a cycle that was not checked ends here.
      closures.set(node, [node]);
      const found = [node, ...(children.get(node) ?? []).flatMap(below)];
      closures.set(node, found);
      return found;
    };
    for (const node of children.keys()) below(node);
    this.closures = closures;
  }

  /** The nodes and all below them, each once, in the order of code points; what is no node stands for itself alone. */
  within(nodes: readonly string[]): string[] {
    return [...new Set(nodes.flatMap((node) => this.closures.get(node) ?? [node]))].sort();
  }
}

/** Most levels of a hierarchy: beyond it lies a mistake. */
const MAX_DEPTH = 100;

/** Findings: children that stand twice, cycles, trees too deep. */
export function checkHierarchies(file: PolicyFile): string[] {
  return Object.entries(file.data.hierarchies).flatMap(([name, data]) => {
    const at = ['hierarchies', name];
    const parents = new Map<string, string>();
    const findings: string[] = [];
    for (const [parent, children] of Object.entries(data)) {
      children.forEach((child, index) => {
        const other = parents.get(child);
        if (other === undefined) parents.set(child, parent);
        else {
          findings.push(
            file.finding(
              [...at, parent, index],
              other === parent
                ? `${child} stands here twice. Remove one.`
                : `${child} already stands below ${other}, and what is below two would be seen by both. Remove one.`,
            ),
          );
        }
      });
    }
    const checked = new Set<string>();
    for (const node of Object.keys(data)) {
      const walk = upwards(node, parents, checked);
      if (walk.cycle !== undefined) {
        findings.push(
          file.finding(
            [...at, walk.cycle[0] ?? node],
            `it goes round in a circle: ${walk.cycle.join(' > ')}. Break it.`,
          ),
        );
      } else if (walk.path.length > MAX_DEPTH) {
        findings.push(file.finding([...at, node], `it is more than ${MAX_DEPTH} levels deep. Flatten it.`));
      }
      for (const passed of walk.path) checked.add(passed);
    }
    return findings;
  });
}

/** The way from a node to its root; `cycle` from the top down, its first node repeated, where there is no root. */
function upwards(
  node: string,
  parents: ReadonlyMap<string, string>,
  checked: ReadonlySet<string>,
): { path: string[]; cycle?: string[] } {
  const path: string[] = [];
  for (let current: string | undefined = node; current !== undefined; current = parents.get(current)) {
    const met = path.indexOf(current);
    // A circle that an earlier node lies on, or leads to, is reported once.
    if (met >= 0)
      return { path, ...(checked.has(current) ? {} : { cycle: [current, ...path.slice(met).reverse()] }) };
    path.push(current);
    if (path.length > MAX_DEPTH) break;
  }
  return { path };
}
