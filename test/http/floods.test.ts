import { times } from '../support/bad-inputs';
import { FLOODS } from '../support/flood-queries';
import { startGateway, type Gateway } from '../support/gateway';

/** Queries and variables that are many times larger than any that makes sense: refused, and the process goes on. */

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterEach(async () => {
  const { data } = await gateway.ask({ role: 'support' }, '{ viewer { role } }');
  expect(data).toEqual({ viewer: { role: 'support' } });
});
afterAll(() => gateway.close());

const STEWARD = { role: 'steward' };
const FILTERED = 'query Q($where: SalesLineWhere) { erp { salesLines(where: $where) { totalCount } } }';

describe('floods', () => {
  test.each(Object.entries(FLOODS))('%s', async (_name, query) => {
    const answer = await gateway.ask(STEWARD, query);
    expect(answer.status).toBe(400);
    expect(['BAD_USER_INPUT', 'QUERY_TOO_COMPLEX']).toContain(answer.errors?.[0]?.extensions.code);
    // No more comes back than was sent, a hundred errors at most.
    expect(answer.errors?.length).toBeLessThanOrEqual(101);
    expect(answer.text.length).toBeLessThan(60_000);
  });

  test('variables of many or deep values', async () => {
    const deep = (levels: number): unknown =>
      JSON.parse(`${'{"not":'.repeat(levels)}{"quantity":{"gt":1}}${'}'.repeat(levels)}`);
    const refused: [unknown, string][] = [
      [deep(2_000), 'QUERY_TOO_COMPLEX'],
      [deep(90), 'BAD_USER_INPUT'],
      [deep(20), 'BAD_USER_INPUT'],
      [{ or: Array(60_000).fill({}) }, 'QUERY_TOO_COMPLEX'],
      [{ or: Array(5_000).fill({}) }, 'BAD_USER_INPUT'],
      [{ or: Array(4_000).fill({ x: 1 }) }, 'BAD_USER_INPUT'],
      [{ quantity: { in: Array(1_001).fill(1) } }, 'BAD_USER_INPUT'],
      [{ or: Array(201).fill({ quantity: { gt: 1 } }) }, 'BAD_USER_INPUT'],
    ];
    for (const [where, code] of refused) {
      const { errors, text } = await gateway.ask(STEWARD, FILTERED, { where });
      expect(errors?.[0]?.extensions.code).toBe(code);
      expect(errors?.length).toBeLessThanOrEqual(11);
      expect(text.length).toBeLessThan(5_000);
    }
    const fine = await gateway.ask(STEWARD, FILTERED, { where: deep(19) });
    expect(fine.errors).toBeUndefined();
  });

  test('rows times fields over all lists of a request are bounded', async () => {
    const list = (index: number): string =>
      `a${index}: salesLines(first: 1000, where: { quantity: { ne: ${index} } }) { nodes { id quantity country } }`;
    const { errors } = await gateway.ask(STEWARD, `{ erp { ${times(99, list)} } }`);
    const codes = new Set(errors?.map((error) => error.extensions.code));
    expect([...codes]).toEqual(['QUERY_TOO_COMPLEX']);
  });
});
