import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createLedgerTable } from '../../../local/src/import/tables';
import { Aws } from '../../../local/src/import/aws';
import {
  issueCertificate,
  verifyCertificate,
  type CertificatePayload,
} from '../../../src/erasure/certificate';
import { AuditChain, checkChain } from '../../../src/erasure/chain';
import { createLedger } from '../../../src/erasure/ledger/ledger';
import { dynalitePoints } from '../../engines/support/point-stores';
import { Random } from '../../privacy/random';
import type { Setting } from '../setting';

const SUBJECTS = 1_000;
const ENTRIES = 20;
const DEAR_ROUNDS = 9;
const DEAR_TIMES = 40;
/** About three times what it is now. */
const MOST_DEAR = 8;

/** A certificate for a thousand people and a chain: verified offline, and no byte of them can be changed unseen. */
export async function certificate(setting: Setting): Promise<void> {
  const { options, report } = setting;
  const random = new Random(`${options.seed} certificate`);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const payload = payloadOf(SUBJECTS);
  const text = await issueCertificate(payload, privateKey);
  const read = await verifyCertificate(text, publicKey);
  const dearness = await dearnessOf(
    () => verifyCertificate(text, publicKey),
    () => void leastFor(text, publicKey),
  );
  report.check(
    `certificate: one for ${SUBJECTS} people, ${text.length} bytes, is verified with ${dearness.toFixed(1)} times the processor` +
      ` time that reading and its signature take`,
    dearness <= MOST_DEAR ? undefined : `It may take ${MOST_DEAR} times.`,
  );
  const same = isDeepStrictEqual(read, payload);
  report.check('certificate: it says what it was issued to say', same ? undefined : JSON.stringify(read));
  byCommand(text, publicKey, setting);

  // Every position of a short one; of the long one as many again.
  const short = await issueCertificate(payloadOf(1), privateKey);
  let unseen = 0;
  for (const [whole, positions] of [
    [short, [...short].map((_byte, at) => at)],
    [text, Array.from({ length: short.length }, () => random.whole(0, text.length - 1))],
  ] as const)
    for (const at of positions)
      if ((await verifyCertificate(flipped(whole, at, random), publicKey)) !== undefined) unseen += 1;
  report.check(
    `certificate: any of ${2 * short.length} changed bytes is found`,
    unseen === 0 ? undefined : `${unseen} were not`,
  );
  await chainOf(random, { report });
}

/** As whoever holds a certificate does it, from the start of npm to its end. */
function byCommand(text: string, key: KeyObject, { report, load }: Pick<Setting, 'report' | 'load'>): void {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-certificate-'));
  try {
    const keyFile = join(folder, 'key.pem');
    const whole = join(folder, 'whole');
    const changed = join(folder, 'changed');
    writeFileSync(keyFile, key.export({ type: 'spki', format: 'pem' }));
    writeFileSync(whole, text);
    writeFileSync(
      changed,
      text.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    );
    const began = performance.now();
    const found = runVerify(keyFile, whole);
    const seconds = (performance.now() - began) / 1_000;
    report.say(`certificate: npm run erasure -- verify took ${seconds.toFixed(2)} s, ${load}`);
    report.check(
      'certificate: the command tells a whole one from a changed one',
      found === 0 && runVerify(keyFile, changed) === 1 ? undefined : `It ended with ${found}.`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runVerify(key: string, certificate: string): number | null {
  return spawnSync('npm', ['run', '--silent', 'erasure', '--', 'verify', '--key', key, certificate]).status;
}

async function chainOf(random: Random, { report }: Pick<Setting, 'report'>): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const store = await dynalitePoints();
  const dynamodb = store.config.SLUICE_DYNAMODB_ENDPOINT ?? '';
  const aws = new Aws({ dynamodb, athena: dynamodb, redshiftData: dynamodb, s3: dynamodb });
  const ledger = createLedger(store.config);
  let entries: readonly string[];
  let heads: readonly string[];
  try {
    await createLedgerTable(aws.dynamodb, store.config.SLUICE_ERASURE_TABLE);
    const chain = new AuditChain(ledger.table);
    for (let at = 0; at < ENTRIES; at += 1)
      await chain.append({ event: 'STEP_ENDED', tenant: 'aurora', requestId: `r${at}`, rows: at });
    await chain.sign(privateKey);
    ({ entries, heads } = await chain.read());
  } finally {
    ledger.close();
    aws.close();
    await store.close();
  }
  const whole = await checkChain({ entries, heads }, publicKey);
  const dearness = await dearnessOf(
    () => checkChain({ entries, heads }, publicKey),
    () => {
      for (const entry of entries)
        createHash('sha256')
          .update(JSON.stringify(JSON.parse(entry)))
          .digest();
      for (const head of heads) leastFor(head, publicKey);
    },
  );
  report.check(
    `certificate: a chain of ${entries.length} entries is checked with ${dearness.toFixed(1)} times the processor time that` +
      ` reading, hashes and signatures take`,
    dearness <= MOST_DEAR ? undefined : `It may take ${MOST_DEAR} times.`,
  );
  const sound = whole.fault === undefined && whole.signedUpTo === ENTRIES;
  report.check('certificate: the chain is whole', sound ? undefined : JSON.stringify(whole));
  let positions = 0;
  let unseen = 0;
  for (const [which, text] of [...entries, ...heads].entries())
    for (let at = 0; at < text.length; at += 1) {
      const changed = flipped(text, at, random);
      const found = await checkChain(
        {
          entries: entries.map((one, index) => (index === which ? changed : one)),
          heads: heads.map((one, index) => (index + entries.length === which ? changed : one)),
        },
        publicKey,
      );
      positions += 1;
      if (found.fault === undefined) unseen += 1;
    }
  report.check(
    `certificate: any of ${positions} changed bytes of the chain is found`,
    unseen === 0 ? undefined : `${unseen} were not`,
  );
}

/** What nobody who verifies a signed text can leave out: decoding, reading, one signature. */
function leastFor(text: string, key: KeyObject): unknown {
  const [header = '', payload = '', signature = ''] = text.split('.');
  const whole = verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
  return whole ? JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) : undefined;
}

/** Processor time of a work as a multiple of the least that it can take; both in turn, so that other load meets both. */
async function dearnessOf(work: () => Promise<unknown>, least: () => void): Promise<number> {
  const ratios: number[] = [];
  for (let round = 0; round < DEAR_ROUNDS; round += 1) {
    const dear = await processorTime(work);
    ratios.push(dear / (await processorTime(async () => least())));
  }
  return ratios.sort((one, other) => one - other)[Math.floor(DEAR_ROUNDS / 2)] ?? NaN;
}

/** Of this process with all its threads, in microseconds. */
async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let time = 0; time < DEAR_TIMES; time += 1) await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The text with one byte changed to another. */
function flipped(text: string, at: number, random: Random): string {
  const bytes = Buffer.from(text);
  bytes[at] = (bytes[at] ?? 0) ^ random.whole(1, 127);
  return bytes.toString('latin1');
}

function payloadOf(subjects: number): CertificatePayload {
  return {
    requestId: 'r1',
    tenant: 'aurora',
    state: 'COMPLETED',
    subjects: Array.from({ length: subjects }, (_none, at) => `a_${String(at).padStart(40, '0')}`),
    planHash: 'a'.repeat(43),
    outcomes: [
      { dataset: 'Decision', store: 'athena', outcome: { state: 'ERASED' }, rows: 3, statementIds: ['q-1'] },
    ],
    residue: [{ store: 's3', kind: 'backups', description: 'Backups of the lake', goneBy: '2027-01-01' }],
    chain: { sequence: 7, hash: 'b'.repeat(43) },
    issuedAt: '2026-11-24T12:00:00.000Z',
  };
}
