import { connect } from 'node:net';
import { importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { ALGORITHM, signingKey } from '../../local/src/issuer/keys';
import { startGateway, type Answer, type Gateway } from '../support/gateway';
import { localAws } from '../support/local-aws';
import { codeOf, raw } from '../support/raw-http';

/** Attacks: each is answered with a code, and the process answers afterwards. */

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterEach(async () => {
  const { data } = await gateway.ask({ role: 'support' }, '{ viewer { role } }');
  expect(data).toEqual({ viewer: { role: 'support' } });
});
afterAll(() => gateway.close());

const STEWARD = { role: 'steward' };
const ROLE_QUERY = JSON.stringify({ query: '{ viewer { tenant role } }' });
const FILTERED = 'query Q($where: SalesLineWhere) { erp { salesLines(where: $where) { totalCount } } }';

const outcome = ({ status, errors }: Answer): [number, string | undefined] => [
  status,
  errors?.[0]?.extensions.code,
];

async function bearer(caller: Parameters<Gateway['token']>[0] = STEWARD): Promise<string> {
  return `Bearer ${await gateway.token(caller)}`;
}

describe('tokens', () => {
  const own = async (
    claims: Record<string, unknown>,
    header: Record<string, unknown> = {},
  ): Promise<string> => {
    const { kid, privateJwk } = await signingKey(localAws().dataDir);
    const good = (await gateway.token(STEWARD)).split('.')[1] ?? '';
    const base = JSON.parse(Buffer.from(good, 'base64url').toString()) as Record<string, unknown>;
    return new SignJWT({ ...base, ...claims })
      .setProtectedHeader({ alg: ALGORITHM, kid, ...header })
      .sign(await importJWK(privateJwk, ALGORITHM));
  };
  const asked = async (token: string): Promise<[number, string | undefined]> =>
    outcome(
      await gateway.post(ROLE_QUERY, {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
      }),
    );

  test('claims of the wrong type or out of shape are refused', async () => {
    const faults: Record<string, unknown>[] = [
      { tenant: ['aurora'] },
      { tenant: { toString: 'aurora' } },
      { tenant: '' },
      { tenant: 'aurora#x' },
      { tenant: "aurora' OR 1=1" },
      { tenant: '__proto__' },
      { tenant: 'a'.repeat(65) },
      { tenant: 'aurora\n' },
      { roles: 'steward' },
      { roles: [] },
      { roles: [['steward']] },
      { roles: { 0: 'steward' } },
      { role: 7 },
      { sub: '' },
      { exp: 'tomorrow' },
      { nbf: Math.floor(Date.now() / 1000) + 3600 },
      { aud: null },
      { iss: 'https://elsewhere.example' },
    ];
    for (const fault of faults) {
      expect([fault, await asked(await own(fault))]).toEqual([fault, [401, 'UNAUTHENTICATED']]);
    }
  });

  test('roles that are names of things in JavaScript are no roles', async () => {
    for (const role of ['constructor', '__proto__', 'toString', 'Steward', 'steward ', 'STEWARD']) {
      expect([role, await asked(await own({ roles: [role] }))]).toEqual([role, [403, 'FORBIDDEN']]);
    }
  });

  test('a key inside the token is not believed', async () => {
    const { publicJwk } = await signingKey(localAws().dataDir).then(({ privateJwk }) => ({
      publicJwk: { ...privateJwk, d: undefined },
    }));
    for (const header of [
      { kid: 'other', jwk: publicJwk },
      { kid: '../../etc/passwd' },
      { crit: ['x'], x: 1 },
    ]) {
      const token = await own({}, header).catch(() => undefined);
      if (token !== undefined) expect(await asked(token)).toEqual([401, 'UNAUTHENTICATED']);
    }
    const unsecured = new UnsecuredJWT({ tenant: 'aurora', roles: ['steward'], sub: 'x' })
      .setExpirationTime('1h')
      .encode();
    expect(await asked(unsecured)).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('headers sent twice, in other cases or as lists do not pick another token or role', async () => {
    const support = await bearer({ role: 'support' });
    const steward = await bearer(STEWARD);
    const both = await bearer({ role: 'support', roles: ['support', 'chatbot'] });
    const json = ['content-type', 'application/json'];
    const ask = async (...headers: string[]): Promise<[number, string | undefined]> => {
      const { status, text } = await raw(gateway.url, [...json, ...headers], Buffer.from(ROLE_QUERY));
      return [
        status,
        codeOf(text) ?? (JSON.parse(text) as { data: { viewer: { role: string } } }).data.viewer.role,
      ];
    };
    expect(await ask('authorization', support, 'Authorization', steward)).toEqual([401, 'UNAUTHENTICATED']);
    expect(await ask('AUTHORIZATION', support)).toEqual([200, 'support']);
    expect(await ask('authorization', `${support}, ${steward}`)).toEqual([401, 'UNAUTHENTICATED']);
    expect(await ask('authorization', both, 'X-Acting-Role', 'chatbot')).toEqual([200, 'chatbot']);
    expect(await ask('authorization', both, 'x-acting-role', 'support', 'X-ACTING-ROLE', 'chatbot')).toEqual([
      403,
      'FORBIDDEN',
    ]);
    for (const role of [
      'support, chatbot',
      'support,chatbot',
      'Support',
      'steward',
      '',
      '__proto__',
      'support\t',
    ]) {
      const [status, code] = await ask('authorization', both, 'x-acting-role', role);
      // HTTP itself takes white space off the ends of a header.
      expect([role, status, code]).toEqual(
        role.trim() === 'support' ? [role, 200, 'support'] : [role, 403, 'FORBIDDEN'],
      );
    }
    for (const name of [
      'x-tenant',
      'x-acting-tenant',
      'x-forwarded-user',
      'x-role',
      'x-http-method-override',
    ]) {
      expect(await ask('authorization', support, name, 'steward')).toEqual([200, 'support']);
    }
  });
});

describe('names that JavaScript knows', () => {
  test('in variables, filters and operation names', async () => {
    for (const where of ['{"constructor":{"eq":1}}', '{"toString":{}}', '{"hasOwnProperty":{"eq":1}}']) {
      const { status, errors } = await gateway.ask(STEWARD, FILTERED, {
        where: JSON.parse(where) as unknown,
      });
      expect([where, status, errors?.[0]?.extensions.code]).toEqual([where, 400, 'BAD_USER_INPUT']);
    }
    const headers = { 'content-type': 'application/json', authorization: await bearer() };
    for (const body of [
      `{"query":${JSON.stringify(FILTERED)},"variables":{"where":{"__proto__":{"quantity":{"eq":1}}}}}`,
      `{"query":${JSON.stringify(FILTERED)},"__proto__":{"variables":{}}}`,
      `{"query":${JSON.stringify(FILTERED)},"variables":{"where":{"constructor":{"prototype":{"polluted":1}}}}}`,
      '{"query":"query constructor { viewer { role } }","operationName":"__proto__"}',
    ]) {
      expect([body, ...outcome(await gateway.post(body, headers))]).toEqual([body, 400, 'BAD_USER_INPUT']);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('in cursors', async () => {
    const query = 'query Q($after: String) { erp { salesLines(first: 1, after: $after) { nodes { id } } } }';
    for (const after of [
      '',
      '__proto__',
      'x',
      '!!',
      '\ud800',
      'A'.repeat(200_000),
      'eyJfX3Byb3RvX18iOnt9fQ',
    ]) {
      const { errors } = await gateway.ask(STEWARD, query, { after });
      expect(errors?.map((error) => error.extensions.code)).toEqual(['BAD_CURSOR']);
    }
  });
});

describe('empty filters', () => {
  test('and of nothing holds for all rows, or of nothing for none', async () => {
    const count = async (where: unknown): Promise<number> =>
      (
        (await gateway.ask(STEWARD, FILTERED, { where })).data as {
          erp: { salesLines: { totalCount: number } };
        }
      ).erp.salesLines.totalCount;
    const all = await count(null);
    expect(all).toBeGreaterThan(0);
    for (const where of [{}, { and: [] }, { or: [{}] }, { quantity: {} }, { not: { or: [] } }]) {
      expect([where, await count(where)]).toEqual([where, all]);
    }
    for (const where of [{ or: [] }, { not: {} }, { not: { and: [] } }, { quantity: { in: [] } }]) {
      expect([where, await count(where)]).toEqual([where, 0]);
    }
  });
});

describe('numbers and times at the edges', () => {
  const RANGE = 'range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }';
  const headers = async (): Promise<Record<string, string>> => ({
    'content-type': 'application/json',
    authorization: await bearer(),
  });

  test('floats', async () => {
    const query = `query Q($where: ReadingWhere) { readings(${RANGE}, where: $where) { totalCount } }`;
    const send = async (value: string): Promise<Answer> =>
      gateway.post(
        `{"query":${JSON.stringify(query)},"variables":{"where":{"value":{"gte":${value}}}}}`,
        await headers(),
      );
    for (const value of ['1e999', '-1e999', '"NaN"', 'NaN', 'Infinity', '"1"', 'true']) {
      expect([value, ...outcome(await send(value))]).toEqual([value, 400, 'BAD_USER_INPUT']);
    }
    for (const value of ['-0.0', '1e308', '5e-324', '99999999999999999999']) {
      expect([value, (await send(value)).errors]).toEqual([value, undefined]);
    }
    const literal = await gateway.ask(
      STEWARD,
      `{ readings(${RANGE}, where: { value: { lt: 1e999 } }) { totalCount } }`,
    );
    expect(literal.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('decimals, integers, days and times', async () => {
    const refused: unknown[] = [
      ...['1e5', ' 1', '1\n', '١', '', '123456789012345', '0.00001', 1e21, 1e-7].map((gte) => ({
        netAmount: { gte },
      })),
      ...[2_147_483_648, 1.5, '1', true].map((gte) => ({ quantity: { gte } })),
      ...[
        '2014-02-30T00:00:00Z',
        '2014-01-01T24:00:00Z',
        '2014-01-01T23:59:60Z',
        '-000001-01-01T00:00:00Z',
        '',
        1e15,
      ].map((gte) => ({ soldAt: { gte } })),
    ];
    for (const where of refused) {
      const answer = await gateway.ask(STEWARD, FILTERED, { where });
      expect([where, ...outcome(answer)]).toEqual([where, 400, 'BAD_USER_INPUT']);
    }
    const beyond = await gateway.ask(STEWARD, FILTERED, {
      where: { soldAt: { gte: '9999-12-31T23:59:59-12:00' } },
    });
    expect(beyond.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    for (const netAmount of ['99999999999999.9999', '-99999999999999.9999', '-0']) {
      const { errors } = await gateway.ask(STEWARD, FILTERED, { where: { netAmount: { eq: netAmount } } });
      expect(errors).toBeUndefined();
    }
  });

  test('ranges', async () => {
    const query = 'query Q($range: TimeRangeInput!) { readings(range: $range) { totalCount } }';
    const code = async (from: string, to: string): Promise<string | undefined> =>
      (await gateway.ask(STEWARD, query, { range: { from, to } })).errors?.[0]?.extensions.code;
    const day = '2020-01-01T00:00:00Z';
    expect(await code(day, day)).toBe('BAD_USER_INPUT');
    expect(await code('2021-01-01T00:00:00Z', day)).toBe('BAD_USER_INPUT');
    expect(await code('0000-01-01T00:00:00Z', day)).toBe('BAD_USER_INPUT');
    expect(await code(day, '9999-12-31T23:59:59Z')).toBe('BAD_USER_INPUT');
    expect(await code('1900-01-01T00:00:00Z', '2200-12-31T23:59:59.999Z')).toBeUndefined();
    expect(await code(day, '2020-01-01T00:00:00.001Z')).toBeUndefined();
  });
});

describe('ids', () => {
  test('that no item can have are not found', async () => {
    const query = 'query Q($id: ID!) { decision(id: $id) { id } }';
    for (const id of ['', '\0', 'a\0', '\ud800', '#', '%23', '../x', 'a'.repeat(200_000), '😀'.repeat(512)]) {
      const { data, errors } = await gateway.ask(STEWARD, query, { id });
      expect([data, errors?.[0]?.extensions.code]).toEqual([{ decision: null }, 'NOT_FOUND']);
    }
    for (const id of [1.5, true, {}, ['a'], null]) {
      expect(outcome(await gateway.ask(STEWARD, query, { id }))).toEqual([400, 'BAD_USER_INPUT']);
    }
  });
});

test('no suggestion names what the role does not see', async () => {
  const hidden: [string, string, RegExp][] = [
    [
      'chatbot',
      `{ decisions(range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }) { nodes { applicantEmai } } }`,
      /applicantEmail/,
    ],
    ['chatbot', `{ hr { employee { id } } }`, /employees/],
    ['hr_partner', '{ hr { employees(orderBy: [FULL_NAM_ASC]) { totalCount } } }', /FULL_NAME/],
    ['hr_partner', '{ hr { employees(where: { fullNam: { eq: "x" } }) { totalCount } } }', /fullName/],
    ['hr_partner', '{ __type(name: "Employee") { fields { name } } }', /fullName|email|phone/],
    ['support', '{ __type(name: "Employee") { name } }', /"name":"Employee"/],
  ];
  for (const [role, query, pattern] of hidden) {
    const { text } = await gateway.ask({ role }, query);
    expect(text).not.toMatch(pattern);
  }
});

test('a connection that says nothing does not hold up a shutdown', async () => {
  const other = await startGateway();
  const { port } = new URL(other.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve) => socket.once('connect', resolve));
  // Answered after the connection was made, so the server knows it.
  await other.ask(STEWARD, '{ viewer { role } }');
  await other.close();
  await closed;
});
