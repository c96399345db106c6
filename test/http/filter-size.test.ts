import { Pseudonyms } from '../../src/auth/pseudonyms';
import { startGateway, type Gateway } from '../support/gateway';
import { localAws } from '../support/local-aws';

/** How much fits into one filter must not tell how long the values behind pseudonyms are. */

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const COUNT = `query Count($where: SalesLineWhere!) { erp { salesLines(where: $where) { totalCount } } }`;
const TOKENS = 'query Tokens { erp { salesLines(first: 1000) { nodes { id customerId } } } }';

/** The most values of one `in` that fit beside a filler of clear text, or the code of the refusal when none do. */
async function mostThatFit(token: string): Promise<number> {
  let fits = 0;
  let not = 1000;
  const filler = Array.from({ length: 4 }, () => ({ productName: { eq: 'x'.repeat(15_500) } }));
  while (not - fits > 1) {
    const middle = Math.floor((fits + not) / 2);
    const where = { or: [{ customerId: { in: Array<string>(middle).fill(token) } }, ...filler] };
    const { errors } = await gateway.ask({ role: 'sales_analyst' }, COUNT, { where });
    if (errors === undefined) fits = middle;
    else {
      expect(errors[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX');
      not = middle;
    }
  }
  return fits;
}

test('as many pseudonyms fit into a filter, whatever they stand for', async () => {
  const clear = await gateway.ask({ role: 'steward' }, TOKENS);
  const masked = await gateway.ask({ role: 'sales_analyst' }, TOKENS);
  const tokens = new Map<string, string>(
    masked.data.erp.salesLines.nodes.map((row: Record<string, string>) => [row.id, row.customerId]),
  );
  const lengths = new Map<number, string>();
  for (const { id, customerId } of clear.data.erp.salesLines.nodes)
    if (typeof customerId === 'string') lengths.set(customerId.length, tokens.get(id) ?? '');
  expect(lengths.size).toBeGreaterThan(1);
  const known = [...lengths.values()];
  // The sample has no customer without an id; the token of the empty text must not stand out all the same.
  const key = Buffer.from(localAws().environment.SLUICE_MASK_KEY ?? '', 'base64');
  const madeUp = [`p_${'A'.repeat(known[0]!.length - 2)}`, new Pseudonyms(key).token('aurora', '')];
  const most = await Promise.all([...known, ...madeUp].map(mostThatFit));
  expect(most[0]).toBeGreaterThan(100);
  expect(new Set(most)).toEqual(new Set([most[0]]));
});
