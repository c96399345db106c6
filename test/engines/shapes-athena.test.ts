import { seedSampleCompany } from '../../local/src/sample/seed';
import { AthenaEngine } from '../../src/datasources/engines/athena';
import { declarations } from '../../src/schema/catalog';
import { dataset } from '../datasources/compile/plans';
import { expectAgreement, rowsToFind, runOnBoth, shapesOf, type Run } from './support/answers';
import { describeEngine, parseTrino } from './support/engines';
import { startLakeAws, type LakeAws } from './support/lake-aws';

/** Every shape of Athena's SQL, through Athena's protocol, on DuckDB and on Trino. */

const LAKES = ['duckdb', 'trino'] as const;
const SHAPES = shapesOf(declarations, 'athena');
const DATASETS = [...SHAPES.keys()];
/** The month that the sample company's readings fill. */
const SEPTEMBER = { from: '2026-09-01T00:00:00.000Z', to: '2026-10-01T00:00:00.000Z' };
/** The month that its access records fill. */
const JUNE = { from: '2026-06-01T00:00:00.000Z', to: '2026-07-01T00:00:00.000Z' };
const SIGNAL = new AbortController().signal;

describeEngine('trino', 'Athena SQL on Trino and on DuckDB', () => {
  const lakes: LakeAws[] = [];
  const engines: AthenaEngine[] = [];
  const run =
    (at: number): Run =>
    async (statement) => {
      const engine = engines[at];
      if (engine === undefined) throw new Error('The lake did not start.');
      return (await engine.run(statement, SIGNAL)).rows;
    };

  beforeAll(async () => {
    for (const name of LAKES) {
      const lake = await startLakeAws(name);
      lakes.push(lake);
      engines.push(new AthenaEngine(lake.config));
      const { endpoints, dataDir } = lake;
      await seedSampleCompany({ endpoints, dataDir, lake: name, progress: () => undefined });
    }
  });

  afterAll(async () => {
    for (const engine of engines) engine.close();
    for (const lake of lakes) await lake.close();
  });

  test('a load puts in what is new, and nothing when it runs again', async () => {
    for (const [seed, name] of DATASETS.entries()) {
      const declared = dataset(name);
      const rows = rowsToFind(declared, 120, seed + 1);
      for (const lake of lakes) {
        if (declared.external === true) {
          await lake.store(declared, 'acme', rows);
          await lake.store(declared, "other's", rows.slice(0, 5));
          continue;
        }
        expect(await lake.load(declared, 'acme', rows.slice(0, 80))).toEqual({ loaded: 80, alreadyThere: 0 });
        expect(await lake.load(declared, 'acme', rows)).toEqual({ loaded: 40, alreadyThere: 80 });
        expect(await lake.load(declared, "other's", rows.slice(0, 5))).toEqual({
          loaded: 5,
          alreadyThere: 0,
        });
      }
    }
  });

  test.each(DATASETS)('%s: every shape gives the same answer', async (name) => {
    const shapes = SHAPES.get(name) ?? [];
    const outcomes = await runOnBoth(shapes, run(0), run(1));
    expectAgreement(outcomes, shapes);
    expect(outcomes.some(({ rows }) => rows > 10)).toBe(true);
  });

  test('the sample company gives the same figures, groups and pages', async () => {
    const own = DATASETS.flatMap((name) => {
      const range = dataset(name).external === true ? JUNE : SEPTEMBER;
      return shapesOf(declarations, 'athena', { tenant: 'aurora', range }).get(name) ?? [];
    });
    const shapes = own.filter(({ statement, name }) => {
      return / metrics /.test(statement.label) || (/ rows$/.test(statement.label) && !/next page/.test(name));
    });
    const outcomes = await runOnBoth(shapes, run(0), run(1));
    expectAgreement(outcomes, shapes);
    expect(outcomes.every(({ rows }) => rows > 0)).toBe(true);
  });

  test('two days of readings scan fewer bytes than thirty', async () => {
    const scanned = async (to: string): Promise<number> => {
      const range = { from: SEPTEMBER.from, to };
      const shape = shapesOf(declarations, 'athena', { tenant: 'aurora', range })
        .get('Reading')
        ?.find(({ name }) => name === 'Reading count');
      if (shape === undefined) throw new Error('There is no count of readings.');
      const { scannedBytes, rows } = await (engines[1] as AthenaEngine).run(shape.statement, SIGNAL);
      expect(rows[0]?.[0]).toBeGreaterThan(0);
      return scannedBytes;
    };
    const few = await scanned('2026-09-03T00:00:00.000Z');
    expect(few).toBeGreaterThan(0);
    expect(few).toBeLessThan((await scanned(SEPTEMBER.to)) / 5);
  });
});

describeEngine('trino-parser', "Athena SQL in Trino's parser", () => {
  test('takes every shape', async () => {
    const shapes = [...SHAPES.values()].flat();
    const verdicts = await parseTrino(shapes.map(({ statement }) => statement.sql));
    const refused = shapes.flatMap(({ name }, at) =>
      verdicts[at] === null ? [] : [`${name}: ${verdicts[at]}`],
    );
    expect(refused).toEqual([]);
    expect(shapes.length).toBeGreaterThan(1_000);
  });
});
