import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { literal, type Typed } from '../../src/datasources/compile/literal';

/** Literals through a real SQL parser: what it reads must be what was written, and nothing else of the statement. */

let connection: DuckDBConnection;
let instance: DuckDBInstance;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

async function read(sql: string, type: string): Promise<unknown> {
  const result = await connection.runAndReadAll(`SELECT CAST(${sql} AS ${type}) AS v, 'end' AS e`);
  const [row] = result.getRowsJson();
  expect(row).toHaveLength(2);
  expect(row?.[1]).toBe('end');
  return row?.[0];
}

const holdable = (text: string): boolean => !/\0|\p{Surrogate}/u.test(text);
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }).filter(holdable),
  fc
    .array(
      fc.constantFrom("'", "''", '\\', "\\'", '--', '/*', '*/', ';', '"', '%', '_', '😀', '\n', 'a', 'U&'),
      {
        maxLength: 30,
      },
    )
    .map((parts) => parts.join('')),
  fc.constant(`${"'".repeat(10_000)}x`),
);

test('texts', async () => {
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      expect(await read(literal({ kind: 'string' }, text), 'varchar')).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test('times, to the microsecond', async () => {
  const times = fc.tuple(
    fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
    fc.integer({ min: 0, max: 999 }),
  );
  await fc.assert(
    fc.asyncProperty(times, async ([date, micros]) => {
      const text = date
        .toISOString()
        .replace('Z', micros === 0 ? 'Z' : `${String(micros).padStart(3, '0')}Z`);
      const expected = BigInt(date.getTime()) * 1000n + BigInt(micros);
      expect(await read(`epoch_us(${literal({ kind: 'datetime' }, text)})`, 'varchar')).toBe(
        String(expected),
      );
    }),
  );
});

test('days', async () => {
  const days = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
  await fc.assert(
    fc.asyncProperty(days, async (date) => {
      const day = date.toISOString().slice(0, 10);
      expect(await read(literal({ kind: 'date' }, day), 'varchar')).toBe(day);
    }),
  );
});

test('numbers', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.maxSafeInteger(),
      async (real, whole) => {
        expect(await read(literal({ kind: 'float' }, real), 'double')).toBe(real + 0);
        expect(await read(literal({ kind: 'integer' }, whole), 'bigint')).toBe(String(whole));
      },
    ),
  );
});

test.each<[Typed['kind'], unknown]>([
  ['string', 'a\0b'],
  ['string', '\udc00'],
  ['string', 'x'.repeat(65_536)],
  ['string', 7],
  ['integer', 1.5],
  ['integer', '1'],
  ['float', NaN],
  ['float', -Infinity],
  ['boolean', 'true'],
  ['decimal', '1e5'],
  ['decimal', ' 1'],
  ['decimal', '1.'],
  ['date', '2014-13-01'],
  ['date', "2014-01-01'"],
  ['datetime', '2014-01-01'],
  ['datetime', '2014-01-01T24:00:00.000Z'],
  ['datetime', '2014-01-01T10:00:00.000+01:00'],
  ['datetime', null],
])('%s %p is refused', (kind, value) => {
  expect(() => literal({ kind }, value)).toThrow(
    expect.objectContaining({ code: 'BAD_USER_INPUT' }) as Error,
  );
});
