import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { Aws } from '../../../local/src/import/aws';
import { PointStoreLoad } from '../../../local/src/import/point-store';
import { createPointTable } from '../../../local/src/import/tables';
import type { LoadRow } from '../../../local/src/import/transform';
import { loadRow, type Fields } from '../../../local/src/sample/rows';
import { scoped } from '../../../src/auth/scope';
import type { Config } from '../../../src/config';
import { createStores } from '../../../src/datasources/create-stores';
import { pointKey } from '../../../src/datasources/engines/items';
import type { Condition, LookupPlan } from '../../../src/datasources/plans';
import type { Cells } from '../../../src/datasources/results';
import type { Stores } from '../../../src/datasources/stores';
import { declarations } from '../../../src/schema/catalog';
import { dataset } from '../../datasources/compile/plans';
import { sampleRows } from '../../support/rows';

/** What a contract needs from the store under test, which has no tables yet. */
export interface PointStoreUnderTest {
  /** The gateway's configuration with this store in it; the other engines are not used. */
  config: Config;
  close(): Promise<void>;
}

const DECISION = dataset('Decision');
const TABLE = DECISION.pointReads?.table ?? '';
const CHECKS: Fields[] = [
  { id: '1', kind: 'IDENTITY', name: 'match', value: 0.75, performedAt: '2014-01-01T00:00:00.000Z' },
  { id: '2', kind: 'COLLATERAL', name: 'loan_to_value', finding: 'good' },
];
const ROWS = sampleRows(DECISION, 250, 3);
/** Rows whose items together exceed the 16 MB of one BatchGetItem answer, each below the 400 KB of an item. */
const LARGE = Array.from({ length: 60 }, (_none, index) => ({
  id: `large-${index}`,
  jobTitle: 'x'.repeat(350_000),
}));

/** What any store for point reads must do, written to as the importer writes and read as the gateway reads. */
export function pointStoreContract(make: () => Promise<PointStoreUnderTest>): void {
  let store: PointStoreUnderTest;
  let stores: Stores;
  let aws: Aws;

  beforeAll(async () => {
    store = await make();
    stores = createStores(store.config, declarations);
    const dynamodb = store.config.SLUICE_DYNAMODB_ENDPOINT ?? '';
    aws = new Aws({ dynamodb, athena: dynamodb, redshiftData: dynamodb, s3: dynamodb });
    await createPointTable(aws.dynamodb, TABLE);
    await load('acme', [
      loadRow(DECISION, ROWS[0] ?? {}, { transactions: CHECKS }),
      ...ROWS.slice(1).map((row) => loadRow(DECISION, row)),
    ]);
    await load('acme#1', [loadRow(DECISION, { id: 'secret', outcome: 'DENIED' })]);
  });

  afterAll(async () => {
    await stores.close();
    aws.close();
    await store.close();
  });

  /** Loads rows as the importer does; gives the number of items written. */
  async function load(tenant: string, rows: readonly LoadRow[]): Promise<number> {
    const points = new PointStoreLoad(aws, DECISION, tenant, TABLE);
    await points.add(rows);
    await points.finish();
    return points.written;
  }

  function look(
    ids: readonly string[],
    fields: readonly string[],
    rules: readonly Condition[] = [],
    tenant = 'acme',
  ) {
    const plan: LookupPlan = { kind: 'lookup', dataset: 'Decision', ids, fields };
    const { signal } = new AbortController();
    return stores.lookup(scoped<LookupPlan>({ plan, scope: { tenant, rows: rules }, priced: fields }), {
      tenant,
      signal,
    });
  }

  const idAt = (index: number): string => String(ROWS[index]?.id);
  const allIds = ROWS.map((row) => String(row.id));

  test('rows in the order of the ids, null where there is none, the same twice for the same id', async () => {
    const { rows } = await look([idAt(2), 'none', idAt(1), idAt(2), ''], ['id', 'outcome']);
    const expected = (index: number): Cells => [idAt(index), ROWS[index]?.outcome ?? null];
    expect(rows).toEqual([expected(2), null, expected(1), expected(2), null]);
  });

  test('every column comes back as it was written', async () => {
    const fields = [...DECISION.columns.keys()];
    const { rows } = await look(allIds, fields);
    expect(rows).toEqual(ROWS.map((row) => fields.map((field) => row[field] ?? null)));
  });

  test('embedded rows are one cell, read only as far as asked', async () => {
    const fields = ['id', 'transactions.kind', 'transactions.value', 'outcome'];
    const { rows } = await look([idAt(0), idAt(1)], fields);
    const kinds = [
      ['IDENTITY', 0.75],
      ['COLLATERAL', null],
    ];
    expect(rows).toEqual([
      [idAt(0), kinds, ROWS[0]?.outcome ?? null],
      [idAt(1), [], ROWS[1]?.outcome ?? null],
    ]);
  });

  test('many requests share a few batches of at most 100 keys', async () => {
    const asked = await Promise.all(allIds.map((id) => look([id], ['id'])));
    expect(asked.map(({ rows }) => rows[0]?.[0])).toEqual(allIds);
    expect(new Set(asked.flatMap(({ calls }) => calls.map(({ statementId }) => statementId))).size).toBe(3);
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

  test('no two tenants meet in one key, whatever marks their names and ids have', async () => {
    const parts = ['a', 'a#', '#a', 'a%23', 'a%', '%23a', 'a#b', 'a%25'];
    for (const tenant of parts) {
      const rows = parts.map((id) => loadRow(DECISION, { id, applicantName: `${tenant} and ${id}` }));
      expect(await load(tenant, rows)).toBe(parts.length);
    }
    for (const tenant of parts) {
      const { rows } = await look(parts, ['applicantName'], [], tenant);
      expect(rows).toEqual(parts.map((id) => [`${tenant} and ${id}`]));
    }
  });

  test('row rules keep rows back, whether or not their fields were asked for', async () => {
    const rule: Condition = { kind: 'compare', field: 'outcome', op: 'in', value: ['DENIED'] };
    const { rows } = await look(allIds, ['id'], [rule]);
    expect(rows).toEqual(ROWS.map((row) => (row.outcome === 'DENIED' ? [row.id] : null)));
    expect(rows.some((row) => row !== null)).toBe(true);
  });

  test('the cost of a row kept back is that of no row, however large it is', async () => {
    const [large] = LARGE;
    expect(await load('kept', [loadRow(DECISION, { ...large, outcome: 'APPROVED' })])).toBe(1);
    const id = String(large?.id);
    const rule: Condition = { kind: 'compare', field: 'outcome', op: 'eq', value: 'DENIED' };
    const costs = async (ids: string[], rules: Condition[]): Promise<number[]> =>
      (await look(ids, ['id', 'jobTitle'], rules, 'kept')).calls.map(({ costUsd }) => costUsd);
    expect(await costs([id], [rule])).toEqual(await costs(['none'], [rule]));
    const [whole = 0] = await costs([id], []);
    const [none = 0] = await costs(['none'], []);
    expect(whole).toBeGreaterThan(10 * none);
    // Nor does a batch shared with others tell of what they read.
    const [shared] = await Promise.all([costs(['none'], []), costs([id], [])]);
    expect(shared).toEqual([none]);
  });

  test('keys that the service leaves unprocessed are asked for again, reading and loading', async () => {
    const rows = LARGE.map((row) => loadRow(DECISION, row));
    expect(await load('large', rows)).toBe(LARGE.length);
    expect(await load('large', rows)).toBe(0);
    const ids = LARGE.map(({ id }) => id);
    const answer = await look(ids, ['id', 'jobTitle'], [], 'large');
    expect(answer.rows.map((row) => [row?.[0], String(row?.[1]).length])).toEqual(
      ids.map((id) => [id, 350_000]),
    );
  });

  test('a load writes what is missing and leaves what is there as it is', async () => {
    const one = loadRow(DECISION, { id: 'one', outcome: 'APPROVED' });
    const two = loadRow(DECISION, { id: 'two', outcome: 'DENIED' });
    expect(await load('loads', [one])).toBe(1);
    expect(await load('loads', [loadRow(DECISION, { id: 'one', outcome: 'DENIED' }), two])).toBe(1);
    expect((await look(['one', 'two'], ['outcome'], [], 'loads')).rows).toEqual([['APPROVED'], ['DENIED']]);
    expect(await load('loads', [one, two])).toBe(0);
  });

  test('an item is what a reader with other tools expects', async () => {
    const client: DynamoDBClient = aws.dynamodb;
    const Key = { pk: { S: pointKey('acme#1', 'secret') ?? '' } };
    const { Item } = await client.send(new GetItemCommand({ TableName: TABLE, Key }));
    expect(Item).toEqual({
      pk: { S: 'acme%231#secret' },
      tenant_id: { S: 'acme#1' },
      decision_id: { S: 'secret' },
      outcome: { S: 'DENIED' },
      [DECISION.embedded.get('transactions')?.column ?? '']: { L: [] },
    });
  });

  test('health tells that it is up', async () => {
    expect(await stores.health(AbortSignal.timeout(5_000))).toMatchObject({ dynamodb: 'up' });
  });
}
