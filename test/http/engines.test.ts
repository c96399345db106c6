import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { declarations } from '../../src/schema/catalog';
import type { Answer, Gateway } from '../support/gateway';
import { startOwnGateway, type OwnGateway } from '../support/own-gateway';
import { sampleRows } from '../support/rows';

/** What a client sees of engines that are down, slow, failing or throttled: a code, and nothing of theirs. */

const SECRET = 'Mallory Secretson, mallory@secret.example';
const STEWARD = { role: 'steward' };
const RANGE = 'range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }';
const QUERIES = {
  athena: `{ decisions(${RANGE}, first: 5) { nodes { id purpose } } }`,
  redshift: '{ erp { salesLines(first: 5) { nodes { id country } } } }',
  dynamodb: `{ decision(id: "row 0 of it's") { id purpose } }`,
} as const;
type Engine = keyof typeof QUERIES;
const ENGINES = Object.keys(QUERIES) as Engine[];

/** Enums that hold a value nobody declared, in the second tenant. */
const UNFIT: Record<string, string> = { Decision: 'outcome', SalesLine: 'channel' };

/** A port of this machine where nobody listens. */
const CLOSED = 'http://127.0.0.1:1';

let own: OwnGateway;
beforeAll(async () => {
  own = await startOwnGateway({ SLUICE_CALL_DEADLINE_MS: '4000' });
  for (const name of ['Decision', 'SalesLine']) {
    const dataset = declarations.datasets.get(name);
    if (dataset === undefined) throw new Error(`no ${name}`);
    const rows = {
      aurora: sampleRows(dataset, 20, 3),
      borealis: sampleRows(dataset, 1, 3).map((row) => ({ ...row, [UNFIT[name] ?? '']: SECRET })),
    };
    await own.engines.fill(dataset, rows);
    if (dataset.pointReads !== undefined) await own.engines.fillPoints(dataset, rows);
  }
});
afterEach(() => {
  for (const faults of Object.values(own.engines.faults)) faults.reset();
});
afterAll(() => own.close());

const codes = (answer: Answer): (string | undefined)[] =>
  (answer.errors ?? []).map((error) => error.extensions.code);

async function ready(gateway: Gateway): Promise<{ status: number; parts: Record<string, string> }> {
  const response = await fetch(`${gateway.url}/readyz`);
  return {
    status: response.status,
    parts: ((await response.json()) as { parts: Record<string, string> }).parts,
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    if (waited > 15_000) throw new Error('It did not happen.');
    await sleep(20);
  }
}

test('all is well', async () => {
  for (const engine of ENGINES)
    expect([engine, codes(await own.gateway.ask(STEWARD, QUERIES[engine]))]).toEqual([engine, []]);
  const { status, parts } = await ready(own.gateway);
  expect([status, parts]).toEqual([
    200,
    {
      athena: 'up',
      redshift: 'up',
      dynamodb: 'up',
      ledger: 'up',
      issuer: 'up',
      audit: 'up',
    },
  ]);
});

test('however many ask, /readyz asks the engines once, and again when a second has passed', async () => {
  const gateway = await own.another({});
  // Each health check is one call of the engine's API.
  const checks = (): number => own.engines.faults.athena.seen.length;
  const before = checks();
  const asked = await Promise.all(Array.from({ length: 20 }, () => ready(gateway)));
  expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([200]));
  expect(checks() - before).toBe(1);
  while (checks() - before < 2) expect((await ready(gateway)).status).toBe(200);
});

describe.each(ENGINES)('%s', (engine) => {
  const variable = `SLUICE_${engine.toUpperCase()}_ENDPOINT`;
  const faults = (): OwnGateway['engines']['faults'][Engine] => own.engines.faults[engine];
  const starting = { athena: 'StartQueryExecution', redshift: 'ExecuteStatement', dynamodb: 'BatchGetItem' }[
    engine
  ];

  test('down: ENGINE_UNAVAILABLE, /readyz names it, the others go on', async () => {
    const gateway = await own.another({ [variable]: CLOSED });
    const answer = await gateway.ask(STEWARD, QUERIES[engine]);
    expect(codes(answer)).toEqual(['ENGINE_UNAVAILABLE']);
    expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1/);
    const { status, parts } = await ready(gateway);
    const others = Object.fromEntries(ENGINES.filter((one) => one !== engine).map((one) => [one, 'up']));
    // The ledger of erasures is in DynamoDB too.
    const ledger = engine === 'dynamodb' ? 'down' : 'up';
    expect([status, parts]).toEqual([
      503,
      { ...others, [engine]: 'down', ledger, issuer: 'up', audit: 'up' },
    ]);
    const other = ENGINES.find((one) => one !== engine) ?? engine;
    // Without the ledger nobody knows who must not be shown.
    const blind = engine === 'dynamodb' ? ['ENGINE_UNAVAILABLE'] : [];
    expect(codes(await gateway.ask(STEWARD, QUERIES[other]))).toEqual(blind);
  });

  test('stalled: ENGINE_TIMEOUT', async () => {
    const gateway = await own.another({ SLUICE_CALL_DEADLINE_MS: '300' });
    faults().add({ operation: '*', kind: 'stall', times: 20, millis: 2_000 });
    expect(codes(await gateway.ask(STEWARD, QUERIES[engine]))).toEqual(['ENGINE_TIMEOUT']);
  });

  test('a request that takes longer than any may ends with ENGINE_TIMEOUT', async () => {
    const gateway = await own.another({ SLUICE_REQUEST_DEADLINE_MS: '300' });
    faults().add({ operation: starting, kind: 'stall', times: 1, millis: 1_500 });
    expect(codes(await gateway.ask(STEWARD, QUERIES[engine]))).toEqual(['ENGINE_TIMEOUT']);
  });

  test('failing: ENGINE_FAILED or unavailable, its text in neither answer nor log', async () => {
    const gateway = await own.another({});
    faults().add({ operation: starting, kind: 'fail', times: 10, message: `cannot cast '${SECRET}'` });
    const answer = await gateway.ask(STEWARD, QUERIES[engine]);
    // DynamoDB has no statement that fails: it answers with a server error, which is retried, then given up.
    expect(codes(answer)).toEqual([engine === 'dynamodb' ? 'ENGINE_UNAVAILABLE' : 'ENGINE_FAILED']);
    for (const text of [answer.text, gateway.log()]) expect(text).not.toMatch(/Mallory|secret|cannot cast/i);
    expect(gateway.log()).toContain('request failed');
    if (engine !== 'dynamodb') expect(gateway.log()).toMatch(/"cause":\{"statementId":"[0-9a-f-]{36}"\}/);
  });

  test('throttled, then fine: nobody notices', async () => {
    faults().add({ operation: starting, kind: 'throttle', times: 3 });
    const answer = await own.gateway.ask(STEWARD, QUERIES[engine]);
    expect(codes(answer)).toEqual([]);
    expect(faults().count(starting)).toBe(4);
  });

  test('throttled for good: RATE_LIMITED', async () => {
    faults().add({ operation: starting, kind: 'throttle', times: 50 });
    expect(codes(await own.gateway.ask(STEWARD, QUERIES[engine]))).toEqual(['RATE_LIMITED']);
  });

  test('a lost reply is asked for again', async () => {
    faults().add({ operation: starting, kind: 'drop', times: 1 });
    expect(codes(await own.gateway.ask(STEWARD, QUERIES[engine]))).toEqual([]);
  });

  test('rubbish: an error of the table, nothing of it in answer or log', async () => {
    const { server, url } = await rubbish();
    try {
      const gateway = await own.another({
        [variable]: url,
        ...(engine === 'athena' ? { SLUICE_S3_ENDPOINT: url } : {}),
      });
      for (const body of RUBBISH) {
        current = body;
        const answer = await gateway.ask(STEWARD, QUERIES[engine]);
        expect(answer.errors).toHaveLength(1);
        expect(codes(answer)[0]).toMatch(
          /^(ENGINE_FAILED|ENGINE_UNAVAILABLE|RATE_LIMITED|INTERNAL|ENGINE_TIMEOUT)$/,
        );
        for (const text of [answer.text, gateway.log()]) expect(text).not.toMatch(/Mallory|secret\.example/);
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('two requests that share a failing call each get the error under their own path', async () => {
    const gateway = await own.another({});
    faults().add({ operation: starting, kind: 'fail', times: 10, message: SECRET });
    const aliased = (alias: string): string =>
      QUERIES[engine].replace(/decisions|salesLines|decision\(/, (name) => `${alias}: ${name}`);
    const [one, two] = await Promise.all(
      ['first', 'second'].map((alias) => gateway.ask(STEWARD, aliased(alias))),
    );
    expect(one?.errors?.[0]?.path).toContain('first');
    expect(two?.errors?.[0]?.path).toContain('second');
  });
});

const RUBBISH = [
  { status: 200, type: 'application/x-amz-json-1.1', body: `{"${SECRET}` },
  { status: 200, type: 'text/html', body: `<html>${SECRET}</html>` },
  { status: 200, type: 'application/x-amz-json-1.1', body: '[]' },
  { status: 200, type: 'application/x-amz-json-1.1', body: 'null' },
  {
    status: 200,
    type: 'application/x-amz-json-1.1',
    body: JSON.stringify({ Id: 7, QueryExecutionId: [SECRET], Responses: SECRET }),
  },
  {
    status: 400,
    type: 'application/x-amz-json-1.1',
    body: JSON.stringify({ __type: SECRET, message: SECRET }),
  },
  {
    status: 403,
    type: 'application/xml',
    body: `<Error><Code>${SECRET}</Code><Message>${SECRET}</Message></Error>`,
  },
];
let current = RUBBISH[0];

/** A server that answers everything with the current rubbish. */
async function rubbish(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(current?.status ?? 200, { 'content-type': current?.type ?? '' });
    response.end(current?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test.each([
  ['athena', 'GetQueryExecution', 'StopQueryExecution'],
  ['redshift', 'GetStatementResultV2', 'CancelStatement'],
] as const)(
  '%s: the statement of a client that leaves is cancelled at the service',
  async (engine, waiting, cancel) => {
    const faults = own.engines.faults[engine];
    faults.add({ operation: waiting, kind: 'stall', times: 50, millis: 3_000 });
    const leave = new AbortController();
    const asked = fetch(`${own.gateway.url}/graphql`, {
      method: 'POST',
      signal: leave.signal,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await own.gateway.token(STEWARD)}`,
      },
      body: JSON.stringify({ query: QUERIES[engine] }),
    }).catch((error: Error) => error.name);
    await until(() => faults.count(waiting) > 0);
    expect(faults.count(cancel)).toBe(0);
    leave.abort();
    expect(await asked).toBe('AbortError');
    await until(() => faults.count(cancel) === 1);
  },
);

test('the issuer down: no token is believed, and it says so', async () => {
  const gateway = await own.another({ SLUICE_JWKS_URL: `${CLOSED}/jwks` });
  const answer = await gateway.ask(STEWARD, '{ viewer { role } }');
  expect([answer.status, ...codes(answer)]).toEqual([503, 'ENGINE_UNAVAILABLE']);
  expect((await ready(gateway)).parts.issuer).toBe('down');
  expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1/);
});

test('an issuer that answers rubbish is not believed', async () => {
  const { server, url } = await rubbish();
  try {
    for (const body of [
      ...RUBBISH,
      { status: 200, type: 'application/json', body: '{"keys":[{"kty":"oct","k":"AAAA"}]}' },
    ]) {
      current = body;
      const gateway = await own.another({ SLUICE_JWKS_URL: url });
      const answer = await gateway.ask(STEWARD, '{ viewer { role } }');
      expect([401, 503]).toContain(answer.status);
      expect(answer.data).toBeUndefined();
      for (const text of [answer.text, gateway.log()]) expect(text).not.toMatch(/Mallory|secret\.example/);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a stored value that its field does not allow is an error, and in neither answer nor log', async () => {
  const gateway = await own.another({});
  for (const query of [
    `{ decisions(${RANGE}) { nodes { id outcome } } }`,
    '{ erp { salesLines { nodes { id channel } } } }',
    `{ decision(id: "row 0 of it's") { id outcome } }`,
    // Introspection takes another executor.
    '{ __schema { queryType { name } } erp { salesLines { nodes { id channel } } } }',
  ]) {
    const answer = await gateway.ask({ ...STEWARD, tenant: 'borealis' }, query);
    expect([query, codes(answer)]).toEqual([query, ['INTERNAL']]);
    expect(answer.errors?.[0]?.path).toBeDefined();
    for (const text of [answer.text, gateway.log()]) expect(text).not.toMatch(/Mallory|secret\.example/);
  }
  expect(gateway.log()).toContain('UnfitValue');
});
