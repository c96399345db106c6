import { conditionFields, type Condition, type MetricsPlan, type Order } from '../datasources/plans';
import type { Cell, Cells } from '../datasources/results';
import { SluiceError } from '../errors';
import {
  amountRead,
  fieldsReadBy,
  measureParts,
  type ColumnDeclaration,
  type MetricsDeclaration,
} from '../schema/declarations';
import { type DataClass, type Grain, type MaskAction, type ValueKind } from '../schema/vocabulary';
import { checkDimension, checkGroupOrder, checkMeasure } from './authorise';
import type { Mask } from './masks';
import type { GroupProtection, RolePolicy } from './policy';
import type { Scoped, StepAction } from './scope';
import { soleSubjectOf } from './selection';
import type { MaskedRow } from './shape';
import { suppressed } from './suppression';

/** From a metrics plan to what the engine computes, and from its groups to masked rows. */

/** How the engine's groups are laid out and what becomes of them. */
export interface GroupLayout {
  metrics: MetricsDeclaration;
  dimensions: readonly string[];
  /** What was asked for, measures that only order included. */
  measures: readonly string[];
  /** What the engine computes: ratios replaced by their parts, each once. */
  computed: readonly string[];
  period: boolean;
  /** Whether the engine counts people too. */
  people: boolean;
  /** One for each dimension; undefined where it is clear. */
  masks: readonly (Mask | undefined)[];
  /** Dimensions that the engine floors to their band or coarse value, which is all the mask there is. */
  steps: Readonly<Record<string, StepAction>>;
  /**
   * Where a group's cells say which person it is of; -1 where they don't, since the role sees no group of one person.
   */
  subject: number;
  /** What the engine says of the people of each group, last: how many, or, where groups may be of one, whose such a group is. */
  asked: Pick<Scoped<MetricsPlan>, 'privacyUnit' | 'soleSubject'>;
  protection: GroupProtection;
  orderBy: readonly Order[];
  /** Whether the engine cannot order the groups (by a ratio), so that it is done here. */
  sort: boolean;
}

/**
 * Checks what a metrics plan groups, measures and orders by.
 *
 * @throws SluiceError FORBIDDEN_COLUMN_USE, BAD_USER_INPUT
 */
export function groupLayout(
  role: RolePolicy,
  metrics: MetricsDeclaration,
  plan: MetricsPlan,
  mask: (action: MaskAction, column: ColumnDeclaration) => Mask | undefined,
): GroupLayout {
  const dimensions = [...new Set(plan.dimensions)];
  const period = plan.grain !== undefined;
  if (period && metrics.dataset.time === undefined) {
    throw new SluiceError('BAD_USER_INPUT', `${metrics.name} has no time, so it takes no \`grain\`.`);
  }
  if (dimensions.length + plan.measures.length === 0 && !period) {
    throw new SluiceError('BAD_USER_INPUT', 'Ask for a measure, a dimension or a `grain`.');
  }
  const steps: Record<string, StepAction> = {};
  const masks = dimensions.map((dimension) => {
    const action = checkDimension(role, metrics, dimension);
    const declared = metrics.dimensions.get(dimension);
    if (declared === undefined) throw new SluiceError('INTERNAL');
    if (action !== 'band' && action !== 'coarse') return mask(action, declared.column);
    steps[dimension] = action;
    return undefined;
  });
  const protection = role.protection(metrics);
  for (const measure of plan.measures) checkMeasure(role, metrics, measure);
  checkGroupOrder(role, metrics, plan.orderBy, { dimensions, period });
  const ordering = plan.orderBy.map(({ field }) => field).filter((field) => metrics.measures.has(field));
  const measures = [...new Set([...plan.measures, ...ordering])];
  checkCurrency(metrics, dimensions, measures);
  const computed = [...new Set(measures.flatMap((measure) => measureParts(metrics, measure)))];
  if (protection.noise) {
    for (const part of computed) checkNoise(metrics, part);
    checkExactUses(role, metrics, dimensions, plan.where);
    checkExactTimes(metrics, plan);
  }
  const grouped = dimensions.findIndex(
    (name) => metrics.dimensions.get(name)?.of === metrics.dataset.subject && steps[name] === undefined,
  );
  const people = protection.minimum > 0;
  // Behind a minimum no group of one is shown; groups by the person say whose they are.
  const sole = grouped < 0 && !people ? soleSubjectOf(metrics.dataset) : {};
  const before = period ? 1 : 0;
  const named = sole.soleSubject === undefined ? grouped : dimensions.length + computed.length;
  return {
    metrics,
    dimensions,
    measures,
    computed,
    period,
    people,
    masks,
    steps,
    subject: named < 0 ? -1 : before + named,
    asked: people && metrics.dataset.subject !== undefined ? { privacyUnit: metrics.dataset.subject } : sole,
    protection,
    orderBy: plan.orderBy,
    sort: ordering.some(
      (field) => isRatio(metrics, field) || (protection.round > 1 && isCount(metrics, field)),
    ),
  };
}

/** Classes of the dimensions, and of what the measures are computed from, for the audit line. */
export function groupClasses(layout: GroupLayout): Record<'clear' | 'masked' | 'aggregated', DataClass[]> {
  const { metrics } = layout;
  const seen = { clear: new Set<DataClass>(), masked: new Set<DataClass>() };
  layout.dimensions.forEach((dimension, index) => {
    const declared = metrics.dimensions.get(dimension);
    const clear = layout.masks[index] === undefined && layout.steps[dimension] === undefined;
    if (declared !== undefined) seen[clear ? 'clear' : 'masked'].add(declared.column.class);
  });
  const read = layout.computed.flatMap((name) => {
    const measure = metrics.measures.get(name);
    return measure === undefined ? [] : fieldsReadBy(metrics, measure);
  });
  const aggregated = new Set(read.flatMap((field) => metrics.dataset.columns.get(field)?.class ?? []));
  return { clear: [...seen.clear], masked: [...seen.masked], aggregated: [...aggregated] };
}

function checkCurrency(
  metrics: MetricsDeclaration,
  dimensions: readonly string[],
  measures: readonly string[],
): void {
  const grouped = new Set(dimensions.map((dimension) => metrics.dimensions.get(dimension)?.of));
  for (const asked of measures) {
    for (const part of measureParts(metrics, asked)) {
      const currency = metrics.measures.get(part)?.currency;
      if (currency === undefined || grouped.has(currency)) continue;
      throw new SluiceError(
        'BAD_USER_INPUT',
        `\`${asked}\` is money: group by \`${currency}\`, or currencies would mix.`,
      );
    }
  }
}

const NUMBERS: readonly ValueKind[] = ['integer', 'float', 'decimal'];

/** The earliest or latest day of a group is somebody's own, and no factor hides it. */
function checkNoise(metrics: MetricsDeclaration, measure: string): void {
  const formula = metrics.measures.get(measure)?.formula;
  const field = formula && amountRead(formula);
  const kind = field === undefined ? undefined : metrics.dataset.columns.get(field)?.kind;
  if (kind === undefined || NUMBERS.includes(kind)) return;
  throw new SluiceError(
    'FORBIDDEN_COLUMN_USE',
    `The acting role sees ${metrics.name} through noise, and \`${measure}\` cannot be given any. Leave it out.`,
  );
}

const EXACT: readonly ValueKind[] = [...NUMBERS, 'date', 'datetime'];

/**
 * The copy's amounts are off, but a filter or a group would be by the true ones: asking for more than this and that
 * would find one person's number or day to the last digit, and an exact day finds a person. So numbers and days that are
 * not public shape no group, unless they are internal and groups are made by them anyway, such as a level.
 */
export function checkExactUses(
  role: RolePolicy,
  metrics: MetricsDeclaration,
  dimensions: readonly string[],
  where: Condition | undefined,
): void {
  const fields = [
    ...dimensions.map((dimension) => metrics.dimensions.get(dimension)?.of ?? dimension),
    ...conditionFields(where),
  ];
  for (const field of fields) {
    // What is masked or hidden is refused, or allowed by its step, for its own reason.
    if (role.action(metrics.dataset, field) !== 'clear' || !pointsOut(metrics, field)) continue;
    throw new SluiceError(
      'FORBIDDEN_COLUMN_USE',
      `The acting role sees ${metrics.name} through noise, so it cannot filter or group by the exact \`${field}\`. Leave it out.`,
    );
  }
}

/** Whether the exact values of a field find single people in the copy. */
function pointsOut({ dataset, dimensions }: MetricsDeclaration, field: string): boolean {
  const column = dataset.columns.get(field);
  if (column === undefined || !EXACT.includes(column.kind) || column.class === 'public') return false;
  return column.class !== 'internal' || ![...dimensions.values()].some(({ of }) => of === field);
}

/** A month and longer: the step that coarse days are shown by. */
const COARSE_GRAINS: readonly Grain[] = ['MONTH', 'QUARTER', 'YEAR'];
const MONTH_START = /^\d{4}-\d{2}-01T00:00:00(?:\.0+)?Z$/;

/** Ranges and periods choose rows by the time as a filter or a group would; without a range nothing is chosen. */
function checkExactTimes(metrics: MetricsDeclaration, { range, grain }: MetricsPlan): void {
  const { time } = metrics.dataset;
  if (time === undefined || !pointsOut(metrics, time)) return;
  const months = range === undefined || [range.from, range.to].every((end) => MONTH_START.test(end));
  if (months && (grain === undefined || COARSE_GRAINS.includes(grain))) return;
  throw new SluiceError(
    'FORBIDDEN_COLUMN_USE',
    `The acting role sees ${metrics.name} through noise, and \`${time}\` by the month: \`range\` begins and ends with the first moment of a month in UTC, such as 2024-03-01T00:00:00Z, and \`grain\` is one of ${COARSE_GRAINS.join(', ')}.`,
  );
}

function isCount(metrics: MetricsDeclaration, field: string): boolean {
  const formula = metrics.measures.get(field)?.formula;
  return formula !== undefined && ('count' in formula || 'countDistinct' in formula);
}

function isRatio(metrics: MetricsDeclaration, field: string): boolean {
  const formula = metrics.measures.get(field)?.formula;
  return formula !== undefined && 'ratio' in formula;
}

type Plain = string | number | boolean | null;

interface MaskedGroup {
  row: Record<string, Plain>;
  /** As the engine gave it. */
  cells: Cells;
  suppressed: boolean;
  /** Period and dimensions as the role sees them, for an order that tells nothing else. */
  label: string;
}

/**
 * What can only be decided over all groups needs all of them.
 *
 * @throws SluiceError QUERY_TOO_COMPLEX when there are more than were read
 */
export function checkGroupCount(layout: GroupLayout, found: number, most: number): void {
  if (found <= most) return;
  // A noisy copy keeps small groups safe whatever totals are left out of sight; a bare minimum does not.
  if (layout.people && !layout.protection.noise) throw tooMany(most, 'kept from giving small ones away');
  if (layout.sort) throw tooMany(most, 'ordered by a ratio or a rounded count');
}

function tooMany(most: number, what: string): SluiceError {
  return new SluiceError(
    'QUERY_TOO_COMPLEX',
    `More than ${most} groups cannot be ${what}. Filter, or group by less.`,
  );
}

/**
 * The groups that are shown when there are more than fit. Where a dimension is masked, the engine orders groups that
 * are equal otherwise by its clear values, so those at the cut are left out together: which of them made it would tell
 * that order.
 *
 * @throws SluiceError QUERY_TOO_COMPLEX when that leaves none
 */
export function fittingGroups(layout: GroupLayout, cells: readonly Cells[], most: number): readonly Cells[] {
  const masked = layout.masks.findIndex((mask) => mask !== undefined);
  const cut = cells[most];
  if (cut === undefined || masked < 0) return cells.slice(0, most);
  const first = layout.period ? 1 : 0;
  const named = layout.orderBy.map(({ field }) => {
    if (field === 'period') return 0;
    const dimension = layout.dimensions.indexOf(field);
    return dimension < 0
      ? first + layout.dimensions.length + layout.computed.indexOf(field)
      : first + dimension;
  });
  // The engine goes on with the period and the dimensions in turn; up to the masked one all of that is seen.
  const seen = [...named, ...Array.from({ length: first + masked }, (_, index) => index)];
  let end = most;
  while (end > 0 && seen.every((index) => cells[end - 1]?.[index] === cut[index])) end -= 1;
  if (end === 0) {
    throw new SluiceError(
      'QUERY_TOO_COMPLEX',
      `There are more than ${most} groups by a field that the acting role sees masked. Filter, or order by a measure.`,
    );
  }
  return cells.slice(0, end);
}

/**
 * Masked rows in the order asked for, each with its clear cells for the audit; nothing in the rows, nor their order,
 * tells what the role may not see.
 */
export function maskedGroups(
  layout: GroupLayout,
  cells: readonly Cells[],
): { row: MaskedRow; cells: Cells }[] {
  const before = (layout.period ? 1 : 0) + layout.dimensions.length;
  const width = before + layout.computed.length + Object.keys(layout.asked).length;
  if (cells.some((group) => group.length !== width)) throw new Error('A group has not the cells asked for.');
  const groups = cells.map((group) => labelledGroup(layout, group));
  // Which of two equally small groups is blanked follows from what is shown of them, never from the engine's order.
  const byShown = [...groups].sort(byLabel);
  const blank = suppressed(
    byShown.map(({ cells: group }) => ({
      people: layout.people ? Number(group[before + layout.computed.length]) : 0,
      axes: group.slice(0, before).map((cell) => JSON.stringify(cell)),
    })),
    layout.protection.minimum,
  );
  byShown.forEach((group, index) => {
    group.suppressed = blank[index] === true;
    for (const measure of layout.measures)
      group.row[measure] = group.suppressed ? null : measured(layout, measure, group.cells, before);
    group.row.suppressed = group.suppressed;
  });
  return ordered(layout, groups);
}

/** The period and the dimensions of a group. */
function labelledGroup(layout: GroupLayout, cells: Cells): MaskedGroup {
  const row: MaskedGroup['row'] = {};
  if (layout.period) row.period = plain(cells[0]);
  const first = layout.period ? 1 : 0;
  layout.dimensions.forEach((dimension, index) => {
    const cell = cells[first + index] ?? null;
    const mask = layout.masks[index];
    row[dimension] = plain(cell === null || mask === undefined ? cell : mask(cell));
  });
  return { row, cells, suppressed: false, label: JSON.stringify(Object.values(row)) };
}

function measured(layout: GroupLayout, measure: string, cells: Cells, before: number): Plain {
  const formula = layout.metrics.measures.get(measure)?.formula;
  const value = (name: string): Plain =>
    rounded(layout, name, plain(cells[before + layout.computed.indexOf(name)]));
  if (formula === undefined || !('ratio' in formula)) return value(measure);
  const [numerator, denominator] = formula.ratio.map(value);
  if (numerator === null || numerator === undefined || denominator === null || denominator === undefined)
    return null;
  const quotient = Number(numerator) / Number(denominator);
  return Number.isFinite(quotient) ? quotient : null;
}

/** Counts, to a multiple of the base; amounts carry their noise. */
function rounded(layout: GroupLayout, measure: string, value: Plain): Plain {
  const { round } = layout.protection;
  if (round <= 1 || typeof value !== 'number' || !isCount(layout.metrics, measure)) return value;
  return Math.round(value / round) * round;
}

function plain(cell: Cell | undefined): Plain {
  return typeof cell === 'object' || cell === undefined ? null : cell;
}

/**
 * Ordered here when the engine could not; blanked groups last when a measure orders (their place would tell it); and
 * groups that the order leaves equal by what the role sees of them, where the engine may have used what it does not.
 */
function ordered(layout: GroupLayout, groups: MaskedGroup[]): MaskedGroup[] {
  let result = groups;
  if (layout.sort) result = [...result].sort((a, b) => compareRows(layout, a, b));
  if (layout.orderBy.some(({ field }) => layout.metrics.measures.has(field))) {
    result = [
      ...result.filter((group) => !group.suppressed),
      ...result.filter((group) => group.suppressed).sort(byLabel),
    ];
  }
  if (!layout.masks.some((mask) => mask !== undefined)) return result;
  let run = 0;
  const runs = new Map<MaskedGroup, number>();
  result.forEach((group, index) => {
    const earlier = result[index - 1];
    if (earlier !== undefined && layout.orderBy.some(({ field }) => earlier.row[field] !== group.row[field]))
      run += 1;
    runs.set(group, run);
  });
  return [...result].sort((a, b) => (runs.get(a) ?? 0) - (runs.get(b) ?? 0) || byLabel(a, b));
}

function byLabel(a: MaskedGroup, b: MaskedGroup): number {
  return a.label < b.label ? -1 : a.label > b.label ? 1 : 0;
}

/** Missing values last in both directions, as the engines do it. */
function compareRows(layout: GroupLayout, a: MaskedGroup, b: MaskedGroup): number {
  for (const { field, direction } of layout.orderBy) {
    const left = comparable(layout, field, a.row[field] ?? null);
    const right = comparable(layout, field, b.row[field] ?? null);
    if (left === right) continue;
    if (left === null) return 1;
    if (right === null) return -1;
    return (left < right ? -1 : 1) * (direction === 'asc' ? 1 : -1);
  }
  return byLabel(a, b);
}

function comparable(
  layout: GroupLayout,
  field: string,
  value: MaskedRow[string],
): string | number | boolean | null {
  if (value === null || typeof value === 'object') return null;
  const kind = layout.metrics.measures.get(field)?.kind ?? layout.metrics.dimensions.get(field)?.column.kind;
  return kind === 'decimal' ? Number(value) : value;
}
