import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, createFetcher } from '../../web/src/fetcher';
import { addTokens, EMPTY_SESSION, type Identity, identityOf } from '../../web/src/session';
import { tokenFreeStorage } from '../../web/src/storage';
import { memoryStore, token } from './helpers';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
type Observable = {
  subscribe(observer: { next(value: unknown): void; error(cause: unknown): void; complete(): void }): {
    unsubscribe(): void;
  };
};

const many = token({ sub: 'ana', tenant: 'north', role: 'analyst', roles: ['analyst', 'auditor'] });
const single = token({ sub: 'hugo', tenant: 'south', role: 'hr_manager' });

let server: Server;
let address: string;
let handle: Handler;

beforeAll(async () => {
  server = createServer((request, response) => handle(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((done) => server.close(done));
});

function identity(text: string, role?: string): Identity {
  const found = identityOf(
    addTokens(EMPTY_SESSION, [role === undefined ? { token: text } : { token: text, role }]),
  );
  if (found === undefined) throw new Error('unreadable token');
  return found;
}

function ask(who: Identity, operationName = 'Ask', url = address) {
  const answers: Answer[] = [];
  const troubles: (string | undefined)[] = [];
  const fetcher = createFetcher(url, who, {
    onAnswer: (answer) => answers.push(answer),
    onTrouble: (words) => troubles.push(words),
  });
  const returned = fetcher({ query: '{ x }', operationName }) as unknown;
  const body =
    operationName === 'IntrospectionQuery'
      ? (returned as Promise<unknown>)
      : new Promise<unknown>((next, error) =>
          (returned as Observable).subscribe({ next, error, complete: () => undefined }),
        );
  return { returned, body, answers, troubles };
}

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

it('sends the token in its header and nowhere else, and the acting role when there is a choice', async () => {
  const seen: { url: string | undefined; auth: string | undefined; role: unknown; body: string }[] = [];
  handle = (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({
        url: request.url,
        auth: request.headers.authorization,
        role: request.headers['x-acting-role'],
        body,
      });
      json(response, 200, { data: { x: 1 } });
    });
  };
  await ask(identity(many, 'auditor')).body;
  await ask(identity(single)).body;
  const body = JSON.stringify({ query: '{ x }', operationName: 'Ask' });
  expect(seen).toEqual([
    { url: '/graphql', auth: `Bearer ${many}`, role: 'auditor', body },
    { url: '/graphql', auth: `Bearer ${single}`, role: undefined, body },
  ]);
});

it('tells the strip as whom an operation was answered; introspection tells it nothing', async () => {
  handle = (_request, response) =>
    json(response, 200, { data: {}, extensions: { masking: [{ path: 'a', action: 'band' }] } });
  const run = ask(identity(many));
  await run.body;
  expect(run.answers).toMatchObject([
    {
      role: 'analyst',
      tenant: 'north',
      errors: [],
      masking: [{ path: 'a', action: 'band' }],
      cost: undefined,
    },
  ]);
  expect(run.troubles).toEqual([undefined]);
  const introspection = ask(identity(many), 'IntrospectionQuery');
  await introspection.body;
  expect(introspection.answers).toEqual([]);
});

it('puts a refusal, a proxy’s page and silence into words', async () => {
  const refusal = { errors: [{ message: 'Not accepted.', extensions: { code: 'UNAUTHENTICATED' } }] };
  handle = (_request, response) => json(response, 401, refusal);
  const refused = ask(identity(single));
  expect(await refused.body).toEqual(refusal);
  expect(refused.troubles).toEqual([expect.stringContaining('did not accept this token')]);

  handle = (_request, response) => response.writeHead(502).end('<html>Bad gateway</html>');
  const proxied = ask(identity(single), 'IntrospectionQuery');
  expect(await proxied.body).toEqual({ errors: [{ message: expect.stringContaining('502') }] });

  handle = (request) => request.socket.destroy();
  const silent = ask(identity(single));
  expect(await silent.body).toEqual({ errors: [{ message: expect.stringContaining('did not answer') }] });
  expect(silent.troubles).toEqual([expect.stringContaining('did not answer')]);
});

it('ends the request at the gateway when the person presses stop', async () => {
  const arrived = resolvers();
  const closed = resolvers();
  handle = (request, response) => {
    response.on('close', closed.resolve);
    request.resume();
    arrived.resolve(undefined);
  };
  const { returned, answers, troubles } = ask(identity(single));
  const subscription = (returned as Observable).subscribe({
    next: () => undefined,
    error: () => undefined,
    complete: () => undefined,
  });
  await arrived.promise;
  subscription.unsubscribe();
  await closed.promise;
  expect({ answers, troubles }).toEqual({ answers: [], troubles: [] });
});

it('keeps tokens out of what GraphiQL stores, and its "clear" leaves the session', () => {
  const { store, kept } = memoryStore();
  kept.set('sluice.session', 'tokens');
  const storage = tokenFreeStorage(store);
  storage.setItem('graphiql:tabState', JSON.stringify({ query: `# ${many}\n{ x(a: "${single}") }` }));
  expect(storage.getItem('graphiql:tabState')).toBe(
    JSON.stringify({ query: '# [token removed]\n{ x(a: "[token removed]") }' }),
  );
  expect(storage.length).toBe(1);
  storage.clear();
  expect([...kept.keys()]).toEqual(['sluice.session']);
});

function resolvers() {
  let resolve: (value?: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((done) => (resolve = done));
  return { promise, resolve };
}

it('sends the purpose and the reason of the headers tab, and no other header of it', async () => {
  let seen: IncomingMessage['headers'] = {};
  handle = (request, response) => {
    seen = request.headers;
    json(response, 200, { data: {} });
  };
  const fetcher = createFetcher(address, identity(single), {
    onAnswer: () => undefined,
    onTrouble: () => undefined,
  });
  const headers = {
    'X-Purpose': 'fraud_investigation',
    'x-break-glass-reason': 'Vehicle%20in%20the%20river',
    authorization: 'Bearer other',
    'x-acting-role': 'steward',
    cookie: 'a=b',
  };
  await (fetcher({ query: '{ x }', operationName: 'IntrospectionQuery' }, { headers }) as Promise<unknown>);
  expect(seen).toMatchObject({
    'x-purpose': 'fraud_investigation',
    'x-break-glass-reason': 'Vehicle%20in%20the%20river',
    authorization: `Bearer ${single}`,
  });
  expect(seen['x-acting-role']).toBeUndefined();
  expect(seen.cookie).toBeUndefined();
});
