import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Aws } from '../../local/src/import/aws';
import { createLedgerTable } from '../../local/src/import/tables';
import { readConfig } from '../../src/config';
import { issueCertificate, type CertificatePayload } from '../../src/erasure/certificate';
import { AuditChain, chainFile } from '../../src/erasure/chain';
import { command as chainCommand } from '../../src/erasure/commands/chain';
import { command as verifyCommand } from '../../src/erasure/commands/verify';
import { createLedger } from '../../src/erasure/ledger/ledger';
import { dynalitePoints } from '../engines/support/point-stores';
import { runCommand, type Ended } from '../support/command';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const der = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();

const erasure = (args: readonly string[], input = '', environment: Record<string, string> = {}) =>
  runCommand('src/erasure/main.ts', args, input, environment);

const PAYLOAD: CertificatePayload = {
  version: 2,
  requestId: 'r-1',
  tenant: 'acme',
  state: 'COMPLETED',
  subjects: ['a_1', 'a_2'],
  planHash: 'the-plan',
  outcomes: [
    {
      dataset: 'Reading',
      store: 'athena',
      outcome: { state: 'PENDING_HORIZON', date: '2027-01-08' },
      rows: 3_120,
      statementIds: ['q-1', 'q-2'],
      planned: 3_100,
      effects: [
        {
          batch: 'b-1',
          requests: 2,
          steps: [
            {
              id: 'athena.Reading.erase',
              kind: 'erase',
              rows: 4_000,
              endedAt: '2026-11-24T01:00:00.000Z',
              statementIds: ['q-1'],
            },
            {
              id: 'athena.Reading.expire',
              kind: 'expire',
              rows: 0,
              endedAt: '2026-11-24T01:10:00.000Z',
              statementIds: ['q-2'],
            },
          ],
        },
      ],
      horizon: {
        logicallyGone: {
          date: '2026-11-24',
          evidence: [
            {
              kind: 'step',
              name: 'athena.Reading.erase',
              at: '2026-11-24T01:00:00.000Z',
              statementIds: ['q-1'],
            },
            {
              kind: 'look',
              name: 'athena.Reading',
              at: '2026-11-24T02:00:00.000Z',
              statementIds: ['q-3'],
            },
          ],
        },
        unreachable: {
          date: '2026-11-29',
          evidence: [
            {
              kind: 'snapshots',
              name: 'athena.Reading',
              at: '2026-11-24T01:10:00.000Z',
              statementIds: ['q-4'],
            },
          ],
        },
        physicallyGone: {
          date: '2027-01-08',
          evidence: [{ kind: 'rule', name: 'athena query_history', days: 45 }],
        },
      },
      look: {
        at: '2026-11-24T02:00:00.000Z',
        day: '2026-11-24',
        found: 0,
        statementId: 'q-3',
        files: { read: 9, rows: 2 },
      },
    },
    {
      dataset: 'Decision',
      store: 'dynamodb',
      outcome: { state: 'PSEUDONYMISED', until: '2028-01-01' },
      rows: 2,
      statementIds: [],
    },
    {
      dataset: 'Decision',
      store: 'athena',
      outcome: { state: 'RETAINED', ground: 'a law', until: '2028-01-01' },
      rows: 2,
      statementIds: [],
    },
    {
      dataset: 'Employee',
      store: 'redshift',
      outcome: { state: 'FAILED', reason: 'NO_PERMISSION' },
      rows: 0,
      statementIds: [],
    },
  ],
  residue: [{ store: 'dynamodb', kind: 'recovery_points', description: 'Recovery.', goneBy: '2026-12-29' }],
  chain: { sequence: 1, hash: 'h' },
  issuedAt: '2026-11-24T12:00:00.000Z',
};

describe('npm run erasure', () => {
  let folder: string;
  let key: string;
  let otherKey: string;
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-erasure-'));
    key = await file('key.pem', pem);
    const other = generateKeyPairSync('ed25519').publicKey;
    // The other form that a key may come in.
    otherKey = await file(
      'other.b64',
      `${other.export({ format: 'der', type: 'spki' }).toString('base64')}\n`,
    );
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** Any one byte of a text changed to any other. */
  const changed = (text: string): fc.Arbitrary<Buffer> =>
    fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
      const bytes = Buffer.from(text);
      bytes[at] = (bytes[at] ?? 0) ^ bits;
      return bytes;
    });

  test('says what it can do', async () => {
    for (const args of [['--help'], ['verify', '--help'], ['chain', '--help'], ['key', '--help']]) {
      const ended = await erasure(args);
      expect([ended.status, ended.stderr]).toEqual([0, '']);
      expect(ended.stdout).toMatch(/^Usage: npm run erasure -- /);
    }
    const wrong = await erasure(['verfy']);
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Commands are: work, verify, chain, key'),
    });
  });

  test('key makes keys that the gateway takes, and prints the public one of the one that is set', async () => {
    const made = await erasure(['key']);
    const [, sealing = ''] = /^SLUICE_ERASURE_KEY=(.+)$/m.exec(made.stdout) ?? [];
    const [, signing = ''] = /^SLUICE_ERASURE_SIGNING_KEY=(.+)$/m.exec(made.stdout) ?? [];
    expect(Buffer.from(sealing, 'base64').length).toBe(32);
    const secret = createPrivateKey({ key: Buffer.from(signing, 'base64'), format: 'der', type: 'pkcs8' });
    const own = createPublicKey(secret).export({ format: 'pem', type: 'spki' }).toString();
    expect(made.stdout).toContain(own);
    const printed = await erasure(['key', '--public'], '', { SLUICE_ERASURE_SIGNING_KEY: signing });
    expect(printed.stdout).toBe(own);
    expect((await erasure(['key'])).stdout).not.toBe(made.stdout);
  });

  describe('verify', () => {
    let text: string;
    let path: string;
    beforeAll(async () => {
      text = `${await issueCertificate(PAYLOAD, privateKey)}\n`;
      path = await file('certificate.jws', text);
    });

    test('prints for people what a certificate states', async () => {
      const ended = await erasure(['verify', '--key', key, path]);
      expect([ended.status, ended.stderr]).toEqual([0, '']);
      expect(ended.stdout).toBe(
        `Every byte is as it was issued.

Erasure r-1 of acme
  state          COMPLETED
  issued         2026-11-24T12:00:00.000Z
  keys           2, named by one-way tokens
  approved plan  the-plan
  audit chain    entry 1, hash h

What became of the rows
  dataset   store     planned  counted  changed                            outcome                                             statements
  Reading   athena    3100     3120     4000 of up to 2 requests together  gone; the last copy goes by 2027-01-08              2
  Decision  dynamodb  -        2        -                                  the person is out of them; deleted from 2028-01-01  0
  Decision  athena    -        2        -                                  kept until 2028-01-01: a law                        0
  Employee  redshift  -        0        -                                  not erased: NO_PERMISSION                           0

Looked at last, by another way than what erased them
  dataset  store   when                      what was read            rows found  in files
  Reading  athena  2026-11-24T02:00:00.000Z  the table and its files  0           2 in 9 files

From when they are gone
  dataset  store   what                        from        by
  Reading  athena  logically gone              2026-11-24  step athena.Reading.erase (q-1); nothing found at 2026-11-24T02:00:00.000Z (q-3)
  Reading  athena  unreachable by time travel  2026-11-29  oldest snapshot of 2026-11-24T01:10:00.000Z (q-4)
  Reading  athena  physically gone             2027-01-08  athena query_history, 45 days at most

What may still hold them, and until when
  until       where                     what
  2026-12-29  dynamodb recovery_points  Recovery.
`,
      );
    });

    test('checks those that were issued before tables had dates, and prints what they state', async () => {
      const { version: _version, outcomes, ...rest } = PAYLOAD;
      const early: CertificatePayload = {
        ...rest,
        outcomes: outcomes.map(({ dataset, store, outcome, rows, statementIds }) => ({
          ...{ dataset, store, outcome, rows, statementIds },
        })),
      };
      const name = await file('early.jws', await issueCertificate(early, privateKey));
      const ended = await erasure(['verify', '--key', key, name]);
      expect([ended.status, ended.stderr]).toEqual([0, '']);
      expect(ended.stdout).toMatch(/^Every byte is as it was issued/);
      expect(ended.stdout).toMatch(/Reading +athena +- +3120 +- +gone; the last copy goes by 2027-01-08 +2/);
      expect(ended.stdout).not.toMatch(/Looked at last|From when/);
    });

    test('and as JSON, from standard input, with the configured key', async () => {
      const ended = await erasure(['verify', '--json', '-'], text, { SLUICE_ERASURE_SIGNING_KEY: der });
      expect(ended.status).toBe(0);
      expect(JSON.parse(ended.stdout)).toEqual({ valid: true, certificate: PAYLOAD });
    });

    test('refuses one that was changed, another key, and a file that is none', async () => {
      const flipped = text.replace(
        /^(.{200})(.)/,
        (_all, before: string, one: string) => before + (one === 'A' ? 'B' : 'A'),
      );
      const refused: Ended[] = [
        await erasure(['verify', '--key', key, await file('flipped.jws', flipped)]),
        await erasure(['verify', '--key', otherKey, path]),
        await erasure(['verify', '--key', key, await file('cut.jws', text.slice(0, 300))]),
        await erasure(['verify', '--key', key, await file('none.txt', 'no certificate')]),
        await erasure(['verify', '--key', key, await file('empty.txt', '')]),
      ];
      for (const { status, stdout, stderr } of refused) {
        expect([status, stderr]).toEqual([1, '']);
        expect(stdout).toMatch(/not as it was issued[^]*Ask whoever issued it/);
        expect(stdout).not.toContain('acme');
      }
    });

    test('finds any changed byte', async () => {
      await fc.assert(
        fc.asyncProperty(changed(text), async (bytes) => {
          await writeFile(join(folder, 'any.jws'), bytes);
          const status = await verifyCommand.run(['--key', key, join(folder, 'any.jws')], () => undefined);
          // The line break at the end is the file's and not the certificate's.
          expect(status).toBe(1);
        }),
        { numRuns: 300 },
      );
    });

    test('says what is wrong with a command line', async () => {
      const nothing = { SLUICE_ERASURE_SIGNING_KEY: '' };
      const secret = await file('secret.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
      for (const [args, says] of [
        [['verify'], 'Name one certificate'],
        [['verify', '--key', join(folder, 'nowhere'), path], 'can’t be read'],
        [['verify', '--key', key, join(folder, 'nowhere')], 'can’t be read'],
        [['verify', '--key', path, path], 'is no public Ed25519 key'],
        [['verify', '--key', secret, path], 'is a private key'],
        [['verify', '--kye', key, path], '--kye'],
      ] as const) {
        const ended = await erasure(args);
        expect([args, ended.status]).toEqual([args, 2]);
        expect(ended.stderr).toContain(says);
        expect(ended.stderr).not.toMatch(/^ {4}at /m);
      }
      expect((await erasure(['verify', path], '', nothing)).status).toBe(2);
    });
  });

  describe('chain', () => {
    let environment: Record<string, string>;
    let path: string;
    let text: string;
    let certificate: string;
    const closing: (() => unknown)[] = [];

    beforeAll(async () => {
      const store = await dynalitePoints();
      const endpoint = store.config.SLUICE_DYNAMODB_ENDPOINT ?? '';
      const aws = new Aws({ dynamodb: endpoint, athena: endpoint, redshiftData: endpoint, s3: endpoint });
      await createLedgerTable(aws.dynamodb, store.config.SLUICE_ERASURE_TABLE);
      const ledger = createLedger(store.config);
      closing.push(
        () => ledger.close(),
        () => aws.close(),
        () => store.close(),
      );
      const chain = new AuditChain(ledger.table);
      for (let at = 0; at < 5; at += 1)
        await chain.append({ event: 'APPROVED', tenant: 'acme', requestId: `r-${at}`, by: 'a_1' });
      const head = await chain.sign(privateKey);
      await chain.append({ event: 'COMPLETED', tenant: 'acme', requestId: 'r-1' });
      text = chainFile(await chain.read());
      path = join(folder, 'chain.txt');
      certificate = await file(
        'of-chain.jws',
        await issueCertificate({ ...PAYLOAD, chain: head }, privateKey),
      );
      environment = {
        AWS_REGION: store.config.AWS_REGION,
        SLUICE_DYNAMODB_ENDPOINT: endpoint,
        SLUICE_ERASURE_TABLE: store.config.SLUICE_ERASURE_TABLE,
        SLUICE_ERASURE_SIGNING_KEY: der,
      };
    });
    afterAll(async () => {
      for (const close of closing) await close();
    });

    test('is read from the ledger, exported, and checked from the file', async () => {
      const says = 'The chain is whole: 6 entries, signed up to entry 5. The last 1 is not signed yet.\n';
      const args = ['chain', '--certificate', certificate];
      const read = await erasure([...args, '--out', path], '', environment);
      expect(read).toEqual({ status: 0, stdout: says, stderr: '' });
      expect(await readFile(path, 'utf8')).toBe(text);
      const again = await erasure([...args, '--file', path, '--key', key, '--json']);
      expect(again.status).toBe(0);
      expect(JSON.parse(again.stdout)).toEqual({ whole: true, entries: 6, signedUpTo: 5, faults: [] });
    });

    test('finds entries that are missing at the end, another key, and a file that is none', async () => {
      const lines = text.trimEnd().split('\n');
      const without = (...gone: number[]): string =>
        lines
          .filter((_line, at) => !gone.includes(at))
          .map((line) => `${line}\n`)
          .join('');
      const cases: [string, readonly string[]][] = [
        [await file('cut.txt', without(4, 5)), ['--key', key]],
        [await file('middle.txt', without(2)), ['--key', key]],
        [await file('unsigned.txt', without(6)), ['--key', key]],
        // Cut off with its signature: only a certificate from elsewhere shows it.
        [await file('shorter.txt', without(3, 4, 5, 6)), ['--key', key, '--certificate', certificate]],
        [path, ['--key', otherKey]],
        [await file('no-chain.txt', 'no chain\n\n'), ['--key', key]],
      ];
      for (const [chain, args] of cases) {
        const ended = await erasure(['chain', '--file', chain, ...args]);
        expect([chain, ended.status, ended.stderr]).toEqual([chain, 1, '']);
        expect(ended.stdout).toContain('cannot be relied on. Compare it with an earlier export');
      }
    });

    test('finds any changed byte of what is signed or linked', async () => {
      const any = join(folder, 'any.txt');
      // Behind the last signed head an entry that nothing follows may be changed; it says that it is not signed.
      const signed = chainFile({
        entries: text.split('\n').slice(0, 5),
        heads: text.split('\n').slice(6, 7),
      });
      await fc.assert(
        fc.asyncProperty(changed(signed), async (bytes) => {
          await writeFile(any, bytes);
          expect(await chainCommand.run(['--file', any, '--key', key], () => undefined)).toBe(1);
        }),
        { numRuns: 300 },
      );
    });

    test('says when the ledger cannot be reached', async () => {
      const ended = await erasure(['chain', '--key', key], '', {
        ...environment,
        SLUICE_ERASURE_TABLE: 'nowhere',
      });
      expect(ended.status).toBe(2);
      expect(ended.stderr).not.toMatch(/^ {4}at /m);
      expect(() => readConfig({})).toThrow();
    });
  });
});
