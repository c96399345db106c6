import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import pino from 'pino';
import type { ActingPolicy, RequestHeaders } from '../../src/auth/acting';
import { createAuthenticator, type Authenticator, type Viewer } from '../../src/auth/viewer';
import { SluiceError } from '../../src/errors';

/** A real issuer: a key set served over HTTP. */
let server: Server;
let key: CryptoKey;
let publicPem: string;
let authenticator: Authenticator;
let url: string;
const log: string[] = [];
const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(line) });
const policy: ActingPolicy = {
  roles: new Map([
    ['support', {}],
    ['auditor', {}],
    ['investigator', { purposes: ['chargeback', 'fraud'] }],
    ['responder', { breakGlass: { maxMinutes: 60 } }],
  ]),
  purposes: new Map([
    ['chargeback', 'Answering a payment that was charged back.'],
    ['fraud', 'Looking into a suspected fraud.'],
  ]),
};
const viewerOf = (headers: RequestHeaders, by = authenticator): Promise<Viewer> => by.viewer(headers, policy);
const trust = {
  SLUICE_TOKEN_ISSUER: 'https://issuer.example',
  SLUICE_TOKEN_AUDIENCE: 'sluice',
  SLUICE_CALL_DEADLINE_MS: 2000,
};

beforeAll(async () => {
  const pair = await generateKeyPair('EdDSA', { extractable: true });
  key = pair.privateKey;
  publicPem = await exportSPKI(pair.publicKey);
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'EdDSA', use: 'sig' };
  server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  authenticator = createAuthenticator({ SLUICE_JWKS_URL: url, ...trust }, logger);
});
afterAll(() => new Promise((done) => server.close(done)));
beforeEach(() => void log.splice(0));

const good = {
  iss: trust.SLUICE_TOKEN_ISSUER,
  aud: trust.SLUICE_TOKEN_AUDIENCE,
  sub: 'u1',
  tenant: 'acme',
  roles: ['support', 'auditor'],
  role: 'support',
};

function token(
  claims: object = {},
  options: { expires?: string | number; key?: CryptoKey; kid?: string } = {},
): Promise<string> {
  const jwt = new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid: options.kid ?? 'k1' })
    .setIssuedAt();
  return jwt.setExpirationTime(options.expires ?? '1h').sign(options.key ?? key);
}

const bearer = (text: string, more: RequestHeaders = {}): RequestHeaders => ({
  authorization: `Bearer ${text}`,
  ...more,
});

/** The refusal's code and message. */
async function refusal(headers: RequestHeaders, by = authenticator): Promise<[string, string]> {
  try {
    await viewerOf(headers, by);
  } catch (error) {
    if (error instanceof SluiceError) return [error.code, error.message];
    throw error;
  }
  throw new Error('The token was taken.');
}

function unsigned(header: object, claims: object, sign: (input: string) => string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${sign(input)}`;
}

it('takes a good token', async () => {
  const viewer = await viewerOf(
    bearer(await token({ markets: ['DE', 'SE'], site: 'north', level: 3, mixed: ['a', 1] })),
  );
  expect({ ...viewer, claims: Object.fromEntries(viewer.claims) }).toEqual({
    subject: 'u1',
    tenant: 'acme',
    roles: ['support', 'auditor'],
    role: 'support',
    claims: { sub: ['u1'], markets: ['DE', 'SE'], site: ['north'] },
  });
});

describe('every fault of a token gets the same answer', () => {
  const future = (): object => ({ ...good, exp: Math.floor(Date.now() / 1000) + 3600 });
  const cases: [string, () => Promise<RequestHeaders> | RequestHeaders, RegExp][] = [
    ['none', () => ({}), /no token/],
    ['another scheme', () => ({ authorization: 'Basic dTpw' }), /not a Bearer token/],
    ['noise', () => bearer('a.b.c'), /"reason":/],
    [
      'expired',
      async () => bearer(await token({}, { expires: Math.floor(Date.now() / 1000) - 60 })),
      /ERR_JWT_EXPIRED/,
    ],
    [
      'another audience',
      async () => bearer(await token({ aud: 'other' })),
      /ERR_JWT_CLAIM_VALIDATION_FAILED/,
    ],
    [
      'another issuer',
      async () => bearer(await token({ iss: 'https://evil.example' })),
      /ERR_JWT_CLAIM_VALIDATION_FAILED/,
    ],
    [
      'another key',
      async () => bearer(await token({}, { key: (await generateKeyPair('EdDSA')).privateKey })),
      /ERR_JWS_SIGNATURE_VERIFICATION_FAILED/,
    ],
    ['an unknown key id', async () => bearer(await token({}, { kid: 'k2' })), /ERR_JWKS_NO_MATCHING_KEY/],
    [
      'alg none',
      () => bearer(unsigned({ alg: 'none', kid: 'k1' }, future(), () => '')),
      /not a Bearer token/,
    ],
    [
      'alg none with a signature',
      () => bearer(unsigned({ alg: 'none', kid: 'k1' }, future(), () => 'AA')),
      /ERR_JOSE_ALG_NOT_ALLOWED/,
    ],
    [
      'HS256 under the public key',
      () =>
        bearer(
          unsigned({ alg: 'HS256', kid: 'k1' }, future(), (input) =>
            createHmac('sha256', publicPem).update(input).digest('base64url'),
          ),
        ),
      /ERR_JOSE_ALG_NOT_ALLOWED/,
    ],
    [
      'no expiry',
      async () => bearer(await new SignJWT(good).setProtectedHeader({ alg: 'EdDSA', kid: 'k1' }).sign(key)),
      /ERR_JWT_CLAIM_VALIDATION_FAILED/,
    ],
    ['no tenant', async () => bearer(await token({ tenant: '' })), /claims: tenant/],
    [
      'a tenant that would reach into another',
      async () => bearer(await token({ tenant: 'acme#1' })),
      /claims: tenant/,
    ],
    ['no roles', async () => bearer(await token({ roles: [] })), /claims: roles/],
    ['roles that are no list', async () => bearer(await token({ roles: 'support' })), /claims: roles/],
    ['too long', async () => bearer(await token({ padding: 'x'.repeat(9000) })), /token too long/],
    [
      'sent twice',
      async () => ({ authorization: [`Bearer ${await token()}`, `Bearer ${await token()}`] }),
      /several Authorization/,
    ],
  ];
  it.each(cases)('%s', async (_name, headers, reason) => {
    const sent = await headers();
    expect(await refusal(sent)).toEqual([
      'UNAUTHENTICATED',
      'No valid token. Get a new one and send it as a Bearer token.',
    ]);
    expect(log.join('')).toMatch(reason);
    const text = String(sent.authorization ?? '').split('.')[1];
    if (text !== undefined && text.length > 8) expect(log.join('')).not.toContain(text);
  });
});

describe('the acting role', () => {
  const acting = (role: string | string[]): RequestHeaders => ({ 'x-acting-role': role });

  it('is the one named in the header', async () => {
    expect((await viewerOf(bearer(await token(), acting('auditor')))).role).toBe('auditor');
  });

  it('is the only one where there is one', async () => {
    const only = await token({ roles: ['auditor'], role: undefined });
    expect((await viewerOf(bearer(only))).role).toBe('auditor');
  });

  it('must be named where there are several', async () => {
    const [code, message] = await refusal(bearer(await token({ role: undefined })));
    expect(code).toBe('FORBIDDEN');
    expect(message).toContain('x-acting-role');
  });

  it('gets the same answer whether the token lacks it or nobody knows it', async () => {
    const lacking = await refusal(bearer(await token({ roles: ['support'] }), acting('auditor')));
    const unknown = await refusal(bearer(await token({ roles: ['support'] }), acting('emperor')));
    const unknownInToken = await refusal(bearer(await token({ roles: ['emperor'], role: 'emperor' })));
    const presetOutside = await refusal(bearer(await token({ roles: ['support'], role: 'auditor' })));
    expect(lacking[0]).toBe('FORBIDDEN');
    expect([unknown, unknownInToken, presetOutside]).toEqual([lacking, lacking, lacking]);
  });

  it('is refused when sent twice', async () => {
    expect((await refusal(bearer(await token(), acting(['support', 'auditor']))))[0]).toBe('FORBIDDEN');
    expect((await refusal(bearer(await token(), acting('support, auditor'))))[0]).toBe('FORBIDDEN');
  });
});

describe('an issuer that is down', () => {
  it('is not the fault of the token', async () => {
    const unused = createServer();
    await new Promise<void>((ready) => unused.listen(0, '127.0.0.1', ready));
    const { port } = unused.address() as AddressInfo;
    await new Promise((done) => unused.close(done));
    const config = { ...trust, SLUICE_JWKS_URL: `http://127.0.0.1:${port}/jwks.json` };
    const down = createAuthenticator(config, logger);
    const [code, message] = await refusal(bearer(await token()), down);
    expect(code).toBe('ENGINE_UNAVAILABLE');
    expect(message).not.toContain(String(port));
  });

  it('that stalls is given up within the deadline', async () => {
    const stalling = createServer(() => undefined);
    await new Promise<void>((ready) => stalling.listen(0, '127.0.0.1', ready));
    const { port } = stalling.address() as AddressInfo;
    const config = { ...trust, SLUICE_CALL_DEADLINE_MS: 200, SLUICE_JWKS_URL: `http://127.0.0.1:${port}/` };
    expect((await refusal(bearer(await token()), createAuthenticator(config, logger)))[0]).toBe(
      'ENGINE_UNAVAILABLE',
    );
    stalling.closeAllConnections();
    await new Promise((done) => stalling.close(done));
  });
});
