import fc from 'fast-check';
import { maskOf } from '../../src/auth/masks';
import { Pseudonyms } from '../../src/auth/pseudonyms';
import { scoped, type StepAction } from '../../src/auth/scope';
import { createStores } from '../../src/datasources/create-stores';
import type { MetricsPlan } from '../../src/datasources/plans';
import type { Cell } from '../../src/datasources/results';
import type { Stores } from '../../src/datasources/stores';
import { declarations } from '../../src/schema/catalog';
import type { MetricsDeclaration } from '../../src/schema/declarations';
import { startEngines, type Engines } from '../support/engines';
import { sampleRows } from '../support/rows';

/** Groups that the engine cuts to a band, a month or a coarse value are those that the mask makes of single rows. */

const ROWS = 600;
/** New in each run; the titles name it, so that a failure comes again. */
const SEED = Date.now() % 2 ** 31;
const PSEUDONYMS = new Pseudonyms(Buffer.alloc(64, 1));

let engines: Engines;
let stores: Stores;
beforeAll(async () => {
  engines = await startEngines();
  stores = createStores(engines.config(), declarations);
  for (const name of new Set(CASES.map(([metrics]) => metrics))) {
    const { dataset, dimensions } = metricsOf(name);
    const own = CASES.filter(([metrics]) => metrics === name);
    const rows = sampleRows(dataset, ROWS, 1).map((row, index) => ({
      ...row,
      ...Object.fromEntries(
        own.map(([, , dimension]) => [
          dimensions.get(dimension)?.of ?? dimension,
          values.get(`${name}.${dimension}`)?.[index] ?? null,
        ]),
      ),
    }));
    await engines.fill(dataset, { acme: rows });
  }
});
afterAll(async () => {
  await stores.close();
  await engines.close();
});

/** Whole numbers near the edges of bands, and anywhere. */
const edges = (step: number, most: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc
      .tuple(fc.integer({ min: -most, max: most }), fc.constantFrom(-1, 0, 1))
      .map(([times, off]) => times * step + off),
    fc.integer({ min: -most * step, max: most * step }),
  );

/** Ten-thousandths as text with four digits. */
function decimalOf(units: number): string {
  const digits = String(Math.abs(units)).padStart(5, '0');
  return `${units < 0 ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

const days = fc
  .tuple(fc.integer({ min: 1900, max: 2100 }), fc.integer({ min: 0, max: 11 }), fc.constantFrom(-1, 0, 1, 14))
  .map(([year, month, day]) => new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10));

const CASES: [
  metrics: string,
  action: StepAction,
  dimension: string,
  measure: string,
  values: fc.Arbitrary<Cell>,
][] = [
  ['Headcount', 'band', 'age', 'people', edges(10, 1_000)],
  ['DecisionMetrics', 'band', 'annualIncome', 'decisions', edges(10_000_0000, 5_000).map(decimalOf)],
  ['DecisionMetrics', 'coarse', 'birthDate', 'decisions', days],
  [
    'ReadingSeries',
    'coarse',
    'latitude',
    'readings',
    fc.oneof(
      edges(1, 900).map((tenths) => tenths / 10),
      fc.double({ min: -90, max: 90, noNaN: true }),
    ),
  ],
];

const RANGE = { from: '2014-01-01T00:00:00.000Z', to: '2014-02-01T00:00:00.000Z' };
const SCOPE = { tenant: 'acme', rows: [] };

function metricsOf(name: string): MetricsDeclaration {
  const metrics = declarations.metrics.get(name);
  if (metrics === undefined) throw new Error(`There is no ${name}.`);
  return metrics;
}

/** Values of each case, by `metrics.dimension`. */
const values = new Map(
  CASES.map(([name, , dimension, , made]) => [
    `${name}.${dimension}`,
    fc.sample(made, { numRuns: ROWS, seed: SEED }),
  ]),
);

test.each(CASES)(`%s, %s of %s (seed ${SEED})`, async (name, action, dimension, measure) => {
  const metrics = metricsOf(name);
  const declared = metrics.dimensions.get(dimension);
  if (declared === undefined) throw new Error(`${name} has no ${dimension}.`);
  const mask = maskOf(action, declared.column, 'acme', PSEUDONYMS);
  const plan: MetricsPlan = {
    kind: 'metrics',
    metrics: name,
    dimensions: [dimension],
    measures: [measure],
    orderBy: [],
    first: 10_000,
    ...(metrics.dataset.rangeRequired ? { range: RANGE } : {}),
  };
  const answer = await stores.metrics(
    scoped<MetricsPlan>({ plan, scope: SCOPE, steps: { [dimension]: action } }),
    { tenant: 'acme', signal: new AbortController().signal },
  );
  const expected = new Map<Cell, number>();
  for (const cell of values.get(`${name}.${dimension}`) ?? []) {
    const shown = mask?.(cell) ?? null;
    expected.set(shown, (expected.get(shown) ?? 0) + 1);
  }
  expect(expected.size).toBeGreaterThan(50);
  expect(new Map(answer.rows.map(([cell, count]) => [cell ?? null, Number(count)]))).toEqual(expected);
});
