import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { times } from '../support/bad-inputs';
import { startGateway, type Answer, type Gateway } from '../support/gateway';

/** Where only stored operations run, an id runs one, and nothing else runs. */

const WHO = '# Who asks.\nquery Who { viewer { role } }\n';
const PEOPLE = 'query People { hr { employees(first: 1) { nodes { id } } } }';
/** Too many aliases for any role. */
const WIDE = `query Wide { hr { employees { totalCount } } viewer { ${times(101, (index) => `a${index}: role`)} } }`;
const CHANGE = 'mutation Change { resumeErasures { paused } }';
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const folder = mkdtempSync(join(tmpdir(), 'documents-'));
let all: Gateway;
let some: Gateway;
beforeAll(async () => {
  mkdirSync(join(folder, 'stored/below'), { recursive: true });
  writeFileSync(join(folder, 'stored/who.graphql'), WHO);
  writeFileSync(join(folder, 'stored/below/people.graphql'), PEOPLE);
  writeFileSync(join(folder, 'stored/wide.graphql'), WIDE);
  writeFileSync(join(folder, 'stored/change.graphql'), CHANGE);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ [`sha256:${hash(WHO)}`]: WHO }));
  const policy = readFileSync('policy/policy.yaml', 'utf8');
  writeFileSync(join(folder, 'policy.yaml'), policy.replace('limits: {', 'limits: { trustedOnly: true,'));
  all = await startGateway({ SLUICE_TRUSTED_DOCUMENTS: join(folder, 'stored') });
  some = await startGateway({
    SLUICE_TRUSTED_DOCUMENTS: join(folder, 'manifest.json'),
    SLUICE_TRUSTED_ONLY: 'roles',
    SLUICE_POLICY_FILE: join(folder, 'policy.yaml'),
  });
});
afterAll(async () => {
  await all.close();
  await some.close();
  rmSync(folder, { recursive: true });
});

const send = async (gateway: Gateway, body: object, role = 'support'): Promise<Answer> =>
  gateway.post(JSON.stringify(body), {
    'content-type': 'application/json',
    authorization: `Bearer ${await gateway.token({ role })}`,
  });
const outcome = ({ status, errors, data }: Answer): unknown[] => [
  status,
  errors?.[0]?.extensions.code ?? (data as unknown),
];
const SUPPORT = { viewer: { role: 'support' } };

test.each([
  ['an id', { documentId: `sha256:${hash(WHO)}` }],
  ['an id without a prefix', { documentId: hash(WHO) }],
  ['a hash as Apollo sends it', { extensions: { persistedQuery: { version: 1, sha256Hash: hash(WHO) } } }],
  ['an id and its own text', { documentId: hash(WHO), query: WHO }],
  ['the exact text', { query: WHO }],
])('%s runs a stored operation', async (_name, body) => {
  expect(outcome(await send(all, body))).toEqual([200, SUPPORT]);
});

test.each([
  ['another query', { query: '{ viewer { role } }' }, 403, 'FORBIDDEN', 'not a stored operation'],
  ['the text with one more space', { query: `${WHO} ` }, 403, 'FORBIDDEN', 'not a stored operation'],
  ['introspection', { query: getIntrospectionQuery() }, 403, 'FORBIDDEN', 'not a stored operation'],
  ['no GraphQL', { query: '}{' }, 403, 'FORBIDDEN', 'not a stored operation'],
  ['nothing', {}, 403, 'FORBIDDEN', 'not a stored operation'],
  ['an unknown id', { documentId: hash('x') }, 404, 'NOT_FOUND', 'unknown stored operation'],
  ['an id of JavaScript', { documentId: 'constructor' }, 404, 'NOT_FOUND', 'unknown stored operation'],
  [
    'a query to be stored',
    {
      query: '{ viewer { role } }',
      extensions: { persistedQuery: { version: 1, sha256Hash: hash('{ viewer { role } }') } },
    },
    404,
    'NOT_FOUND',
    'unknown stored operation',
  ],
  [
    'an id and another query',
    { documentId: hash(WHO), query: '{ viewer { tenant } }' },
    400,
    'BAD_USER_INPUT',
    'id and query differ',
  ],
])('%s is refused', async (_name, body, status, code, reason) => {
  expect(outcome(await send(all, body))).toEqual([status, code]);
  expect(all.log().trim().split('\n').at(-1)).toContain(`"reason":"${reason}"`);
});

test('a stored operation runs under the role of the caller all the same', async () => {
  for (const text of [PEOPLE, WIDE]) {
    const refused = await send(all, { documentId: hash(text) });
    expect(outcome(refused)).toEqual([400, 'BAD_USER_INPUT']);
    // Who sent an id alone does not learn what the operation asks for.
    expect(refused.errors).toHaveLength(1);
    expect(refused.errors?.[0]?.message).toMatch(
      /^This stored operation asks for something that the acting role/,
    );
    expect(refused.text).not.toMatch(/"hr"|employees/);
  }
  // Of limits alone it does.
  const beyond = await send(all, { documentId: hash(WIDE) }, 'steward');
  expect(outcome(beyond)).toEqual([400, 'QUERY_TOO_COMPLEX']);
  expect((await send(all, { documentId: hash(PEOPLE) }, 'steward')).errors).toBeUndefined();
});

test('the log says how many each role can run', () => {
  const runs = (role: string): unknown =>
    all
      .log()
      .split('\n')
      .filter((line) => line.includes('"trusted_documents"'))
      .map((line) => JSON.parse(line) as { role: string; runnable: number; of: number })
      .filter((line) => line.role === role)
      .map((line) => [line.runnable, line.of]);
  // A steward has no mutations at all, though the text would be valid without a schema for them.
  expect(['support', 'steward', 'compliance'].map(runs)).toEqual([[[1, 4]], [[2, 4]], [[2, 4]]]);
});

test('one role alone may be held to them', async () => {
  expect(outcome(await send(some, { query: '{ viewer { role } }' }, 'chatbot'))).toEqual([403, 'FORBIDDEN']);
  expect(outcome(await send(some, { documentId: hash(WHO) }, 'chatbot'))).toEqual([
    200,
    { viewer: { role: 'chatbot' } },
  ]);
  expect(outcome(await send(some, { query: '{ viewer { role } }' }))).toEqual([200, SUPPORT]);
});

test('without stored operations no id runs, and nothing is stored by asking', async () => {
  const none = await startGateway();
  const query = '{ viewer { role } }';
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash(query) } };
  expect(outcome(await send(none, { query, extensions }))).toEqual([404, 'NOT_FOUND']);
  const { errors } = await send(none, { extensions });
  expect(errors?.[0]).toMatchObject({
    message: 'PersistedQueryNotSupported',
    extensions: { code: 'NOT_FOUND' },
  });
  const named = await send(none, { documentId: hash(query) });
  expect(outcome(named)).toEqual([404, 'NOT_FOUND']);
  expect(named.errors?.[0]?.message).toMatch(/has no stored operations.* Send the `query` itself/);
  await none.close();
});

test.each([
  [
    'a document that is not valid',
    'bad/a.graphql',
    '{ nobody }',
    /bad\/a\.graphql: Cannot query field "nobody"/,
  ],
  ['a document that is no GraphQL', 'worse/a.graphql', '{', /worse\/a\.graphql: Syntax Error/],
  ['an id of another text', 'wrong.json', JSON.stringify({ [hash('x')]: WHO }), /the id is not the SHA-256/],
  ['a manifest that is none', 'none.json', '[', /cannot be read\. SLUICE_TRUSTED_DOCUMENTS names a folder/],
])('%s stops the boot', async (_name, file, text, expected) => {
  const path = join(folder, file);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  const named = file.endsWith('.json') ? path : join(path, '..');
  await expect(startGateway({ SLUICE_TRUSTED_DOCUMENTS: named })).rejects.toThrow(expected);
});

test('a role that is held to stored operations stops the boot where there are none', async () => {
  await expect(startGateway({ SLUICE_POLICY_FILE: join(folder, 'policy.yaml') })).rejects.toThrow(
    /chatbot\.limits\.trustedOnly: there are no stored operations/,
  );
});
