import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { policyVersion } from '../../src/auth/policy';
import { startGateway, type Gateway } from '../support/gateway';
import { writePolicy } from '../support/policy-files';
import { answerIn, codeOf, headsIn, say } from '../support/raw-http';

/** The headers of every answer, whoever writes it, read off the connection. */

const POLICY =
  'roles: { clerk: { description: Sells., domains: { erp: { classes: { public: clear, internal: clear } } } } }\n';
const COMMON = {
  'x-sluice-policy': [policyVersion(POLICY)],
  'cache-control': ['no-store'],
  'content-security-policy': ["default-src 'none'; frame-ancestors 'none'"],
  'referrer-policy': ['no-referrer'],
  'x-content-type-options': ['nosniff'],
};

const start = (): Promise<Gateway> =>
  startGateway({
    SLUICE_POLICY_FILE: writePolicy(POLICY),
    SLUICE_HEADERS_TIMEOUT_MS: '300',
    SLUICE_BODY_TIMEOUT_MS: '300',
  });
let gateway: Gateway;
beforeAll(async () => {
  gateway = await start();
});
afterAll(() => gateway.close());

const QUERY = '{"query":"{ viewer { role } }"}';
const bytes = (line: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, 'host: x', ...headers, '', ''].join('\r\n');
const asked = async (at: Gateway, length: number, ...more: string[]): Promise<string> =>
  bytes(
    'POST /graphql',
    `authorization: Bearer ${await at.token({ role: 'clerk' })}`,
    'content-type: application/json',
    `content-length: ${length}`,
    ...more,
  );

test.each<[string, number, () => string | Promise<string>]>([
  ['an answer', 200, async () => (await asked(gateway, QUERY.length, 'connection: close')) + QUERY],
  ['a query that is refused', 400, async () => (await asked(gateway, 2, 'connection: close')) + '{}'],
  ['no token', 401, () => bytes('POST /graphql', 'content-length: 0', 'connection: close')],
  ['nothing there', 404, () => bytes('GET /nothing', 'connection: close')],
  ['another method', 405, () => bytes('GET /graphql', 'connection: close')],
  ['a path that cannot be decoded', 400, () => bytes('GET /%zz', 'connection: close')],
  ['health', 200, () => bytes('GET /livez', 'connection: close')],
  ['an expectation', 417, () => bytes('POST /graphql', 'expect: more', 'connection: close')],
  ['no HTTP', 400, () => 'no HTTP\r\n\r\n'],
  ['large headers', 431, () => bytes('GET /', `x-note: ${'a'.repeat(20_000)}`)],
  ['headers that stop', 408, () => 'POST /graphql HTTP/1.1\r\nhost: x\r\n'],
  ['a body that stops', 408, async () => (await asked(gateway, 100)) + '{"query"'],
])('%s', async (_name, status, request) => {
  const heard = await say(gateway.url, await request());
  expect(answerIn(heard).status).toBe(status);
  expect(headsIn(heard)).toEqual([expect.objectContaining(COMMON)]);
});

test('GraphiQL is a page, and says what a page may do', async () => {
  const [head] = headsIn(await say(gateway.url, bytes('GET /graphiql/', 'connection: close')));
  expect(head).toMatchObject({
    'x-sluice-policy': COMMON['x-sluice-policy'],
    'cache-control': ['no-cache'],
    'content-security-policy': [expect.stringContaining("script-src 'self'; ")],
  });
});

test('what comes on an open connection while the gateway ends is refused with a code, and the rest answered', async () => {
  const other = await start();
  const { port } = new URL(other.url);
  const socket = connect(Number(port), '127.0.0.1');
  const heard = new Promise<string>((resolve, reject) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
  const head = await asked(other, QUERY.length);
  // Told to go on, the request has reached its route.
  const reached = new Promise((resolve) => socket.once('data', resolve));
  socket.write(head.replace('\r\n\r\n', '\r\nexpect: 100-continue\r\n\r\n'));
  await reached;
  const ended = other.close();
  const open = (): Promise<boolean> =>
    new Promise((resolve) => {
      const probe = connect(Number(port), '127.0.0.1', () => resolve(probe.destroy() !== undefined));
      probe.on('error', () => resolve(false));
    });
  while (await open()) await pause(10);
  socket.write(QUERY + head + QUERY);
  const answers = (await heard).split(/(?=HTTP\/1\.1 [2-5]\d\d )/).slice(-2);
  await ended;
  expect(answers.map((answer) => answerIn(answer).status)).toEqual([200, 503]);
  const [, refused = ''] = answers;
  expect(codeOf(answerIn(refused).body)).toBe('ENGINE_UNAVAILABLE');
  expect(headsIn(refused)).toEqual([expect.objectContaining({ ...COMMON, connection: ['close'] })]);
  expect(other.log()).toMatch(/"request_refused".*"status":503,"reason":"shutdown"/);
});
