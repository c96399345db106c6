import { randomUUID } from 'node:crypto';
import { GetQueryExecutionCommand } from '@aws-sdk/client-athena';
import { DescribeStatementCommand } from '@aws-sdk/client-redshift-data';
import { Aws } from '../../local/src/import/aws';
import { DatasetLoad } from '../../local/src/import/load';
import { loadRow } from '../../local/src/sample/rows';
import { dataset, LATELY } from '../erasure/support/people';
import { rowOf } from '../erasure/support/person';
import { clientsFor } from '../local/support';
import { REQUEST, submission } from '../support/erasures';
import { startGateway, type Answer, type Gateway } from '../support/gateway';
import { localAws } from '../support/local-aws';

/** What finding people costs is billed to the request that asked for it, and the read audit names the statements. */

const MEGABYTE = 1024 ** 2;
/** Amazon Athena pricing: 5 dollars a terabyte. */
const USD_PER_ATHENA_MEGABYTE = 5 / MEGABYTE;
/** Amazon DynamoDB pricing, on demand: a unit is 4 KB read consistently. */
const USD_PER_DYNAMODB_MEGABYTE = (256 * 0.125) / 1_000_000;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

/** The tables are there, and nobody of it is in them. */
const staff = { role: 'compliance', tenant: `bill-${randomUUID().slice(0, 8)}` };
const PREVIEW = 'query($keys: [SubjectKeyInput!]) { erasurePreview(keys: $keys) { personCount } }';
const REPLAN = 'mutation($id: ID!) { replanErasure(id: $id) { state } }';
const NOBODY = [{ kind: 'EMAIL', key: 'nobody@example.com' }];

type Cost = NonNullable<Answer['extensions']['cost']>;
type Calls = Cost['engineCalls'];

const callsOf = ({ extensions }: Answer): Calls => extensions.cost?.engineCalls ?? [];
const idsOf = (calls: Calls): string[] => calls.map(({ statementId }) => statementId).sort();
const linesOf = ({ extensions }: Answer): Record<string, unknown>[] =>
  gateway.audited().filter(({ request_id: id }) => id === extensions.requestId);
const named = (line: Record<string, unknown> | undefined): string[] =>
  String(line?.statements).split(' ').sort();

/** Each dataset with its engine, as often as it was asked. */
const askedOf = (calls: Calls): string[] =>
  calls.map(({ engine, dataset: name }) => `${engine} ${name}`).sort();
const ROUND = ['athena Decision', 'dynamodb Decision', 'redshift Employee', 'redshift SalesLine'];

test('a preview bills each statement and scan at its price, and its line names them', async () => {
  const answer = await gateway.ask(staff, PREVIEW, { keys: NOBODY });
  expect(answer.errors).toBeUndefined();
  const calls = callsOf(answer);
  // Once for other keys of the person, and once for their rows.
  expect(askedOf(calls)).toEqual([...ROUND, ...ROUND].sort());
  expect(new Set(idsOf(calls)).size).toBe(calls.length);
  for (const { engine, scannedBytes, costUsd, shared } of calls) {
    expect(shared).toBe(false);
    const megabytes = scannedBytes / MEGABYTE;
    const price = {
      athena: Math.max(megabytes, 10) * USD_PER_ATHENA_MEGABYTE,
      dynamodb: megabytes * USD_PER_DYNAMODB_MEGABYTE,
      redshift: 0,
    }[engine];
    expect(costUsd).toBeCloseTo(price ?? NaN, 12);
    expect(Number.isInteger(megabytes)).toBe(true);
    expect(megabytes > 0).toBe(engine !== 'redshift');
  }
  const total = calls.reduce((sum, { costUsd }) => sum + costUsd, 0);
  expect(answer.extensions.cost?.totalCostUsd).toBeCloseTo(total, 8);
  expect(linesOf(answer)).toMatchObject([
    { call_kind: 'ERASURE_PREVIEW', dataset: 'ErasurePreview', row_count: 1, outcome: 'OK' },
  ]);
  expect(named(linesOf(answer)[0])).toEqual(idsOf(calls));
});

test('the ids are those of the services', async () => {
  const calls = callsOf(await gateway.ask(staff, PREVIEW, { keys: NOBODY }));
  const clients = clientsFor(localAws().endpoints);
  for (const { engine, statementId, dataset: name } of calls) {
    if (engine === 'athena') {
      const command = new GetQueryExecutionCommand({ QueryExecutionId: statementId });
      expect((await clients.athena.send(command)).QueryExecution?.Query).toMatch(`/* sluice: ${name} `);
    } else if (engine === 'redshift') {
      const [batch = ''] = statementId.split(':');
      const { SubStatements: parts = [] } = await clients.redshift.send(
        new DescribeStatementCommand({ Id: batch }),
      );
      expect(parts.find(({ Id: id }) => id === statementId)?.QueryString).toMatch(`/* sluice: ${name} `);
    } else expect(statementId).not.toBe('');
  }
  for (const client of Object.values(clients)) (client as { destroy(): void }).destroy();
});

test('previews of one request are billed together, and each has a line of its own', async () => {
  const query = `query($keys: [SubjectKeyInput!]) {
    a: erasurePreview(keys: $keys) { personCount } b: erasurePreview(keys: $keys) { personCount people { keys { key } } } }`;
  const answer = await gateway.ask(staff, query, { keys: NOBODY });
  expect(answer.errors).toBeUndefined();
  const calls = callsOf(answer);
  expect(askedOf(calls)).toEqual([...ROUND, ...ROUND, ...ROUND, ...ROUND].sort());
  const previews = linesOf(answer).filter(({ call_kind: kind }) => kind === 'ERASURE_PREVIEW');
  expect(previews.map((line) => named(line).length)).toEqual([8, 8]);
  expect(previews.flatMap(named).sort()).toEqual(idsOf(calls));
  // A look at keys asks nothing more.
  expect(linesOf(answer).find(({ call_kind: kind }) => kind === 'ERASURE_KEYS')?.statements).toBe('');
});

test('a fresh plan bills what it asked, and its line names it', async () => {
  const { data } = await gateway.ask(staff, REQUEST, { input: submission({ keys: NOBODY }) });
  const answer = await gateway.ask(staff, REPLAN, { id: data.requestErasure.id });
  expect(answer.errors).toBeUndefined();
  const calls = callsOf(answer);
  expect(askedOf(calls)).toEqual([...ROUND, ...ROUND].sort());
  const [line, ...others] = linesOf(answer);
  expect(others).toEqual([]);
  expect(line).toMatchObject({ call_kind: 'ERASURE_CHANGE', fields: 'REPLAN', outcome: 'OK' });
  expect(named(line)).toEqual(idsOf(calls));
});

describe('what is refused', () => {
  const tenant = `crowd-${randomUUID().slice(0, 8)}`;
  const crowded = { ...staff, tenant };
  const keys = [{ kind: 'EMAIL', key: 'all@example.com' }];

  beforeAll(async () => {
    const employee = dataset('Employee');
    const rows = Array.from({ length: 1_001 }, (_none, at) =>
      rowOf('Employee', `m-${at}`, LATELY, { employeeNumber: `N-${at}`, email: 'all@example.com' }),
    );
    const aws = new Aws(localAws().endpoints);
    const load = new DatasetLoad(aws, employee, tenant, `bill_${tenant.replace('-', '_')}`);
    await load.add(rows.map((row) => loadRow(employee, row)));
    await load.finish();
    await load.close();
    aws.close();
  });

  test('a key of too many people bills what showed that, in a preview and in a plan', async () => {
    const { data } = await gateway.ask(crowded, REQUEST, { input: submission({ keys }) });
    for (const answer of [
      await gateway.ask(crowded, PREVIEW, { keys }),
      await gateway.ask(crowded, REPLAN, { id: data.requestErasure.id }),
    ]) {
      expect(answer.errors?.map(({ message }) => message)).toEqual([
        expect.stringMatching(/too large a part of a table/),
      ]);
      const calls = callsOf(answer);
      expect(askedOf(calls)).toEqual(ROUND);
      expect(answer.extensions.cost?.totalCostUsd).toBeGreaterThan(0);
      const [line, ...others] = linesOf(answer);
      expect([line?.outcome, others]).toEqual(['BAD_USER_INPUT', []]);
      expect(named(line)).toEqual(idsOf(calls));
    }
  });

  test('a key that is none costs nothing, and leaves a line all the same', async () => {
    const answer = await gateway.ask(crowded, PREVIEW, { keys: [{ kind: 'EMAIL', key: '%' }] });
    expect(answer.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(callsOf(answer)).toEqual([]);
    const lines = linesOf(answer);
    expect(lines).toMatchObject([{ call_kind: 'ERASURE_PREVIEW', outcome: 'BAD_USER_INPUT' }]);
    expect(lines[0]).not.toHaveProperty('statements');
  });
});
