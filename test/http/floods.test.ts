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

const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');

describe('floods', () => {
  const refusedQueries: Record<string, string> = {
    'too many tokens': `{ viewer { ${times(4_000, () => 'role')} } }`,
    'too many fields': `{ viewer { ${times(1_200, () => 'role')} } }`,
    'too many aliases': `{ viewer { ${times(101, (index) => `a${index}: role`)} } }`,
    'aliases through a fragment': `{ ${times(30, () => '...f')} a: erp { ...s } b: erp { ...s } }
      fragment f on Query { viewer { role } }
      fragment s on Erp { ${times(60, (index) => `a${index}: salesLines { totalCount }`)} }`,
    'fragments that double': `{ ...f0 } ${times(30, (index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)}
      fragment f30 on Query { viewer { role } }`,
    'fragments in a circle': '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }',
    'introspection many times': `{ ${times(20, (index) => `a${index}: __schema { types { name } }`)} }`,
    'introspection too deep':
      '{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }',
    'unknown directives': `{ viewer { role ${times(900, (index) => `@a${index}`)} } }`,
    'unknown fields': `{ viewer { ${times(900, (index) => `roles${index}`)} } }`,
    'brackets without end': '{'.repeat(3_900),
    'lists without end': `{ erp { salesLines(where: { and: ${'['.repeat(1_900)}${']'.repeat(1_900)} }) { totalCount } } }`,
    'a name without end': `{ ${'a'.repeat(250_000)} }`,
    'the same field with other arguments': `{ erp { ${times(300, (index) => `salesLines(first: ${index + 1}) { totalCount }`)} } }`,
  };
  test.each(Object.entries(refusedQueries))('%s', async (_name, query) => {
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
