import fc from 'fast-check';
import { textLiteral } from '../../src/datasources/compile/literal';
import type { Statement } from '../../src/datasources/compile/statement';
import { AthenaEngine } from '../../src/datasources/engines/athena';
import { matches } from '../../src/datasources/engines/matches';
import type { Comparison, Condition } from '../../src/datasources/plans';
import type { FieldRow } from '../support/engines';
import { sampleRows } from '../support/rows';
import { JANUARY, compare, count, dataset, rows } from '../datasources/compile/plans';
import type { Run } from './support/answers';
import { describeEngine } from './support/engines';
import { startLakeAws, type LakeAws } from './support/lake-aws';
import { RedshiftOnPostgres } from './support/redshift-on-postgres';

/** Any text in a filter is taken literally, on engines that Sluice did not choose the rules of. */

const TENANT = 'values';
const LONG = `${`it's 100% "\\" `.repeat(700)}😀`;
/** Marks that mean something to some parser, and letters that look or fold alike. */
const MARKS = [
  ...[
    "'",
    "''",
    "\\'",
    '"',
    '%',
    '_',
    '\\',
    '\\\\',
    '\\u0027',
    '--',
    '/*',
    '*/',
    ';',
    ':p1',
    '$1',
    '$$',
    '?',
    '{{',
    '`',
  ],
  ...[
    '\n',
    '\r\n',
    '\t',
    '\u0001',
    '\u007f',
    '\u200b',
    '\ufeff',
    '\uffff',
    ' ',
    'x',
    "U&'",
    "E'",
    "' OR '1'='1",
  ],
  ...['😀', '👩‍🚒', 'é', 'e\u0301', 'K', '\u212a', 'К', 'ﬀ', 'ß', 'İ', 'ı', '＇', '\u02bc', '’', '％'],
];
const nasty = fc
  .oneof(
    fc.array(fc.constantFrom(...MARKS), { minLength: 1, maxLength: 12 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  )
  .filter((text) => !/\0|\p{Surrogate}/u.test(text));
/** Texts that rows hold; the same in every run. */
const HELD = [
  ...new Set([...MARKS, LONG, LONG.slice(1), '', ...fc.sample(nasty, { numRuns: 100, seed: 7 })]),
];
const asked = fc.oneof({ arbitrary: fc.constantFrom(...HELD), weight: 3 }, { arbitrary: nasty, weight: 1 });

function rowsHolding(name: string, field: string): FieldRow[] {
  return sampleRows(dataset(name), HELD.length, 5).map((row, at) => ({
    ...row,
    id: `row-${at}`,
    [field]: HELD[at] ?? null,
  }));
}

/** Asks for lists of texts and for single ones; `held` are the rows that the engine has. */
function takesTextsLiterally(options: {
  name: string;
  field: string;
  runs: number;
  held: FieldRow[];
  run: Run;
}): void {
  const { name, field, runs, held } = options;
  const scope = { tenant: TENANT, rows: [] };
  const range = dataset(name).time === undefined ? {} : { range: JANUARY };
  const expected = (where: Condition): FieldRow[] =>
    held.filter((row) => matches(dataset(name), where, (of) => row[of] ?? null));

  test('many texts in one statement find exactly their rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(asked, { minLength: 1, maxLength: 30 }), async (values) => {
        // Statements of the Data API have at most 100 KB, and each long text has 10.
        fc.pre(Buffer.byteLength(values.join('')) < 60_000);
        const where = compare(field, 'in', values);
        const found = await options.run(rows(name, { ...range, scope, where, first: 500 }));
        expect(found.map(([id]) => id).sort()).toEqual(
          expected(where)
            .map(({ id }) => id)
            .sort(),
        );
      }),
      { numRuns: runs },
    );
  });

  test('a text is compared and searched for as it is', async () => {
    const ops = fc.constantFrom<Comparison>('eq', 'ne', 'lt', 'gte', 'contains', 'startsWith');
    await fc.assert(
      fc.asyncProperty(asked, ops, async (value, op) => {
        const where = compare(field, op, value);
        const [found] = await options.run(count(name, { ...range, scope, where }));
        expect(found?.[0]).toBe(expected(where).length);
      }),
      { numRuns: runs * 3 },
    );
  });
}

describeEngine('trino', 'Filter values on Trino', () => {
  const held = rowsHolding('Reading', 'site');
  let lake: LakeAws;
  let engine: AthenaEngine;
  const run: Run = async (statement) => (await engine.run(statement, new AbortController().signal)).rows;

  beforeAll(async () => {
    lake = await startLakeAws('trino');
    engine = new AthenaEngine(lake.config);
    expect((await lake.load(dataset('Reading'), TENANT, held)).loaded).toBe(HELD.length);
  });

  afterAll(async () => {
    engine?.close();
    await lake?.close();
  });

  test('a literal reads back as the text that it was made of', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 40 }), async (values) => {
        fc.pre(Buffer.byteLength(values.join('')) < 100_000);
        const statement: Statement = {
          engine: 'athena',
          sql: `SELECT ${values.map(textLiteral).join(', ')}`,
          parameters: [],
          columns: values.map(() => 'string'),
          label: 'literals',
          dataset: 'Reading',
        };
        expect(await run(statement)).toEqual([values]);
      }),
      { numRuns: 15 },
    );
  });

  takesTextsLiterally({ name: 'Reading', field: 'site', runs: 12, held, run });
});

describeEngine('postgres', 'Filter values on PostgreSQL', () => {
  const held = rowsHolding('Employee', 'city');
  let judge: RedshiftOnPostgres;

  beforeAll(async () => {
    judge = await RedshiftOnPostgres.open('filter_values');
    await judge.create(dataset('Employee'));
    expect(await judge.load(dataset('Employee'), TENANT, held)).toBe(HELD.length);
  });

  afterAll(() => judge?.close());

  takesTextsLiterally({
    name: 'Employee',
    field: 'city',
    runs: 60,
    held,
    run: (statement) => judge.run(statement),
  });
});

/** Redshift reads a backslash in a plain text literal as an escape, so no text of a user may become one. */
describe('Filter values of Redshift', () => {
  const ops: Comparison[] = ['eq', 'ne', 'in', 'lt', 'lte', 'gt', 'gte', 'contains', 'startsWith'];
  const statement = (value: string, op: Comparison): Statement => {
    const where = compare('city', op, op === 'in' ? [value, value] : value);
    return rows('Employee', {
      scope: { tenant: value, rows: [compare('department', 'eq', value)] },
      where: { kind: 'or', conditions: [where, { kind: 'not', condition: where }] },
      orderBy: [{ field: 'city', direction: 'desc' }],
      position: [value, value],
    });
  };

  test.each(ops)('%s: the SQL is the same whatever the values, which are parameters', (op) => {
    const { sql } = statement('x', op);
    fc.assert(
      fc.property(fc.oneof(nasty, fc.constant(LONG.slice(0, 8_000))), (value) => {
        const made = statement(value, op);
        expect(made.sql).toBe(sql);
        expect(made.parameters.length).toBeGreaterThan(5);
        expect(made.parameters.every((parameter) => parameter.value === value)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('Filter values that no engine can hold', () => {
  test.each(['Reading', 'Employee'])('%s: NUL and half an emoji are refused', (name) => {
    const field = name === 'Reading' ? 'site' : 'city';
    const range = name === 'Reading' ? { range: JANUARY } : {};
    for (const value of ['\0', 'a\0b', '\ud83d', '\ude00x'])
      for (const op of ['eq', 'in', 'contains'] as const)
        expect(() =>
          count(name, { ...range, where: compare(field, op, op === 'in' ? [value] : value) }),
        ).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }) as Error);
  });
});
