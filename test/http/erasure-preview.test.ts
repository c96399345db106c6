import { AuditTokens } from '../../src/auth/audit-tokens';
import { readConfig } from '../../src/config';
import { createLedger, type Ledger } from '../../src/erasure/ledger/ledger';
import { submission, REQUEST } from '../support/erasures';
import { startGateway, type Gateway } from '../support/gateway';
import { localAws } from '../support/local-aws';

/** Preview, plan and approval over the sample company: real people found in real stores. */

let gateway: Gateway;
let ledger: Ledger;

beforeAll(async () => {
  gateway = await startGateway({ SLUICE_TOMBSTONE_SECONDS: '0' });
  ledger = createLedger(readConfig(localAws().environment));
});

afterAll(async () => {
  await gateway.close();
  ledger.close();
});

const staff = { role: 'compliance' };
const approver = { role: 'compliance_approver' };
const steward = { role: 'steward' };

const PREVIEW = `query($keys: [SubjectKeyInput!], $csv: String) { erasurePreview(keys: $keys, csv: $csv) {
  personCount plan { hash keyCount parts { dataset store action rows ground } residue { kind } }
  people { keys { kind key token distance evidence { dataset from to rows } } leftOutKeys { key why } } } }`;

interface Decision {
  id: string;
  applicantId: string;
  applicantEmail: string;
}

async function someDecision(): Promise<Decision> {
  const { data } = await gateway.ask(
    steward,
    '{ decisions(range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }, first: 50) { nodes { id applicantId applicantEmail } } }',
  );
  const nodes = data.decisions.nodes as Decision[];
  const found = nodes.find(
    ({ applicantId, applicantEmail }) => applicantId !== null && applicantEmail !== null,
  );
  if (found === undefined) throw new Error('The sample has no such decision.');
  return found;
}

async function waiting(tenant: string): Promise<number> {
  return (await ledger.requests.list(tenant, { first: 1_000 })).length;
}

test('a preview finds the person and counts the rows, and writes nothing', async () => {
  const { applicantId, applicantEmail } = await someDecision();
  const before = await waiting('aurora');
  const { data, errors } = await gateway.ask(staff, PREVIEW, {
    keys: [{ kind: 'CUSTOMER', key: applicantId }],
  });
  expect(errors).toBeUndefined();
  const { personCount, plan, people } = data.erasurePreview;
  expect(personCount).toBe(1);
  expect(people[0].keys[0]).toMatchObject({ kind: 'CUSTOMER', key: applicantId, distance: 0 });
  expect(people[0].keys).toContainEqual(
    expect.objectContaining({
      kind: 'EMAIL',
      key: applicantEmail,
      distance: 1,
      evidence: expect.objectContaining({ dataset: 'Decision', from: 'applicantId', to: 'applicantEmail' }),
    }),
  );
  const rows = (store: string): number =>
    plan.parts
      .filter(
        (part: { dataset: string; store: string }) => part.dataset === 'Decision' && part.store === store,
      )
      .reduce((sum: number, part: { rows: number }) => sum + part.rows, 0);
  expect(rows('athena')).toBeGreaterThan(0);
  expect(rows('dynamodb')).toBe(rows('athena'));
  expect(await waiting('aurora')).toBe(before);
  const line = gateway.audited().findLast(({ call_kind }) => call_kind === 'ERASURE_KEYS');
  expect(line?.subjects).toContain(AuditTokens.markOf(people[0].keys[0].token));
  expect(JSON.stringify(line)).not.toContain(applicantId);
  expect(gateway.log()).not.toContain(applicantId);
});

test('keys of two people are two people; somebody unknown is found nowhere', async () => {
  const { applicantId } = await someDecision();
  const keys = [
    { kind: 'CUSTOMER', key: applicantId },
    { kind: 'DEVICE', key: 'no-such-device' },
  ];
  const { data } = await gateway.ask(staff, PREVIEW, { keys });
  expect(data.erasurePreview.personCount).toBe(2);
  const nobody = await gateway.ask(staff, PREVIEW, { csv: 'kind,key\ndevice,no-such-device\n' });
  expect(nobody.data.erasurePreview.plan.parts.every(({ rows }: { rows: number }) => rows === 0)).toBe(true);
});

test('another tenant finds nobody by the same key, unless it has one of its own', async () => {
  const { applicantId } = await someDecision();
  const { data } = await gateway.ask({ ...staff, tenant: 'nobody-here' }, PREVIEW, {
    keys: [{ kind: 'CUSTOMER', key: applicantId }],
  });
  expect(data.erasurePreview.plan.parts.every(({ rows }: { rows: number }) => rows === 0)).toBe(true);
});

const INJECTIONS = [
  "' OR '1'='1",
  "x'; DELETE FROM decisions.decisions; --",
  '"; DROP TABLE sales.lines; --',
  "x\\' OR 1=1 /*",
  'C%',
  'ＣＵＳＴ－１',
];

test('whatever a key says, it is only compared', async () => {
  const kinds = ['CUSTOMER', 'EMPLOYEE', 'DEVICE', 'EMAIL', 'PHONE'];
  const keys = kinds.flatMap((kind) => INJECTIONS.map((key) => ({ kind, key })));
  const count = async (): Promise<unknown> => {
    const { data } = await gateway.ask(
      steward,
      '{ erp { salesMetrics { rows { lines } } } hr { employees(first: 1) { totalCount } } }',
    );
    return data;
  };
  const before = await count();
  const { data, errors } = await gateway.ask(staff, PREVIEW, { keys });
  expect(errors).toBeUndefined();
  expect(data.erasurePreview.personCount).toBe(keys.length);
  expect(data.erasurePreview.plan.parts.every(({ rows }: { rows: number }) => rows === 0)).toBe(true);
  expect(await count()).toEqual(before);
});

test('asked, planned, approved by another, gone at once, and seen again when it is withdrawn', async () => {
  const { id: decision, applicantId } = await someDecision();
  const seen = async (): Promise<boolean> =>
    (await gateway.ask(steward, `{ decision(id: "${decision}") { id } }`)).data.decision !== null;
  const keys = [{ kind: 'CUSTOMER', key: applicantId }];
  const asked = await gateway.ask(staff, REQUEST, { input: submission({ keys }) });
  const { id } = asked.data.requestErasure;
  const replan =
    'mutation($id: ID!) { replanErasure(id: $id) { state planHash keyCount leftOutKeyCount tables { dataset rows } history { event chain } } }';
  const planned = await gateway.ask(staff, replan, { id });
  expect(planned.errors).toBeUndefined();
  const { state, planHash, keyCount, leftOutKeyCount, history } = planned.data.replanErasure;
  expect([state, leftOutKeyCount]).toEqual(['PLANNED', 0]);
  expect(keyCount).toBeGreaterThan(1);
  expect(history.at(-1)).toMatchObject({ event: 'PLANNED', chain: expect.any(Number) });
  expect(await seen()).toBe(true);
  try {
    const approve = 'mutation($id: ID!, $hash: ID!) { approveErasure(id: $id, planHash: $hash) { state } }';
    const { data } = await gateway.ask(approver, approve, { id, hash: planHash });
    expect(data.approveErasure.state).toBe('APPROVED');
    expect(await seen()).toBe(false);
    // Nothing is planned anew once it is approved.
    expect((await gateway.ask(staff, replan, { id })).errors?.[0]?.extensions.code).toBe('CONFLICT');
  } finally {
    await gateway.ask(staff, 'mutation($id: ID!) { cancelErasure(id: $id) { state } }', { id });
  }
  expect(await seen()).toBe(true);
});

test('where erasure is not set up the gateway starts, and says what to set', async () => {
  const bare = await startGateway({ SLUICE_ERASURE_LOCATION: undefined as unknown as string });
  const { errors } = await bare.ask(staff, PREVIEW, { keys: [{ kind: 'CUSTOMER', key: 'C-1' }] });
  expect(errors?.[0]?.extensions.code).toBe('ENGINE_UNAVAILABLE');
  expect(errors?.[0]?.message).toMatch(/set SLUICE_ERASURE_LOCATION/);
  const other = await bare.ask(staff, '{ regulations { id } erasureRequests { nodes { id } } }');
  expect(other.errors).toBeUndefined();
  await bare.close();
});

test('a preview ends with its request, in words, and many at once all end', async () => {
  const hasty = await startGateway({ SLUICE_REQUEST_DEADLINE_MS: '1' });
  const { errors } = await hasty.ask(staff, PREVIEW, { keys: [{ kind: 'CUSTOMER', key: 'C-1' }] });
  expect(errors?.[0]?.extensions.code).toBe('ENGINE_TIMEOUT');
  expect(errors?.[0]?.message).toMatch(/Ask for fewer keys at once/);
  expect(hasty.log()).not.toContain('erasure_fault');
  await hasty.close();
  const many = ['a', 'b', 'c', 'd'].map((alias) => `${alias}: erasurePreview(csv: $csv) { personCount }`);
  const { data } = await gateway.ask(staff, `query($csv: String) { ${many.join(' ')} }`, {
    csv: 'kind,key\ncustomer,C-1\n',
  });
  expect(data).toEqual({
    ...{ a: { personCount: 1 }, b: { personCount: 1 } },
    ...{ c: { personCount: 1 }, d: { personCount: 1 } },
  });
});

test('a table of regulations with a fault stops the boot, with its line', async () => {
  await expect(startGateway({ SLUICE_REGULATIONS_FILE: 'policy/policy.yaml' })).rejects.toThrow(
    /policy\/policy\.yaml:\d+: /,
  );
});

test('a client that may not see keys gets none by a preview', async () => {
  const { errors } = await gateway.ask({ role: 'auditor' }, PREVIEW, { keys: [] });
  expect(errors?.[0]?.message).toMatch(/Cannot query field "erasurePreview"|Unknown type/);
});
