import fc from 'fast-check';
import { SluiceError } from '../../src/errors';
import {
  checkKey,
  resolveKeys,
  RESOLUTION_LIMITS,
  type KeyLink,
  type KeyMatch,
  type LinkReader,
} from '../../src/erasure/identity';
import { SUBJECT_KEY_KINDS, type SubjectKey, type SubjectKeyKind } from '../../src/erasure/model';

/** Rows as a store holds them: keys of one row, by field. */
interface Row {
  dataset: string;
  keys: readonly { field: string; kind: SubjectKeyKind; key: string }[];
}

/** Reads rows in memory, compared to the byte. */
class Rows implements LinkReader {
  reads = 0;

  constructor(private readonly rows: readonly Row[]) {}

  async read(keys: readonly SubjectKey[]): Promise<{ links: KeyLink[]; matches: KeyMatch[] }> {
    this.reads++;
    const links = new Map<string, KeyLink>();
    const matches = new Map<string, KeyMatch>();
    for (const asked of keys) {
      for (const row of this.rows) {
        const from = row.keys.find(({ kind, key }) => kind === asked.kind && key === asked.key);
        if (from === undefined) continue;
        const id = JSON.stringify([row.dataset, asked]);
        const of = this.rows.filter(({ dataset }) => dataset === row.dataset).length;
        const known = matches.get(id);
        matches.set(id, { dataset: row.dataset, key: asked, rows: (known?.rows ?? 0) + 1, of });
        for (const to of row.keys.filter((other) => other !== from)) {
          const link = JSON.stringify([row.dataset, asked, to]);
          links.set(link, {
            dataset: row.dataset,
            from: from.field,
            fromKey: asked,
            to: to.field,
            toKey: { kind: to.kind, key: to.key },
            rows: (links.get(link)?.rows ?? 0) + 1,
          });
        }
      }
    }
    return { links: [...links.values()], matches: [...matches.values()] };
  }
}

const row = (dataset: string, ...keys: SubjectKey[]): Row => ({
  dataset,
  keys: keys.map(({ kind, key }) => ({ field: `${kind}Field`, kind, key })),
});
const customer = (key: string): SubjectKey => ({ kind: 'customer', key });
const email = (key: string): SubjectKey => ({ kind: 'email', key });
const phone = (key: string): SubjectKey => ({ kind: 'phone', key });
const names = (keys: readonly SubjectKey[]) => keys.map(({ kind, key }) => `${kind}:${key}`);

/** One request, with nobody else's beside it. */
async function resolveOne(people: readonly (readonly SubjectKey[])[], reader: LinkReader) {
  const [found] = await resolveKeys([{ people }], reader);
  if (found === undefined || found instanceof SluiceError) throw found ?? new Error('no answer');
  return found;
}

async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('nothing was refused');
}

describe('identity resolution', () => {
  const rows = [
    row('Decision', customer('C1'), email('ann@example.com'), phone('+1')),
    row('Decision', customer('C1'), email('ann@example.com')),
    row('SalesLine', customer('K9'), email('ann@example.com')),
    row('SalesLine', customer('K9'), email('ann@work.example')),
    row('Decision', customer('C7'), email('ann@work.example')),
    row('Decision', customer('C7'), email('far@example.com')),
  ];

  it('finds keys hop by hop, each with its evidence, and says what is too far', async () => {
    const reader = new Rows(rows);
    const [found] = await resolveOne([[customer('C1')]], reader);
    expect(found?.keys).toEqual([
      { ...customer('C1'), person: 0, distance: 0 },
      {
        ...email('ann@example.com'),
        person: 0,
        distance: 1,
        evidence: { dataset: 'Decision', from: 'customerField', to: 'emailField', rows: 2 },
      },
      {
        ...phone('+1'),
        person: 0,
        distance: 1,
        evidence: { dataset: 'Decision', from: 'customerField', to: 'phoneField', rows: 1 },
      },
      {
        ...customer('K9'),
        person: 0,
        distance: 2,
        evidence: { dataset: 'SalesLine', from: 'emailField', to: 'customerField', rows: 1 },
      },
      {
        ...email('ann@work.example'),
        person: 0,
        distance: 3,
        evidence: { dataset: 'SalesLine', from: 'customerField', to: 'emailField', rows: 1 },
      },
    ]);
    expect(found?.leftOut).toMatchObject([{ ...customer('C7'), distance: 4, why: 'TOO_FAR' }]);
    expect(reader.reads).toBe(4);
  });

  it('leaves look-alikes alone', async () => {
    const alike = ['c1', ' C1', 'C1 ', 'C1%', 'С1', "C1'", 'C', 'C11'].map((key) =>
      row('Decision', customer(key), email(`${key}@decoy.example`)),
    );
    const [found] = await resolveOne([[customer('C1')]], new Rows([...rows, ...alike]));
    expect(names(found?.keys ?? []).filter((name) => name.includes('decoy'))).toEqual([]);
  });

  it('does not follow a key that is no one person’s, and refuses to start from one', async () => {
    const many = Array.from({ length: 1_500 }, (_, index) =>
      row('Decision', customer(`X${index}`), email('unknown@example.com')),
    );
    const reader = new Rows([
      ...rows,
      ...many,
      row('Decision', customer('C1'), email('unknown@example.com')),
    ]);
    const [found] = await resolveOne([[customer('C1')]], reader);
    expect(names(found?.keys ?? [])).not.toContain('email:unknown@example.com');
    expect(names(found?.keys ?? []).some((name) => name.startsWith('customer:X'))).toBe(false);
    expect(found?.leftOut.map(({ key, why }) => `${key} ${why}`)).toContain('unknown@example.com TOO_COMMON');
    const refused = await refusal(resolveOne([[email('unknown@example.com')]], reader));
    expect(refused.code).toBe('BAD_USER_INPUT');
    expect(refused.message).not.toContain('unknown@');
  });

  it('refuses a person of more keys than a person has', async () => {
    const shared = Array.from({ length: 60 }, (_, index) =>
      row('Decision', customer(`X${index}`), email('a@b')),
    );
    expect((await refusal(resolveOne([[email('a@b')]], new Rows(shared)))).code).toBe('BAD_USER_INPUT');
  });

  it('reads as often for a thousand people as for one', async () => {
    const people = Array.from({ length: 1_000 }, (_, index) => [customer(`P${index}`)]);
    const reader = new Rows(
      people.slice(0, 50).map(([key], index) => row('Decision', key!, email(`${index}@p`))),
    );
    const found = await resolveOne(people, reader);
    expect(found).toHaveLength(1_000);
    expect(names(found[7]?.keys ?? [])).toEqual(['customer:P7', 'email:7@p']);
    expect(reader.reads).toBe(2);
  });

  it('reads as often for many requests as for one, and finds the others’ people when one is refused', async () => {
    const shared = Array.from({ length: 60 }, (_, index) =>
      row('Decision', customer(`X${index}`), email('a@b')),
    );
    const all = [...rows, ...shared];
    const alone = new Rows(all);
    const found = await resolveOne([[customer('C1')]], alone);
    const together = new Rows(all);
    const [one, known, few, none, other] = await resolveKeys(
      [
        { people: [[customer('C1')]] },
        { people: [[email('ann@example.com')]], hops: 0 },
        { people: [[customer('X1')]] },
        { people: [[customer('*')]] },
        { people: [[customer('nobody')], [customer('K9')]] },
      ],
      together,
    );
    expect(together.reads).toBe(alone.reads);
    expect(one).toEqual(found);
    expect(known).toMatchObject([{ keys: [{ key: 'ann@example.com' }] }]);
    expect([few, none]).toMatchObject([{ code: 'BAD_USER_INPUT' }, { code: 'BAD_USER_INPUT' }]);
    expect(other).toEqual(await resolveOne([[customer('nobody')], [customer('K9')]], new Rows(all)));
  });

  it.each([
    ['an empty key', ''],
    ['blanks', '  \t'],
    ['a wildcard', '%'],
    ['another', '*'],
    ['a pattern of wildcards', '_%?'],
    ['a control character', 'C1\u0000'],
    ['half a character', 'C1\ud800'],
    ['a book', 'x'.repeat(513)],
  ])('refuses %s, and does not repeat it', async (_name, key) => {
    const reader = new Rows(rows);
    const refused = await refusal(resolveOne([[customer('C1')], [customer(key)]], reader));
    expect(refused.code).toBe('BAD_USER_INPUT');
    expect(reader.reads).toBe(0);
    expect(() => checkKey({ kind: 'fax' as SubjectKeyKind, key: 'C1' })).toThrow(/no kind there is/);
  });

  it('takes keys with signs in them as they are', () => {
    for (const key of ["O'Brien; DROP TABLE", '100%', 'a_b', '*5', 'Ünïcode', '"']) checkKey(customer(key));
  });

  it('is bounded, finds only what is linked, and loses nothing within its bounds', async () => {
    const key = fc.record({
      kind: fc.constantFrom<SubjectKeyKind>(...SUBJECT_KEY_KINDS),
      key: fc.integer({ min: 0, max: 12 }).map((number) => `k${number}`),
    });
    const table = fc.array(
      fc.uniqueArray(key, { selector: ({ kind }) => kind, minLength: 1, maxLength: 3 }),
      {
        maxLength: 40,
      },
    );
    await fc.assert(
      fc.asyncProperty(table, key, async (data, start) => {
        const reader = new Rows(data.map((keys) => row('Decision', ...keys)));
        const id = ({ kind, key }: SubjectKey) => `${kind}:${key}`;
        // The distances as a relaxation over all rows gives them.
        const distance = new Map([[id(start), 0]]);
        for (let hop = 1; hop <= RESOLUTION_LIMITS.hops; hop++) {
          const reached = data.filter((keys) =>
            keys.some((one) => (distance.get(id(one)) ?? Infinity) < hop),
          );
          for (const one of reached.flat()) if (!distance.has(id(one))) distance.set(id(one), hop);
        }
        if (distance.size > RESOLUTION_LIMITS.keys) {
          expect((await refusal(resolveOne([[start]], reader))).code).toBe('BAD_USER_INPUT');
          return;
        }
        const [found] = await resolveOne([[start]], reader);
        expect(new Map(found?.keys.map((one) => [id(one), one.distance]))).toEqual(distance);
        for (const { distance: far, evidence } of found?.keys ?? [])
          expect(evidence === undefined).toBe(far === 0);
        expect(reader.reads).toBeLessThanOrEqual(RESOLUTION_LIMITS.hops + 1);
      }),
      { numRuns: 300 },
    );
  });
});
