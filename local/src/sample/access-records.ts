import type { DatasetDeclaration } from '../../../src/schema/declarations';
import type { LoadRow } from '../import/transform';
import type { Random } from './random';
import { loadRow, type Fields } from './rows';

/** Reads of before the gateway was there, so that an auditor of the sample has something to ask. */

const RECORDS = 300;
const FIRST_DAY = Date.UTC(2026, 5, 1);
const DAYS = 5;
const APPLICANTS = 1_000;
const REASONS = ['Customer hurt, next of kin to be told', 'Fraud under way on the account'] as const;
const STAFF = ['support-1', 'support-2', 'support-3'] as const;

/** Records of one tenant. @param token makes its audit tokens, as the gateway would */
export function* sampleAccessRecords(
  dataset: DatasetDeclaration,
  random: Random,
  token: (value: string) => string,
): Generator<LoadRow> {
  for (let number = 1; number <= RECORDS; number += 1) yield loadRow(dataset, record(number, random, token));
}

function record(number: number, random: Random, token: (value: string) => string): Fields {
  const people = new Set(
    Array.from({ length: random.whole(1, 20) }, () => `applicant-${random.whole(1, APPLICANTS)}`),
  );
  const analyst = random.chance(0.3);
  const emergency = !analyst && random.chance(0.05);
  const request = `sample-${String(number).padStart(5, '0')}`;
  return {
    id: `${request}.0`,
    at: new Date(FIRST_DAY + random.whole(0, DAYS * 86_400 - 1) * 1_000).toISOString(),
    requestId: request,
    who: token(analyst ? 'analyst-1' : random.one(STAFF)),
    role: analyst ? 'risk_analyst' : 'support',
    operation: analyst ? 'RecentDecisions' : 'OpenCase',
    policyVersion: 'sample',
    purpose: analyst ? null : 'customer_support',
    breakGlass: emergency,
    breakGlassReason: emergency ? random.one(REASONS) : null,
    call: 'ROWS',
    dataset: 'Decision',
    fields: analyst
      ? 'id:clear applicantId:pseudonym outcome:clear'
      : 'id:clear applicantId:clear applicantEmail:partial outcome:clear',
    filters: 'decidedAt',
    clearClasses: analyst ? 'internal' : 'internal identifier',
    maskedClasses: analyst ? 'identifier' : 'contact',
    subjects: `|${[...people].map(token).join('|')}|`,
    subjectCount: people.size,
    rows: people.size,
    statements: request,
    outcome: 'OK',
  };
}
