import { PutObjectCommand } from '@aws-sdk/client-s3';
import { auditObjects } from '../../../src/auth/audit-objects';
import { AuditTokens } from '../../../src/auth/audit-tokens';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { tableOf } from '../../../src/schema/tables';
import type { Aws } from '../import/aws';
import { LOCAL_NAMES } from '../names';
import type { Random } from './random';

/** Reads of before the gateway was there, so that an auditor of the sample has something to ask. */

const RECORDS = 300;
const FIRST_DAY = Date.UTC(2026, 5, 1);
const DAYS = 5;
const APPLICANTS = 1_000;
/** Read by the sample's emergency role, now and then. */
const REASONS = ['Customer hurt, next of kin to be told', 'Fraud under way on the account'] as const;
const STAFF = ['support-1', 'support-2', 'support-3'] as const;

type Line = Record<string, unknown>;

/** Stores the records of one tenant; storing them again changes nothing. Answers how many there are. */
export async function loadAccessRecords(
  aws: Aws,
  dataset: DatasetDeclaration,
  tenant: string,
  random: Random,
  auditKey: Buffer,
): Promise<number> {
  const tokens = new AuditTokens(auditKey);
  const lines = Array.from({ length: RECORDS }, (_none, index) =>
    record(index + 1, tenant, random, tokens.maker(tenant)),
  );
  const table = tableOf(dataset);
  for (const { partition, body } of auditObjects(table, 'read_at', lines)) {
    await aws.s3.send(
      new PutObjectCommand({
        Bucket: LOCAL_NAMES.lakeBucket,
        Key: `${table.database}/${table.name}/${table.partitionColumn}=${partition}/sample-${tenant}.parquet`,
        Body: body,
      }),
    );
  }
  return RECORDS;
}

function record(number: number, tenant: string, random: Random, token: (value: string) => string): Line {
  const people = new Set(
    Array.from({ length: random.whole(1, 20) }, () => `applicant-${random.whole(1, APPLICANTS)}`),
  );
  const analyst = random.chance(0.3);
  const emergency = !analyst && random.chance(0.05);
  const request = `sample-${String(number).padStart(5, '0')}`;
  return {
    tenant,
    record_id: `${request}.0`,
    read_at: new Date(FIRST_DAY + random.whole(0, DAYS * 86_400 - 1) * 1_000).toISOString(),
    request_id: request,
    reader: token(analyst ? 'analyst-1' : random.one(STAFF)),
    acting_role: analyst ? 'risk_analyst' : 'support',
    operation: analyst ? 'RecentDecisions' : 'OpenCase',
    policy_version: 'sample',
    purpose: analyst ? null : 'customer_support',
    break_glass: emergency,
    break_glass_reason: emergency ? random.one(REASONS) : null,
    call_kind: 'ROWS',
    dataset: 'Decision',
    fields: analyst
      ? 'id:clear applicantId:pseudonym outcome:clear'
      : 'id:clear applicantId:clear applicantEmail:partial outcome:clear',
    filters: 'decidedAt',
    clear_classes: analyst ? 'internal' : 'internal identifier',
    masked_classes: analyst ? 'identifier' : 'contact',
    aggregated_classes: null,
    subjects: `|${[...people].map(token).join('|')}|`,
    subject_count: people.size,
    row_count: people.size,
    statements: request,
    outcome: 'OK',
  };
}
