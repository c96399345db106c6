import { connect, type Socket } from 'node:net';
import { startGateway, type Gateway } from '../support/gateway';
import { answerIn, codeOf } from '../support/raw-http';

/** Connections that are slow, silent or too many are cut, and the others are answered meanwhile. */

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    SLUICE_HEADERS_TIMEOUT_MS: '300',
    SLUICE_BODY_TIMEOUT_MS: '300',
    SLUICE_MAX_CONNECTIONS: '8',
  });
});
afterAll(() => gateway.close());

interface Talk {
  socket: Socket;
  /** All that was heard once the other side closed. */
  heard: Promise<string>;
}

function talk(): Talk {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  return { socket, heard: new Promise((resolve) => socket.on('close', () => resolve(text))) };
}

/** Says one byte after the other, slowly, until the other side has had enough. */
async function dribble({ socket, heard }: Talk, byte: string): Promise<string> {
  const timer = setInterval(() => socket.write(byte), 20);
  const text = await heard;
  clearInterval(timer);
  return text;
}

const head = async (length: number, ...more: string[]): Promise<string> =>
  [
    'POST /graphql HTTP/1.1',
    'host: x',
    `authorization: Bearer ${await gateway.token({ role: 'support' })}`,
    'content-type: application/json',
    `content-length: ${length}`,
    ...more,
    '',
    '',
  ].join('\r\n');

const refusedAs = (reason: string): boolean =>
  gateway
    .log()
    .split('\n')
    .some((line) => line.includes('"request_refused"') && line.includes(`"reason":"${reason}"`));

test('headers that dribble in are cut with 408, and seen in the log', async () => {
  const slow = talk();
  slow.socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\nx-note: ');
  const cut = dribble(slow, 'a');
  const { data } = await gateway.ask({ role: 'support' }, '{ viewer { role } }');
  expect(data).toEqual({ viewer: { role: 'support' } });
  const { status, body } = answerIn(await cut);
  expect([status, codeOf(body)]).toEqual([408, 'BAD_USER_INPUT']);
  expect(refusedAs('too slow')).toBe(true);
});

test('a body that dribbles in is cut', async () => {
  const slow = talk();
  slow.socket.write(await head(100_000));
  const { status, body } = answerIn(await dribble(slow, ' '));
  expect([status, codeOf(body)]).toEqual([408, 'BAD_USER_INPUT']);
});

test('a body in chunks that never ends is cut', async () => {
  const slow = talk();
  slow.socket.write((await head(0, 'transfer-encoding: chunked')).replace('content-length: 0\r\n', ''));
  const { status, body } = answerIn(await dribble(slow, '1\r\n \r\n'));
  expect([status, codeOf(body)]).toEqual([408, 'BAD_USER_INPUT']);
});

test('a connection that says nothing is cut', async () => {
  const { status } = answerIn(await talk().heard);
  expect(status).toBe(408);
});

test('a client that waits for 100 Continue is told to go on', async () => {
  const body = '{"query":"{ viewer { role } }"}';
  const { socket, heard } = talk();
  socket.once('data', () => socket.write(body));
  socket.write(await head(body.length, 'expect: 100-continue', 'connection: close'));
  expect(await heard).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[^]*"support"/);
});

test('connections beyond the bound are closed, and seen in the log', async () => {
  const body = '{"query":"{ viewer { role } }"}';
  const request = await head(body.length);
  // Each asks once and stays, as clients do between requests.
  const kept = Array.from({ length: 12 }, talk);
  await Promise.all(
    kept.map(
      ({ socket, heard }) =>
        new Promise<void>((resolve) => {
          socket.once('data', () => resolve());
          void heard.then(() => resolve());
          socket.write(request + body);
        }),
    ),
  );
  const open = kept.filter(({ socket }) => !socket.destroyed);
  expect(open.length).toBeGreaterThan(0);
  expect(open.length).toBeLessThanOrEqual(8);
  expect(refusedAs('connections')).toBe(true);
  for (const { socket } of kept) socket.destroy();
});
