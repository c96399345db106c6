import { createExecutors } from '../../src/erasure/executors/create';
import { Verifier } from '../../src/erasure/verify/verifier';
import type { ErasureExecutor, StagedKey } from '../../src/erasure/steps';
import { DAY, dataset } from '../erasure/support/people';
import { withRetained } from '../erasure/support/retained';
import { runBatch } from '../erasure/support/run';
import { clientsFor, queryAthena, type Clients } from '../local/support';
import { describeEngine } from './support/engines';
import { startLakeAws, type LakeAws } from './support/lake-aws';

/** Retained fields on Iceberg as it is: rows lose the rest of the person, then the fields, or go. */

const SIGNAL = new AbortController().signal;
/** Nobody else's: the tables outlive the files of tests. */
const TENANT = `retained-${process.pid}`;
const TOKEN = 'e_retained';

describeEngine('trino', 'retained fields on Trino', () => {
  const datasets = [withRetained('Decision'), withRetained('Reading')];
  let lake: LakeAws;
  let clients: Clients;
  let executors: ErasureExecutor[];
  let verifier: Verifier;

  beforeAll(async () => {
    lake = await startLakeAws('trino');
    clients = clientsFor(lake.endpoints);
    executors = await createExecutors(lake.config, datasets, SIGNAL);
    const location = lake.config.SLUICE_ERASURE_LOCATION ?? '';
    verifier = new Verifier({ ...lake.config, SLUICE_ERASURE_LOCATION: location }, datasets);
  });

  afterAll(async () => {
    verifier?.close();
    for (const executor of executors ?? []) await executor.close();
    await lake?.close();
  });

  const keys = (['Decision', 'Reading'] as const).flatMap((name): StagedKey[] => {
    const kind = name === 'Decision' ? 'customer' : 'device';
    const common = { tenant: TENANT, dataset: name, kind, token: TOKEN } as const;
    return [
      { ...common, action: 'pseudonymise', key: 'ann' },
      { ...common, action: 'delete', key: TOKEN },
      { ...common, action: 'release', key: TOKEN },
    ];
  });
  const on = async (day: string): Promise<(string | null)[][]> => {
    const batch = { id: `retained-${process.pid}-${day}`, day, keys };
    const ran = await runBatch(executors, batch, ['stage', 'erase', 'unstage']);
    expect(ran.filter(({ result }) => result.state !== 'done')).toEqual([]);
    const found = await verifier.verify(batch, false, SIGNAL);
    expect(found.filter(({ store }) => store === 'athena').map(({ survivors }) => survivors)).toEqual([0, 0]);
    const decisions = await queryAthena(
      clients.athena,
      `SELECT decision_id, applicant_id, applicant_name, region, outcome FROM decisions.decisions WHERE tenant_id = '${TENANT}'`,
    );
    const readings = await queryAthena(
      clients.athena,
      `SELECT reading_id, device_id, metric, site FROM telemetry.readings WHERE operator_id = '${TENANT}'`,
    );
    return [...decisions, ...readings].sort((one, other) => (String(one[0]) < String(other[0]) ? -1 : 1));
  };

  test('stay until their end and go then, with the row or without it', async () => {
    const person = { applicantId: 'ann', applicantName: 'Ann', region: 'Bavaria', outcome: 'APPROVED' };
    await lake.load(dataset('Decision'), TENANT, [
      { ...person, id: 'd-1', decidedAt: '2026-03-02T08:30:00.000Z' },
      { ...person, id: 'd-2', decidedAt: '2025-03-02T08:30:00.000Z' },
    ]);
    await lake.load(dataset('Reading'), TENANT, [
      {
        id: 'r-1',
        deviceId: 'ann',
        metric: 'speed',
        site: 'Depot 1',
        recordedAt: '2026-03-02T08:30:00.000Z',
      },
    ]);
    expect(await on(DAY)).toEqual([
      ['d-1', TOKEN, 'Ann', 'Bavaria', 'APPROVED'],
      ['d-2', TOKEN, 'Ann', null, 'APPROVED'],
      ['r-1', TOKEN, 'speed', null],
    ]);
    expect(await on('2027-03-03')).toEqual([
      ['d-1', TOKEN, 'Ann', null, 'APPROVED'],
      ['d-2', TOKEN, TOKEN, null, 'APPROVED'],
    ]);
    expect(await on('2029-01-01')).toEqual([]);
  });
});
