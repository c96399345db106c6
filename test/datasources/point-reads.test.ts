import fc from 'fast-check';
import { scoped } from '../../src/auth/scope';
import { createStores } from '../../src/datasources/create-stores';
import { itemOf, itemReader, pointKey, type ItemRow } from '../../src/datasources/engines/items';
import type { LookupPlan } from '../../src/datasources/plans';
import type { Stores } from '../../src/datasources/stores';
import { declarations } from '../../src/schema/catalog';
import { pointStoreContract } from '../engines/contracts/point-store';
import { dynalitePoints } from '../engines/support/point-stores';
import { startEngines, type Engines } from '../support/engines';
import { sampleRows } from '../support/rows';
import { dataset } from './compile/plans';

describe('on dynalite', () => {
  pointStoreContract(dynalitePoints);
});

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
const ROWS = sampleRows(DECISION, 2, 3);
const idAt = (index: number): string => String(ROWS[index]?.id);

describe('when the service stumbles', () => {
  let engines: Engines;
  let stores: Stores;

  beforeAll(async () => {
    engines = await startEngines();
    await engines.fillPoints(DECISION, { acme: ROWS });
  });
  beforeEach(() => {
    engines.faults.dynamodb.reset();
    stores = createStores(engines.config(), declarations);
  });
  afterEach(() => stores.close());
  afterAll(() => engines.close());

  function look(ids: readonly string[], fields: readonly string[], signal = new AbortController().signal) {
    const plan: LookupPlan = { kind: 'lookup', dataset: 'Decision', ids, fields };
    const scope = { tenant: 'acme', rows: [] };
    return stores.lookup(scoped<LookupPlan>({ plan, scope }), { tenant: 'acme', signal });
  }

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
    const [left, stayed] = [look([idAt(0)], ['id'], leaver.signal), look([idAt(1)], ['id'])];
    leaver.abort();
    await expect(left).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    expect((await stayed).rows).toEqual([[idAt(1)]]);
  });

  test('unknown fields are refused', async () => {
    await expect(look(['x'], ['transactions'])).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(look(['x'], ['cards.number'])).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
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

  test('an item without a list has none, which is not an empty one', () => {
    const list = (row: ItemRow) =>
      itemReader(DECISION, ['transactions.id']).read(itemOf(DECISION, 'acme', row));
    expect(list({ id: 'x' })).toEqual([null]);
    expect(list({ id: 'x', transactions: [] })).toEqual([[]]);
  });

  test('a row without an id, or with one too long for a key, is not written', () => {
    expect(() => itemOf(DECISION, 'acme', {})).toThrow(RangeError);
    expect(() => itemOf(DECISION, 'acme', { id: 'x'.repeat(3_000) })).toThrow(RangeError);
  });
});
