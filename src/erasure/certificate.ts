import type { KeyObject } from 'node:crypto';
import type { Leftover } from './leftovers';
import type { DatasetOutcome } from './ledger/records';
import type { RequestState, Residue } from './model';
import { signed, verified } from './signatures';

export const CERTIFICATE_VERSION = 2;

/** What Sluice states about an erasure, signed. No key of a person in the clear. */
export interface CertificatePayload {
  /** Absent in those of before there were dates and looks of each table; they are checked alike. */
  version?: typeof CERTIFICATE_VERSION;
  requestId: string;
  tenant: string;
  state: RequestState;
  /** One-way tokens of the people's keys. */
  subjects: readonly string[];
  /** Hash of the plan that was approved and ran. */
  planHash: string;
  /** What became of the rows of each table: counts, what did it, the dates by which it is gone from where, what a look found. */
  outcomes: readonly DatasetOutcome[];
  /** What may still hold them, each with the day by which it is gone. */
  residue: readonly (Omit<Residue, 'horizonDays'> & { goneBy: string })[];
  /** What batches should have deleted and could not; absent where nothing is left. */
  left?: readonly Pick<Leftover, 'batch' | 'what' | 'reason'>[];
  /** Place in the audit chain at which it was issued. */
  chain: { sequence: number; hash: string };
  issuedAt: string;
}

const TYPE = 'sluice-erasure-certificate+jws';

/** @param key Ed25519 private key */
export function issueCertificate(payload: CertificatePayload, key: KeyObject): Promise<string> {
  return signed(TYPE, payload, key);
}

/**
 * The payload of a certificate, which may end with one line break; undefined when anything of it is not as it was issued.
 * Needs the public key and nothing else.
 */
export async function verifyCertificate(
  text: string,
  key: KeyObject,
): Promise<CertificatePayload | undefined> {
  const payload = await verified(TYPE, text.endsWith('\n') ? text.slice(0, -1) : text, key);
  return payload as CertificatePayload | undefined;
}
