import {
  buildClientSchema,
  getIntrospectionQuery,
  type GraphQLObjectType,
  type IntrospectionQuery,
} from 'graphql';
import { startGateway, type Answer, type Gateway } from '../support/gateway';
import { writePolicy } from '../support/policy-files';
import { codeOf, raw } from '../support/raw-http';

/** Classes that a role may use only for a purpose, named in the header x-purpose. */

const RANGE = 'range: { from: "2025-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" }';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const ask = (query: string, purpose?: string, role = 'fraud_investigator'): Promise<Answer> =>
  gateway.ask({ role, headers: purpose === undefined ? {} : { 'x-purpose': purpose } }, query);
const codes = (answer: Answer): unknown => answer.errors?.map(({ extensions }) => extensions.code);
const words = (answer: Answer): string => answer.errors?.map(({ message }) => message).join(' ') ?? '';

const USES: [string, string][] = [
  ['selecting', `{ decisions(${RANGE}, first: 1) { nodes { applicantEmail } } }`],
  ['filtering', `{ decisions(${RANGE}, where: { applicantName: { startsWith: "A" } }) { nodes { id } } }`],
  [
    'filtering a count',
    `{ decisions(${RANGE}, where: { applicantName: { isNull: false } }) { totalCount } }`,
  ],
  ['ordering', `{ decisions(${RANGE}, orderBy: [APPLICANT_NAME_ASC], first: 1) { nodes { id } } }`],
  [
    'filtering groups',
    `{ decisionMetrics(${RANGE}, where: { applicantEmail: { contains: "@" } }) { rows { decisions } } }`,
  ],
];

test.each(USES)('%s such a field needs the purpose', async (_use, query) => {
  const without = await ask(query);
  expect(codes(without)).toEqual(['FORBIDDEN']);
  expect(words(without)).toMatch(/x-purpose with one of: fraud_investigation, chargeback/);
  for (const purpose of ['fraud_investigation', 'chargeback']) {
    const { errors, data } = await ask(query, purpose);
    expect(errors).toBeUndefined();
    expect(JSON.stringify(data)).toMatch(/"(nodes|rows)":\[\{|totalCount":[1-9]/);
  }
});

test('a decision by its id needs the purpose for those fields alone', async () => {
  const { data } = await ask(`{ decisions(${RANGE}, first: 1) { nodes { id } } }`);
  const id = JSON.stringify((data as { decisions: { nodes: { id: string }[] } }).decisions.nodes[0]?.id);
  expect(codes(await ask(`{ decision(id: ${id}) { applicantPhone } }`))).toEqual(['FORBIDDEN']);
  const open = await ask(`{ decision(id: ${id}) { outcome transactions { name } } }`);
  expect(open.errors).toBeUndefined();
  const named = await ask(`{ decision(id: ${id}) { applicantPhone } }`, 'chargeback');
  expect((named.data as { decision: { applicantPhone: string } }).decision.applicantPhone).toMatch(/\d/);
});

test('a purpose that the policy does not have is refused, and the text names the useful ones', async () => {
  const unknown = await ask('{ viewer { role } }', 'curiosity');
  expect([unknown.status, codes(unknown)]).toEqual([403, ['FORBIDDEN']]);
  expect(words(unknown)).toMatch(/one of: chargeback, fraud_investigation/);
  const elsewhere = await ask('{ viewer { role } }', 'curiosity', 'support');
  expect([elsewhere.status, codes(elsewhere)]).toEqual([403, ['FORBIDDEN']]);
  expect(words(elsewhere)).toMatch(/needs none/);
  expect(gateway.log()).toMatch(
    /"event":"request_refused","request":"[^"]+","code":"FORBIDDEN","status":403,"reason":"purpose"/,
  );
});

test.each([
  ['empty', ''],
  ['too long', 'a'.repeat(65)],
  ['of odd characters', 'fraud investigation'],
  ['two in one', 'fraud_investigation, chargeback'],
  ['__proto__', '__proto__'],
])('a header that is %s is bad input', async (_name, value) => {
  const answer = await ask('{ viewer { role } }', value);
  expect([answer.status, codes(answer)]).toEqual([400, ['BAD_USER_INPUT']]);
});

test('a header sent twice is bad input', async () => {
  const token = await gateway.token({ role: 'fraud_investigator' });
  const headers = ['authorization', `Bearer ${token}`, 'content-type', 'application/json'];
  const twice = ['x-purpose', 'chargeback', 'x-purpose', 'chargeback'];
  const { status, text } = await raw(
    gateway.url,
    [...headers, ...twice],
    Buffer.from('{"query":"{ __typename }"}'),
  );
  expect([status, codeOf(text)]).toEqual([400, 'BAD_USER_INPUT']);
});

describe('measures, groups, times and keys', () => {
  const role = (purposes: string): string =>
    'purposes: { billing: Bills., tax: Taxes. }\nroles:\n  clerk:\n    description: Keeps the books.\n    domains:\n      erp:\n' +
    `        classes: { public: clear, internal: clear, identifier: clear, financial: clear, location: clear }\n        purposes: ${purposes}\n`;
  const asClerk = async (file: string, query: string, purpose?: string): Promise<Answer> => {
    const own = await startGateway({ SLUICE_POLICY_FILE: file });
    try {
      const headers: Record<string, string> = purpose === undefined ? {} : { 'x-purpose': purpose };
      return await own.ask({ role: 'clerk', headers }, query);
    } finally {
      await own.close();
    }
  };

  test.each([
    ['a measure', '{ identifier: [billing] }', '{ erp { salesMetrics { rows { customers } } } }'],
    ['a ratio', '{ financial: [billing] }', '{ erp { salesMetrics { rows { averageInvoice } } } }'],
    [
      'an order by a measure',
      '{ financial: [billing] }',
      '{ erp { salesMetrics(groupBy: [CURRENCY], orderBy: [REVENUE_DESC]) { rows { currency } } } }',
    ],
    [
      'a group',
      '{ public: [billing] }',
      '{ erp { salesMetrics(groupBy: [COUNTRY]) { rows { country lines } } } }',
    ],
    [
      'a grain',
      '{ internal: [billing] }',
      '{ erp { salesMetrics(grain: MONTH) { rows { period lines } } } }',
    ],
    [
      'a count of rows whose key needs it',
      '{ internal: [billing] }',
      '{ erp { salesLines { totalCount } } }',
    ],
  ])('%s needs the purpose of what it reads', async (_name, purposes, query) => {
    const file = writePolicy(role(purposes));
    for (const purpose of [undefined, 'tax']) {
      const refused = await asClerk(file, query, purpose);
      expect(codes(refused)).toEqual(['FORBIDDEN']);
      expect(words(refused)).toMatch(/x-purpose with one of: billing/);
    }
    expect((await asClerk(file, query, 'billing')).errors).toBeUndefined();
  });
});

test('the audit line, the viewer and the schema say it', async () => {
  const { data } = await ask('{ viewer { purpose breakGlass } }', 'chargeback');
  expect(data).toEqual({ viewer: { purpose: 'chargeback', breakGlass: false } });
  await ask(`{ decisions(${RANGE}, first: 1) { nodes { applicantEmail } } }`, 'chargeback');
  expect(gateway.audited().at(-1)).toMatchObject({
    acting_role: 'fraud_investigator',
    purpose: 'chargeback',
  });
  const introspected = await ask(getIntrospectionQuery());
  const schema = buildClientSchema(introspected.data as IntrospectionQuery);
  const description = (type: string, field: string): string =>
    (schema.getType(type) as GraphQLObjectType).getFields()[field]?.description ?? '';
  expect(description('Decision', 'applicantEmail')).toMatch(
    /send the header x-purpose with one of fraud_investigation, chargeback\.$/,
  );
  expect(description('Decision', 'amount')).not.toMatch(/x-purpose/);
});
