import { setTimeout as sleep } from 'node:timers/promises';
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { createExecutors } from '../../../src/erasure/executors/create';
import type { ErasureExecutor, StepResult } from '../../../src/erasure/steps';
import { itemOf } from '../../../src/datasources/engines/items';
import { declarations } from '../../../src/schema/catalog';
import type { LakeAws } from '../../engines/support/lake-aws';
import { queryAthena, type Clients } from '../../local/support';
import { DAY, LATELY, dataset, rowsAbout, stagedKeys, tokenOf } from '../support/people';
import { runStep } from '../support/run';
import { Workplace } from '../support/workplace';

/** What engines do to those who erase: conflicts, throttling, full disks, missing permissions, writers in between. */

const SIGNAL = new AbortController().signal;
const CONFLICT =
  'ICEBERG_COMMIT_ERROR: Failed to commit the transaction during write: Found conflicting files';

describe('a batch among faults', () => {
  let lake: LakeAws;
  let clients: Clients;
  let place: Workplace;
  let executors: ErasureExecutor[];
  const batch = { id: 'b-1', day: DAY, keys: stagedKeys('acme', ['C-1', 'C-2']) };

  const step = async (id: string): Promise<StepResult> => {
    for (const executor of executors)
      for (const one of executor.steps()) if (one.id === id) return runStep(executor, one, batch);
    throw new Error(`There is no step ${id}.`);
  };
  const readings = async (): Promise<string[]> =>
    (await queryAthena(clients.athena, 'SELECT device_id FROM telemetry.readings')).map(([id]) => String(id));

  beforeAll(async () => {
    place = await Workplace.open();
    ({ lake, clients } = place);
    const config = { ...lake.config, SLUICE_REQUEST_DEADLINE_MS: 20 };
    executors = await createExecutors(config, declarations.datasets.values(), SIGNAL);
  });

  afterAll(async () => {
    for (const executor of executors ?? []) await executor.close();
    await place?.close();
  });

  beforeEach(async () => {
    for (const faults of Object.values(lake.faults)) faults.clear();
    await lake.load(dataset('Reading'), 'acme', rowsAbout('Reading', ['C-1', 'C-3'], 'row'));
    expect(await step('s3.stage')).toMatchObject({ state: 'done' });
  });

  test('a commit that met another writer is tried again, and the rows go once', async () => {
    lake.faults.athena.add({ operation: 'QueryExecution', kind: 'fail', message: CONFLICT, times: 3 });
    expect(await step('athena.Reading.erase')).toMatchObject({ state: 'done', rows: 2 });
    expect(lake.faults.athena.pending()).toEqual([]);
    expect((await readings()).filter((id) => id === 'C-1')).toEqual([]);
  });

  test('a table that never comes to rest is left for a later run, and nothing is half done', async () => {
    const before = await readings();
    lake.faults.athena.add({ operation: 'QueryExecution', kind: 'fail', message: CONFLICT, times: 8 });
    expect(await step('athena.Reading.erase')).toEqual({
      state: 'failed',
      reason: 'CONFLICTS',
      retryable: true,
    });
    expect(lake.faults.athena.pending()).toEqual([]);
    expect((await readings()).sort()).toEqual(before.sort());
    expect(await step('athena.Reading.erase')).toMatchObject({ state: 'done', rows: 2 });
  });

  test.each([
    ['VACUUM', 'expire', 'Removed 1000 files in this round of vacuum, but there are more'],
    ['OPTIMIZE', 'compact', 'Optimized 100 partitions in this round, but there are more'],
  ] as const)('%s that is not through is run again until it is', async (word, kind, said) => {
    const message = `ICEBERG_${word}_MORE_RUNS_NEEDED: ${said}`;
    lake.faults.athena.add({ operation: 'QueryExecution', kind: 'fail', message, times: 2 });
    const executor = executors.find(({ store }) => store === 'athena');
    const one = executor?.steps().find(({ id }) => id === `athena.Reading.${kind}`);
    if (executor === undefined || one === undefined) throw new Error(`There is no step to ${kind}.`);
    const run = (): Promise<StepResult> =>
      executor.run(one, batch, { signal: SIGNAL, beat: async () => undefined });
    for (const _turn of [1, 2])
      expect(await run()).toEqual({ state: 'again', rows: 0, statementIds: [expect.any(String)] });
    expect(await run()).toMatchObject({ state: 'done' });
  });

  test.each([
    [
      'athena.Reading.expire',
      'PERMISSION_DENIED: Access Denied: Cannot delete from s3://sluice-lake',
      'NO_PERMISSION',
    ],
    ['athena.Reading.compact', 'ICEBERG_WRITER_OPEN_ERROR: No space left on device', 'STORAGE_FULL'],
    ['athena.Reading.erase', 'ICEBERG_FILESYSTEM_ERROR: Quota exceeded', 'STORAGE_FULL'],
    [
      'athena.Reading.erase',
      'TABLE_NOT_FOUND: line 1:8: Table telemetry.readings does not exist',
      'ENGINE_FAILED',
    ],
  ] as const)('%s that says %s fails for good, as %s', async (id, message, reason) => {
    lake.faults.athena.add({ operation: 'QueryExecution', kind: 'fail', message });
    expect(await step(id)).toEqual({ state: 'failed', reason, retryable: false });
    // The person who was told gives the permission or the space, and it goes on.
    expect(await step(id)).toMatchObject({ state: 'done' });
  });

  test.each([
    ['redshift.Employee.compact', 'ERROR: must be owner of table employees', 'NO_PERMISSION', false],
    ['redshift.Employee.compact', 'ERROR: permission denied for relation employees', 'NO_PERMISSION', false],
    ['redshift.erase', 'ERROR: Disk Full', 'STORAGE_FULL', false],
    [
      'redshift.erase',
      'ERROR: 1023 DETAIL: Serializable isolation violation on table 108, transactions…',
      'CONFLICTS',
      true,
    ],
  ] as const)('%s that says %s fails as %s', async (id, message, reason, retryable) => {
    const operation = id === 'redshift.erase' ? 'BatchExecuteStatement' : 'ExecuteStatement';
    lake.faults.redshift.add({ operation, kind: 'fail', message });
    expect(await step(id)).toEqual({ state: 'failed', reason, retryable });
    expect(await step(id)).toMatchObject({ state: 'done' });
  });

  test.each([
    ['athena', 'StartQueryExecution', 'athena.Reading.erase'],
    ['athena', 'GetQueryExecution', 'athena.Reading.compact'],
    ['redshift', 'BatchExecuteStatement', 'redshift.erase'],
    ['dynamodb', 'Scan', 'dynamodb.Decision.erase'],
  ] as const)('%s that throttles %s is waited for: %s', async (service, operation, id) => {
    lake.faults[service].add({ operation, kind: 'throttle', times: 3 });
    expect(await step(id)).toMatchObject({ state: 'done' });
    expect(lake.faults[service].pending()).toEqual([]);
  });

  test('S3 that says slow down is asked again with the step', async () => {
    lake.faults.s3.add({ operation: '*', kind: 'throttle' });
    expect(await step('s3.stage')).toEqual({
      state: 'failed',
      reason: 'ENGINE_UNAVAILABLE',
      retryable: true,
    });
    expect(await step('s3.stage')).toMatchObject({ state: 'done' });
  });

  test('a reply that was lost after the rows went leaves them gone, and says so when it is asked again', async () => {
    lake.faults.athena.add({ operation: 'StartQueryExecution', kind: 'drop' });
    expect(await step('athena.Reading.erase')).toMatchObject({ state: 'done', rows: 2 });
    expect((await readings()).filter((id) => id === 'C-1')).toEqual([]);
  });

  describe('on items that others write meanwhile', () => {
    const put = (id: string, applicantId: string, more: Record<string, string> = {}): Promise<unknown> =>
      clients.dynamodb.send(
        new PutItemCommand({
          TableName: 'sluice-decisions',
          Item: itemOf(dataset('Decision'), 'acme', { id, decidedAt: LATELY, applicantId, ...more }),
        }),
      );
    const items = async (): Promise<Record<string, Record<string, string | undefined>>> => {
      const { Items = [] } = await clients.dynamodb.send(
        new ScanCommand({ TableName: 'sluice-decisions', ConsistentRead: true }),
      );
      return Object.fromEntries(
        Items.map((item) => [
          item.decision_id?.S,
          Object.fromEntries(Object.entries(item).map(([name, value]) => [name, value.S])),
        ]),
      );
    };
    /** Does something once the first conditional write has reached the store, and before the store carries it out. */
    const between = (work: () => Promise<unknown>): void => {
      lake.faults.dynamodb.add({ operation: 'UpdateItem', kind: 'stall', millis: 300 });
      const end = lake.faults.dynamodb.watch((operation) => {
        if (operation !== 'UpdateItem') return;
        end();
        void work();
      });
    };

    test('another person’s item is not lost', async () => {
      await put('raced', 'C-1');
      between(() => put('raced', 'C-9', { purpose: 'a car' }));
      expect(await step('dynamodb.Decision.erase')).toMatchObject({ state: 'done', rows: 0 });
      expect((await items()).raced).toMatchObject({ applicant_id: 'C-9', purpose: 'a car' });
    });

    test('what was written beside the person stays, and the person goes', async () => {
      await put('raced', 'C-1');
      between(() => put('raced', 'C-1', { purpose: 'a boat', jobTitle: 'sailor' }));
      expect(await step('dynamodb.Decision.erase')).toMatchObject({ state: 'done', rows: 1 });
      const { raced } = await items();
      expect(raced).toMatchObject({ applicant_id: tokenOf('customer', 'C-1'), purpose: 'a boat' });
      expect(raced).not.toHaveProperty('job_title');
    });

    test('an item that has become another person’s of the batch goes under that one’s token', async () => {
      await put('raced', 'C-1');
      between(() => put('raced', 'C-2'));
      expect(await step('dynamodb.Decision.erase')).toMatchObject({ state: 'done', rows: 1 });
      expect((await items()).raced).toMatchObject({ applicant_id: tokenOf('customer', 'C-2') });
    });

    test('an item that never comes to rest is reported, and a later run takes it', async () => {
      await put('restless', 'C-1');
      let turns = 0;
      lake.faults.dynamodb.add({ operation: 'UpdateItem', kind: 'stall', millis: 100, times: 10 });
      const end = lake.faults.dynamodb.watch((operation) => {
        if (operation === 'UpdateItem') void put('restless', (turns += 1) % 2 === 0 ? 'C-1' : 'C-2');
      });
      expect(await step('dynamodb.Decision.erase')).toEqual({
        state: 'failed',
        reason: 'CONFLICTS',
        retryable: true,
      });
      end();
      await sleep(200);
      expect(['C-1', 'C-2']).toContain((await items()).restless?.applicant_id);
      expect(await step('dynamodb.Decision.erase')).toMatchObject({ state: 'done', rows: 1 });
    });
  });
});
