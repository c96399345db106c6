import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration } from '../../src/schema/declarations';
import type { Answer } from '../support/gateway';
import { listQuery } from '../support/listings';
import { startOwnGateway, type OwnGateway } from '../support/own-gateway';
import { sampleRows } from '../support/rows';

/** What `extensions.cost` says depends on nothing but what the role sees. */

const WIDE = {
  jobTitle: 'x'.repeat(50_000),
  applicantId: 'y'.repeat(50_000),
  applicantName: 'n'.repeat(50_000),
  applicantEmail: `${'e'.repeat(50_000)}@mail.example`,
};

const dataset = declarations.datasets.get('Decision') as DatasetDeclaration;
let own: OwnGateway;
beforeAll(async () => {
  own = await startOwnGateway();
  await own.engines.fill(dataset, { aurora: sampleRows(dataset, 5, 3) });
  await own.engines.fillPoints(dataset, { aurora: [{ id: 'narrow' }, { id: 'wide', ...WIDE }] });
});
afterAll(() => own.close());

test('what a look-up costs says nothing of fields that the role does not see in the clear', async () => {
  const costOf = async (role: string, id: string, fields: string): Promise<number | undefined> => {
    const { data, errors, extensions } = await own.gateway.ask(
      { role },
      `{ decision(id: "${id}") { ${fields} } }`,
    );
    expect([errors, data.decision.id]).toEqual([undefined, id]);
    return extensions.cost?.engineCalls[0]?.costUsd;
  };
  // Hidden, blanked, shown in part and shown as a token.
  for (const [role, fields] of [
    ['risk_analyst', 'id outcome'],
    ['support', 'id outcome jobTitle'],
    ['support', 'id applicantEmail'],
    ['risk_analyst', 'id applicantId applicantName'],
  ] as const) {
    const narrow = await costOf(role, 'narrow', fields);
    expect(narrow).toBeGreaterThan(0);
    expect([role, await costOf(role, 'wide', fields)]).toEqual([role, narrow]);
  }
  const [narrow = 0, wide] = [
    await costOf('steward', 'narrow', 'id jobTitle'),
    await costOf('steward', 'wide', 'id jobTitle'),
  ];
  expect(wide).toBeGreaterThan(10 * narrow);
});

test('the calls of an answer are all billed where one of them fails, in whatever order they end', async () => {
  const ask = (): Promise<Answer> =>
    own.gateway.ask({ role: 'steward' }, listQuery(dataset, 'totalCount nodes { id }', 'first: 3'));
  expect((await ask()).extensions.cost?.engineCalls).toHaveLength(2);
  own.engines.faults.athena.add({ operation: 'StartQueryExecution', kind: 'fail', message: 'no' });
  const { errors, extensions } = await ask();
  expect(errors?.map((error) => error.extensions.code)).toEqual(['ENGINE_FAILED']);
  expect(extensions.cost?.engineCalls).toHaveLength(1);
});

test.each([
  ['the list', 'ENGINE_FAILED', 'athena', 'StartQueryExecution', 'dynamodb', 'BatchGetItem'],
  ['the look-up', 'ENGINE_UNAVAILABLE', 'dynamodb', 'BatchGetItem', 'athena', 'GetQueryExecution'],
] as const)(
  'the bill is the same whether %s fails first or last',
  async (_part, code, failing, operation, other, slow) => {
    const query = `{
    one: decision(id: "narrow") { id }
    decisions(range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }) { totalCount }
  }`;
    for (const [delayed, at] of [
      [other, slow],
      [failing, operation],
    ] as const) {
      const { faults } = own.engines;
      faults[delayed].add({ operation: at, kind: 'stall', millis: 400 });
      // The service's own fault on a look-up is tried three times.
      faults[failing].add({ operation, kind: 'fail', message: 'no', times: 3 });
      const { errors, extensions } = await own.gateway.ask({ role: 'steward' }, query);
      faults[failing].clear();
      expect(errors?.map((error) => error.extensions.code)).toEqual([code]);
      expect(extensions.cost?.engineCalls.map(({ engine }) => engine)).toEqual([other]);
    }
  },
);

test('calls stand in the order of their datasets, not in that of their ends', async () => {
  const lookup = 'one: decision(id: "narrow") { id }';
  const list =
    'decisions(range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }) { totalCount }';
  for (const query of [`{ ${lookup} ${list} }`, `{ ${list} ${lookup} }`]) {
    const { errors, extensions } = await own.gateway.ask({ role: 'steward' }, query);
    expect(errors).toBeUndefined();
    // The key-value store answers first.
    expect(extensions.cost?.engineCalls.map(({ engine }) => engine)).toEqual(['athena', 'dynamodb']);
  }
});
