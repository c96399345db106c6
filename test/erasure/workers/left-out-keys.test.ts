import { gatewayEnvironment } from '../../../local/src/start/environment';
import { gatewayKeys } from '../../../local/src/start/keys';
import { startLakeAws, type LakeAws } from '../../engines/support/lake-aws';
import { startGateway, type Gateway } from '../../support/gateway';
import { dataset, LATELY } from '../support/people';
import { personRows, rowOf } from '../support/person';
import { Desk } from '../support/work';

/** Keys that a plan leaves out, as who approves sees them: those of the plan that waits, and of no plan before. */
describe('keys that are left out', () => {
  const QUERY = `query($id: ID!) { erasureRequest(id: $id) {
    state keyCount leftOutKeyCount leftOutKeys { nodes { kind key why } } } }`;
  let lake: LakeAws;
  let desk: Desk;
  let gateway: Gateway;

  beforeAll(async () => {
    lake = await startLakeAws('duckdb');
    desk = await Desk.open(lake);
    const environment = {
      ...gatewayEnvironment(lake.endpoints, await gatewayKeys(lake.dataDir), lake.dataDir),
      SLUICE_ERASURE_TABLE: desk.config.SLUICE_ERASURE_TABLE,
    };
    gateway = await startGateway({ SLUICE_TOMBSTONE_SECONDS: '0' }, { dataDir: lake.dataDir, environment });
  });

  afterAll(async () => {
    await gateway?.close();
    desk?.close();
    await lake?.close();
  });

  const line = (id: string, customerId: string, customerEmail: string) =>
    rowOf('SalesLine', id, LATELY, { customerId, customerEmail });
  const shown = async (id: string) => {
    const caller = { role: 'compliance', tenant: 'acme' };
    const { data, errors } = await gateway.ask(caller, QUERY, { id });
    expect(errors).toBeUndefined();
    return data.erasureRequest;
  };

  test('are those of the fresh plan after a drift', async () => {
    for (const [name, rows] of Object.entries(personRows('x'))) await lake.load(dataset(name), 'acme', rows);
    // Kx is two links away, and its other address three; who else has that is too far.
    await lake.load(dataset('SalesLine'), 'acme', [
      line('s-4x', 'Kx', 'far@example.com'),
      line('s-5x', 'Kfar', 'far@example.com'),
    ]);
    const asked = await desk.approved('acme', { kind: 'customer', key: 'annx' });
    const before = await shown(asked.id);
    expect(before).toMatchObject({
      state: 'APPROVED',
      leftOutKeyCount: 1,
      leftOutKeys: { nodes: [{ kind: 'CUSTOMER', key: 'Kfar', why: 'TOO_FAR' }] },
    });

    // The address is Ann's own by now, so that whoever has it is near, and others come into sight.
    await lake.load(dataset('Decision'), 'acme', [
      rowOf('Decision', 'd-3x', LATELY, { applicantId: 'annx', applicantEmail: 'far@example.com' }),
    ]);
    await lake.load(dataset('SalesLine'), 'acme', [
      line('s-6x', 'Kfar', 'farther@example.com'),
      line('s-7x', 'Kfarther', 'farther@example.com'),
      line('s-8x', 'Kbeside', 'farther@example.com'),
    ]);
    expect(await desk.work()).toBe('idle');
    const { leftOutKeys, ...after } = await shown(asked.id);
    expect(after).toEqual({ state: 'PLANNED', keyCount: before.keyCount + 2, leftOutKeyCount: 2 });
    const nodes = leftOutKeys.nodes as { key: string; why: string }[];
    expect(nodes.map(({ key, why }) => `${key} ${why}`).sort()).toEqual([
      'Kbeside TOO_FAR',
      'Kfarther TOO_FAR',
    ]);
  });
});
