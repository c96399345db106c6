import {
  conditionFields,
  usedFields,
  type CountPlan,
  type LookupPlan,
  type MetricsPlan,
  type RowsPlan,
} from '../datasources/plans';
import { SluiceError } from '../errors';
import { fieldsReadBy, type DatasetDeclaration, type MetricsDeclaration } from '../schema/declarations';
import type { RolePolicy } from './policy';

/**
 * Purposes. A class may need one: then every use of its fields does, be it to select, filter, order, group or measure.
 * Every call reads by the key, if only to count, so a dataset whose key needs a purpose is not read at all without it.
 */

/** Fields that rows are chosen or ordered by, the tokens of people included where rows about one are asked for. */
export function choosingFields(dataset: DatasetDeclaration, plan: RowsPlan | CountPlan): string[] {
  const { subjectTokens } = dataset;
  const about = plan.subject === undefined || subjectTokens === undefined ? [] : [subjectTokens];
  return [...usedFields(plan), ...about];
}

/** Every field of the dataset that a plan names or reads by. */
export function fieldsUsed(dataset: DatasetDeclaration, plan: RowsPlan | CountPlan | LookupPlan): string[] {
  const ranged = plan.kind !== 'lookup' && plan.range !== undefined;
  return [
    dataset.key,
    ...(plan.kind === 'count' ? [] : plan.fields),
    ...(plan.kind === 'lookup' ? [] : choosingFields(dataset, plan)),
    ...(ranged && dataset.time !== undefined ? [dataset.time] : []),
  ];
}

/** The same for analytics: dimensions and measures as the fields they read. */
export function fieldsMeasured(metrics: MetricsDeclaration, plan: MetricsPlan): string[] {
  const { dataset } = metrics;
  const timed = plan.range !== undefined || plan.grain !== undefined;
  const read = (name: string): string[] => {
    const dimension = metrics.dimensions.get(name);
    if (dimension !== undefined) return [dimension.of];
    const measure = metrics.measures.get(name);
    return measure === undefined ? [] : fieldsReadBy(metrics, measure);
  };
  return [
    dataset.key,
    ...[...plan.dimensions, ...plan.measures, ...plan.orderBy.map(({ field }) => field)].flatMap(read),
    ...conditionFields(plan.where),
    ...(timed && dataset.time !== undefined ? [dataset.time] : []),
  ];
}

/** @throws SluiceError FORBIDDEN when one of the fields needs a purpose that the request does not name */
export function checkPurpose(
  role: RolePolicy,
  dataset: DatasetDeclaration,
  fields: readonly string[],
  purpose: string | undefined,
): void {
  for (const field of new Set(fields)) {
    // Hidden fields do not exist, and get that answer.
    if (role.action(dataset, field) === 'hide') continue;
    const needed = role.purposesFor(dataset, field);
    if (needed === undefined || (purpose !== undefined && needed.includes(purpose))) continue;
    throw new SluiceError(
      'FORBIDDEN',
      needed.length === 0
        ? `No single purpose lets the acting role use all that \`${field}\` is computed from. Leave it out.`
        : `The acting role uses \`${field}\` only for a purpose. Send the header x-purpose with one of: ${needed.join(', ')}. Or leave the field out.`,
    );
  }
}
