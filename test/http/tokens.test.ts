import { createHmac, generateKeyPairSync } from 'node:crypto';
import { CompactSign, importJWK, SignJWT } from 'jose';
import { ALGORITHM, signingKey } from '../../local/src/issuer/keys';
import { AUDIENCE, ISSUER } from '../../local/src/issuer/tokens';
import { startGateway, type Gateway } from '../support/gateway';
import { localAws } from '../support/local-aws';

const QUERY = JSON.stringify({ query: '{ viewer { subject tenant role roles } }' });

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

async function send(
  headers: Record<string, string>,
): Promise<{ status: number; code: string | undefined; text: string }> {
  const answer = await gateway.post(QUERY, { 'content-type': 'application/json', ...headers });
  return { status: answer.status, code: answer.errors?.[0]?.extensions.code, text: answer.text };
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs claims with the local issuer's own key. */
async function signed(claims: Record<string, unknown>): Promise<string> {
  const { kid, privateJwk } = await signingKey(localAws().dataDir);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, kid })
    .sign(await importJWK(privateJwk, ALGORITHM));
}

test('a valid token says who asks', async () => {
  const { data } = await gateway.ask(
    { role: 'support', subject: 'ann' },
    '{ viewer { subject tenant role roles } }',
  );
  expect(data).toEqual({ viewer: { subject: 'ann', tenant: 'aurora', role: 'support', roles: ['support'] } });
});

test('every fault of a token gets the same answer', async () => {
  const good = await gateway.token({ role: 'support' });
  const [header = '', payload = '', signature = ''] = good.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const forged = await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA' }).sign(stranger);
  const none = `${base64url({ alg: 'none' })}.${payload}.`;
  const hmacHead = base64url({ alg: 'HS256' });
  const hmac = createHmac('sha256', 'secret').update(`${hmacHead}.${payload}`).digest('base64url');
  const changed = `${header}.${base64url({ ...claims, tenant: 'borealis' })}.${signature}`;
  const faults: Record<string, Record<string, string>> = {
    'no token': {},
    'empty header': { authorization: '' },
    'not a bearer': { authorization: `Basic ${good}` },
    expired: {
      authorization: `Bearer ${await signed({ ...claims, exp: Math.floor(Date.now() / 1000) - 60 })}`,
    },
    forged: { authorization: `Bearer ${forged}` },
    'alg none': { authorization: `Bearer ${none}` },
    'alg HS256': { authorization: `Bearer ${hmacHead}.${payload}.${hmac}` },
    'changed tenant': { authorization: `Bearer ${changed}` },
    huge: { authorization: `Bearer ${'a'.repeat(10_000)}.${payload}.${signature}` },
  };
  const answers = new Set<string>();
  for (const [fault, headers] of Object.entries(faults)) {
    const { status, code, text } = await send(headers);
    expect({ fault, status, code }).toEqual({ fault, status: 401, code: 'UNAUTHENTICATED' });
    answers.add(text);
  }
  expect(answers.size).toBe(1);
});

/** Signs a payload as it is written. */
async function signedText(payload: string | Buffer): Promise<string> {
  const { kid, privateJwk } = await signingKey(localAws().dataDir);
  return new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: ALGORITHM, kid })
    .sign(await importJWK(privateJwk, ALGORITHM));
}

describe('claims that readers could take in two ways are refused, signed or not', () => {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const own = `"iss":"${ISSUER}","aud":"${AUDIENCE}","exp":${exp},"sub":"s","roles":["support"]`;
  test.each<[string, string | Buffer, RegExp]>([
    ['a tenant named twice', `{${own},"tenant":"borealis","tenant":"aurora"}`, /a claim named twice/],
    [
      'a tenant named twice, once in escapes',
      `{${own},"tenant":"borealis","t\\u0065nant":"aurora"}`,
      /named twice/,
    ],
    ['roles named twice', `{${own},"tenant":"aurora","roles" : ["steward"]}`, /named twice/],
    ['a name twice inside a claim', `{${own},"tenant":"aurora","x":[{"a":1,"a":2}]}`, /named twice/],
    ['__proto__', `{${own},"tenant":"aurora","__proto__":{"role":"steward"}}`, /__proto__/],
    ['__proto__ for the tenant', `{${own},"__proto__":{"tenant":"aurora"}}`, /__proto__/],
    [
      'bytes that are no UTF-8',
      Buffer.from(`{${own},"tenant":"aurora","site":"\xff"}`, 'latin1'),
      /ERR_JWT_INVALID/,
    ],
    ['a role that is a number', `{${own},"tenant":"aurora","role":7}`, /claims: role/],
    ['a tenant that is a list', `{${own},"tenant":["aurora"]}`, /claims: tenant/],
    [
      'a role that is no text',
      `{${own.replace('["support"]', '["support",7]')},"tenant":"aurora"}`,
      /claims: roles/,
    ],
    ['an issue that is text', `{${own},"tenant":"aurora","iat":"now"}`, /ERR_JWT_CLAIM_VALIDATION_FAILED/],
  ])('%s', async (_name, payload, reason) => {
    const { status, code, text } = await send({ authorization: `Bearer ${await signedText(payload)}` });
    expect([status, code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(text).not.toMatch(/aurora|borealis|twice/);
    const refused = gateway
      .log()
      .split('\n')
      .filter((line) => line.includes('"token_refused"'));
    expect(refused.at(-1)).toMatch(reason);
  });

  test('and what only looks like it is taken', async () => {
    const claims = `"note":"\\"tenant\\": 1, \\\\","list":["tenant",":"],"deep":{"tenant":"x","own":{"tenant":"y"}}`;
    const { status } = await send({
      authorization: `Bearer ${await signedText(`{${own},"tenant" : "aurora",${claims}}`)}`,
    });
    expect(status).toBe(200);
  });
});

test('a token for another audience is refused', async () => {
  const other = await startGateway({ SLUICE_TOKEN_AUDIENCE: 'somebody-else' });
  try {
    const { status, errors } = await other.ask({ role: 'support' }, '{ viewer { role } }');
    expect([status, errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  } finally {
    await other.close();
  }
});

test('a request acts in exactly one role that the token allows and the policy knows', async () => {
  const both = { role: 'support', roles: ['support', 'chatbot'] };
  const acting = async (headers: Record<string, string>): Promise<unknown> => {
    const { data, errors } = await gateway.ask({ ...both, headers }, '{ viewer { role } }');
    return (data as { viewer?: { role: string } } | undefined)?.viewer?.role ?? errors?.[0]?.extensions.code;
  };
  expect(await acting({})).toBe('support');
  expect(await acting({ 'x-acting-role': 'chatbot' })).toBe('chatbot');
  expect(await acting({ 'x-acting-role': 'steward' })).toBe('FORBIDDEN');
  const unknown = await gateway.ask({ role: 'no_such_role' }, '{ viewer { role } }');
  expect([unknown.status, unknown.errors?.[0]?.extensions.code]).toEqual([403, 'FORBIDDEN']);
});

test('what is not a query is refused with a code', async () => {
  const authorization = `Bearer ${await gateway.token({ role: 'support' })}`;
  const json = { authorization, 'content-type': 'application/json' };
  const code = async (body: string, headers: Record<string, string>): Promise<unknown> => {
    const answer = await gateway.post(body, headers);
    return [answer.status, answer.errors?.[0]?.extensions.code];
  };
  expect(await code('{', json)).toEqual([400, 'BAD_USER_INPUT']);
  expect(await code('query=1', { authorization, 'content-type': 'text/plain' })).toEqual([
    415,
    'BAD_USER_INPUT',
  ]);
  expect(await code('x'.repeat(300_000), json)).toEqual([413, 'BAD_USER_INPUT']);
  expect(await code('{"query":"{ nope }"}', json)).toEqual([400, 'BAD_USER_INPUT']);
  expect(await code('[{"query":"{ viewer { role } }"}]', json)).toEqual([400, 'BAD_USER_INPUT']);
  const get = await fetch(`${gateway.url}/graphql?query={viewer{role}}`, { headers: { authorization } });
  expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
});
