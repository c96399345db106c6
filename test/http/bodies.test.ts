import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startGateway, type Gateway } from '../support/gateway';
import { codeOf, raw } from '../support/raw-http';

/** Requests that are not one query in JSON: refused with a code, and the process answers afterwards. */

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterEach(async () => {
  const { data } = await gateway.ask({ role: 'support' }, '{ viewer { role } }');
  expect(data).toEqual({ viewer: { role: 'support' } });
});
afterAll(() => gateway.close());

const ROLE_QUERY = JSON.stringify({ query: '{ viewer { tenant role } }' });
const bearer = async (): Promise<string> => `Bearer ${await gateway.token({ role: 'steward' })}`;

describe('bodies', () => {
  const json = 'application/json';

  test('other shapes and types are refused', async () => {
    const authorization = await bearer();
    const send = async (
      body: Buffer | string,
      ...headers: string[]
    ): Promise<[number, string | undefined]> => {
      const { status, text } = await raw(
        gateway.url,
        ['authorization', authorization, ...headers],
        Buffer.from(body),
      );
      return [status, codeOf(text)];
    };
    for (const body of [
      '',
      '""',
      'null',
      '7',
      '[]',
      '{}',
      '{"query":7}',
      '{"query":"{viewer{role}}","variables":[]}',
    ]) {
      expect([body, ...(await send(body, 'content-type', json))]).toEqual([body, 400, 'BAD_USER_INPUT']);
    }
    const batch = `[${ROLE_QUERY},${ROLE_QUERY}]`;
    expect(await send(batch, 'content-type', json)).toEqual([400, 'BAD_USER_INPUT']);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/graphql',
    ]) {
      expect([type, ...(await send(ROLE_QUERY, 'content-type', type))]).toEqual([
        type,
        415,
        'BAD_USER_INPUT',
      ]);
    }
    expect((await send(ROLE_QUERY))[0]).toBe(415);
    const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));
    expect(await send(bomb, 'content-type', json, 'content-encoding', 'gzip')).toEqual([
      415,
      'BAD_USER_INPUT',
    ]);
    const invalid = Buffer.concat([
      Buffer.from('{"query":"{ viewer { role } } # '),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    expect(await send(invalid, 'content-type', json)).toEqual([400, 'BAD_USER_INPUT']);
    expect(await send(invalid, 'content-type', json, 'transfer-encoding', 'chunked')).toEqual([
      400,
      'BAD_USER_INPUT',
    ]);
  });

  test('no other method asks a query', async () => {
    const authorization = await bearer();
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET']) {
      const { status } = await raw(
        gateway.url,
        ['authorization', authorization, 'content-type', json],
        Buffer.from(ROLE_QUERY),
        method,
      );
      expect([method, status]).toEqual([method, 405]);
    }
  });

  test('a request that is not HTTP, or smuggles a second one, is refused', async () => {
    const { port } = new URL(gateway.url);
    const say = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        let heard = '';
        const socket = connect(Number(port), '127.0.0.1', () => socket.end(text));
        socket.on('data', (chunk) => (heard += chunk.toString()));
        socket.on('close', () => resolve(heard));
        socket.on('error', reject);
      });
    expect(await say('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    const smuggled = await say(
      `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    expect(smuggled).toMatch(/^HTTP\/1\.1 40[01] /);
    expect(smuggled).not.toContain('"up"');
  });

  test('nothing of a body is read without a token', async () => {
    const { status, text } = await raw(gateway.url, ['content-type', json], Buffer.from('{ not json'));
    expect([status, codeOf(text)]).toEqual([401, 'UNAUTHENTICATED']);
  });
});
