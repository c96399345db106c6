import { RedshiftEngine } from '../../src/datasources/engines/redshift';
import { declarations } from '../../src/schema/catalog';
import { dataset } from '../datasources/compile/plans';
import { expectAgreement, rowsToFind, runOnBoth, shapesOf } from './support/answers';
import { describeEngine, parseRedshift } from './support/engines';
import { startLakeAws, type LakeAws } from './support/lake-aws';
import { RedshiftOnPostgres, toPostgres } from './support/redshift-on-postgres';

/** Every shape of Redshift's SQL: in a parser, and on PostgreSQL beside the local Redshift. */

const SHAPES = shapesOf(declarations, 'redshift');
const DATASETS = [...SHAPES.keys()];
const SIGNAL = new AbortController().signal;
/** What PostgreSQL can't judge, and why. */
const NOT_ON_POSTGRES: Record<string, string> = {
  'COPY … FROM S3': 'PostgreSQL reads no S3; its rows are put into the staging table one by one instead',
};

describe('Named parameters on PostgreSQL', () => {
  test('take their places outside of texts, names, comments and casts', () => {
    const parameters = [
      { name: 'p1', value: 'a' },
      { name: 'p10', value: 'b' },
    ];
    const sql = `/* :p1 */ SELECT ':p1''', ":p1", x::date, :p10, :p1 -- :p1`;
    expect(toPostgres({ sql, parameters })).toEqual({
      text: `/* :p1 */ SELECT ':p1''', ":p1", x::date, $2, $1 -- :p1`,
      values: ['a', 'b'],
    });
    expect(() => toPostgres({ sql: ':p2', parameters })).toThrow('p2');
  });
});

describeEngine('sqlglot', "Redshift SQL in sqlglot's parser", () => {
  test('takes every shape', async () => {
    const shapes = [...SHAPES.values()].flat();
    const verdicts = await parseRedshift(shapes.map(({ statement }) => statement.sql));
    const refused = shapes.flatMap(({ name }, at) =>
      verdicts[at] === null ? [] : [`${name}: ${verdicts[at]}`],
    );
    expect(refused).toEqual([]);
    expect(shapes.length).toBeGreaterThan(1_000);
  });
});

describeEngine('postgres', 'Redshift SQL on PostgreSQL and on the local Redshift', () => {
  let lake: LakeAws;
  let redshift: RedshiftEngine;
  let judge: RedshiftOnPostgres;

  beforeAll(async () => {
    lake = await startLakeAws('duckdb');
    redshift = new RedshiftEngine(lake.config);
    judge = await RedshiftOnPostgres.open('redshift_shapes');
    for (const name of DATASETS) await judge.create(dataset(name));
  });

  afterAll(async () => {
    redshift?.close();
    await judge?.close();
    await lake?.close();
  });

  test('a load puts in what is new, and nothing when it runs again', async () => {
    for (const [seed, name] of DATASETS.entries()) {
      const declared = dataset(name);
      const rows = rowsToFind(declared, 120, seed + 1);
      for (const [tenant, part] of [
        ['acme', rows.slice(0, 80)],
        ['acme', rows],
        ["other's", rows.slice(0, 5)],
      ] as const) {
        expect(await judge.load(declared, tenant, part)).toBe(
          (await lake.load(declared, tenant, part)).loaded,
        );
      }
    }
  });

  test.each(DATASETS)('%s: every shape gives the same answer', async (name) => {
    const shapes = SHAPES.get(name) ?? [];
    const outcomes = await runOnBoth(
      shapes,
      async (statement) => (await redshift.run(statement, SIGNAL)).rows,
      (statement) => judge.run(statement),
    );
    expectAgreement(outcomes, shapes);
    expect(outcomes.some(({ rows }) => rows > 10)).toBe(true);
  });

  for (const [what, why] of Object.entries(NOT_ON_POSTGRES))
    test.skip(`${what} (skipped: ${why})`, () => undefined);
});
