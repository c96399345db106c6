import { totalOrder, type Condition, type Order } from '../datasources/plans';
import { SluiceError } from '../errors';
import type { DatasetDeclaration, Declarations, MetricsDeclaration } from '../schema/declarations';
import { MASK_USES, type MaskAction } from '../schema/vocabulary';
import { checkCondition, MAX_ORDER } from './limits';
import type { RolePolicy } from './policy';
import { Pseudonyms } from './pseudonyms';
import { rowCondition } from './row-rules';
import type { Scope } from './scope';
import type { Viewer } from './viewer';

/**
 * Whether the acting role may use what a plan names. What is hidden and what does not exist get the same answer;
 * what is masked may be seen, but shapes nothing beyond what `MASK_USES` declares.
 */

/** @throws SluiceError FORBIDDEN when the role gets no rows of the dataset, or there is none of that name */
export function listedDataset(
  role: RolePolicy,
  declarations: Declarations,
  name: string,
): DatasetDeclaration {
  const dataset = declarations.datasets.get(name);
  if (dataset === undefined || !role.lists(dataset)) throw noDataset(name);
  return dataset;
}

/** @throws SluiceError FORBIDDEN when the role reads nothing of the dataset, or there are no such analytics */
export function readableMetrics(
  role: RolePolicy,
  declarations: Declarations,
  name: string,
): MetricsDeclaration {
  const metrics = declarations.metrics.get(name);
  if (metrics === undefined || !role.reads(metrics.dataset)) throw noDataset(name);
  return metrics;
}

function noDataset(name: string): SluiceError {
  return new SluiceError('FORBIDDEN', `The acting role reads no ${name}. Act in another role.`);
}

function noField(field: string): SluiceError {
  return new SluiceError('FORBIDDEN_COLUMN_USE', `The acting role has no field \`${field}\`. Leave it out.`);
}

function masked(field: string, use: string): SluiceError {
  return new SluiceError(
    'FORBIDDEN_COLUMN_USE',
    `The acting role sees \`${field}\` only masked, so it cannot ${use} it. Leave it out, or act in a role that sees it in the clear.`,
  );
}

/** What the role gets of a field it wants to read. @throws SluiceError FORBIDDEN_COLUMN_USE when hidden or unknown */
export function visible(role: RolePolicy, dataset: DatasetDeclaration, field: string): MaskAction {
  const action = role.action(dataset, field);
  if (action === 'hide') throw noField(field);
  return action;
}

/**
 * The filter as the engine gets it: fields seen in the clear as they are, tokens of pseudonymised fields turned back.
 * A token of another tenant, or none at all, becomes a value that nothing has.
 *
 * @throws SluiceError FORBIDDEN_COLUMN_USE, BAD_USER_INPUT
 */
export function authorisedFilter(
  role: RolePolicy,
  dataset: DatasetDeclaration,
  condition: Condition,
  tenant: string,
  pseudonyms: Pseudonyms,
): Condition {
  checkCondition(condition);
  const original = (token: string): string =>
    pseudonyms.reveal(tenant, token) ?? pseudonyms.unmatchable(tenant, token);
  const visit = (part: Condition, negated: boolean): Condition => {
    if (part.kind === 'not') return { kind: 'not', condition: visit(part.condition, true) };
    if (part.kind !== 'compare') {
      return { kind: part.kind, conditions: part.conditions.map((inner) => visit(inner, negated)) };
    }
    const action = visible(role, dataset, part.field);
    if (part.field.includes('.')) {
      throw new SluiceError(
        'BAD_USER_INPUT',
        `\`${part.field}\` lies inside a list; lists cannot be filtered by.`,
      );
    }
    const { filter } = MASK_USES[action];
    if (filter === 'any') return part;
    if (filter === 'none') throw masked(part.field, 'filter by');
    if ((part.op !== 'eq' && part.op !== 'in') || negated) {
      throw new SluiceError(
        'FORBIDDEN_COLUMN_USE',
        `The acting role sees \`${part.field}\` as a pseudonym. Compare it by \`eq\` or \`in\` with pseudonyms seen before, and do not negate.`,
      );
    }
    const tokens = [part.value].flat().map(String);
    const originals = tokens.map(original);
    const room = tokens.reduce(
      (sum, token, index) => sum + Pseudonyms.room(dataset.engine, token, originals[index] ?? ''),
      0,
    );
    return { ...part, value: typeof part.value === 'object' ? originals : (originals[0] ?? ''), room };
  };
  return visit(condition, false);
}

/**
 * The total order of a page: what was asked for, each field once, then the key.
 *
 * @throws SluiceError FORBIDDEN_COLUMN_USE, BAD_USER_INPUT
 */
export function authorisedOrder(
  role: RolePolicy,
  dataset: DatasetDeclaration,
  orderBy: readonly Order[],
): Order[] {
  if (orderBy.length > MAX_ORDER) {
    throw new SluiceError('BAD_USER_INPUT', `\`orderBy\` takes at most ${MAX_ORDER} fields.`);
  }
  const order: Order[] = [];
  for (const { field, direction } of totalOrder(dataset.key, orderBy)) {
    const action = visible(role, dataset, field);
    if (field.includes('.')) {
      throw new SluiceError(
        'BAD_USER_INPUT',
        `\`${field}\` lies inside a list; rows cannot be ordered by it.`,
      );
    }
    if (!MASK_USES[action].order) throw masked(field, 'order by');
    if (!order.some((earlier) => earlier.field === field)) order.push({ field, direction });
  }
  return order;
}

/** @throws SluiceError FORBIDDEN_COLUMN_USE unless the role may group by the dimension */
export function checkDimension(role: RolePolicy, metrics: MetricsDeclaration, dimension: string): MaskAction {
  const action = role.dimensionAction(metrics, dimension);
  if (action === 'hide') throw noField(dimension);
  if (MASK_USES[action].group === 'none') throw masked(dimension, 'group by');
  return action;
}

/** @throws SluiceError FORBIDDEN_COLUMN_USE unless the role sees all that the measure reads */
export function checkMeasure(role: RolePolicy, metrics: MetricsDeclaration, measure: string): void {
  const action = role.measureAction(metrics, measure);
  if (action === 'hide') throw noField(measure);
  if (action === 'clear') return;
  throw new SluiceError(
    'FORBIDDEN_COLUMN_USE',
    `The acting role sees what \`${measure}\` is computed from only masked. Leave it out, or act in a role that sees it in the clear.`,
  );
}

/**
 * Groups are ordered only by what was asked for and is seen in the clear.
 *
 * @throws SluiceError FORBIDDEN_COLUMN_USE, BAD_USER_INPUT
 */
export function checkGroupOrder(
  role: RolePolicy,
  metrics: MetricsDeclaration,
  orderBy: readonly Order[],
  asked: { dimensions: readonly string[]; period: boolean },
): void {
  if (orderBy.length > MAX_ORDER) {
    throw new SluiceError('BAD_USER_INPUT', `\`orderBy\` takes at most ${MAX_ORDER} fields.`);
  }
  for (const { field } of orderBy) {
    if (field === 'period') {
      if (!asked.period) throw new SluiceError('BAD_USER_INPUT', 'Name a `grain` to order by `period`.');
    } else if (metrics.dimensions.has(field)) {
      // Groups by steps are ordered by what they show, as those by values are.
      const { order, group } = MASK_USES[checkDimension(role, metrics, field)];
      if (!order && group !== 'step') throw masked(field, 'order by');
      if (!asked.dimensions.includes(field)) {
        throw new SluiceError('BAD_USER_INPUT', `Group by \`${field}\` to order by it.`);
      }
    } else {
      checkMeasure(role, metrics, field);
    }
  }
}

/**
 * What every table reference gets: the tenant, and the row rules filled in from the viewer's claims and the day; who is
 * gone comes to it where the plan is scoped.
 *
 * @param now milliseconds since 1970
 * @throws SluiceError FORBIDDEN when the token lacks a claim that a row rule needs
 */
export function scopeOf(role: RolePolicy, dataset: DatasetDeclaration, viewer: Viewer, now: number): Scope {
  return {
    tenant: viewer.tenant,
    rows: role.rowRules(dataset).map((rule) => rowCondition(rule, viewer.claims, now)),
  };
}
