import fc from 'fast-check';
import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import { listOf, listQuery } from '../support/listings';
import { startOwnGateway, type OwnGateway } from '../support/own-gateway';
import { sampleRows } from '../support/rows';

/** Filters over text through HTTP, on both SQL dialects: every character is taken literally, or refused. */

const TEXTS = [
  'plain',
  `it's`,
  `''`,
  '100%',
  '%',
  '_',
  'a_b',
  'a\\b',
  '\\',
  '\\%',
  '"quoted"',
  '`ticks`',
  '',
  ' ',
  ' padded ',
  'tab\tand\nline',
  '😀',
  'a😀b',
  '👩‍👩‍👧',
  'Zürich',
  'Zu\u0308rich',
  'раypal',
  'paypal',
  'ＳＡＬＥＳ',
  'SALES',
  'sales',
  'ß',
  'ss',
  '\u202eright to left',
  'zero\u200bwidth',
  '-- comment',
  '/* comment */',
  ';drop table',
  ':p1',
  '$1',
  '?',
  '{{x}}',
  'NULL',
  "' OR '1'='1",
  'x'.repeat(10_000),
  `${'y'.repeat(9_999)}'`,
];

/** One text field for each dialect. */
const CASES: [string, string][] = [
  ['Decision', 'purpose'],
  ['SalesLine', 'productName'],
];

let own: OwnGateway;
beforeAll(async () => {
  own = await startOwnGateway();
  for (const [name, field] of CASES) {
    const dataset = datasetOf(name);
    const texts = [...TEXTS, null];
    const rows = sampleRows(dataset, texts.length, 7).map((row, index) => ({
      ...row,
      [field]: texts[index] ?? null,
    }));
    await own.engines.fill(dataset, { aurora: rows, borealis: rows.slice(0, 1) });
  }
});
afterAll(() => own.close());

function datasetOf(name: string): DatasetDeclaration {
  const dataset = declarations.datasets.get(name);
  if (dataset === undefined) throw new Error(`no ${name}`);
  return dataset;
}

type Row = Record<string, string | null>;

const OPERATORS: Record<string, (cell: string | null, value: string & string[]) => boolean> = {
  eq: (cell, value) => cell === value,
  ne: (cell, value) => cell !== value,
  in: (cell, value) => cell !== null && value.includes(cell),
  contains: (cell, value) => cell?.includes(value) === true,
  startsWith: (cell, value) => cell?.startsWith(value) === true,
};

const characters = fc.constantFrom(...`'%_\\"\`aZü😀;-:?$ \n`.split(/(?:)/u), '\u0308', '\u200d', 'ａ', 'а');
const wild = fc.string({ unit: characters, maxLength: 6 });
const known = fc.constantFrom(...TEXTS);
/** Parts of texts that are there hit more often than anything made up. */
const part = fc
  .tuple(known, fc.nat(20), fc.nat(20))
  .map(([text, from, length]) => [...text].slice(from, from + length).join(''));
const value = fc.oneof(known, part, wild);
const condition = fc.oneof(
  fc.tuple(fc.constantFrom('eq', 'ne', 'contains', 'startsWith'), value),
  fc.tuple(fc.constant('in'), fc.array(value, { maxLength: 4 })),
);

describe.each(CASES)('%s', (name, field) => {
  const dataset = datasetOf(name);
  const query = listQuery(
    dataset,
    `totalCount nodes { id ${field} }`,
    'first: 1000, where: $where',
    `$where: ${name}Where`,
  );
  const ask = (where: unknown) => own.gateway.ask({ role: 'steward' }, query, { where });

  test('rows come back with their texts unchanged', async () => {
    const { data } = await ask({});
    const texts = (listOf(dataset, data).nodes as Row[]).map((row) => row[field]);
    expect(new Set(texts)).toEqual(new Set([...TEXTS, null]));
  });

  test('a filter means what it means in memory', async () => {
    const rows = listOf(dataset, (await ask({})).data).nodes as Row[];
    await fc.assert(
      fc.asyncProperty(condition, fc.boolean(), async ([op, wanted], negated) => {
        const compared = { [field]: { [op]: wanted } };
        const { data, errors } = await ask(negated ? { not: compared } : compared);
        expect(errors).toBeUndefined();
        const expected = rows.filter(
          (row) => OPERATORS[op]?.(row[field] ?? null, wanted as never) !== negated,
        );
        const list = listOf(dataset, data);
        expect(list.nodes.map((row) => row.id)).toEqual(expected.map((row) => row.id));
        expect(list.totalCount).toBe(expected.length);
      }),
      { numRuns: 60, seed: 20_261_124 },
    );
  });

  test('every text finds its own row by each operator', async () => {
    for (const text of TEXTS) {
      for (const where of [{ eq: text }, { in: [text] }]) {
        const { data } = await ask({ [field]: where });
        expect((listOf(dataset, data).nodes as Row[]).map((row) => row[field])).toEqual([text]);
      }
    }
  });

  test('NUL and halves of surrogate pairs are refused', async () => {
    for (const text of ['\0', 'a\0b', '\ud800', 'a\udc00', '\ud83d', '\ude00\ud83d']) {
      for (const where of [
        { eq: text },
        { ne: text },
        { in: ['fine', text] },
        { contains: text },
        { startsWith: text },
      ]) {
        const { errors, text: answer } = await ask({ [field]: where });
        expect(errors?.map((error) => error.extensions.code)).toEqual(['BAD_USER_INPUT']);
        expect(answer).not.toContain('engineCalls');
      }
    }
  });

  test('text longer than a filter takes is refused', async () => {
    const fits = await ask({ [field]: { contains: 'z'.repeat(16_384) } });
    expect(fits.errors).toBeUndefined();
    const over = await ask({ [field]: { contains: 'z'.repeat(16_385) } });
    expect(over.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});
