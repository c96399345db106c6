import type { RolePolicy } from '../../../src/auth/policy';
import { getNamedType, isLeafType, isObjectType } from 'graphql';
import { buildFullSchema } from '../../../src/schema/build';
import { declarations } from '../../../src/schema/catalog';
import { FIGURE_BOUNDS, NUMBERS, ROWS, type Figures } from '../world/world';

/**
 * Tells figures of another tenant by their size. One of the two tenants has numbers so small that no sum of them is as
 * large as the least number of the other, so a value, a sum, a mean or an extreme that lies on the wrong side holds
 * rows of the other tenant; and a count of more rows than a tenant has does so too.
 */

/** How far noise may move a figure: a person stands twice at most, and an amount is off by 15 percent. */
const NOISE = { weight: 2, more: 1.15, less: 0.85 };

type Meaning = 'amount' | 'count';

/** What each field of the API that holds a number means; those that mean two things are left out. */
const MEANINGS: ReadonlyMap<string, Meaning> = meanings();

function meanings(): Map<string, Meaning> {
  const found = new Map<string, Meaning | undefined>([['totalCount', 'count']]);
  const note = (name: string, meaning: Meaning | undefined): void => {
    found.set(name, found.has(name) && found.get(name) !== meaning ? undefined : meaning);
  };
  for (const dataset of declarations.datasets.values()) {
    const lists = [dataset.columns, ...[...dataset.embedded.values()].map(({ columns }) => columns)];
    for (const column of lists.flatMap((columns) => [...columns.values()]))
      note(column.field, NUMBERS.has(column.kind) ? 'amount' : undefined);
    for (const derived of dataset.derived.keys()) note(derived, undefined);
  }
  for (const { measures } of declarations.metrics.values()) {
    for (const { field, formula, kind } of measures.values()) {
      if ('ratio' in formula || !NUMBERS.has(kind)) note(field, undefined);
      else note(field, 'count' in formula || 'countDistinct' in formula ? 'count' : 'amount');
    }
  }
  const rowTypes = new Set([
    ...[...declarations.datasets.values()].flatMap(({ name, embedded }) => [
      name,
      ...[...embedded.values()].map(({ typeName }) => typeName),
    ]),
    ...declarations.metrics.keys(),
  ]);
  for (const type of Object.values(buildFullSchema().getTypeMap())) {
    // Other types have numbers that tell of no rows, under the same names.
    if (!isObjectType(type) || rowTypes.has(type.name)) continue;
    for (const field of Object.values(type.getFields()))
      if (isLeafType(getNamedType(field.type)) && field.name !== 'totalCount') found.delete(field.name);
  }
  return new Map([...found].flatMap(([name, meaning]) => (meaning === undefined ? [] : [[name, meaning]])));
}

export class FigureCheck {
  /** Figures that were looked at. */
  seen = 0;
  private readonly most: number;

  /** @param own which figures the reader's tenant has */
  constructor(
    private readonly own: Figures,
    role: RolePolicy,
  ) {
    const noisy = [...declarations.metrics.values()].some((metrics) => role.protection(metrics).noise);
    this.most = noisy ? ROWS * NOISE.weight : ROWS;
  }

  /** The first figure that no rows of the reader's own give, in words. */
  strange(data: unknown): string | undefined {
    if (typeof data !== 'object' || data === null) return undefined;
    for (const [key, value] of Object.entries(data)) {
      const name = key.replace(/^a\d+__/, '');
      const meaning = MEANINGS.get(name);
      const inner =
        meaning === undefined || typeof value === 'object'
          ? this.strange(value)
          : this.beyond(name, meaning, value);
      if (inner !== undefined) return inner;
    }
    return undefined;
  }

  private beyond(name: string, meaning: Meaning, value: unknown): string | undefined {
    if (typeof value !== 'number' && (typeof value !== 'string' || !/^-?[\d.]+$/.test(value)))
      return undefined;
    this.seen += 1;
    const figure = Number(value);
    const [least, most] =
      meaning === 'count'
        ? [0, this.most]
        : this.own === 'small'
          ? [0, FIGURE_BOUNDS.small.most * ROWS * NOISE.weight * NOISE.more]
          : [FIGURE_BOUNDS.large.least * NOISE.less, Infinity];
    if (figure >= least && figure <= most) return undefined;
    return `${name} is ${value}, and rows of the own tenant give ${least} to ${most}`;
  }
}
