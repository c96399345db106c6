import { createLedger } from '../../../src/erasure/ledger/ledger';
import type { SubjectKey } from '../../../src/erasure/model';
import type { LakeAws } from '../../engines/support/lake-aws';
import { startGateway, type Gateway } from '../../support/gateway';
import { dataset, LATELY } from '../support/people';
import { rowOf } from '../support/person';
import type { Desk } from '../support/work';
import { Workplace } from '../support/workplace';

/** Where Athena gives earlier results again, and the statement after an erasure is the one from before its approval. */

const DAY_MS = 86_400_000;
const device = (key: string): SubjectKey => ({ kind: 'device', key });

describe('results that Athena gives again', () => {
  let place: Workplace;
  let lake: LakeAws;
  let desk: Desk;
  let gateway: Gateway;

  beforeAll(async () => {
    place = await Workplace.open();
    ({ lake } = place);
    desk = await place.desk();
    gateway = await startGateway({
      SLUICE_ERASURE_TABLE: desk.config.SLUICE_ERASURE_TABLE,
      SLUICE_ERASURE_KEY: desk.config.SLUICE_ERASURE_KEY.toString('base64'),
      SLUICE_TOMBSTONE_SECONDS: '0',
      SLUICE_DYNAMODB_ENDPOINT: lake.endpoints.dynamodb,
      SLUICE_ATHENA_ENDPOINT: lake.endpoints.athena,
      SLUICE_REDSHIFT_ENDPOINT: lake.endpoints.redshiftData,
      SLUICE_S3_ENDPOINT: lake.endpoints.s3,
      // A place that no batch deletes from: results in it stay, as in workgroups that keep them themselves.
      SLUICE_ATHENA_OUTPUT: 's3://sluice-results/others/',
      SLUICE_ATHENA_REUSE_MINUTES: '10080',
    });
  });

  afterAll(async () => {
    await gateway?.close();
    await place?.close();
  });

  /** The devices that are seen, and whether Athena ran for it. */
  const seen = async (tenant: string): Promise<{ devices: string[]; ran: boolean }> => {
    const { data, errors, extensions } = await gateway.ask(
      { role: 'steward', tenant },
      `{ readings(range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }, first: 20) { nodes { deviceId } } }`,
    );
    expect(errors).toBeUndefined();
    const nodes = data.readings.nodes as { deviceId: string }[];
    const calls = extensions.cost?.engineCalls ?? [];
    expect(calls.map(({ engine }) => engine)).toEqual(['athena']);
    return { devices: nodes.map(({ deviceId }) => deviceId).sort(), ran: (calls[0]?.costUsd ?? 0) > 0 };
  };
  const load = (tenant: string): Promise<unknown> =>
    lake.load(
      dataset('Reading'),
      tenant,
      ['gone', 'stays'].map((deviceId) => rowOf('Reading', `r-${deviceId}`, LATELY, { deviceId })),
    );

  test('none from before an erasure is given after it', async () => {
    await load('acme');
    expect(await seen('acme')).toEqual({ devices: ['gone', 'stays'], ran: true });
    expect(await seen('acme')).toEqual({ devices: ['gone', 'stays'], ran: false });
    const one = await desk.approved('acme', device('gone'));
    expect((await seen('acme')).devices).toEqual(['stays']);
    expect(await desk.work()).toBe('idle');
    expect((await desk.get(one)).state).toBe('COMPLETED');
    expect(await seen('acme')).toEqual({ devices: ['stays'], ran: true });
  });

  test('those that are younger than the last erasure are given again', async () => {
    await load('umbrella');
    const yesterday = createLedger(desk.config, () => Date.now() - DAY_MS);
    const { request } = await yesterday.requests.create({
      tenant: 'umbrella',
      regulation: 'GDPR',
      receivedOn: '2026-11-24',
      dueOn: '2026-12-24',
      requestedBy: 'a_requester',
      keys: [device('gone')],
      idempotencyKey: 'yesterday',
    });
    const approved = await yesterday.requests.approve(request, [device('gone')], { state: 'APPROVED' });
    await yesterday.requests.removeTombstones(approved);
    yesterday.close();
    expect(await seen('umbrella')).toEqual({ devices: ['gone', 'stays'], ran: true });
    expect(await seen('umbrella')).toEqual({ devices: ['gone', 'stays'], ran: false });
  });
});
