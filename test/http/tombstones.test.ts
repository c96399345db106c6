import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createLedgerTable } from '../../local/src/import/tables';
import { readConfig } from '../../src/config';
import { createLedger, type Ledger } from '../../src/erasure/ledger/ledger';
import type { SubjectKey } from '../../src/erasure/model';
import { startGateway, type Gateway } from '../support/gateway';
import { localAws } from '../support/local-aws';

/** From the approval of an erasure on, its people are gone from every read; every test takes its tombstones away again. */

/** A ledger of this file's own: other files ask for the same people at the same time. */
const LEDGER = { SLUICE_ERASURE_TABLE: `tombstones-${randomUUID()}` };
let gateway: Gateway;
let ledger: Ledger;

beforeAll(async () => {
  const config = readConfig({ ...localAws().environment, ...LEDGER });
  const dynamodb = new DynamoDBClient({
    region: config.AWS_REGION,
    endpoint: config.SLUICE_DYNAMODB_ENDPOINT ?? '',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await createLedgerTable(dynamodb, LEDGER.SLUICE_ERASURE_TABLE);
  dynamodb.destroy();
  gateway = await startGateway({ ...LEDGER, SLUICE_TOMBSTONE_SECONDS: '0' });
  ledger = createLedger(config);
});

afterAll(async () => {
  await gateway.close();
  ledger.close();
});

const RANGE = '{ from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }';
let submissions = 0;

/** What is asked, before, while and after the keys' erasure is approved. */
async function around<T>(
  keys: readonly SubjectKey[],
  ask: () => Promise<T>,
): Promise<{ before: T; gone: T; after: T }> {
  const before = await ask();
  const { request } = await ledger.requests.create({
    tenant: 'aurora',
    regulation: 'GDPR',
    receivedOn: '2026-11-24',
    dueOn: '2026-12-24',
    requestedBy: 'a_test',
    keys,
    idempotencyKey: `tombstones ${process.pid} ${(submissions += 1)}`,
  });
  const approved = await ledger.requests.approve(request, keys, { state: 'APPROVED' });
  try {
    const gone = await ask();
    await ledger.requests.update(approved, { state: 'CANCELLED' });
    return { before, gone, after: await ask() };
  } finally {
    await ledger.requests.removeTombstones(approved);
  }
}

const investigator = { role: 'fraud_investigator' };
const steward = { role: 'steward' };

async function decisionWithPhone() {
  const { data } = await gateway.ask(
    steward,
    `{ decisions(range: ${RANGE}, first: 50) { nodes { id applicantId applicantEmail } } }`,
  );
  const nodes = data.decisions.nodes as { id: string; applicantId: string; applicantEmail: string }[];
  const found = nodes.find((node) => node.applicantId !== null && node.applicantEmail !== null);
  if (found === undefined) throw new Error('The sample has no such decision.');
  return found;
}

test('points, pages and totals of decisions, over both stores', async () => {
  const { id, applicantId } = await decisionWithPhone();
  const asked = async () => {
    const { data, errors } = await gateway.ask(
      steward,
      `{ decision(id: "${id}") { id }
         decisions(range: ${RANGE}, first: 1, where: { applicantId: { eq: "${applicantId}" } }) { nodes { id } totalCount }
         decisionMetrics(range: ${RANGE}) { rows { decisions } } }`,
    );
    expect((errors ?? []).map(({ extensions }) => extensions.code)).toEqual(
      data.decision === null ? ['NOT_FOUND'] : [],
    );
    return {
      point: data.decision !== null,
      own: data.decisions.totalCount as number,
      all: (data.decisionMetrics.rows as { decisions: number }[]).reduce(
        (sum, row) => sum + row.decisions,
        0,
      ),
    };
  };
  const { before, gone, after } = await around([{ kind: 'customer', key: applicantId }], asked);
  expect(before.point).toBe(true);
  expect(before.own).toBeGreaterThan(0);
  expect(gone).toEqual({ point: false, own: 0, all: before.all - before.own });
  expect(after).toEqual(before);
});

test('another tenant’s person of the same id stays', async () => {
  const { id, applicantId } = await decisionWithPhone();
  const elsewhere = { ...steward, tenant: 'borealis' };
  const asked = async () =>
    (await gateway.ask(elsewhere, `{ decision(id: "${id}") { id applicantId } }`)).text.replace(
      /"extensions".*/,
      '',
    );
  const { before, gone } = await around([{ kind: 'customer', key: applicantId }], asked);
  expect(gone).toBe(before);
});

test('near-identical keys take nobody away', async () => {
  const { id, applicantId } = await decisionWithPhone();
  const near = [
    `${applicantId} `,
    ` ${applicantId}`,
    applicantId.toUpperCase() + '%',
    applicantId.slice(0, -1),
    "' or 1=1 --",
  ];
  const asked = async () => (await gateway.ask(steward, `{ decision(id: "${id}") { id } }`)).data.decision;
  const keys = near.map((key) => ({ kind: 'customer' as const, key }));
  const { before, gone } = await around([...keys, { kind: 'device', key: applicantId }], asked);
  expect(before).not.toBeNull();
  expect(gone).toEqual(before);
});

test('a key of another kind takes only rows away that have no subject', async () => {
  const { id, applicantEmail } = await decisionWithPhone();
  const asked = async () => {
    const { data, errors } = await gateway.ask(
      steward,
      `{ decision(id: "${id}") { id }
         decisions(range: ${RANGE}, first: 1, where: { id: { eq: "${id}" } }) { totalCount } }`,
    );
    expect(errors).toBeUndefined();
    return [data.decision.id, data.decisions.totalCount];
  };
  const { before, gone } = await around([{ kind: 'email', key: applicantEmail }], asked);
  expect(before).toEqual([id, 1]);
  expect(gone).toEqual(before);
});

test('sales: the customer goes out of the warehouse, whoever asks', async () => {
  const { data } = await gateway.ask(
    steward,
    '{ erp { salesLines(first: 100) { nodes { customerId salesRepresentative } } } }',
  );
  const line = (data.erp.salesLines.nodes as { customerId: string | null }[]).find(
    (node) => node.customerId !== null,
  );
  const customerId = String(line?.customerId);
  const asked = async () => {
    const answer = await gateway.ask(
      steward,
      `{ erp { salesLines(first: 1, where: { customerId: { eq: "${customerId}" } }) { totalCount }
         salesMetrics { rows { lines } } } }`,
    );
    expect(answer.errors).toBeUndefined();
    const rows = answer.data.erp.salesMetrics.rows as { lines: number }[];
    return {
      own: answer.data.erp.salesLines.totalCount as number,
      all: rows.reduce((sum, row) => sum + row.lines, 0),
    };
  };
  const { before, gone, after } = await around([{ kind: 'customer', key: customerId }], asked);
  expect(before.own).toBeGreaterThan(0);
  expect(gone).toEqual({ own: 0, all: before.all - before.own });
  expect(after).toEqual(before);
});

test('a mention: the line stays, and does not say who sold it, in rows, filters or order', async () => {
  const { data } = await gateway.ask(
    steward,
    '{ erp { salesLines(first: 100) { nodes { id salesRepresentative } } } }',
  );
  const [line] = (data.erp.salesLines.nodes as { id: string; salesRepresentative: string | null }[]).filter(
    (node) => node.salesRepresentative !== null,
  );
  const rep = String(line?.salesRepresentative);
  const asked = async () => {
    const answer = await gateway.ask(
      steward,
      `{ erp { all: salesLines(first: 1) { totalCount }
         theirs: salesLines(first: 1, where: { salesRepresentative: { eq: "${rep}" } }) { totalCount }
         line: salesLines(first: 1, where: { id: { eq: "${line?.id}" } }) { nodes { salesRepresentative } } } }`,
    );
    expect(answer.errors).toBeUndefined();
    const { all, theirs, line: one } = answer.data.erp;
    return [all.totalCount, theirs.totalCount > 0, one.nodes[0].salesRepresentative];
  };
  const { before, gone } = await around([{ kind: 'employee', key: rep }], asked);
  expect(before).toEqual([before[0], true, rep]);
  expect(gone).toEqual([before[0], false, null]);
});

test('devices and employees, in lists, series and figures', async () => {
  const { data } = await gateway.ask(
    steward,
    `{ readings(range: ${RANGE}, first: 1) { nodes { deviceId } }
    hr { employees(first: 1) { nodes { employeeNumber } } } }`,
  );
  const device = String(data.readings.nodes[0].deviceId);
  const employee = String(data.hr.employees.nodes[0].employeeNumber);
  const asked = async () => {
    const answer = await gateway.ask(
      steward,
      `{ readings(range: ${RANGE}, first: 1, where: { deviceId: { eq: "${device}" } }) { totalCount }
         readingSeries(range: ${RANGE}, groupBy: [DEVICE_ID], first: 1000) { rows { deviceId } }
         hr { employees(first: 1, where: { employeeNumber: { eq: "${employee}" } }) { totalCount }
              headcount { rows { headcount } } } }`,
    );
    expect(answer.errors).toBeUndefined();
    const { readings, readingSeries: series, hr } = answer.data;
    people ??= hr.headcount.rows[0].headcount;
    return [
      readings.totalCount > 0,
      series.rows.some((row: { deviceId: string }) => row.deviceId === device),
      hr.employees.totalCount > 0,
      hr.headcount.rows[0].headcount === people,
    ];
  };
  let people: number | undefined;
  const keys = [
    { kind: 'device' as const, key: device },
    { kind: 'employee' as const, key: employee },
  ];
  expect(await around(keys, asked)).toEqual({
    before: [true, true, true, true],
    gone: [false, false, false, false],
    after: [true, true, true, true],
  });
});

test('a cursor from before goes on', async () => {
  const { applicantId } = await decisionWithPhone();
  const page = await gateway.ask(
    investigator,
    `{ decisions(range: ${RANGE}, first: 3) { pageInfo { endCursor } } }`,
  );
  const after = String(page.data.decisions.pageInfo.endCursor);
  const { gone } = await around([{ kind: 'customer', key: applicantId }], () =>
    gateway.ask(investigator, `{ decisions(range: ${RANGE}, first: 3, after: "${after}") { nodes { id } } }`),
  );
  expect(gone.errors).toBeUndefined();
});

test('without the list of who is gone nothing about people is shown, and the gateway is not ready', async () => {
  const blind = await startGateway({ SLUICE_ERASURE_TABLE: 'there-is-no-such-table' });
  const { errors } = await blind.ask(steward, '{ erp { salesMetrics { rows { lines } } } }');
  expect(errors?.[0]?.extensions.code).toBe('ENGINE_UNAVAILABLE');
  const ready = await fetch(`${blind.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ parts: { ledger: 'down', dynamodb: 'up' } });
  await blind.close();
});

test('tombstones of another key are not passed over', async () => {
  const { applicantId } = await decisionWithPhone();
  const other = await startGateway({
    ...LEDGER,
    SLUICE_ERASURE_KEY: Buffer.alloc(32, 9).toString('base64'),
    SLUICE_TOMBSTONE_SECONDS: '0',
  });
  const { gone } = await around([{ kind: 'customer', key: applicantId }], () =>
    other.ask(steward, '{ erp { salesMetrics { rows { lines } } } }'),
  );
  expect(gone.errors?.[0]?.extensions.code).toBe('ENGINE_UNAVAILABLE');
  await other.close();
});
