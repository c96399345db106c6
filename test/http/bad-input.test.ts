import { startGateway, type Gateway } from '../support/gateway';
import { BAD_INPUTS, bytesOf, good, MARK, query, times, type BadInput } from '../support/bad-inputs';
import { answerIn, codeOf, say } from '../support/raw-http';

/**
 * Every bad input and what it gets, as bytes on a connection: a status, a code of the table, and exactly one line in the
 * log that gives a reason and no part of what was sent. MARK stands in each input where the log could repeat it.
 */

let gateway: Gateway;
let token: string;
beforeAll(async () => {
  gateway = await startGateway();
  token = await gateway.token({ role: 'steward', roles: ['steward', 'support'] });
});
afterAll(() => gateway.close());

const refusals = (log: string): { request?: string; code: string; status: number; reason: string }[] =>
  log
    .split('\n')
    .filter((line) => line.includes('"request_refused"'))
    .map((line) => JSON.parse(line) as { code: string; status: number; reason: string });

describe.each(Object.entries(BAD_INPUTS))('%s', (_kind, cases) => {
  test.each(cases.map((bad): [string, BadInput] => [bad.name, bad]))('%s', async (_name, bad) => {
    const before = gateway.log().length;
    const { status, body, head } = answerIn(await say(gateway.url, bytesOf(bad, token)));
    expect([status, bad.method === 'HEAD' ? bad.code : codeOf(body)]).toEqual([bad.status, bad.code]);
    expect(head).toMatch(/content-type: application\/json/i);
    const log = gateway.log().slice(before);
    expect(refusals(log)).toMatchObject([{ code: bad.code, status: bad.status, reason: bad.reason }]);
    expect(log).not.toContain(MARK);
    // The process goes on, and no one else's request was touched.
    const { data } = await gateway.ask({ role: 'support' }, '{ viewer { role } }');
    expect(data).toEqual({ viewer: { role: 'support' } });
  });
});

describe('odd, and fine', () => {
  const fine: Omit<BadInput, 'status' | 'code' | 'reason'>[] = [
    { name: 'a byte order mark', body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(good)]) },
    { name: 'a charset in capitals', headers: ['content-type: application/json; charset="UTF-8"'] },
    { name: 'an encoding that is none', headers: ['content-encoding: identity'] },
    {
      name: 'fragments in a long chain',
      body: query(
        `{ ...f0 } ${times(400, (index) => `fragment f${index} on Query { ...f${index + 1} }`)} fragment f400 on Query { viewer { role } }`,
      ),
    },
    {
      name: 'headers of the same name with underscores',
      headers: ['x_acting_role: support', 'x-role: support'],
    },
    { name: 'another method by header', headers: ['x-http-method-override: GET'] },
    {
      name: 'keys that nobody knows',
      body: query('{ viewer { role } }', { prototype: MARK, constructor: MARK, method: 'GET' }),
    },
  ];
  test.each(fine.map((odd): [string, (typeof fine)[number]] => [odd.name, odd]))('%s', async (_name, odd) => {
    const { status, body } = answerIn(
      await say(gateway.url, bytesOf({ ...odd, status: 200, code: '', reason: '' }, token)),
    );
    expect([status, JSON.parse(body)]).toMatchObject([200, { data: { viewer: { role: 'steward' } } }]);
  });
});
