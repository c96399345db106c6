import fc from 'fast-check';
import { scoped } from '../../src/auth/scope';
import { createStores } from '../../src/datasources/create-stores';
import { itemOf, itemReader, pointKey, type ItemRow } from '../../src/datasources/engines/items';
import type { Condition, LookupPlan } from '../../src/datasources/plans';
import type { Cells } from '../../src/datasources/results';
import type { Stores } from '../../src/datasources/stores';
import { declarations } from '../../src/schema/catalog';
import { startEngines, type Engines } from '../support/engines';
import { sampleRows } from '../support/rows';
import { dataset } from './compile/plans';

const DECISION = dataset('Decision');
const CHECKS = [
  {
    id: '1',
    kind: 'IDENTITY',
    name: 'match',
    value: 0.75,
    finding: null,
    performedAt: '2014-01-01T00:00:00.000Z',
  },
  { id: '2', kind: 'COLLATERAL', name: 'loan_to_value', value: null, finding: 'good', performedAt: null },
];
const ROWS = sampleRows(DECISION, 250, 3);

let engines: Engines;
let stores: Stores;

beforeAll(async () => {
  engines = await startEngines();
  const points = ROWS.map((row, index) => ({ ...row, ...(index === 0 ? { transactions: CHECKS } : {}) }));
  await engines.fillPoints(DECISION, {
    acme: points as never,
    'acme#1': [{ id: 'secret', outcome: 'DENIED' }],
  });
});
beforeEach(() => {
  engines.faults.dynamodb.reset();
  stores = createStores(engines.config(), declarations);
});
afterEach(() => stores.close());
afterAll(() => engines.close());

function look(
  ids: readonly string[],
  fields: readonly string[],
  rules: readonly Condition[] = [],
  tenant = 'acme',
  signal = new AbortController().signal,
) {
  const plan: LookupPlan = { kind: 'lookup', dataset: 'Decision', ids, fields };
  return stores.lookup(scoped<LookupPlan>({ plan, scope: { tenant, rows: rules } }), { tenant, signal });
}

const idAt = (index: number): string => String(ROWS[index]?.id);

test('rows in the order of the ids, null where there is none, the same twice for the same id', async () => {
  const { rows } = await look([idAt(2), 'none', idAt(1), idAt(2), ''], ['id', 'outcome']);
  const expected = (index: number): Cells => [idAt(index), ROWS[index]?.outcome ?? null];
  expect(rows).toEqual([expected(2), null, expected(1), expected(2), null]);
});

test('every column comes back as it was written', async () => {
  const fields = [...DECISION.columns.keys()];
  const { rows } = await look(
    ROWS.map((row) => String(row.id)),
    fields,
  );
  expect(rows).toEqual(ROWS.map((row) => fields.map((field) => row[field] ?? null)));
});

test('embedded rows are one cell, read only as far as asked', async () => {
  const { rows } = await look(
    [idAt(0), idAt(1)],
    ['id', 'transactions.kind', 'transactions.value', 'outcome'],
  );
  expect(rows).toEqual([
    [
      idAt(0),
      [
        ['IDENTITY', 0.75],
        ['COLLATERAL', null],
      ],
      ROWS[0]?.outcome ?? null,
    ],
    [idAt(1), null, ROWS[1]?.outcome ?? null],
  ]);
});

test('many requests share a few batches', async () => {
  const asked = await Promise.all(ROWS.map((row) => look([String(row.id)], ['id'])));
  expect(asked.map(({ rows }) => rows[0]?.[0])).toEqual(ROWS.map((row) => row.id));
  expect(engines.faults.dynamodb.count('BatchGetItem')).toBe(3);
  expect(asked.every(({ calls }) => calls.length === 1 && calls[0]?.shared === true)).toBe(true);
  const [alone] = (await look([idAt(0)], ['id'])).calls;
  expect(alone).toMatchObject({ engine: 'dynamodb', dataset: 'Decision', shared: false });
  expect(alone?.costUsd).toBeGreaterThan(0);
});

test('another tenant has no such row, whatever its name', async () => {
  expect((await look([idAt(0)], ['id'], [], 'other')).rows).toEqual([null]);
  expect((await look(['1#secret'], ['id'], [], 'acme')).rows).toEqual([null]);
  expect((await look(['secret'], ['outcome'], [], 'acme#1')).rows).toEqual([['DENIED']]);
});

test('row rules keep rows back, whether or not their fields were asked for', async () => {
  const rule: Condition = { kind: 'compare', field: 'outcome', op: 'in', value: ['DENIED'] };
  const ids = ROWS.map((row) => String(row.id));
  const { rows } = await look(ids, ['id'], [rule]);
  expect(rows).toEqual(ROWS.map((row) => (row.outcome === 'DENIED' ? [row.id] : null)));
});

test('throttled and lost calls are sent again; a fault of the service is not the client’s to read', async () => {
  engines.faults.dynamodb.add({ operation: 'BatchGetItem', kind: 'throttle' });
  engines.faults.dynamodb.add({ operation: 'BatchGetItem', kind: 'drop' });
  expect((await look([idAt(0)], ['id'])).rows).toEqual([[idAt(0)]]);
  engines.faults.dynamodb.add({ operation: 'BatchGetItem', kind: 'fail', message: 'secret', times: 3 });
  const error: unknown = await look([idAt(0)], ['id']).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
  expect(JSON.stringify(error)).not.toContain('secret');
});

test('a request that leaves does not wait; the others get their rows', async () => {
  engines.faults.dynamodb.add({ operation: 'BatchGetItem', kind: 'stall', millis: 300 });
  const leaver = new AbortController();
  const [left, stayed] = [look([idAt(0)], ['id'], [], 'acme', leaver.signal), look([idAt(1)], ['id'])];
  leaver.abort();
  await expect(left).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
  expect((await stayed).rows).toEqual([[idAt(1)]]);
});

test('unknown fields are refused', async () => {
  await expect(look(['x'], ['transactions'])).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  await expect(look(['x'], ['cards.number'])).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

test('health tells up from down', async () => {
  expect(await stores.health(AbortSignal.timeout(5_000))).toEqual({
    athena: 'up',
    redshift: 'up',
    dynamodb: 'up',
  });
});

describe('items', () => {
  test('no two pairs of tenant and id share a key', () => {
    const part = fc
      .array(fc.constantFrom('#', '%', '%23', '%25', 'a'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(part, part, part, part, (tenant, id, otherTenant, otherId) => {
        fc.pre(tenant !== otherTenant || id !== otherId);
        expect(pointKey(tenant, id)).not.toBe(pointKey(otherTenant, otherId));
      }),
    );
  });

  test('an item reads back what was written', () => {
    const row: ItemRow = { ...ROWS[0], transactions: CHECKS };
    const fields = ['id', 'amount', 'transactions.id', 'transactions.finding', 'transactions.performedAt'];
    expect(itemReader(DECISION, fields).read(itemOf(DECISION, 'acme', row))).toEqual([
      ROWS[0]?.id,
      ROWS[0]?.amount ?? null,
      CHECKS.map((check) => [check.id, check.finding, check.performedAt]),
    ]);
  });

  test('a row without an id, or with one too long for a key, is not written', () => {
    expect(() => itemOf(DECISION, 'acme', {})).toThrow(RangeError);
    expect(() => itemOf(DECISION, 'acme', { id: 'x'.repeat(3_000) })).toThrow(RangeError);
  });
});
