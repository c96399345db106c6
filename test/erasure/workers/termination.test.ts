import { once } from 'node:events';
import { AuditChain } from '../../../src/erasure/chain';
import type { SubjectKey } from '../../../src/erasure/model';
import { startLakeAws, type LakeAws } from '../../engines/support/lake-aws';
import { Boundaries } from '../support/boundaries';
import { compileSources } from '../support/compiled';
import { dataset } from '../support/people';
import { personRows } from '../support/person';
import { startWorker, type WorkerProcess } from '../support/worker-process';
import { Desk, outcomesOf } from '../support/work';

/** SIGTERM, as every deployment sends it: to a worker that is in the middle of a batch. */
describe('a worker that is ended', () => {
  const ASKED: SubjectKey[] = [
    { kind: 'customer', key: 'ann1' },
    { kind: 'device', key: 'dev1' },
  ];
  let lake: LakeAws;
  let wire: Boundaries;
  let compiled: Awaited<ReturnType<typeof compileSources>>;

  beforeAll(async () => {
    compiled = await compileSources();
    lake = await startLakeAws('duckdb');
    wire = await Boundaries.open(lake.endpoints);
  }, 60_000);

  afterAll(async () => {
    await wire?.close();
    await lake?.close();
    await compiled?.remove();
  });

  test.each([
    ['while Athena deletes', /athena StartQueryExecution DELETE/, [], 'RUNNING'],
    [
      'while Redshift erases',
      /redshiftData BatchExecuteStatement (DELETE FROM|UPDATE)/,
      ['--once'],
      'RUNNING',
    ],
    ['while it verifies', /s3 PUT .*verify-/, ['--once'], 'VERIFYING'],
  ])(
    '%s gives the lease back, and the next one comes to the same end',
    async (name, place, args, state) => {
      const [ended, undisturbed] = [`ended${name.length}`, `undisturbed${name.length}`];
      for (const tenant of [ended, undisturbed])
        for (const [table, rows] of Object.entries(personRows('1')))
          await lake.load(dataset(table), tenant, rows);
      const desk = await Desk.open(lake);
      try {
        const one = await desk.approved(ended, ...ASKED);
        const running: { worker?: WorkerProcess } = {};
        let ending = false;
        // And once more while it ends: service managers tell every process of a group, and npm passes it on.
        wire.onRequest = async (passing) => {
          ending ||= place.test(passing);
          if (ending) running.worker?.process.kill('SIGTERM');
        };
        const worker = await startWorker(
          compiled.folder,
          wire.endpoints,
          lake.dataDir,
          desk.config.SLUICE_ERASURE_TABLE,
          args,
        );
        running.worker = worker;
        // It ends by itself, and no signal ends it.
        expect(await once(worker.process, 'exit')).toEqual([args.length === 0 ? 0 : 3, null]);
        wire.onRequest = undefined;
        expect(worker.said()).not.toMatch(/"level":(50|60)/);
        const half = await desk.get(one);
        expect(half.state).toBe(state);
        // Whoever waited for a lease that is still held would watch it for as long as it lasts.
        expect((await desk.ledger.table.get({ pk: 'LEASES', sk: 'WORKER' }))?.body).toMatchObject({
          owner: '',
        });

        const other = await desk.ask(undisturbed, ...ASKED);
        expect(await desk.work()).toBe('idle');
        await desk.approve(other);
        expect(await desk.work()).toBe('idle');
        const [first, second] = [await desk.get(one), await desk.get(other)];
        expect(first.state).toBe('COMPLETED');
        expect(outcomesOf(first)).toEqual(outcomesOf(second));
        const events = (await new AuditChain(desk.ledger.table).read()).entries.map(
          (entry) => JSON.parse(entry) as { event: string; batch?: string; step?: string },
        );
        const done = (batch?: string): (string | undefined)[] =>
          events
            .filter((entry) => entry.event === 'STEP_DONE' && entry.batch === batch)
            .map(({ step }) => step)
            .sort();
        expect(done(first.batch)).toEqual(done(second.batch));
      } finally {
        wire.onRequest = undefined;
        desk.close();
      }
    },
    120_000,
  );
});
