import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { AuditTokens } from '../../src/auth/audit-tokens';
import { createErasureAccess, type ErasureAccess } from '../../src/auth/erasure-access';
import { loadPolicy } from '../../src/auth/policy';
import { createCursorSeal } from '../../src/datasources/cursors';
import type { Request, ErasureService } from '../../src/erasure/service';
import { SluiceError } from '../../src/errors';
import { declarations } from '../../src/schema/catalog';
import { buildFullSchema } from '../../src/schema/build';
import { ERASURE_PLACES } from '../../src/schema/erasure-places';
import type { ErasureRight } from '../../src/schema/vocabulary';
import { MemorySink } from './memory-sink';

/** Rights over erasures are checked behind the schema too: what a role may not is refused before anything is asked. */

const policy = loadPolicy('policy/policy.yaml', declarations);
const asked: string[] = [];
const key = { kind: 'email' as const, key: 'someone@example.com', person: 0, distance: 0 };
const planned = { people: [{ keys: [key], leftOut: [] }], plan: { subjects: [], parts: [], residue: [] } };
const service = new Proxy(
  {},
  {
    get: (_target, name) => {
      asked.push(String(name));
      if (name === 'preview') return async () => planned;
      return name === 'keys' ? async () => [key] : async () => [];
    },
  },
) as unknown as ErasureService;
const sink = new MemorySink();
const open = createErasureAccess({
  policy,
  service,
  tokens: new AuditTokens(randomBytes(64)),
  cursors: createCursorSeal(randomBytes(64)),
  sink,
  logger: pino({ level: 'silent' }),
});

function access(role: string): ErasureAccess {
  asked.length = 0;
  return open(
    { subject: 's', tenant: 'acme', roles: [role], role, claims: new Map() },
    { requestId: 'r', signal: new AbortController().signal, calls: [] },
  );
}

const request = { tenant: 'acme', id: 'x' } as Request;
const terms = { ground: 'g', purpose: 'p', until: '2030-01-01' };
const CALLS: [ErasureRight, string, (erasures: ErasureAccess) => Promise<unknown>][] = [
  ['read', 'find', (erasures) => erasures.find('x')],
  ['read', 'list', (erasures) => erasures.list({}, 1, undefined)],
  ['read', 'plan', (erasures) => erasures.plan(request)],
  ['read', 'holds', (erasures) => erasures.holds(request)],
  ['read', 'certificate', (erasures) => erasures.certificate(request)],
  ['read', 'keys', (erasures) => erasures.keys(request, { first: 1, clear: false })],
  ['read', 'leftOutKeys', (erasures) => erasures.leftOutKeys(request, { first: 1, clear: false })],
  ['read', 'schedule', (erasures) => erasures.schedule()],
  ['read', 'regulations', (erasures) => erasures.regulations()],
  ['request', 'preview', (erasures) => erasures.preview([], undefined)],
  ['request', 'previewPeople', (erasures) => erasures.previewPeople(planned as never, 1, false)],
  ['request', 'submit', (erasures) => erasures.submit({} as never)],
  ['request', 'cancel', (erasures) => erasures.cancel('x', undefined)],
  ['request', 'replan', (erasures) => erasures.replan('x')],
  ['request', 'retry', (erasures) => erasures.retry('x')],
  ['approve', 'approve', (erasures) => erasures.approve('x', 'h')],
  ['approve', 'reject', (erasures) => erasures.reject('x', 'r')],
  ['hold', 'hold', (erasures) => erasures.hold('x', terms)],
  ['hold', 'release', (erasures) => erasures.release('x')],
  ['extend', 'extend', (erasures) => erasures.extend('x', 'n')],
  ['pause', 'pause', (erasures) => erasures.pause('r')],
  ['pause', 'resume', (erasures) => erasures.resume()],
];

const code = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'allowed',
    (error: unknown) => (error instanceof SluiceError ? error.code : String(error)),
  );

test.each(CALLS)('%s: %s', async (right, _name, call) => {
  for (const [name, role] of policy.roles) {
    const erasures = access(name);
    expect([name, await code(call(erasures))]).toEqual([
      name,
      role.mayErase(right) ? 'allowed' : 'FORBIDDEN',
    ]);
    if (!role.mayErase(right)) expect(asked).toEqual([]);
  }
});

test('every method of the access is tried above', () => {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(access('auditor')));
  const inner = [
    'constructor',
    'day',
    'keysPage',
    'shown',
    'lookedAt',
    'page',
    'binding',
    'opened',
    'change',
    'billed',
    'allowed',
  ];
  expect(methods.filter((name) => !inner.includes(name)).sort()).toEqual(
    CALLS.map(([, name]) => name).sort(),
  );
});

test('clear keys are refused to a role that sees tokens, and never leave without a line', async () => {
  const clear = { first: 1, clear: true };
  expect(await code(access('auditor').keys(request, clear))).toBe('FORBIDDEN');
  const page = await access('compliance').keys(request, clear);
  expect(page?.items[0]?.key).toBe(key.key);
  expect(JSON.parse(sink.lines.at(-1) ?? '{}')).toMatchObject({
    call_kind: 'ERASURE_KEYS',
    subject_count: 1,
  });
  expect(sink.lines.join('')).not.toContain(key.key);
});

test('each field about erasures, and each mutation, has a right', () => {
  const schema = buildFullSchema();
  const fields = (type: string): string[] =>
    Object.keys((schema.getType(type) as unknown as { getFields(): object }).getFields()).map(
      (field) => `${type}.${field}`,
    );
  for (const mutation of fields('Mutation')) expect(ERASURE_PLACES).toContain(mutation);
  for (const query of fields('Query'))
    if (/erasure|regulation/i.test(query)) expect(ERASURE_PLACES).toContain(query);
  for (const place of ERASURE_PLACES) expect(fields(place.split('.')[0] ?? '')).toContain(place);
});
