import fc from 'fast-check';
import { scoped, type Position } from '../../src/auth/scope';
import { totalOrder } from '../../src/datasources/plans';
import { createStores } from '../../src/datasources/create-stores';
import { AthenaEngine } from '../../src/datasources/engines/athena';
import { matches } from '../../src/datasources/engines/matches';
import { RedshiftEngine } from '../../src/datasources/engines/redshift';
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
import type { Cell } from '../../src/datasources/results';
import type { Stores } from '../../src/datasources/stores';
import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import { startEngines, type Engines, type FieldRow } from '../support/engines';
import { poolOf, sampleRows } from '../support/rows';
import { sampleStatements } from '../support/sample-statements';
import { dataset } from './compile/plans';

const RANGE: TimeRange = { from: '2014-01-01T00:00:00.000Z', to: '2014-02-01T00:00:00.000Z' };
const CONTEXT = { tenant: 'acme', signal: new AbortController().signal };
const NAMES = [...declarations.datasets.keys()];

let engines: Engines;
let stores: Stores;
const rowsOf = new Map<string, FieldRow[]>();

beforeAll(async () => {
  engines = await startEngines();
  stores = createStores(engines.config(), declarations);
  for (const [index, name] of NAMES.entries()) {
    const rows = sampleRows(dataset(name), 40, index + 1);
    rowsOf.set(name, rows);
    await engines.fill(dataset(name), { acme: rows, "other's": sampleRows(dataset(name), 5, 99) });
  }
});

afterAll(async () => {
  await stores.close();
  await engines.close();
});

function rangeOf(declared: DatasetDeclaration): { range?: TimeRange } {
  return declared.time === undefined ? {} : { range: RANGE };
}

async function count(name: string, where: Condition, store = stores): Promise<Cell> {
  const plan: CountPlan = { kind: 'count', dataset: name, ...rangeOf(dataset(name)), where };
  const { rows } = await store.count(
    scoped<CountPlan>({ plan, scope: { tenant: 'acme', rows: [] } }),
    CONTEXT,
  );
  return rows[0]?.[0] ?? null;
}

function condition(declared: DatasetDeclaration): fc.Arbitrary<Condition> {
  const compare = fc.constantFrom(...declared.columns.values()).chain((column) => {
    const text = ['id', 'string', 'enum'].includes(column.kind);
    const ops: Comparison[] = ['eq', 'ne', 'in', 'isNull'];
    if (column.kind !== 'boolean') ops.push('lt', 'lte', 'gt', 'gte');
    if (text) ops.push('contains', 'startsWith');
    const one = fc.constantFrom(...(poolOf(column) as PlanValue[]));
    return fc.constantFrom(...ops).chain((op): fc.Arbitrary<Condition> => {
      const value: fc.Arbitrary<PlanValue | PlanValue[]> =
        op === 'in' ? fc.array(one, { maxLength: 3 }) : op === 'isNull' ? fc.boolean() : one;
      return value.map((given) => ({ kind: 'compare', field: column.field, op, value: given }));
    });
  });
  return fc.letrec<{ node: Condition }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { arbitrary: compare, weight: 3 },
      { arbitrary: fc.record({ kind: fc.constant('not' as const), condition: tie('node') }), weight: 1 },
      {
        arbitrary: fc.record({
          kind: fc.constantFrom('and' as const, 'or' as const),
          conditions: fc.array(tie('node'), { maxLength: 3 }),
        }),
        weight: 1,
      },
    ),
  })).node;
}

describe('a condition means the same in both engines and in memory', () => {
  test.each(NAMES)('%s', async (name) => {
    const declared = dataset(name);
    const rows = rowsOf.get(name) ?? [];
    await fc.assert(
      fc.asyncProperty(condition(declared), async (where) => {
        const expected = rows.filter((row) => matches(declared, where, (field) => row[field] ?? null));
        expect(await count(name, where)).toBe(expected.length);
      }),
      { numRuns: name === 'Decision' || name === 'Reading' ? 25 : 60 },
    );
  });
});

describe('any text in a filter is taken literally', () => {
  const nasty = fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc
        .array(
          fc.constantFrom(
            "'",
            '"',
            '%',
            '_',
            '\\',
            '--',
            '/*',
            '*/',
            ';',
            ':p1',
            '$1',
            '?',
            '😀',
            '\n',
            '\r',
            'x',
          ),
          { maxLength: 20 },
        )
        .map((parts) => parts.join('')),
      fc.constantFrom(`'${'x'.repeat(10_000)}`, '😀'.repeat(2_500)),
    )
    .filter((text) => !/\0|\p{Surrogate}/u.test(text));

  test.each(['Reading', 'Employee'])('%s', async (name) => {
    const field = name === 'Reading' ? 'site' : 'city';
    const rows = rowsOf.get(name) ?? [];
    await fc.assert(
      fc.asyncProperty(
        nasty,
        fc.constantFrom<Comparison>('eq', 'ne', 'contains', 'startsWith'),
        async (value, op) => {
          const where: Condition = { kind: 'compare', field, op, value };
          const expected = rows.filter((row) => matches(dataset(name), where, (of) => row[of] ?? null));
          expect(await count(name, where)).toBe(expected.length);
        },
      ),
      { numRuns: name === 'Decision' || name === 'Reading' ? 25 : 60 },
    );
  });
});

describe('pages follow each other without gaps or repeats', () => {
  test.each(NAMES)('%s', async (name) => {
    const declared = dataset(name);
    const all = (rowsOf.get(name) ?? []).map((row) => row[declared.key]);
    const orders = fc.array(
      fc.record<Order>({
        field: fc.constantFrom(...declared.columns.keys()),
        direction: fc.constantFrom('asc', 'desc'),
      }),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(orders, fc.integer({ min: 7, max: 30 }), async (orderBy, first) => {
        const order = totalOrder(declared.key, orderBy);
        const fields = [declared.key, ...order.map((one) => one.field)];
        const seen: Cell[] = [];
        let position: Position | undefined;
        for (;;) {
          const plan: RowsPlan = {
            kind: 'rows',
            dataset: name,
            fields,
            ...rangeOf(declared),
            orderBy,
            first,
          };
          const { rows } = await stores.rows(
            scoped<RowsPlan>({
              plan,
              scope: { tenant: 'acme', rows: [] },
              ...(position === undefined ? {} : { position }),
            }),
            fields,
            CONTEXT,
          );
          const page = rows.slice(0, first);
          seen.push(...page.map((row) => row[0] ?? null));
          if (rows.length <= first) break;
          position = page.at(-1)?.slice(1) as Position;
        }
        expect(seen).toHaveLength(all.length);
        expect(new Set(seen)).toEqual(new Set(all));
      }),
      { numRuns: 8 },
    );
  });
});

test('rows come back as they were written, from the result object and from the result pages', async () => {
  const paged = createStores(engines.config({ SLUICE_ATHENA_RESULTS: 'api' }), declarations);
  for (const name of NAMES) {
    const declared = dataset(name);
    const fields = [...declared.columns.keys()];
    const plan: RowsPlan = {
      kind: 'rows',
      dataset: name,
      fields,
      ...rangeOf(declared),
      orderBy: [],
      first: 100,
    };
    const expected = (rowsOf.get(name) ?? [])
      .map((row) => fields.map((field) => row[field] ?? null))
      .sort((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1));
    for (const store of [stores, paged]) {
      const { rows } = await store.rows(
        scoped<RowsPlan>({ plan, scope: { tenant: 'acme', rows: [] } }),
        fields,
        CONTEXT,
      );
      expect(rows).toEqual(expected);
    }
  }
  expect(engines.faults.athena.count('GetQueryResults')).toBeGreaterThan(0);
  expect(engines.faults.s3.count('GetObject')).toBeGreaterThan(0);
  await paged.close();
});

test('groups, grains and measures', async () => {
  const sold = rowsOf.get('SalesLine') ?? [];
  const plan: MetricsPlan = {
    kind: 'metrics',
    metrics: 'SalesMetrics',
    dimensions: ['channel'],
    grain: 'DAY',
    measures: ['lines', 'pieces', 'revenue', 'customers'],
    range: RANGE,
    orderBy: [{ field: 'lines', direction: 'desc' }],
    first: 100,
  };
  const { rows } = await stores.metrics(
    scoped<MetricsPlan>({ plan, scope: { tenant: 'acme', rows: [] }, privacyUnit: 'customerId' }),
    CONTEXT,
  );
  const groups = new Map<string, FieldRow[]>();
  for (const row of sold) {
    const key = `${String(row.soldAt).slice(0, 10)}T00:00:00.000Z|${String(row.channel)}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  expect(rows).toHaveLength(groups.size);
  for (const [period, channel, lines, pieces, revenue, customers, units] of rows) {
    const group = groups.get(`${String(period)}|${String(channel)}`) ?? [];
    const quantities = group.flatMap((row) => (typeof row.quantity === 'number' ? [row.quantity] : []));
    const amounts = group.flatMap((row) =>
      typeof row.netAmount === 'string' ? [BigInt(row.netAmount.replace('.', ''))] : [],
    );
    const buyers = new Set(group.flatMap((row) => (row.customerId === null ? [] : [row.customerId])));
    expect(lines).toBe(group.length);
    expect(pieces).toBe(quantities.length === 0 ? null : quantities.reduce((sum, one) => sum + one, 0));
    const total = amounts.length === 0 ? null : amounts.reduce((sum, one) => sum + one, 0n);
    expect(revenue === null ? null : BigInt(String(revenue).replace('.', ''))).toBe(total);
    expect(customers).toBe(buyers.size);
    expect(units).toBe(buyers.size);
  }
  const counts = rows.map((row) => Number(row[2]));
  expect(counts).toEqual([...counts].sort((left, right) => right - left));
});

test('every shape of SQL is accepted by its engine', async () => {
  const run = { athena: new AthenaEngine(engines.config()), redshift: new RedshiftEngine(engines.config()) };
  const names: string[] = [];
  const shapes = [...sampleStatements(declarations)].filter((_, index) => index % 13 === 0);
  const work = shapes.values();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const { name, statement } of work) {
        await run[statement.engine].run(statement, CONTEXT.signal).catch((error: { cause?: unknown }) => {
          throw new Error(`${name}: ${JSON.stringify(error.cause)}`);
        });
        names.push(name);
      }
    }),
  );
  expect(names.length).toBe(shapes.length);
});
