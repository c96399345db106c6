import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { createExecutors } from '../../../src/erasure/executors/create';
import type { StagedKey } from '../../../src/erasure/steps';
import { Verifier } from '../../../src/erasure/verify/verifier';
import { startLakeAws, type LakeAws } from '../../engines/support/lake-aws';
import { clientsFor, type Clients } from '../../local/support';
import { DAY, dataset, LATELY } from '../support/people';
import { withRetained } from '../support/retained';
import { runBatch } from '../support/run';

/** An item that should go and stays for retained fields loses its lists of rows too, and verification sees one that is left. */

const SIGNAL = new AbortController().signal;
const TABLE = 'sluice-decisions';
const TOKEN = 'e_token';

describe('an item that stays for retained fields alone', () => {
  let lake: LakeAws;
  let clients: Clients;

  beforeAll(async () => {
    lake = await startLakeAws('duckdb');
    clients = clientsFor(lake.endpoints);
  });

  afterAll(async () => {
    for (const client of Object.values(clients ?? {})) (client as { destroy(): void }).destroy();
    await lake?.close();
  });

  test('has its key, its times, the token and these fields, and no list', async () => {
    const fields = ['outcome', 'amount', 'currency'];
    const declared = withRetained('Decision', {
      action: 'delete',
      retained: [{ fields, ground: 'Some law', keep: 'P5Y', from: 'decidedAt' }],
    });
    const row = { applicantId: 'ann', applicantEmail: 'a@example.com', market: 'US', riskGrade: 'A' };
    await lake.load(dataset('Decision'), 'acme', [
      { ...row, id: 'd-1', decidedAt: LATELY, outcome: 'APPROVED', amount: '5.0000', currency: 'USD' },
    ]);
    const Key = { pk: { S: 'acme#d-1' } };
    const withList = async (): Promise<void> => {
      await clients.dynamodb.send(
        new UpdateItemCommand({
          TableName: TABLE,
          Key,
          UpdateExpression: 'SET transactions = :list',
          ExpressionAttributeValues: { ':list': { L: [{ M: { finding: { S: 'owner' } } }] } },
        }),
      );
    };
    await withList();
    const common = { tenant: 'acme', dataset: 'Decision', kind: 'customer', token: TOKEN } as const;
    const keys: StagedKey[] = [
      { ...common, action: 'pseudonymise', key: 'ann' },
      { ...common, action: 'delete', key: TOKEN },
      { ...common, action: 'release', key: TOKEN },
    ];
    const executors = await createExecutors(lake.config, [declared], SIGNAL);
    const location = lake.config.SLUICE_ERASURE_LOCATION ?? '';
    const verifier = new Verifier({ ...lake.config, SLUICE_ERASURE_LOCATION: location }, [declared]);
    const survivors = async (day: string): Promise<number[]> =>
      (await verifier.verify({ id: 'bare', day, keys }, false, SIGNAL)).map((one) => one.survivors);
    try {
      await runBatch(executors, { id: 'bare', day: DAY, keys }, ['stage', 'erase', 'unstage']);
      const { Item = {} } = await clients.dynamodb.send(new GetItemCommand({ TableName: TABLE, Key }));
      expect(Object.keys(Item).sort()).toEqual(
        [
          'amount',
          'applicant_id',
          'currency',
          'decided_at',
          'decision_id',
          'outcome',
          'pk',
          'tenant_id',
        ].sort(),
      );
      expect(Item.applicant_id).toEqual({ S: TOKEN });
      expect(await survivors(DAY)).toEqual([0, 0]);
      await withList();
      expect(await survivors(DAY)).toEqual([0, 1]);
      // Five years on neither the row nor its fields should be there: a table is asked about each.
      expect(await survivors('2031-12-01')).toEqual([2, 1]);
      await runBatch(executors, { id: 'bare', day: '2031-12-01', keys }, ['stage', 'erase', 'unstage']);
      expect(await survivors('2031-12-01')).toEqual([0, 0]);
    } finally {
      verifier.close();
      for (const executor of executors) await executor.close();
    }
  });
});
