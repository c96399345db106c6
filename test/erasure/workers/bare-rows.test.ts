import { GetItemCommand, UpdateItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { createExecutors } from '../../../src/erasure/executors/create';
import type { StagedKey } from '../../../src/erasure/steps';
import { Verifier } from '../../../src/erasure/verify/verifier';
import type { LakeAws } from '../../engines/support/lake-aws';
import { queryAthena, runAthena, runRedshift, type Clients } from '../../local/support';
import { DAY, dataset, LATELY } from '../support/people';
import { withRetained } from '../support/retained';
import { runBatch } from '../support/run';
import { Workplace } from '../support/workplace';

/** An item that should go and stays for retained fields loses all else, declared or not, and verification sees what is left. */

const SIGNAL = new AbortController().signal;
const TABLE = 'sluice-decisions';
const TOKEN = 'e_token';

describe('an item that stays for retained fields alone', () => {
  let lake: LakeAws;
  let clients: Clients;
  let place: Workplace;

  beforeAll(async () => {
    place = await Workplace.open();
    ({ lake, clients } = place);
  });

  afterAll(async () => {
    await place?.close();
  });

  test('has its key, its times, the token and these fields, no list, and nothing that nobody declared', async () => {
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
    const put = async (UpdateExpression: string, values?: Record<string, AttributeValue>): Promise<void> => {
      await clients.dynamodb.send(
        new UpdateItemCommand({ TableName: TABLE, Key, UpdateExpression, ExpressionAttributeValues: values }),
      );
    };
    const withList = (): Promise<void> =>
      put('SET transactions = :list', { ':list': { L: [{ M: { finding: { S: 'owner' } } }] } });
    const withPhone = (): Promise<void> => put('SET phone = :phone', { ':phone': { S: '+49 911 1' } });
    await withList();
    await withPhone();
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
      // What a late writer puts back is found, and goes by the token.
      await withPhone();
      expect(await survivors(DAY)).toEqual([0, 1]);
      await runBatch(executors, { id: 'again', day: DAY, keys }, ['stage', 'erase', 'unstage']);
      expect(await survivors(DAY)).toEqual([0, 0]);
      // A retained field without the time that it ends by is never called right.
      await put('REMOVE decided_at');
      expect(await survivors(DAY)).toEqual([0, 1]);
      await put('SET decided_at = :time', { ':time': { S: LATELY } });
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

  test('keeps nothing in columns of tables that nobody declared', async () => {
    const datasets = [withRetained('Reading'), withRetained('Employee')];
    await runAthena(clients.athena, 'ALTER TABLE `telemetry`.`readings` ADD COLUMNS (phone string)');
    await runRedshift(clients.redshift, 'ALTER TABLE "hr"."employees" ADD COLUMN "nickname" varchar(99)');
    await lake.load(dataset('Reading'), 'acme', [
      { id: 'r-1', recordedAt: LATELY, deviceId: 'dev', metric: 'speed', value: 4, unit: 'km/h' },
    ]);
    await lake.load(dataset('Employee'), 'acme', [
      { id: 'e-1', hiredOn: '2026-03-01', employeeNumber: 'E1', monthlySalary: '4000.0000', currency: 'EUR' },
    ]);
    const withMore = async (): Promise<void> => {
      await runAthena(clients.athena, `UPDATE telemetry.readings SET phone = '+49' WHERE reading_id = 'r-1'`);
      await runRedshift(
        clients.redshift,
        `UPDATE hr.employees SET nickname = 'Annie' WHERE employee_id = 'e-1'`,
      );
    };
    await withMore();
    const keys = (['Reading', 'Employee'] as const).flatMap((name): StagedKey[] => {
      const [kind, key] = name === 'Reading' ? (['device', 'dev'] as const) : (['employee', 'E1'] as const);
      const common = { tenant: 'acme', dataset: name, kind, token: TOKEN } as const;
      return [
        { ...common, action: 'pseudonymise', key },
        { ...common, action: 'delete', key: TOKEN },
        { ...common, action: 'release', key: TOKEN },
      ];
    });
    const executors = await createExecutors(lake.config, datasets, SIGNAL);
    const location = lake.config.SLUICE_ERASURE_LOCATION ?? '';
    const verifier = new Verifier({ ...lake.config, SLUICE_ERASURE_LOCATION: location }, datasets);
    const batch = { id: 'more', day: DAY, keys };
    const survivors = async (): Promise<unknown[]> =>
      (await verifier.verify(batch, false, SIGNAL)).map((one) => [one.store, one.survivors]);
    try {
      const ran = await runBatch(executors, batch, ['stage', 'erase', 'unstage']);
      expect(ran.filter(({ result }) => result.state !== 'done')).toEqual([]);
      expect(
        await queryAthena(
          clients.athena,
          `SELECT device_id, metric, phone FROM telemetry.readings WHERE reading_id = 'r-1'`,
        ),
      ).toEqual([[TOKEN, 'speed', null]]);
      expect(await survivors()).toEqual([
        ['athena', 0],
        ['redshift', 0],
      ]);
      await withMore();
      expect(await survivors()).toEqual([
        ['athena', 1],
        ['redshift', 1],
      ]);
    } finally {
      verifier.close();
      for (const executor of executors) await executor.close();
    }
  });
});
