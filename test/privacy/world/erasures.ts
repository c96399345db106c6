import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { AuditTokens } from '../../../src/auth/audit-tokens';
import { readConfig, type Config } from '../../../src/config';
import { createLedger } from '../../../src/erasure/ledger/ledger';
import { declarations } from '../../../src/schema/catalog';
import { planAsWorker } from '../../support/planned-erasure';
import { letters } from './texts';
import type { Canary, Tenancy } from './world';

/** Requests for erasure, one for each tenant, whose keys are canaries; the same in both worlds. */

const DAY = '2026-03-01';
const WHO = ['asked', 'found', 'left out'] as const;

function keyOf(tenant: string, who: (typeof WHO)[number]): string {
  return `${letters(`erasure ${tenant} ${who}`, 12)}${who === 'found' ? '@example.com' : ''}`;
}

/** The keys of a tenant's request: whoever sees keys in the clear may see them, and nobody else. */
export function erasureCanaries(tenancies: readonly Tenancy[]): Canary[] {
  const dataset = declarations.datasets.get('Decision');
  const column = dataset?.columns.get('applicantId');
  if (dataset === undefined || column === undefined) throw new Error('There are no decisions.');
  return tenancies.flatMap(({ tenant }) =>
    WHO.map((who): Canary => ({
      ...{ tenant, world: 'a', dataset, column, inScope: true, erasureKey: true },
      path: `key ${who}`,
      text: keyOf(tenant, who),
    })),
  );
}

/** Writes them into world a, and copies all of its ledger into world b: their keys are sealed alike. */
export async function plantErasures(
  tenancies: readonly Tenancy[],
  environments: { a: NodeJS.ProcessEnv; b: NodeJS.ProcessEnv },
): Promise<void> {
  // The AWS SDK finds its credentials where it always does.
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = environments.a;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });
  const [a, b] = [readConfig({ ...environments.a }), readConfig({ ...environments.b })];
  const ledger = createLedger(a, () => Date.parse(`${DAY}T12:00:00Z`));
  const tokens = new AuditTokens(a.SLUICE_AUDIT_KEY);
  for (const { tenant } of tenancies) {
    const { request } = await ledger.requests.create({
      tenant,
      regulation: 'GDPR',
      receivedOn: DAY,
      dueOn: '2026-04-01',
      requestedBy: tokens.token(tenant, 'somebody'),
      reason: 'A letter.',
      keys: [{ kind: 'customer', key: keyOf(tenant, 'asked') }],
      idempotencyKey: 'planted',
    });
    const evidence = { dataset: 'Decision', from: 'applicantId', to: 'applicantEmail', rows: 3 };
    await planAsWorker(ledger, tokens, tenant, request.id, {
      found: [{ kind: 'email', key: keyOf(tenant, 'found'), person: 0, distance: 1, evidence }],
      leftOut: [
        { kind: 'customer', key: keyOf(tenant, 'left out'), person: 0, distance: 2, why: 'TOO_COMMON' },
      ],
      rows: 7,
      day: DAY,
    });
  }
  ledger.close();
  await copyLedger(a, b);
}

async function copyLedger(from: Config, to: Config): Promise<void> {
  const [source, target] = [from, to].map(
    ({ AWS_REGION: region, SLUICE_DYNAMODB_ENDPOINT: endpoint = '' }) =>
      new DynamoDBClient({ region, endpoint }),
  );
  const TableName = from.SLUICE_ERASURE_TABLE;
  const { Items: items = [] } = (await source?.send(new ScanCommand({ TableName }))) ?? {};
  for (const Item of items) await target?.send(new PutItemCommand({ TableName, Item }));
  source?.destroy();
  target?.destroy();
}
