import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway, type Answer, type Caller, type Gateway } from '../support/gateway';

/** The read audit through the front door: what was read is a dataset that auditors ask. */

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ SLUICE_AUDIT_SECONDS: '0.2' });
});
afterAll(() => gateway.close());

const DECISIONS = `query Look($where: DecisionWhere, $first: Int!) {
  decisions(range: { from: "2010-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z" }, where: $where, first: $first) {
    nodes { id applicantId applicantEmail amount }
  }
}`;

const RECORDS = `query Records($range: TimeRangeInput!, $where: AccessRecordWhere, $subject: ID, $first: Int!) {
  accessRecords(range: $range, where: $where, subject: $subject, orderBy: [AT_DESC], first: $first) {
    nodes {
      id at requestId who role operation policyVersion purpose breakGlass call dataset fields filters
      clearClasses maskedClasses subjectCount rows statements outcome
    }
  }
}`;

const auditor: Caller = { role: 'auditor' };
const steward: Caller = { role: 'steward' };

function today(): { from: string; to: string } {
  const now = Date.now();
  return { from: new Date(now - 86_400_000).toISOString(), to: new Date(now + 3_600_000).toISOString() };
}

async function records(caller: Caller, variables: Record<string, unknown>): Promise<Answer['data'][]> {
  const answer = await gateway.ask(caller, RECORDS, { range: today(), first: 100, ...variables });
  expect(answer.errors).toBeUndefined();
  return answer.data.accessRecords.nodes;
}

/** Records of one request, once they are stored. */
async function recordsOf(answer: Answer, caller: Caller = auditor): Promise<Answer['data'][]> {
  const where = { requestId: { eq: answer.extensions.requestId } };
  for (let tries = 0; tries < 100; tries += 1) {
    const found = await records(caller, { where });
    if (found.length > 0) return found;
    await sleep(100);
  }
  throw new Error('The records are not stored.');
}

test('says who read which classes of what, acting as what, and never a value', async () => {
  const read = await gateway.ask({ role: 'support' }, DECISIONS, {
    first: 5,
    where: { outcome: { eq: 'DENIED' } },
  });
  expect(read.errors).toBeUndefined();
  const [record, ...others] = await recordsOf(read);
  expect(others).toEqual([]);
  const statement = (read.extensions.cost?.engineCalls ?? [])[0]?.statementId;
  expect(record).toMatchObject({
    role: 'support',
    call: 'ROWS',
    dataset: 'Decision',
    fields: 'id:clear applicantId:clear applicantEmail:partial amount:band',
    filters: 'outcome',
    clearClasses: 'internal identifier',
    maskedClasses: 'contact financial',
    breakGlass: false,
    purpose: null,
    rows: 5,
    statements: statement,
    outcome: 'OK',
  });
  expect(record.who).toMatch(/^a_[\w-]{22}$/);
  expect(record.subjectCount).toBeGreaterThan(0);
  expect(JSON.stringify(record)).not.toContain('support@test');
});

test('the operation that ran is named, whether or not the request names it', async () => {
  const several =
    'query First { hr { employees(first: 1) { nodes { left } } } } query Second { viewer { role } }';
  const named = async (query: string, operationName?: string): Promise<unknown> => {
    const answer = await gateway.post(JSON.stringify({ query, operationName }), {
      'content-type': 'application/json',
      authorization: `Bearer ${await gateway.token(steward)}`,
    });
    expect(answer.errors).toBeUndefined();
    const [record] = await recordsOf(answer);
    return record.operation;
  };
  expect(await named(several, 'First')).toBe('First');
  expect(await named('query InTheText { hr { employees(first: 1) { nodes { left } } } }')).toBe('InTheText');
  expect(await named('{ hr { employees(first: 1) { nodes { left } } } }')).toBeNull();
});

test('who saw a person is answered by pseudonym, by audit token and, for those who see it, by the identifier', async () => {
  const seen = await gateway.ask({ role: 'support' }, DECISIONS, { first: 1 });
  const [{ id, applicantId }] = seen.data.decisions.nodes;
  const tokenised = await gateway.ask(
    { role: 'risk_analyst' },
    `query($id: ID!) { decision(id: $id) { applicantId } }`,
    { id },
  );
  const pseudonym = tokenised.data.decision.applicantId;
  await recordsOf(seen);
  await recordsOf(tokenised);

  const both = [seen.extensions.requestId, tokenised.extensions.requestId];
  const byPseudonym = await records(auditor, { subject: pseudonym });
  const ids = byPseudonym.map(({ requestId }) => requestId);
  expect(ids).toEqual(expect.arrayContaining(both));

  const byIdentifier = await records(steward, { subject: applicantId });
  expect(byIdentifier.map(({ requestId }) => requestId)).toEqual(expect.arrayContaining(both));

  const tokens = await gateway.ask(
    steward,
    `query($range: TimeRangeInput!, $id: ID!) {
      accessRecords(range: $range, where: { requestId: { eq: $id } }) { nodes { subjects } }
    }`,
    { range: today(), id: tokenised.extensions.requestId },
  );
  const [, token] = tokens.data.accessRecords.nodes[0].subjects.match(/^(.{12})/);
  expect(token).toMatch(/^a_/);
  const byToken = await records(auditor, { subject: token });
  expect(byToken.map(({ requestId }) => requestId)).toEqual(expect.arrayContaining(both));

  // The same page without the person is not among them.
  const other = await gateway.ask({ role: 'support' }, DECISIONS, {
    first: 1,
    where: { id: { ne: id }, applicantId: { ne: applicantId } },
  });
  await recordsOf(other);
  for (const subject of [pseudonym, token])
    expect((await records(auditor, { subject })).map(({ requestId }) => requestId)).not.toContain(
      other.extensions.requestId,
    );

  // Nobody without the right to it asks by the identifier; another tenant's and made-up tokens find nothing.
  expect(await records(auditor, { subject: applicantId })).toEqual([]);
  for (const caller of [auditor, steward]) {
    expect(await records({ ...caller, tenant: 'borealis' }, { subject: pseudonym })).toEqual([]);
    expect(await records({ ...caller, tenant: 'borealis' }, { subject: token })).toEqual([]);
    // Texts of this test alone: other tests ask for people who are nobody too, and asking is on record.
    const nobody = ['', '|', '%'].map((text) => `${text}${randomUUID()}`);
    for (const made of [
      `a_${randomBytes(16).toString('base64url')}`,
      `p_${randomBytes(32).toString('base64url')}`,
      ...nobody,
      `${token}|`,
    ])
      expect(await records(caller, { subject: made })).toEqual([]);
  }
});

test('names the people of a page that did not select who they are', async () => {
  const query = `{ hr { employees(first: 20) { nodes { department } } } }`;
  const read = await gateway.ask({ role: 'hr_manager' }, query);
  expect(read.errors).toBeUndefined();
  const { length } = read.data.hr.employees.nodes;
  const [record] = await recordsOf(read);
  expect(record).toMatchObject({ fields: 'department:clear', subjectCount: length, rows: length });
});

test('names everybody on a page of a thousand', async () => {
  const read = await gateway.ask(
    { role: 'steward' },
    `{ readings(range: { from: "2020-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z" }, first: 1000) { nodes { deviceId } } }`,
  );
  const devices = new Set(read.data.readings.nodes.map(({ deviceId }: { deviceId: string }) => deviceId));
  const [record] = await recordsOf(read);
  expect(record.subjectCount).toBe(devices.size);
});

describe('groups by the people they are of', () => {
  const WIDE = 'range: { from: "2020-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z" }';
  const series = (caller: Caller, more: string): Promise<Answer> =>
    gateway.ask(
      caller,
      `{ readingSeries(${WIDE}, groupBy: [METRIC, DEVICE_ID], ${more}) { rows { deviceId readings } } }`,
    );
  const tokensOf = async (answer: Answer): Promise<string[]> => {
    expect(answer.errors).toBeUndefined();
    const { requestId } = answer.extensions;
    const [record] = await recordsOf(answer);
    const { data } = await gateway.ask(
      steward,
      `query($range: TimeRangeInput!, $id: ID!) {
        accessRecords(range: $range, where: { requestId: { eq: $id } }) { nodes { subjects } }
      }`,
      { range: today(), id: requestId },
    );
    const tokens = String(data.accessRecords.nodes[0].subjects).match(/.{12}/g) ?? [];
    expect(record.subjectCount).toBe(tokens.length);
    return tokens;
  };
  const devicesOf = ({ data }: Answer): string[] => [
    ...new Set<string>(data.readingSeries.rows.map(({ deviceId }: { deviceId: string }) => deviceId)),
  ];

  test('name each on the page, and nobody beyond it, with or without periods', async () => {
    for (const more of ['first: 3', 'grain: MONTH, first: 5']) {
      const answer = await series({ role: 'fleet_operator' }, more);
      const devices = devicesOf(answer);
      expect(devices.length).toBeGreaterThan(0);
      expect(await tokensOf(answer)).toHaveLength(devices.length);
      const found = await records(steward, { subject: devices[0] });
      expect(found.map(({ requestId }) => requestId)).toContain(answer.extensions.requestId);
    }
  });

  test('name those that are shown as pseudonyms', async () => {
    const answer = await series({ role: 'telemetry_analyst' }, 'orderBy: [READINGS_DESC], first: 3');
    const devices = devicesOf(answer);
    expect(devices[0]).toMatch(/^p_/);
    expect(await tokensOf(answer)).toHaveLength(devices.length);
    for (const device of devices) {
      const found = await records(auditor, { subject: device });
      expect(found.map(({ requestId }) => requestId)).toContain(answer.extensions.requestId);
    }
  });

  test('name customers, and nobody where groups are of many', async () => {
    const sales = (dimension: string, field: string): Promise<Answer> =>
      gateway.ask(
        steward,
        `{ erp { salesMetrics(groupBy: [${dimension}], first: 1000) { rows { ${field} lines } } } }`,
      );
    const answer = await sales('CUSTOMER_ID', 'customerId');
    const customers: (string | null)[] = answer.data.erp.salesMetrics.rows.map(
      ({ customerId }: { customerId: string | null }) => customerId,
    );
    const known = new Set(customers.filter((customer) => customer !== null));
    expect(known.size).toBeGreaterThan(1);
    expect(await tokensOf(answer)).toHaveLength(known.size);
    expect(await tokensOf(await sales('COUNTRY', 'country'))).toEqual([]);
  });
});

describe('figures and counts', () => {
  const ALL = 'range: { from: "2000-01-01T00:00:00Z", to: "2030-01-01T00:00:00Z" }';
  const EMPLOYEES = '{ hr { employees(first: 1000) { nodes { FIELDS } } } }';
  const DECIDED = `{ decisions(${ALL}, first: 1000) { nodes { FIELDS } } }`;
  interface Asked {
    answer: Answer;
    groups: object[];
    total: number;
  }
  const employees = async (role: string, where: object, measures: string): Promise<Asked> => {
    const answer = await gateway.ask(
      { role },
      `query($where: EmployeeWhere) { hr {
        headcount(where: $where, groupBy: [CURRENCY]) { rows { ${measures} } }
        employees(where: $where) { totalCount }
      } }`,
      { where },
    );
    const hr = answer.data?.hr;
    return { answer, groups: hr?.headcount.rows, total: hr?.employees.totalCount };
  };
  const decisions = async (role: string, where: object, measures: string): Promise<Asked> => {
    const answer = await gateway.ask(
      { role },
      `query($where: DecisionWhere) {
        decisionMetrics(${ALL}, where: $where) { rows { ${measures} } }
        decisions(${ALL}, where: $where) { totalCount }
      }`,
      { where },
    );
    const { data } = answer;
    return { answer, groups: data?.decisionMetrics.rows, total: data?.decisions.totalCount };
  };
  /** How many people each line of the request is about; `subject`: only the lines about this person. */
  const linesOf = async ({ answer }: Asked, subject?: string): Promise<Record<string, number>> => {
    expect(answer.errors).toBeUndefined();
    const where = { requestId: { eq: answer.extensions.requestId } };
    for (let tries = 0; (await recordsOf(answer)).length < 2 && tries < 50; tries += 1) await sleep(100);
    const found = await records(steward, { where, ...(subject === undefined ? {} : { subject }) });
    return Object.fromEntries(found.map(({ call, subjectCount }) => [call, subjectCount]));
  };
  /** Somebody whom the role reaches and whose value of the field nobody else has. */
  const somebody = async (role: string, list: string, field: string): Promise<Record<string, string>> => {
    const seen = (asking: string, fields: string) =>
      gateway.ask({ role: asking }, list.replace('FIELDS', fields));
    const nodesOf = ({ data }: Answer): Record<string, string>[] =>
      (data.hr?.employees ?? data.decisions).nodes;
    const reached = new Set(nodesOf(await seen(role, 'id')).map(({ id }) => id));
    const person = list === EMPLOYEES ? 'employeeNumber' : 'applicantId';
    const all = nodesOf(await seen('steward', [...new Set(['id', person, field])].join(' ')));
    const one = all.find((row) => {
      const alike = all.filter((other) => other[field] === row[field]);
      return reached.has(row.id) && row[field] !== null && alike.length === 1;
    });
    return { value: String(one?.[field]), person: String(one?.[person]) };
  };

  test.each([
    ['hr_manager', 'fullName', 'people payroll'],
    ['hr_manager', 'email', 'people payroll'],
    ['steward', 'fullName', 'people payroll'],
    ['hr_partner', 'id', 'people'],
  ])('of one employee name that one: %s by %s', async (role, field, measures) => {
    const { value, person } = await somebody(role, EMPLOYEES, field);
    const asked = await employees(role, { [field]: { eq: value } }, measures);
    expect(asked.groups).toEqual([expect.objectContaining({ people: 1 })]);
    expect(asked.total).toBe(1);
    expect(Object.keys(asked.groups[0] ?? {})).toEqual(measures.split(' '));
    expect(await linesOf(asked, person)).toEqual({ METRICS: 1, COUNT: 1 });
  });

  test.each([
    ['steward', 'applicantEmail'],
    ['risk_analyst', 'id'],
  ])('of one applicant name that one: %s by %s', async (role, field) => {
    const { value, person } = await somebody(role, DECIDED, field);
    const asked = await decisions(role, { [field]: { eq: value } }, 'decisions');
    expect(asked.groups).toEqual([{ decisions: asked.total }]);
    expect(await linesOf(asked, person)).toEqual({ METRICS: 1, COUNT: 1 });
  });

  test('of several people name nobody', async () => {
    const two = ['hr_manager', 'steward'].map((role) => employees(role, {}, 'people payroll'));
    for (const asked of await Promise.all(two)) {
      expect(asked.total).toBeGreaterThan(1);
      expect(await linesOf(asked)).toEqual({ METRICS: 0, COUNT: 0 });
    }
  });

  test('of groups of one and of many name those who are alone', async () => {
    const answer = await gateway.ask(
      steward,
      '{ hr { headcount(groupBy: [JOB_ROLE, EDUCATION, GENDER, AGE], first: 1000) { rows { people payroll } } } }',
    );
    const { rows } = answer.data.hr.headcount;
    const alone = rows.filter(({ people }: { people: number }) => people === 1);
    expect(alone.length).toBeGreaterThan(0);
    expect(alone.length).toBeLessThan(rows.length);
    const [record] = await recordsOf(answer);
    expect(record).toMatchObject({ call: 'METRICS', subjectCount: alone.length });
  });
});

test('a look-up by an id that nothing has, or can have, has a record without rows', async () => {
  for (const id of ['', 'x'.repeat(2_000), randomUUID()]) {
    const looked = await gateway.ask(steward, 'query($id: ID!) { decision(id: $id) { id } }', { id });
    expect(looked.errors?.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
    const [record, ...others] = await recordsOf(looked);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ call: 'LOOKUP', dataset: 'Decision', rows: 0, outcome: 'OK' });
  }
});

test('a refusal has a record too', async () => {
  const refused = await gateway.ask({ role: 'support' }, DECISIONS, {
    first: 1,
    where: { amount: { gt: '777888999' } },
  });
  expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN_COLUMN_USE');
  const [record] = await recordsOf(refused);
  expect(record).toMatchObject({ outcome: 'FORBIDDEN_COLUMN_USE', filters: 'amount', rows: 0 });
});

test('reading the audit is audited, once', async () => {
  const answer = await gateway.ask(auditor, RECORDS, {
    range: today(),
    first: 1,
    subject: 'a_AAAAAAAAAAAAAAAAAAAAAA',
  });
  const found = await recordsOf(answer);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ dataset: 'AccessRecord', role: 'auditor', subjectCount: 1 });
});

test('only the roles that the policy names read it, and an auditor sees nobody’s tokens', async () => {
  const hidden = await gateway.ask({ role: 'support' }, RECORDS, { range: today(), first: 1 });
  expect(hidden.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  const tokens = await gateway.ask(
    auditor,
    `query($range: TimeRangeInput!) { accessRecords(range: $range) { nodes { subjects } } }`,
    { range: today() },
  );
  expect(tokens.errors?.[0]?.message).toContain('Cannot query field "subjects"');
});
