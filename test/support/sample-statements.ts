import { createHash } from 'node:crypto';
import {
  scoped,
  type Gone,
  type GoneKeys,
  type Noise,
  type Position,
  type Scope,
  type Scoped,
} from '../../src/auth/scope';
import { totalOrder } from '../../src/datasources/plans';
import { compileMetrics } from '../../src/datasources/compile/metrics';
import { compileCount, compileRows } from '../../src/datasources/compile/rows';
import type { Statement } from '../../src/datasources/compile/statement';
import type {
  Comparison,
  Condition,
  CountPlan,
  MetricsPlan,
  Order,
  PlanValue,
  RowsPlan,
  TimeRange,
} from '../../src/datasources/plans';
import type {
  ColumnDeclaration,
  DatasetDeclaration,
  Declarations,
  MetricsDeclaration,
} from '../../src/schema/declarations';
import { GRAINS, type ValueKind } from '../../src/schema/vocabulary';

/** One shape of SQL that the compilers can emit, with a name that says which. */
export interface SampleStatement {
  name: string;
  statement: Statement;
}

export interface SampleOptions {
  tenant?: string;
  range?: TimeRange;
}

const RANGE: TimeRange = { from: '2014-01-01T00:00:00.000Z', to: '2014-02-01T00:00:00.000Z' };

/** A value of each kind that engines accept. */
const VALUES: Record<ValueKind, readonly [PlanValue, PlanValue]> = {
  id: ['a-1', `it's 100% "x" \\ 😀`],
  string: ['acme', `it's 100% "x" \\ 😀`],
  enum: ['APPROVED', 'LOW'],
  integer: [3, -7],
  float: [0.1, -1.5e-7],
  decimal: ['19.99', '-0.0001'],
  boolean: [true, false],
  date: ['2014-01-31', '1999-12-31'],
  datetime: ['2014-01-31T08:30:00.000Z', '2014-01-31T08:30:00.123456Z'],
};

/**
 * Every shape of SQL: each dataset and metrics type, every operator on every kind of column, plain and negated, every
 * order with and without missing values, every grain, measure and dimension. Deterministic, in a fixed order.
 */
export function* sampleStatements(
  declarations: Declarations,
  options: SampleOptions = {},
): Generator<SampleStatement> {
  const tenant = options.tenant ?? 'acme';
  const range = options.range ?? RANGE;
  for (const dataset of declarations.datasets.values()) yield* rowsOf(dataset, { tenant, rows: [] }, range);
  for (const metrics of declarations.metrics.values()) yield* metricsOf(metrics, { tenant, rows: [] }, range);
}

/** The value of the kind that fits the column: one of an enum's own. */
export function sampleValue(column: ColumnDeclaration, index: 0 | 1): PlanValue {
  return column.values?.[index] ?? VALUES[column.kind][index];
}

function* rowsOf(dataset: DatasetDeclaration, scope: Scope, asked: TimeRange): Generator<SampleStatement> {
  const range = dataset.time === undefined ? {} : { range: asked };
  const columns = [...dataset.columns.values()];
  const every = columns.map((column) => column.field);
  const rows = (
    parts: Partial<RowsPlan>,
    extra: { scope?: Scope; position?: Position; fields?: readonly string[] } = {},
  ): Statement =>
    compileRows(
      dataset,
      scoped<RowsPlan>({
        plan: {
          kind: 'rows',
          dataset: dataset.name,
          fields: extra.fields ?? [dataset.key],
          orderBy: [],
          first: 10,
          ...range,
          ...parts,
        },
        scope: extra.scope ?? scope,
        ...(extra.position === undefined ? {} : { position: extra.position }),
      }),
      extra.fields ?? [dataset.key],
    );

  yield { name: `${dataset.name} every field`, statement: rows({}, { fields: every }) };
  yield { name: `${dataset.name} last of all`, statement: rows({ first: 1000 }) };
  if (!dataset.rangeRequired && dataset.time !== undefined) {
    const { range: _none, ...unbounded } = range;
    yield {
      name: `${dataset.name} count without range`,
      statement: compileCount(
        dataset,
        scoped<CountPlan>({ plan: { kind: 'count', dataset: dataset.name, ...unbounded }, scope }),
      ),
    };
  }
  const counted = (where?: Condition, rules: readonly Condition[] = []): Statement =>
    compileCount(
      dataset,
      scoped<CountPlan>({
        plan: { kind: 'count', dataset: dataset.name, ...range, ...(where === undefined ? {} : { where }) },
        scope: { ...scope, rows: rules },
      }),
    );
  yield { name: `${dataset.name} count`, statement: counted() };
  if (dataset.subject !== undefined)
    yield {
      name: `${dataset.name} count, with the sole subject`,
      statement: compileCount(
        dataset,
        scoped<CountPlan>({
          plan: { kind: 'count', dataset: dataset.name, ...range },
          scope,
          soleSubject: dataset.subject,
        }),
      ),
    };
  const gone = goneOf(dataset);
  if (gone !== undefined) {
    const without = { scope: { ...scope, gone } };
    yield {
      name: `${dataset.name} every field without people who are gone`,
      statement: rows({}, { fields: every, ...without }),
    };
    yield {
      name: `${dataset.name} count without people who are gone`,
      statement: compileCount(
        dataset,
        scoped<CountPlan>({ plan: { kind: 'count', dataset: dataset.name, ...range }, ...without }),
      ),
    };
  }
  for (const column of columns) {
    for (const condition of conditionsOn(column)) {
      const shape = `${dataset.name}.${column.field} ${describe(condition)}`;
      yield { name: shape, statement: counted(condition) };
      yield { name: `not ${shape}`, statement: counted({ kind: 'not', condition }) };
    }
  }
  const [first, second] = columns.filter((column) => column.field !== dataset.key);
  if (first !== undefined && second !== undefined) {
    const one: Condition = { kind: 'compare', field: first.field, op: 'eq', value: sampleValue(first, 0) };
    const two: Condition = { kind: 'compare', field: second.field, op: 'isNull', value: false };
    const nested: Condition = {
      kind: 'or',
      conditions: [
        { kind: 'and', conditions: [one, two] },
        { kind: 'not', condition: { kind: 'or', conditions: [one, { kind: 'not', condition: two }] } },
        { kind: 'and', conditions: [] },
        { kind: 'or', conditions: [] },
      ],
    };
    yield { name: `${dataset.name} nested with row rules`, statement: counted(nested, [one, two]) };
  }
  for (const { name, order, position } of ordersOf(dataset)) {
    yield { name: `${dataset.name} by ${name}`, statement: rows({ orderBy: order }) };
    yield {
      name: `${dataset.name} by ${name}, next page`,
      statement: rows({ orderBy: order }, { position }),
    };
  }
}

/** People who are gone: those whose keys are the sample's values. */
function goneOf({ columns, erasure, subject }: DatasetDeclaration): Gone | undefined {
  if (erasure === undefined) return undefined;
  const keysOf = (kinds: Readonly<Record<string, string>>): GoneKeys[] =>
    Object.keys(kinds).map((field) => {
      const column = columns.get(field);
      if (column === undefined) throw new Error(`There is no field ${field}.`);
      const hashes = ([0, 1] as const).map((at) => goneHash(String(sampleValue(column, at))));
      return { field, salt: GONE_SALT, hashes: new Set(hashes.sort()) };
    });
  return {
    ...(subject === undefined ? {} : { subject }),
    keys: keysOf(erasure.keys),
    mentions: keysOf(erasure.mentions ?? {}),
  };
}

const GONE_SALT = 'fedcba98765432100123456789abcdef';

function goneHash(value: string): string {
  return createHash('sha256').update(GONE_SALT).update(value).digest('hex').slice(0, 16);
}

function* conditionsOn(column: ColumnDeclaration): Generator<Condition> {
  const text = column.kind === 'id' || column.kind === 'string' || column.kind === 'enum';
  const ops: Comparison[] = ['eq', 'ne'];
  if (column.kind !== 'boolean') ops.push('lt', 'lte', 'gt', 'gte');
  if (text) ops.push('contains', 'startsWith');
  const compare = (op: Comparison, value: PlanValue | PlanValue[]): Condition => ({
    kind: 'compare',
    field: column.field,
    op,
    value,
  });
  for (const op of ops) {
    yield compare(op, sampleValue(column, 0));
    yield compare(op, sampleValue(column, 1));
    if (text) yield compare(op, '');
  }
  yield compare('in', []);
  yield compare('in', [sampleValue(column, 0)]);
  yield compare('in', [sampleValue(column, 0), sampleValue(column, 1)]);
  yield compare('isNull', true);
  yield compare('isNull', false);
}

function describe(condition: Condition): string {
  return condition.kind === 'compare' ? `${condition.op} ${JSON.stringify(condition.value)}` : condition.kind;
}

/** Each column both ways, with a value and with a missing one, and a pair in mixed directions. */
function* ordersOf(
  dataset: DatasetDeclaration,
): Generator<{ name: string; order: Order[]; position: Position }> {
  const columns = [...dataset.columns.values()];
  const positionOf = (order: Order[], missing: boolean): Position =>
    totalOrder(dataset.key, order).map(({ field }) => {
      const column = dataset.columns.get(field);
      if (column === undefined || field === dataset.key) return 'a-1';
      return missing && column.nullable ? null : sampleValue(column, 0);
    });
  for (const column of columns) {
    for (const direction of ['asc', 'desc'] as const) {
      const order: Order[] = [{ field: column.field, direction }];
      const name = `${column.field} ${direction}`;
      yield { name, order, position: positionOf(order, false) };
      if (column.nullable) yield { name: `${name} from missing`, order, position: positionOf(order, true) };
    }
  }
  const pair = columns.filter((column) => column.field !== dataset.key).slice(0, 2);
  const mixed = pair.map((column, index): Order => ({
    field: column.field,
    direction: index === 0 ? 'desc' : 'asc',
  }));
  yield { name: 'mixed directions', order: mixed, position: positionOf(mixed, false) };
  yield { name: 'mixed directions from missing', order: mixed, position: positionOf(mixed, true) };
}

function* metricsOf(metrics: MetricsDeclaration, scope: Scope, asked: TimeRange): Generator<SampleStatement> {
  const { dataset } = metrics;
  const range = dataset.time === undefined ? {} : { range: asked };
  const measures = [...metrics.measures.values()]
    .filter((measure) => !('ratio' in measure.formula))
    .map((measure) => measure.field);
  const dimensions = [...metrics.dimensions.keys()];
  const stepped = Object.fromEntries(
    [...metrics.dimensions.values()].flatMap(({ field, column }) => {
      const action = column.band !== undefined ? 'band' : 'coarse';
      const fits = column.band ?? column.coarse ?? (column.kind.startsWith('date') ? 1 : undefined);
      return fits === undefined ? [] : [[field, action] as const];
    }),
  );
  const unit = dataset.subject;
  const noise: Noise | undefined =
    unit === undefined
      ? undefined
      : {
          unit,
          weight: '0123456789abcdef0123456789abcdef',
          factors: Object.fromEntries(
            [...dataset.columns.keys()].map((field) => [field, `fedcba98765432100123456789ab${field}`]),
          ),
        };
  const compile = (
    parts: Partial<MetricsPlan>,
    units = false,
    more: Partial<Pick<Scoped<MetricsPlan>, 'soleSubject' | 'steps' | 'noise' | 'scope'>> = {},
  ): Statement =>
    compileMetrics(
      metrics,
      scoped<MetricsPlan>({
        plan: {
          kind: 'metrics',
          metrics: metrics.name,
          dimensions: [],
          measures,
          orderBy: [],
          first: 100,
          ...range,
          ...parts,
        },
        scope,
        ...(units && unit !== undefined ? { privacyUnit: unit } : {}),
        ...more,
      }),
    );
  yield { name: `${metrics.name} in all`, statement: compile({}) };
  yield { name: `${metrics.name} in all, with privacy units`, statement: compile({}, true) };
  if (unit !== undefined)
    yield {
      name: `${metrics.name} by every dimension, with the sole subject`,
      statement: compile({ dimensions }, false, { soleSubject: unit }),
    };
  const gone = goneOf(dataset);
  if (gone !== undefined)
    yield {
      name: `${metrics.name} by every dimension without people who are gone`,
      statement: compile({ dimensions }, true, { scope: { ...scope, gone } }),
    };
  for (const dimension of dimensions) {
    yield { name: `${metrics.name} by ${dimension}`, statement: compile({ dimensions: [dimension] }, true) };
  }
  for (const measure of metrics.measures.keys()) {
    const orderBy: Order[] = [{ field: measure, direction: 'desc' }];
    if (!measures.includes(measure)) continue;
    yield {
      name: `${metrics.name} by its ${measure}`,
      statement: compile({ dimensions: dimensions.slice(0, 2), measures: [measure], orderBy }),
    };
    if (noise === undefined) continue;
    yield {
      name: `${metrics.name} by its ${measure} in the noisy copy`,
      statement: compile({ dimensions: dimensions.slice(0, 2), measures: [measure], orderBy }, true, {
        noise,
      }),
    };
  }
  for (const dimension of Object.keys(stepped)) {
    const orderBy: Order[] = [{ field: dimension, direction: 'desc' }];
    yield {
      name: `${metrics.name} by the steps of ${dimension}`,
      statement: compile({ dimensions: [dimension], orderBy }, true, { steps: stepped }),
    };
  }
  if (noise !== undefined) {
    yield { name: `${metrics.name} in all of the noisy copy`, statement: compile({}, true, { noise }) };
    yield {
      name: `${metrics.name} by every dimension of the noisy copy`,
      statement: compile({ dimensions }, true, { noise, steps: stepped }),
    };
  }
  if (dataset.time === undefined) return;
  for (const grain of GRAINS) {
    yield {
      name: `${metrics.name} by ${grain}`,
      statement: compile({ grain, dimensions: dimensions.slice(0, 1) }, true),
    };
    if (noise !== undefined) {
      yield {
        name: `${metrics.name} by ${grain} of the noisy copy`,
        statement: compile({ grain, dimensions: dimensions.slice(0, 1) }, true, { noise }),
      };
    }
    yield {
      name: `${metrics.name} by ${grain}, latest first`,
      statement: compile({ grain, orderBy: [{ field: 'period', direction: 'desc' }] }),
    };
  }
}
