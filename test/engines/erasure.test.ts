import { createExecutors } from '../../src/erasure/executors/create';
import { createPlanning, type PlannedErasure } from '../../src/erasure/planning';
import type { ErasureExecutor, ErasureStep } from '../../src/erasure/steps';
import type { Finding } from '../../src/erasure/verify/findings';
import { Verifier } from '../../src/erasure/verify/verifier';
import { declarations } from '../../src/schema/catalog';
import { DAY, DECOYS, LONG_AGO, NASTY, dataset, rowsAbout, stagedKeys } from '../erasure/support/people';
import { clientsFor, queryAthena, type Clients } from '../local/support';
import { describeEngine } from './support/engines';
import { startLakeAws, type LakeAws } from './support/lake-aws';

/** Erasure on Iceberg as it is: rows go, files still hold them, then files go. */

const SIGNAL = new AbortController().signal;
const LAKE = ['Reading', 'Decision'] as const;
/** Nobody else's: the tables outlive the files of tests, and so do the rows of others. */
const TENANT = 'erased';

describeEngine('trino', 'a batch on Trino', () => {
  let lake: LakeAws;
  let clients: Clients;
  let executors: ErasureExecutor[];
  let verifier: Verifier;
  const batch = {
    id: `trino-${process.pid}`,
    day: DAY,
    keys: stagedKeys(TENANT, NASTY).filter((key) => (LAKE as readonly string[]).includes(key.dataset)),
  };

  beforeAll(async () => {
    lake = await startLakeAws('trino');
    clients = clientsFor(lake.endpoints);
    for (const name of LAKE) {
      const rows = [...rowsAbout(name, NASTY, 'subject'), ...rowsAbout(name, DECOYS, 'decoy')];
      await lake.load(dataset(name), TENANT, rows);
      await lake.load(dataset(name), `${TENANT} 2`, rowsAbout(name, NASTY, 'other'));
    }
    const config = { ...lake.config, SLUICE_REQUEST_DEADLINE_MS: 20 };
    const all = await createExecutors(config, declarations.datasets.values(), SIGNAL);
    verifier = new Verifier(
      { ...config, SLUICE_ERASURE_LOCATION: 's3://sluice-lake/erasure/subject_keys/' },
      declarations.datasets.values(),
    );
    executors = all.filter(({ store }) => store === 'athena' || store === 's3');
  });

  afterAll(async () => {
    verifier?.close();
    for (const executor of executors ?? []) await executor.close();
    await lake?.close();
  });

  const idsOf = async (name: string): Promise<string[]> => {
    const { database, table, tenant, columns, key } = dataset(name);
    const sql = `SELECT ${tenant}, ${columns.get(key)?.column} FROM ${database}.${table}`;
    return (await queryAthena(clients.athena, sql)).map(([owner, id]) => `${owner}/${id}`).sort();
  };

  const run = async (kind: ErasureStep['kind']): Promise<void> => {
    for (const executor of executors)
      for (const step of executor.steps().filter((one) => one.kind === kind)) {
        const context = { signal: SIGNAL, beat: async () => undefined };
        const result = await executor.run(step, batch, context);
        expect([step.id, result]).toEqual([step.id, expect.objectContaining({ state: 'done' })]);
      }
  };
  const look = async (): Promise<Record<string, Pick<Finding, 'survivors'> & { inFiles: number }>> => {
    const findings = await verifier.verify(batch, true, SIGNAL);
    const inTables = findings.filter(({ store }) => store === 'athena');
    expect(inTables.every(({ files }) => (files?.read ?? 0) > 0)).toBe(true);
    return Object.fromEntries(
      inTables.map(({ dataset: name, survivors, files }) => [
        name,
        { survivors, inFiles: files?.rows ?? -1 },
      ]),
    );
  };

  test('requests that are planned together have their own rows each', async () => {
    const planning = await createPlanning(lake.config, declarations.datasets.values(), SIGNAL);
    const keys = NASTY.filter((key) => !/^[%_]$/.test(key));
    const asked = [keys.slice(0, 3), keys.slice(2), ['%%']].map((some, at) => ({
      id: `r-${at}`,
      asked: some.map((key) => ({ kind: 'email' as const, key })),
      holds: [],
    }));
    const [one, other, refused] = await planning.plan(TENANT, asked, DAY, { signal: SIGNAL, calls: [] });
    await planning.close();
    expect(refused).toMatchObject({ code: 'BAD_USER_INPUT' });
    const rowsOf = (planned: unknown): number[] =>
      (planned as PlannedErasure).plan.parts
        .filter(({ dataset: name, store }) => name === 'Decision' && store === 'athena')
        .map(({ rows }) => rows);
    // Each key stands in a row of long ago and one of lately, and one key is in both requests.
    expect([rowsOf(one), rowsOf(other)]).toEqual([
      [3, 3],
      [keys.length - 2, keys.length - 2],
    ]);
  });

  test('rows go, then their files', async () => {
    const before = await Promise.all(LAKE.map(idsOf));
    const rows = { Reading: NASTY.length * 2, Decision: NASTY.length * 6 };
    const found = await look();
    expect(found).toMatchObject({
      Reading: { survivors: rows.Reading },
      Decision: { survivors: rows.Decision },
    });
    expect(found.Reading?.inFiles).toBeGreaterThanOrEqual(rows.Reading);
    await run('stage');
    await run('erase');
    for (const [at, name] of LAKE.entries()) {
      const deletes = dataset(name).erasure?.rule.action === 'delete';
      const gone = (id: string): boolean =>
        id.startsWith(`${TENANT}/subject.`) && (deletes || id.endsWith(LONG_AGO));
      expect(await idsOf(name)).toEqual(before[at]?.filter((id) => !gone(id)));
    }
    const erased = await look();
    for (const name of LAKE) {
      expect(erased[name]?.survivors).toBe(0);
      expect(erased[name]?.inFiles).toBeGreaterThanOrEqual(rows[name]);
    }
    await run('compact');
    expect(Object.values(await look()).every(({ inFiles }) => inFiles > 0)).toBe(true);
    await run('expire');
    const end = { survivors: 0, inFiles: 0 };
    expect(await look()).toEqual({ Reading: end, Decision: end });
  });
});
