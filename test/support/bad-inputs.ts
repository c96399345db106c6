import { brotliCompressSync, gzipSync } from 'node:zlib';

/** Bad inputs of every kind and what each gets, as bytes on a connection. */

/** Stands in each input where a log could repeat it. */
export const MARK = 'Mallory7';

/** One bad input: what is sent, and what it gets. */
export interface BadInput {
  name: string;
  method?: string;
  path?: string;
  /** Header lines beside the good ones; a line of the same name takes the good one's place unless `also` is set. */
  headers?: string[];
  also?: boolean;
  body?: Buffer | string;
  status: number;
  code: string;
  reason: string;
}

const json = (value: unknown): string => JSON.stringify(value);
export const query = (text: string, rest: object = {}): string =>
  json({ query: `# ${MARK}\n${text}`, ...rest });
export const good = query('{ viewer { role } }', { variables: { note: MARK } });
export const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');
const where = (raw: string): string =>
  `{"query":"query($where: SalesLineWhere) { erp { salesLines(where: $where) { totalCount } } }","variables":{"where":${raw}}}`;

/** The bytes of the request, under a token. */
export function bytesOf(
  { method = 'POST', path = '/graphql', headers = [], also = false, body = good }: BadInput,
  token: string,
): Buffer {
  const content = Buffer.from(body);
  const lines = [
    'host: x',
    'connection: close',
    `authorization: Bearer ${token}`,
    'x-acting-role: steward',
    'content-type: application/json',
    `content-length: ${content.length}`,
  ];
  const nameOf = (line: string): string => (line.split(':')[0] ?? '').toLowerCase();
  const own = headers.map(nameOf);
  const kept = also ? lines : lines.filter((line) => !own.includes(nameOf(line)));
  const sent = [...kept, ...headers].filter((line) => !line.endsWith(': -'));
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${sent.join('\r\n')}\r\n\r\n`, 'latin1'),
    content,
  ]);
}

const BAD = { status: 400, code: 'BAD_USER_INPUT' };
const NOT_HTTP = { ...BAD, reason: 'not HTTP', body: '' };
const TYPE = { status: 415, code: 'BAD_USER_INPUT', reason: 'media type' };
const BODY = { ...BAD, reason: 'body field' };
const SYNTAX = { ...BAD, reason: 'syntax' };
const INVALID = { ...BAD, reason: 'validation' };
const KIND = { ...BAD, reason: 'operation kind' };
const COMPLEX = { status: 400, code: 'QUERY_TOO_COMPLEX', reason: 'limits' };
const VARIABLES = { ...BAD, reason: 'variables' };

const connection: BadInput[] = [
  { name: 'no HTTP', method: `${MARK} nonsense`, ...NOT_HTTP },
  {
    name: 'a length and chunks',
    headers: ['content-length: 4', 'transfer-encoding: chunked'],
    ...NOT_HTTP,
    body: `0\r\n\r\nGET /livez HTTP/1.1\r\nhost: ${MARK}\r\n\r\n`,
  },
  {
    name: 'chunks under a second coding',
    headers: ['content-length: -', 'transfer-encoding: chunked, identity'],
    ...NOT_HTTP,
    body: `0\r\n\r\n`,
  },
  {
    name: 'a chunk length that is none',
    headers: ['content-length: -', 'transfer-encoding: chunked'],
    ...NOT_HTTP,
    body: `${MARK}\r\n`,
  },
  { name: 'two lengths', headers: ['content-length: 4', 'content-length: 5'], ...NOT_HTTP, body: 'null' },
  { name: 'a negative length', headers: ['content-length: -4'], ...NOT_HTTP },
  { name: 'a folded header', headers: [`x-note: a\r\n authorization: ${MARK}`], ...NOT_HTTP },
  { name: 'a space before the colon', headers: ['x-acting-role : support'], ...NOT_HTTP },
  { name: 'NUL in a header', headers: [`x-note: ${MARK}\0`], ...NOT_HTTP },
  { name: 'a bare line feed', headers: [`x-note: a\nx-acting-role: ${MARK}`], ...NOT_HTTP },
  { name: 'no host', headers: ['host: -'], ...BAD, reason: 'no host' },
  {
    name: 'headers without end',
    headers: [`x-note: ${MARK.repeat(3_000)}`],
    ...BAD,
    status: 431,
    reason: 'header size',
    body: '',
  },
  {
    name: 'many headers',
    headers: Array.from({ length: 3_000 }, (_, index) => `x-${index}: ${MARK}`),
    ...BAD,
    status: 431,
    reason: 'header size',
    body: '',
  },
  {
    name: 'an address without end',
    path: `/graphql?query=${MARK.repeat(3_000)}`,
    ...BAD,
    status: 431,
    reason: 'header size',
    body: '',
  },
  {
    name: 'an unknown expectation',
    headers: [`expect: ${MARK}`],
    ...BAD,
    status: 417,
    reason: 'expectation',
  },
];

const requests: BadInput[] = [
  ...['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'].map((method) => ({
    name: `${method} of a query`,
    method,
    path: `/graphql?query=mutation{${MARK}}`,
    ...BAD,
    status: 405,
    reason: 'method',
  })),
  { name: 'another address', path: `/graphql/${MARK}`, status: 404, code: 'NOT_FOUND', reason: 'address' },
  {
    name: 'an address that climbs',
    path: `/graphiql/../../etc/${MARK}`,
    status: 404,
    code: 'NOT_FOUND',
    reason: 'address',
  },
  ...[
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/json; charset=utf-16',
    'application/json; charset=utf-7',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json, text/plain',
    'text/plain; application/json',
    'application/jsonp',
    'application/vnd.api+json',
    '*/*',
    '""',
    '-',
  ].map((type) => ({ name: `as ${type}`, headers: [`content-type: ${type}`], ...TYPE })),
  {
    name: 'two types',
    headers: ['content-type: text/plain'],
    also: true,
    ...BAD,
    reason: 'header sent twice',
  },
  {
    name: 'two roles',
    headers: ['x-acting-role: support'],
    also: true,
    status: 403,
    code: 'FORBIDDEN',
    reason: 'acting role',
  },
  {
    name: 'two purposes',
    headers: [`x-purpose: ${MARK}`, 'x-purpose: b'],
    ...BAD,
    reason: 'purpose',
  },
  {
    name: 'two tokens',
    headers: [`authorization: Bearer ${MARK}`],
    also: true,
    status: 401,
    code: 'UNAUTHENTICATED',
    reason: 'token',
  },
  { name: 'no token', headers: ['authorization: -'], status: 401, code: 'UNAUTHENTICATED', reason: 'token' },
  {
    name: 'a token without end',
    headers: [`authorization: Bearer ${'a'.repeat(9_000)}.${MARK}.b`],
    status: 401,
    code: 'UNAUTHENTICATED',
    reason: 'token',
  },
  {
    name: 'a role of nobody',
    headers: [`x-acting-role: ${MARK}`],
    status: 403,
    code: 'FORBIDDEN',
    reason: 'acting role',
  },
  {
    name: 'gzip',
    headers: ['content-encoding: gzip'],
    body: gzipSync(good),
    ...BAD,
    status: 415,
    reason: 'content encoding',
  },
  {
    name: 'a gzip bomb',
    headers: ['content-encoding: gzip'],
    body: gzipSync(Buffer.alloc(100_000_000, 0x20)),
    ...BAD,
    status: 415,
    reason: 'content encoding',
  },
  {
    name: 'two encodings',
    headers: ['content-encoding: identity, br'],
    body: brotliCompressSync(good),
    ...BAD,
    status: 415,
    reason: 'content encoding',
  },
  { name: 'gzip under a plain name', body: gzipSync(good), ...BAD, reason: 'not UTF-8' },
  {
    name: 'a body too large',
    body: query(`{ viewer { role } } # ${'a'.repeat(262_144)}`),
    ...BAD,
    status: 413,
    reason: 'body size',
  },
];

const bodies: BadInput[] = [
  { name: 'nothing', body: '', ...BAD, reason: 'not JSON' },
  { name: 'half a body of JSON', body: good.slice(0, -1), ...BAD, reason: 'not JSON' },
  { name: 'two bodies', body: good + good, ...BAD, reason: 'not JSON' },
  {
    name: 'invalid UTF-8',
    body: Buffer.concat([Buffer.from(good), Buffer.from([0xff])]),
    ...BAD,
    reason: 'not UTF-8',
  },
  {
    name: 'overlong UTF-8',
    body: Buffer.concat([Buffer.from('{"query":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    ...BAD,
    reason: 'not UTF-8',
  },
  { name: 'UTF-16', body: Buffer.from(good, 'utf16le'), ...BAD, reason: 'not JSON' },
  { name: 'a batch', body: `[${good},${good}]`, ...BAD, reason: 'batch' },
  { name: 'an empty batch', body: '[]', ...BAD, reason: 'batch' },
  ...['null', '7', 'true', `"${MARK}"`].map((body) => ({
    name: `${body} alone`,
    body,
    ...BAD,
    reason: 'not an object',
  })),
  {
    name: '__proto__ in the body',
    body: `{"query":"{ viewer { role } }","__proto__":{"x":"${MARK}"}}`,
    ...BAD,
    reason: 'not JSON',
  },
  {
    name: '__proto__ spelled in escapes',
    body: `{"query":"{ viewer { role } }","variables":{"\\u005f_proto__":{"x":"${MARK}"}}}`,
    ...BAD,
    reason: 'not JSON',
  },
  {
    name: 'constructor.prototype in variables',
    body: where('{"constructor":{"prototype":{"polluted":1}}}'),
    ...BAD,
    reason: 'not JSON',
  },
  ...['7', '[]', '{}', 'null'].map((value) => ({
    name: `a query that is ${value}`,
    body: `{"query":${value}}`,
    ...BODY,
  })),
  ...['7', '[]', '"{}"'].map((value) => ({
    name: `variables that are ${value}`,
    body: `{"query":"{ viewer { role } }","variables":${value}}`,
    ...BODY,
  })),
  ...['7', '[]', '{}'].map((value) => ({
    name: `an operation name that is ${value}`,
    body: `{"query":"{ viewer { role } }","operationName":${value}}`,
    ...BODY,
  })),
  {
    name: 'extensions that are a list',
    body: `{"query":"{ viewer { role } }","extensions":["${MARK}"]}`,
    ...BODY,
  },
  { name: 'no query', body: json({ variables: { a: MARK } }), ...BAD, reason: 'no query' },
  { name: 'an empty query', body: '{"query":""}', ...BAD, reason: 'no query' },
  {
    name: 'JSON that nests without end',
    body: `{"query":"{ viewer { role } }","variables":{"a":${'['.repeat(120_000)}${']'.repeat(120_000)}}}`,
    ...COMPLEX,
  },
];

const documents: BadInput[] = [
  { name: 'a comment alone', body: query(''), ...SYNTAX },
  { name: 'no GraphQL', body: query(`SELECT ${MARK}`), ...SYNTAX },
  { name: 'NUL in a query', body: query('{ viewer { role } } \0'), ...SYNTAX },
  {
    name: 'a lone surrogate in a query',
    body: `{"query":"{ decision(id: \\"\\ud800\\") { id } }"}`,
    ...SYNTAX,
  },
  { name: 'a schema', body: query(`type ${MARK} { a: Int }`), ...INVALID },
  { name: 'a mutation', body: query(`mutation ${MARK} { viewer { role } }`), ...KIND },
  { name: 'a subscription', body: query(`subscription ${MARK} { viewer { role } }`), ...KIND },
  { name: 'an unknown field', body: query(`{ ${MARK} }`), ...INVALID },
  {
    name: 'unknown directives',
    body: query(`{ viewer { role ${times(900, (index) => `@${MARK}${index}`)} } }`),
    ...INVALID,
  },
  {
    name: '@include ten thousand times',
    body: query(`{ viewer { role ${times(10_000, () => '@include(if: true)')} } }`),
    ...COMPLEX,
  },
  {
    name: '@include three hundred times',
    body: query(`{ viewer { role ${times(300, () => '@include(if: true)')} } }`),
    ...INVALID,
  },
  { name: 'tokens', body: query(`{ viewer { ${times(4_000, () => 'role')} } }`), ...COMPLEX },
  { name: 'fields', body: query(`{ viewer { ${times(1_200, () => 'role')} } }`), ...COMPLEX },
  { name: 'aliases', body: query(`{ viewer { ${times(101, (index) => `a${index}: role`)} } }`), ...COMPLEX },
  {
    name: 'fragments that double',
    body: query(
      `{ ...f0 } ${times(30, (index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)} fragment f30 on Query { viewer { role } }`,
    ),
    ...COMPLEX,
  },
  {
    name: 'fragments in a circle',
    body: query('{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }'),
    ...INVALID,
  },
  { name: 'brackets without end', body: query('{a'.repeat(400)), ...SYNTAX },
  {
    name: 'introspection in circles',
    body: query(
      '{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }',
    ),
    ...INVALID,
  },
  {
    name: 'introspection many times',
    body: query(`{ ${times(20, (index) => `a${index}: __schema { types { name } }`)} }`),
    ...COMPLEX,
  },
  {
    name: 'more variables than make sense',
    body: query(`query(${times(900, (index) => `$v${index}: Int`)}) { viewer { role } }`),
    ...INVALID,
  },
  {
    name: 'no such operation',
    body: query('query A { viewer { role } }', { operationName: MARK }),
    ...BAD,
    reason: 'operation name',
  },
  {
    name: 'an operation name of JavaScript',
    body: query('query A { viewer { role } }', { operationName: '__proto__' }),
    ...BAD,
    reason: 'operation name',
  },
  {
    name: 'one of two operations, unnamed',
    body: query('query A { viewer { role } } query B { viewer { role } }'),
    ...BAD,
    reason: 'operation name',
  },
  {
    name: 'two operations of one name',
    body: query('query A { viewer { role } } query A { viewer { role } }', { operationName: 'A' }),
    ...INVALID,
  },
  {
    name: 'rows without end',
    body: query(
      `{ erp { ${times(30, (index) => `a${index}: salesLines(first: 1000, where: { quantity: { ne: ${index} } }) { nodes { id quantity country soldAt netAmount currency channel } }`)} } }`,
    ),
    ...COMPLEX,
  },
];

const variables: BadInput[] = [
  { name: 'constructor in a filter', body: where('{"constructor":{"eq":1}}'), ...VARIABLES },
  { name: 'prototype in a filter', body: where('{"prototype":{"eq":1}}'), ...VARIABLES },
  { name: 'toString in a filter', body: where('{"quantity":{"toString":1}}'), ...VARIABLES },
  { name: 'a huge integer', body: where(`{"quantity":{"eq":${'9'.repeat(30_000)}}}`), ...VARIABLES },
  { name: 'a number as text', body: where(`{"quantity":{"eq":"${MARK}"}}`), ...VARIABLES },
  {
    name: 'a flood of values',
    body: where(`{"quantity":{"in":[${Array(20_000).fill(1).join()}]}}`),
    ...COMPLEX,
  },
  {
    name: 'a filter that nests without end',
    body: where(`${'{"not":'.repeat(2_000)}{}${'}'.repeat(2_000)}`),
    ...COMPLEX,
  },
];

/** All of them, by where they are found out. */
export const BAD_INPUTS = { connection, requests, bodies, documents, variables };
