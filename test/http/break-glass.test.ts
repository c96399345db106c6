import { startGateway, type Answer, type Caller, type Gateway } from '../support/gateway';
import { codeOf, raw } from '../support/raw-http';

/** A role for emergencies: a reason in a header, a token of short life, a flag in the audit. */

const QUERY =
  '{ readings(range: { from: "2026-09-01T00:00:00Z", to: "2026-10-01T00:00:00Z" }, first: 1) { nodes { latitude } } }';
const REASON = 'A crane in Hamburg does not answer.';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const ask = (reason?: string, more: Partial<Caller> = {}): Promise<Answer> =>
  gateway.ask(
    {
      role: 'emergency_responder',
      ttl: '60m',
      headers: reason === undefined ? {} : { 'x-break-glass-reason': reason },
      ...more,
    },
    QUERY,
  );
const outcome = ({ status, errors }: Answer): unknown => [status, errors?.[0]?.extensions.code];

function auditedReasons(): unknown[] {
  return gateway.audited().map((record) => [record.break_glass, record.break_glass_reason]);
}

test('a reason and a short token open it, and the audit line is flagged', async () => {
  const answer = await ask(REASON);
  expect(answer.errors).toBeUndefined();
  expect(JSON.stringify(answer.data)).toMatch(/"latitude":\d/);
  expect(auditedReasons()).toEqual([[true, REASON]]);
});

test('a reason in any script travels percent-encoded', async () => {
  const reason = 'Kran antwortet nicht, Prüfung 100 % — 緊急';
  expect((await ask(encodeURIComponent(reason))).errors).toBeUndefined();
  expect(auditedReasons().at(-1)).toEqual([true, reason]);
  // Ten characters of four bytes each.
  expect((await ask(encodeURIComponent('🚨'.repeat(10)))).errors).toBeUndefined();
});

test('without a reason it is forbidden, and the text says how to give one', async () => {
  const answer = await ask();
  expect(outcome(answer)).toEqual([403, 'FORBIDDEN']);
  expect(answer.errors?.[0]?.message).toMatch(
    /x-break-glass-reason once, with 10 to 500 .*encodeURIComponent/,
  );
  expect(gateway.log()).toMatch(
    /"event":"request_refused","request":"[^"]+","code":"FORBIDDEN","status":403,"reason":"break glass"/,
  );
});

test.each([
  ['empty', ''],
  ['too short', 'too short'],
  ['blank', encodeURIComponent(' '.repeat(50))],
  ['too long', 'x'.repeat(501)],
  ['raw bytes', 'Pr\u00fcfung des Krans'],
  ['broken encoding', '100% sure of it all'],
  ['bytes that are no UTF-8', 'a reason %ff%fe of sorts'],
  ['a new line', encodeURIComponent('a reason\nwith "breakGlass":false')],
  ['a text that turns round', encodeURIComponent('a reason \u202e of sorts')],
  ['a NUL', 'a reason %00 of sorts'],
])('a reason that is %s is bad input', async (_name, reason) => {
  expect(outcome(await ask(reason))).toEqual([400, 'BAD_USER_INPUT']);
});

test('a reason sent twice is bad input', async () => {
  const token = await gateway.token({ role: 'emergency_responder' });
  const headers = ['authorization', `Bearer ${token}`, 'content-type', 'application/json'];
  const twice = ['x-break-glass-reason', REASON, 'x-break-glass-reason', REASON];
  const { status, text } = await raw(
    gateway.url,
    [...headers, ...twice],
    Buffer.from('{"query":"{ __typename }"}'),
  );
  expect([status, codeOf(text)]).toEqual([400, 'BAD_USER_INPUT']);
});

test('a token that lives longer than the policy allows is forbidden', async () => {
  const answer = await ask(REASON, { ttl: '61m' });
  expect(outcome(answer)).toEqual([403, 'FORBIDDEN']);
  expect(answer.errors?.[0]?.message).toMatch(/at most 60 minutes/);
});

test('a reason given in another role is bad input: its sender believes to act in this one', async () => {
  const answer = await gateway.ask(
    { role: 'fleet_operator', headers: { 'x-break-glass-reason': REASON } },
    '{ viewer { role } }',
  );
  expect(outcome(answer)).toEqual([400, 'BAD_USER_INPUT']);
});
