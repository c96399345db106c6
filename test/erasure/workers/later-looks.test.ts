import { PutObjectCommand } from '@aws-sdk/client-s3';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { addDays } from '../../../src/calendar';
import { AuditChain, type ChainEntry } from '../../../src/erasure/chain';
import type { Request } from '../../../src/erasure/history';
import type { LakeAws } from '../../engines/support/lake-aws';
import { runAthena, type Clients } from '../../local/support';
import type { Boundaries } from '../support/boundaries';
import { dataset, NAMES } from '../support/people';
import { dropLists, snapshotsOf } from '../support/snapshots';
import { DAY_MS, type Desk } from '../support/work';
import { Workplace } from '../support/workplace';

/** What a worker does each day after a batch, until the last horizon: old snapshots go, and files are read at the end. */
describe('looks after a batch', () => {
  const VACUUM = 'athena StartQueryExecution VACUUM';
  const READING = dataset('Reading');
  let lake: LakeAws;
  let wire: Boundaries;
  let clients: Clients;
  let place: Workplace;

  beforeAll(async () => {
    place = await Workplace.open();
    ({ lake, wire, clients } = place);
  });

  afterEach(async () => {
    place.undisturbed();
    await dropLists(clients);
  });

  afterAll(async () => {
    await place?.close();
  });

  const erased = async (mark: string, changes = {}): Promise<{ desk: Desk; one: Request }> => {
    const { desk, one: asked } = await place.approved(mark, undefined, changes);
    expect(await desk.work()).toBe('idle');
    const one = await desk.get(asked);
    expect(one.state).toBe('COMPLETED');
    return { desk, one };
  };
  const eventsOf = ({ history }: Request): string[] => history.map(({ event }) => event);
  const vacuumed = (): number => wire.seen.filter((name) => name === VACUUM).length;
  const chainOf = async (desk: Desk): Promise<ChainEntry[]> =>
    (await new AuditChain(desk.ledger.table).read()).entries.map((entry) => JSON.parse(entry) as ChainEntry);
  const expiries = async (desk: Desk): Promise<string[]> =>
    (await chainOf(desk))
      .filter(({ event }) => event.startsWith('EXPIRY'))
      .map(({ event, step, statementIds = [] }) => `${event} ${step} ${statementIds.length}`);

  test('snapshots are expired again, once a day, each written down before; what fails keeps no look waiting', async () => {
    const { desk, one } = await erased('v');
    const tables = ['Decision', 'Reading'];
    const day = tables.flatMap((name) => [
      `EXPIRY_BEGUN athena.${name}.expire 0`,
      `EXPIRY_DONE athena.${name}.expire 1`,
    ]);
    wire.arm();
    let begun: string[] = [];
    wire.when(new RegExp(VACUUM), async () => {
      begun = await expiries(desk);
    });
    expect(await desk.later(wire, 1)).toBe('idle');
    expect(begun).toEqual(day.slice(0, 1));
    expect(vacuumed()).toBe(tables.length);
    expect(await expiries(desk)).toEqual(day);
    // Not twice on one day, whoever works.
    expect(await desk.later(wire, 1)).toBe('idle');
    expect(vacuumed()).toBe(tables.length);

    const before = await desk.rows();
    const message = 'PERMISSION_DENIED: Access Denied: Cannot vacuum table';
    lake.faults.athena.add({ operation: 'QueryExecution', kind: 'fail', message });
    expect(await desk.later(wire, 2)).toBe('idle');
    expect(desk.lines.join('')).toContain('erasure_expiry_failed');
    const failed = 'EXPIRY_FAILED athena.Decision.expire 0';
    expect(await expiries(desk)).toEqual([...day, day[0], failed, day[2], day[3]]);
    expect((await desk.get(one)).rescannedOn).toBe(addDays(one.erasedOn ?? '', 2));
    expect(await desk.rows()).toEqual(before);
  });

  test('files that still hold somebody after the last horizon are found then, and not before', async () => {
    const { desk, one } = await erased('f');
    const files = { SLUICE_ERASURE_VERIFY_FILES: true };
    const path = 's3://sluice-lake/left-behind/data/old.parquet';
    await icebergFiles(path);
    await clients.s3.send(
      new PutObjectCommand({
        Bucket: 'sluice-lake',
        Key: 'left-behind/data/old.parquet',
        Body: readingOf('devf'),
      }),
    );
    const last = (Date.parse(one.rescanUntil ?? '') - Date.parse(one.erasedOn ?? '')) / DAY_MS;
    // Until then old snapshots may hold them, by the settings of the tables.
    expect(await desk.later(wire, last - 1, files)).toBe('idle');
    expect(eventsOf(await desk.get(one))).not.toContain('RESURRECTED');
    expect(await desk.later(wire, last, files)).toBe('idle');
    const back = await desk.get(one);
    expect(back.history.filter(({ event }) => event === 'RESURRECTED').map(({ note }) => note)).toEqual([
      'Files of athena.Reading still hold 1 rows after its horizon.',
    ]);
    expect(back).toMatchObject({ state: 'COMPLETED' });
    expect(back.keysForgotten).not.toBe(true);
  });

  test('is erased once somebody has looked on the day of the horizon, and not by the day alone', async () => {
    const { desk, one } = await erased('h');
    const last = (Date.parse(one.rescanUntil ?? '') - Date.parse(one.erasedOn ?? '')) / DAY_MS;
    const reading = async (): Promise<string> => {
      const { tables, keysForgotten = false } = await desk.get(one);
      const table = tables.find(({ id }) => id === 'athena.Reading');
      const certificate = await desk.certificate(one);
      const stated = certificate?.outcomes.find(
        ({ dataset: name, store }) => name === 'Reading' && store === 'athena',
      );
      return `${table?.outcome?.state} ${stated?.outcome.state} ${keysForgotten}`;
    };
    const waits = 'PENDING_HORIZON PENDING_HORIZON false';
    expect(await desk.later(wire, last - 1)).toBe('idle');
    expect(await reading()).toBe(waits);

    await desk.ledger.schedule.pause('a_operator', 'load');
    await desk.later(wire, last);
    expect(await reading()).toBe(waits);
    await desk.ledger.schedule.resume('a_operator');

    const minute = new Date().getUTCHours() * 60 + new Date().getUTCMinutes();
    const closed = { SLUICE_ERASURE_WINDOW: { from: (minute + 120) % 1_440, to: (minute + 180) % 1_440 } };
    await desk.later(wire, last, closed);
    expect(await reading()).toBe(waits);

    // Neither by a store that cannot be asked.
    lake.faults.redshift.add({ operation: 'BatchExecuteStatement', kind: 'fail', message: 'down' });
    await expect(desk.later(wire, last)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(await reading()).toBe(waits);

    // Nor while old snapshots can neither be expired nor listed.
    const message = 'PERMISSION_DENIED: Access Denied: Cannot vacuum table';
    wire.when(/athena StartQueryExecution VACUUM/, async () =>
      lake.faults.athena.add({ operation: 'QueryExecution', kind: 'fail', message, times: 2 }),
    );
    expect(await desk.later(wire, last)).toBe('idle');
    expect(await reading()).toBe(waits);
    expect(await desk.later(wire, last + 1)).toBe('idle');
    expect(await reading()).toBe('ERASED ERASED true');
  });

  test('keys are forgotten to the last, also where a worker was cut off while it did', async () => {
    const { desk, one } = await erased('x');
    const last = (Date.parse(one.rescanUntil ?? '') - Date.parse(one.erasedOn ?? '')) / DAY_MS;
    const lists = async (): Promise<number> =>
      (await desk.ledger.table.list('TENANT#acme', { prefix: `KEYS#${one.id}#` })).length;
    wire.arm({ request: 1, of: /dynamodb DeleteItem TENANT#acme KEYS#/, when: 'before' });
    await expect(desk.later(wire, last)).rejects.toMatchObject({ code: expect.stringMatching(/^ENGINE_/) });
    expect(wire.reached).toBe(true);
    expect(await lists()).toBeGreaterThan(1);
    expect(eventsOf(await desk.get(one))).not.toContain('KEYS_FORGOTTEN');

    wire.arm();
    await desk.endLease();
    expect(await desk.later(wire, last)).toBe('idle');
    // That of the tokens.
    expect(await lists()).toBe(1);
    const said = eventsOf(await desk.get(one)).filter((event) => event === 'KEYS_FORGOTTEN');
    expect(said).toHaveLength(1);
    expect((await chainOf(desk)).filter(({ event }) => event === 'KEYS_FORGOTTEN')).toHaveLength(1);
    expect((await desk.get(one)).keysForgotten).toBe(true);
  });

  test('a snapshot from before the rows went keeps a table from being erased, and its going is the evidence', async () => {
    const day = new Date().toISOString().slice(0, 10);
    const [old, newest] = [`${addDays(day, -3)} 10:00:00.000 UTC`, `${day} 00:00:01.000 UTC`];
    await snapshotsOf(clients, 'Reading', [old, newest]);
    const { desk, one } = await erased('s');
    const last = (Date.parse(one.rescanUntil ?? '') - Date.parse(one.erasedOn ?? '')) / DAY_MS;
    const reading = async () => (await desk.get(one)).tables.find(({ id }) => id === 'athena.Reading');
    expect((await reading())?.look?.snapshots).toMatchObject({
      oldest: `${addDays(day, -3)}T10:00:00.000Z`,
      newest: `${day}T00:00:01.000Z`,
    });
    const horizon = async () =>
      (await desk.certificate(one))?.outcomes.find(({ dataset: name }) => name === 'Reading')?.horizon;
    const certificates = async (): Promise<number> =>
      (await chainOf(desk)).filter(({ event }) => event === 'CERTIFIED').length;
    expect((await horizon())?.unreachable?.date).toBe(addDays(one.erasedOn ?? '', 6));
    // Its snapshots live five days: from the sixth on nobody can say when this one goes.
    expect(await desk.later(wire, 5)).toBe('idle');
    expect((await horizon())?.unreachable?.date).toBe(addDays(one.erasedOn ?? '', 6));
    expect(desk.lines.join('')).not.toContain('erasure_snapshots_kept');
    expect(await desk.later(wire, 6)).toBe('idle');
    expect(Object.keys((await horizon()) ?? {})).toEqual(['logicallyGone']);
    expect(desk.lines.join('')).toContain('erasure_snapshots_kept');
    expect(await desk.later(wire, last - 1)).toBe('idle');
    const before = await certificates();
    expect(await desk.later(wire, last)).toBe('idle');
    expect(await desk.later(wire, last + 1)).toBe('idle');
    // That it waits another day is no news.
    expect(await certificates()).toBe(before);
    expect(Object.keys((await horizon()) ?? {})).toEqual(['logicallyGone']);
    const date = addDays(one.erasedOn ?? '', last + 2);
    expect((await reading())?.outcome).toEqual({ state: 'PENDING_HORIZON', date });
    expect((await desk.get(one)).keysForgotten).not.toBe(true);
    await snapshotsOf(clients, 'Reading', [newest]);
    expect(await desk.later(wire, last + 2)).toBe('idle');
    expect((await reading())?.outcome).toEqual({ state: 'ERASED' });
    expect((await horizon())?.physicallyGone?.date).toBe(date);
    expect((await horizon())?.unreachable).toMatchObject({
      date,
      evidence: expect.arrayContaining([
        expect.objectContaining({ kind: 'snapshots', at: `${day}T00:00:01.000Z` }),
      ]),
    });
    expect((await desk.get(one)).keysForgotten).toBe(true);
  });

  test('a table that keeps snapshots longer has the longer horizon, and the certificate says why', async () => {
    const keep = async (seconds: number): Promise<void> => {
      const { database, table } = READING;
      const sql = `ALTER TABLE ${database}.${table} SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='${seconds}')`;
      expect((await runAthena(clients.athena, sql)).Status?.State).toBe('SUCCEEDED');
    };
    await keep(100 * 86_400);
    const { desk, one } = await erased('k');
    await keep(5 * 86_400);
    const date = addDays(one.erasedOn ?? '', 101);
    expect(one.tables.find(({ id }) => id === 'athena.Reading')?.outcome).toEqual({
      state: 'PENDING_HORIZON',
      date,
    });
    const { outcomes = [], residue = [] } = (await desk.certificate(one)) ?? {};
    const reading = outcomes.find(({ dataset: name }) => name === 'Reading')?.horizon;
    expect([reading?.unreachable?.date, reading?.physicallyGone?.date]).toEqual([date, date]);
    const snapshots = residue.filter(({ kind }) => kind === 'snapshots');
    expect(snapshots.map(({ dataset: name, goneBy }) => `${name} ${goneBy}`)).toEqual([
      `Decision ${addDays(one.erasedOn ?? '', 6)}`,
      `Reading ${date}`,
    ]);
    expect(snapshots[1]?.source).toBe('vacuum_max_snapshot_age_seconds of the table: 8640000.');
  });

  test('backups and exports of the company move the horizon of their store, or of all', async () => {
    const kept = { SLUICE_ERASURE_BACKUP_DAYS: { redshift: 90 }, SLUICE_ERASURE_EXPORT_DAYS: 60 };
    const { desk, one } = await erased('b', kept);
    const { erasedOn = '', tables, rescanUntil } = one;
    expect(rescanUntil).toBe(addDays(erasedOn, 91));
    const dates = tables.flatMap(({ id, outcome }) =>
      outcome?.state === 'PENDING_HORIZON' ? [`${id} ${outcome.date}`] : [],
    );
    expect(dates).toEqual([
      `athena.Reading ${addDays(erasedOn, 61)}`,
      `redshift.Employee ${addDays(erasedOn, 91)}`,
    ]);
    const { residue = [] } = (await desk.certificate(one)) ?? {};
    const own = residue.filter(({ kind }) => kind === 'backups' || kind === 'exports');
    expect(own.map(({ store, kind, goneBy }) => `${store} ${kind} ${goneBy}`)).toEqual([
      `redshift backups ${addDays(erasedOn, 91)}`,
      `gateway exports ${addDays(erasedOn, 61)}`,
    ]);
  });

  /** The lists that Iceberg tables have of their files; the lake of these tests has none of its own. */
  async function icebergFiles(path: string): Promise<void> {
    for (const { engine, database, table, name } of NAMES.map(dataset)) {
      if (engine !== 'athena') continue;
      const none = name === 'Reading' ? '' : ' WHERE 1 = 0';
      for (const sql of [
        `CREATE TABLE "${database}"."${table}$files" AS SELECT '${path}' AS file_path${none}`,
        `CREATE TABLE "${database}"."${table}$snapshots" AS SELECT '${path}' AS manifest_list, '2026-01-01' AS committed_at WHERE 1 = 0`,
      ])
        expect((await runAthena(clients.athena, sql)).Status?.State).toBe('SUCCEEDED');
    }
  }

  /** A data file of readings with one row. */
  function readingOf(device: string): Uint8Array {
    const values = { [READING.tenant]: 'acme', [READING.columns.get('deviceId')?.column ?? '']: device };
    const columnData = Object.entries(values).map(([name, value]) => ({
      name,
      type: 'STRING' as const,
      data: [value],
    }));
    return new Uint8Array(parquetWriteBuffer({ columnData }));
  }
});
