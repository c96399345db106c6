import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { Aws } from '../../local/src/import/aws';
import { createLedgerTable } from '../../local/src/import/tables';
import { issueCertificate, verifyCertificate, type CertificatePayload } from '../../src/erasure/certificate';
import { AuditChain, checkChain, type StoredChain } from '../../src/erasure/chain';
import { createLedger } from '../../src/erasure/ledger/ledger';
import { dynalitePoints } from '../engines/support/point-stores';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519').publicKey;

/** The text with one byte changed to another. */
const flipped = (text: string): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 1, max: 127 })).map(([at, bits]) => {
    const bytes = Buffer.from(text);
    bytes[at] = (bytes[at] ?? 0) ^ bits;
    return bytes.toString('latin1');
  });

const PAYLOAD: CertificatePayload = {
  requestId: 'r1',
  tenant: 'acme',
  state: 'COMPLETED',
  subjects: ['a_1', 'a_2'],
  planHash: 'hash',
  outcomes: [
    { dataset: 'Decision', store: 'athena', outcome: { state: 'ERASED' }, rows: 3, statementIds: ['q-1'] },
  ],
  residue: [{ store: 's3', kind: 'backups', description: 'Backups', goneBy: '2027-01-01' }],
  chain: { sequence: 7, hash: 'h' },
  issuedAt: '2026-11-24T12:00:00.000Z',
};

test('a certificate is verified with the public key alone, and any changed byte is found', async () => {
  const text = await issueCertificate(PAYLOAD, privateKey);
  expect(await verifyCertificate(text, publicKey)).toEqual(PAYLOAD);
  expect(await verifyCertificate(`${text}\n`, publicKey)).toEqual(PAYLOAD);
  expect(await verifyCertificate(text, stranger)).toBeUndefined();
  await fc.assert(
    fc.asyncProperty(flipped(text), async (changed) => {
      expect(await verifyCertificate(changed, publicKey)).toBeUndefined();
    }),
    { numRuns: 1_000 },
  );
});

describe('the audit chain', () => {
  let whole: StoredChain;

  beforeAll(async () => {
    const store = await dynalitePoints();
    const dynamodb = store.config.SLUICE_DYNAMODB_ENDPOINT ?? '';
    const aws = new Aws({ dynamodb, athena: dynamodb, redshiftData: dynamodb, s3: dynamodb });
    await createLedgerTable(aws.dynamodb, store.config.SLUICE_ERASURE_TABLE);
    const ledger = createLedger(store.config);
    const chain = new AuditChain(ledger.table);
    // Writers meet, and each entry has a place of its own.
    const appended = await Promise.all(
      Array.from({ length: 12 }, (_none, index) =>
        chain.append({ event: 'APPROVED', tenant: 'acme', requestId: `r${index}`, by: 'a_1', rows: index }),
      ),
    );
    expect(new Set(appended.map(({ sequence }) => sequence)).size).toBe(12);
    await chain.sign(privateKey);
    await chain.append({ event: 'COMPLETED', tenant: 'acme', requestId: 'r1' });
    await chain.sign(privateKey);
    await chain.sign(privateKey);
    whole = await chain.read();
    ledger.close();
    aws.close();
    await store.close();
  });

  test('is whole, and says how far it is signed', async () => {
    expect(await checkChain(whole, publicKey)).toEqual({ entries: 13, signedUpTo: 13 });
    expect(whole.heads.length).toBe(2);
    expect((await checkChain(whole, stranger)).fault).toBeDefined();
  });

  test('any changed byte of an entry or a head is found', async () => {
    const texts = [...whole.entries, ...whole.heads];
    const changes = fc
      .nat(texts.length - 1)
      .chain((at) => flipped(texts[at] ?? '').map((text) => ({ at, text })));
    await fc.assert(
      fc.asyncProperty(changes, async ({ at, text }) => {
        const changed = texts.map((one, index) => (index === at ? text : one));
        const entries = changed.slice(0, whole.entries.length);
        const heads = changed.slice(whole.entries.length);
        expect((await checkChain({ entries, heads }, publicKey)).fault).toBeDefined();
      }),
      { numRuns: 1_000 },
    );
  });

  test('an entry that is missing, moved or cut off at the end is found', async () => {
    const { entries, heads } = whole;
    const turned = [...entries];
    [turned[2], turned[3]] = [entries[3] ?? '', entries[2] ?? ''];
    for (const changed of [entries.slice(1), entries.slice(0, -1), turned])
      expect((await checkChain({ entries: changed, heads }, publicKey)).fault).toBeDefined();
  });
});
