import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { misfit } from '../../src/auth/masks';
import { isHoldable } from '../../src/datasources/compile/literal';
import type { Cell } from '../../src/datasources/results';
import { declarations } from '../../src/schema/catalog';
import type { ColumnDeclaration, DatasetDeclaration } from '../../src/schema/declarations';
import { DATA_CLASSES, MASK_ACTIONS, type MaskAction } from '../../src/schema/vocabulary';
import type { FieldRow } from '../support/engines';
import { listOf, listQuery } from '../support/listings';
import { startOwnGateway, type OwnGateway } from '../support/own-gateway';
import { writePolicy } from '../support/policy-files';

/**
 * No five characters in a row of a value that a mask touches stand in a line of the audit, whatever is stored and
 * however it is asked for: the lines are read from the segment files, below everything that could mask them.
 */

const RUN = 5;
const MASKS = ['partial', 'band', 'coarse', 'pseudonym', 'redact'] as const satisfies readonly MaskAction[];
type Mask = (typeof MASKS)[number];
const DATASETS = ['Decision', 'Employee', 'SalesLine'].map(
  (name) => declarations.datasets.get(name) as DatasetDeclaration,
);
const ROWS = 20;

/** The columns of a dataset that a mask fits. */
function maskedBy(mask: Mask, dataset: DatasetDeclaration): ColumnDeclaration[] {
  return [...dataset.columns.values()].filter(
    (column) =>
      column.field !== dataset.key &&
      column.field !== dataset.time &&
      column.kind !== 'enum' &&
      column.kind !== 'boolean' &&
      misfit(mask, column) === undefined,
  );
}

/** A role for each mask: it sees all that the mask fits through it, and the rest in the clear. */
const POLICY = stringify(
  {
    roles: Object.fromEntries(
      MASKS.map((mask) => [
        mask,
        {
          description: `Sees what it can through ${mask}.`,
          domains: Object.fromEntries(
            DATASETS.map((dataset) => [
              dataset.domain,
              {
                classes: Object.fromEntries(DATA_CLASSES.map((name) => [name, 'clear'])),
                columns: Object.fromEntries(
                  maskedBy(mask, dataset).map(({ field }) => [`${dataset.name}.${field}`, mask]),
                ),
              },
            ]),
          ),
        },
      ]),
    ),
  },
  { aliasDuplicateObjects: false },
);

/** What lines say of their own: names of the catalog and of the policy, and words of the audit. */
const WORDS = [
  ...DATASETS.flatMap((dataset) => [
    dataset.name,
    ...dataset.columns.keys(),
    ...dataset.derived.keys(),
    ...dataset.embedded.keys(),
  ]),
  ...DATA_CLASSES,
  ...MASK_ACTIONS,
  'aurora List LOOKUP COUNT ROWS FORBIDDEN_COLUMN_USE NOT_FOUND',
].join(' ');

function runsOf(text: string): string[] {
  const characters = [...text];
  return characters.length < RUN
    ? []
    : Array.from({ length: characters.length - RUN + 1 }, (_none, at) =>
        characters.slice(at, at + RUN).join(''),
      );
}

const text = fc
  .oneof(
    fc.emailAddress(),
    fc.string({ unit: 'grapheme', minLength: 8, maxLength: 24 }),
    fc.stringMatching(/^\+49 1[5-7]\d \d{7}$/),
    fc.stringMatching(/^[A-Z][a-z]{4,9} [A-Z][a-z]{5,9}$/),
  )
  .filter((value) => isHoldable(value) && !runsOf(value).some((run) => WORDS.includes(run)));

function valueOf(column: ColumnDeclaration): fc.Arbitrary<Cell> {
  switch (column.kind) {
    case 'enum':
      return fc.constantFrom(...(column.values ?? []));
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: 1_000_000, max: 2_000_000_000 });
    case 'float':
      return fc.integer({ min: 1_000_000, max: 2_000_000_000 }).map((value) => value / 100);
    case 'decimal':
      return fc
        .tuple(fc.integer({ min: 100_000, max: 900_000_000 }), fc.integer({ min: 0, max: 9_999 }))
        .map(([whole, rest]) => `${whole}.${String(rest).padStart(4, '0')}`);
    case 'date':
      return fc
        .date({ min: new Date('1940-01-01'), max: new Date('2008-12-31'), noInvalidDate: true })
        .map((day) => day.toISOString().slice(0, 10));
    case 'datetime':
      return fc
        .date({ min: new Date('2025-01-01'), max: new Date('2025-12-31'), noInvalidDate: true })
        .map((moment) => moment.toISOString());
    default:
      return text;
  }
}

/** Rows of random values: made anew in each run, by the seed that fast-check reports. */
function rowsOf(dataset: DatasetDeclaration, seed: number): FieldRow[] {
  const row = fc.record(
    Object.fromEntries([...dataset.columns.values()].map((column) => [column.field, valueOf(column)])),
  );
  return fc
    .sample(row, { seed, numRuns: ROWS })
    .map((values, index) => ({ ...values, [dataset.key]: `row-${index}` }));
}

const SEED = Number(process.env.SLUICE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
let own: OwnGateway;
const stored = new Map<string, FieldRow[]>();
beforeAll(async () => {
  own = await startOwnGateway({ SLUICE_POLICY_FILE: writePolicy(POLICY) });
  for (const dataset of DATASETS) {
    const rows = rowsOf(dataset, SEED);
    stored.set(dataset.name, rows);
    await own.engines.fill(dataset, { aurora: rows });
    if (dataset.pointReads !== undefined) await own.engines.fillPoints(dataset, { aurora: rows });
  }
});
afterAll(() => own.close());

const UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** What is made by chance or by time in a line, and the only form that it may have. */
const MADE: Record<string, RegExp> = {
  record_id: new RegExp(`^${UUID}\\.\\d+$`),
  request_id: new RegExp(`^${UUID}$`),
  read_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  reader: /^a_[\w-]{22}$/,
  policy_version: /^[0-9a-f]{12}$/,
  subjects: /^(a_[\w-]{10})*$/,
  // Ids of statements, and of DynamoDB's requests.
  statements: new RegExp(`^((${UUID}|[A-Z0-9]{52})( |$))*$`),
};

/** What a line says beside that, as one text. */
function saidIn(line: Record<string, unknown>): string {
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(line)) {
    if (MADE[key] === undefined) rest[key] = value;
    else expect(String(value)).toMatch(MADE[key]);
  }
  return Object.values(rest).join('\n');
}

interface Question {
  mask: Mask;
  /** Its name. */
  of: string;
  fields: string[];
  first: number;
  /** A filter of a masked field by one of its own values, or by its pseudonym where that may be. */
  by?: { field: string; row: number };
  lookup: boolean;
}

const question: fc.Arbitrary<Question> = fc
  .constantFrom(...MASKS.flatMap((mask) => DATASETS.map((dataset) => ({ mask, dataset }))))
  .filter(({ mask, dataset }) => maskedBy(mask, dataset).length > 0)
  .chain(({ mask, dataset }) => {
    const masked = maskedBy(mask, dataset).map(({ field }) => field);
    return fc.record(
      {
        mask: fc.constant(mask),
        of: fc.constant(dataset.name),
        fields: fc
          .tuple(
            fc.subarray(masked, { minLength: 1 }),
            fc.subarray([...dataset.columns.keys()], { maxLength: 6 }),
          )
          .map(([some, others]) => [...new Set([...some, ...others])]),
        first: fc.integer({ min: 1, max: ROWS }),
        by: fc.record({ field: fc.constantFrom(...masked), row: fc.nat({ max: ROWS - 1 }) }),
        lookup: fc.boolean(),
      },
      { requiredKeys: ['mask', 'of', 'fields', 'first', 'lookup'] },
    );
  });

/** How a value is written in a query. */
function written(column: ColumnDeclaration, value: Cell): string {
  return column.kind === 'integer' || column.kind === 'float' ? String(value) : JSON.stringify(value);
}

/** Asks, and gives how many rows came. */
async function ask({ mask, of, fields, first, by, lookup }: Question): Promise<number> {
  const { gateway } = own;
  const dataset = declarations.datasets.get(of) as DatasetDeclaration;
  const rows = stored.get(dataset.name) ?? [];
  if (lookup && dataset.name === 'Decision') {
    const answer = await gateway.ask(
      { role: mask },
      `query List { decision(id: "row-${first - 1}") { ${fields.join(' ')} } }`,
    );
    expect(answer.errors).toBeUndefined();
    return 1;
  }
  const column = by === undefined ? undefined : dataset.columns.get(by.field);
  const where =
    by === undefined || column === undefined
      ? ''
      : `, where: { ${by.field}: { eq: ${written(column, rows[by.row]?.[by.field] ?? null)} } }`;
  const answer = await gateway.ask(
    { role: mask },
    listQuery(dataset, `totalCount nodes { ${fields.join(' ')} }`, `first: ${first}${where}`),
  );
  if (by !== undefined && mask !== 'pseudonym') {
    expect(answer.errors?.[0]?.extensions.code).toBe('FORBIDDEN_COLUMN_USE');
    return 0;
  }
  expect(answer.errors).toBeUndefined();
  return listOf(dataset, answer.data).nodes.length;
}

test('lines say what was read and no part of a value', async () => {
  const seen = { lines: 0, rows: 0 };
  const hidden = new Map<string, string[]>();
  for (const mask of MASKS) {
    const runs = DATASETS.flatMap((dataset) =>
      (stored.get(dataset.name) ?? []).flatMap((row) =>
        maskedBy(mask, dataset).flatMap(({ field }) => runsOf(String(row[field]))),
      ),
    );
    hidden.set(mask, [...new Set(runs)]);
    expect(runs.length).toBeGreaterThan(100);
  }
  await fc.assert(
    fc.asyncProperty(question, async (asked) => {
      seen.rows += await ask(asked);
      let lines = own.gateway.audited();
      // A refusal shows nothing, and so waits for nothing.
      for (; lines.length === seen.lines; lines = own.gateway.audited()) await sleep(5);
      for (const line of lines.slice(seen.lines)) {
        const said = saidIn(line);
        expect(line.acting_role).toBe(asked.mask);
        expect((hidden.get(asked.mask) ?? []).filter((run) => said.includes(run))).toEqual([]);
      }
      seen.lines = lines.length;
    }),
    { numRuns: 60, seed: SEED, endOnFailure: true },
  );
  expect(seen.rows).toBeGreaterThan(0);
});
