import { randomBytes } from 'node:crypto';
import { authorisedFilter, authorisedOrder, checkDimension } from '../auth/authorise';
import { checkExactUses } from '../auth/groups';
import type { RolePolicy } from '../auth/policy';
import { Pseudonyms } from '../auth/pseudonyms';
import type { Comparison, Condition, PlanValue } from '../datasources/plans';
import { SluiceError } from '../errors';
import type { ColumnDeclaration, DatasetDeclaration, MetricsDeclaration } from '../schema/declarations';

/** What a role may do with a field, found out by asking the gate's own checks, so that the two cannot differ. */

const COMPARISONS: readonly Comparison[] = [
  'eq',
  'ne',
  'in',
  'lt',
  'lte',
  'gt',
  'gte',
  'contains',
  'startsWith',
  'isNull',
];
const TENANT = 'any';
/** Tokens are made up for the question alone and never shown. */
const pseudonyms = new Pseudonyms(randomBytes(64));

/**
 * Comparisons that the gate takes in a filter of this field: of lists, or of analytics where the role gets no lists.
 *
 * @param metrics the analytics over the dataset
 */
export function filtersBy(
  role: RolePolicy,
  dataset: DatasetDeclaration,
  path: string,
  column: ColumnDeclaration,
  metrics: readonly MetricsDeclaration[],
): Comparison[] {
  return COMPARISONS.filter((op) => {
    const value = op === 'isNull' ? true : valueOf(column);
    const where: Condition = { kind: 'compare', field: path, op, value: op === 'in' ? [value] : value };
    if (!passes(() => authorisedFilter(role, dataset, where, TENANT, pseudonyms))) return false;
    return role.lists(dataset) || metrics.some((each) => passes(() => checkNoiseUses(role, each, [], where)));
  });
}

/** Whether rows can be ordered by the field. */
export function sortsBy(role: RolePolicy, dataset: DatasetDeclaration, path: string): boolean {
  return (
    role.lists(dataset) && passes(() => authorisedOrder(role, dataset, [{ field: path, direction: 'asc' }]))
  );
}

/** Whether groups can be made by the dimension. */
export function groupsBy(role: RolePolicy, metrics: MetricsDeclaration, dimension: string): boolean {
  return passes(() => {
    checkDimension(role, metrics, dimension);
    checkNoiseUses(role, metrics, [dimension], undefined);
  });
}

function checkNoiseUses(
  role: RolePolicy,
  metrics: MetricsDeclaration,
  dimensions: readonly string[],
  where: Condition | undefined,
): void {
  if (role.protection(metrics).noise) checkExactUses(role, metrics, dimensions, where);
}

/** Whether a check of the gate lets something pass. */
export function passes(question: () => unknown): boolean {
  try {
    question();
    return true;
  } catch (error) {
    if (error instanceof SluiceError) return false;
    throw error;
  }
}

function valueOf(column: ColumnDeclaration): PlanValue {
  switch (column.kind) {
    case 'integer':
    case 'float':
      return 0;
    case 'decimal':
      return '0';
    case 'boolean':
      return true;
    case 'date':
      return '2000-01-01';
    case 'datetime':
      return '2000-01-01T00:00:00.000Z';
    default:
      return column.values?.[0] ?? 'x';
  }
}
