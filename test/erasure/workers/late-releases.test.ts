import { addDays } from '../../../src/calendar';
import type { Request } from '../../../src/erasure/history';
import type { SubjectKey } from '../../../src/erasure/model';
import type { LakeAws } from '../../engines/support/lake-aws';
import type { Clients } from '../../local/support';
import type { Boundaries } from '../support/boundaries';
import { dataset } from '../support/people';
import { declare, RETAINING } from '../support/retained';
import { dropLists, snapshotsOf } from '../support/snapshots';
import type { Desk } from '../support/work';
import { Workplace } from '../support/workplace';

/** Days of tables that go apart: late, in another batch than the others, or days after their batch began. */

const today = new Date().toISOString().slice(0, 10);
const ago = (days: number): string => `${addDays(today, -days)}T08:30:00.000Z`;
/** Readings stay without their person for good; the latitude goes a year after. */
const KEPT = {
  action: 'pseudonymise',
  ground: 'Figures of the company',
  retained: [{ fields: ['latitude'], ground: 'Law of places', keep: 'P1Y', from: 'recordedAt' }],
} as const;

describe('tables that go apart', () => {
  let lake: LakeAws;
  let wire: Boundaries;
  let place: Workplace;
  let clients: Clients;

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

  const readings = (mark: string, ...days: number[]) =>
    lake.load(
      dataset('Reading'),
      'acme',
      days.map((count) => ({
        id: `r-${mark}-${count}`,
        recordedAt: ago(count),
        deviceId: `dev${mark}`,
        metric: 'speed',
        value: 42,
        latitude: 48.125,
      })),
    );
  const erased = async (...keys: SubjectKey[]): Promise<{ desk: Desk; one: Request }> => {
    const desk = await place.desk();
    const asked = await desk.approved('acme', ...keys);
    expect(await desk.work()).toBe('idle');
    return { desk, one: await desk.get(asked) };
  };
  const isOpen = async (desk: Desk, { id }: Request): Promise<boolean> =>
    (await desk.ledger.requests.open()).some((open) => open.id === id);
  const eventsOf = ({ history }: Request): string[] => history.map(({ event }) => event);
  const tableOf = ({ tables }: Request, id: string) => tables.find((table) => table.id === id);
  const at = (day: string): string => `${day} 10:00:00.000 UTC`;

  test('snapshots are watched after a late release too, long after the keys were forgotten', async () => {
    declare({ ...RETAINING, Reading: KEPT });
    await readings('l', 10);
    const { desk, one } = await erased({ kind: 'device', key: 'devl' });
    expect(await desk.later(wire, 60)).toBe('idle');
    expect((await desk.get(one)).keysForgotten).toBe(true);

    const released = addDays(today, 366);
    const snapshots = [at(addDays(released, -1)), at(released)];
    await snapshotsOf(clients, 'Reading', snapshots);
    expect(await desk.later(wire, 366)).toBe('idle');
    const late = await desk.get(one);
    expect(tableOf(late, 'athena.Reading')).toMatchObject({
      outcome: { state: 'PSEUDONYMISED' },
      goneOn: released,
      clean: { since: `${released}T10:00:00.000Z` },
    });
    expect(late.rescanUntil).toBe(addDays(released, 46));
    expect(await isOpen(desk, one)).toBe(true);

    // The snapshot that still has the latitudes stays; while it does, somebody looks each day.
    expect(await desk.later(wire, 366 + 46)).toBe('idle');
    expect(desk.lines.join('')).toContain('erasure_snapshots_kept');
    expect(await isOpen(desk, one)).toBe(true);
    await snapshotsOf(clients, 'Reading', snapshots.slice(1));
    expect(await desk.later(wire, 366 + 47)).toBe('idle');
    const seen = await desk.get(one);
    expect(tableOf(seen, 'athena.Reading')?.clean?.seen?.day).toBe(addDays(released, 47));
    expect(await isOpen(desk, one)).toBe(false);
    const stated = (await desk.certificate(one))?.outcomes.find(({ dataset: name }) => name === 'Reading');
    expect(stated?.horizon?.unreachable?.date).toBe(addDays(released, 47));
    expect(eventsOf(seen)).not.toContain('RESURRECTED');
  });

  test('keys are kept while a table whose rows stay has a snapshot from before', async () => {
    declare({ ...RETAINING, Reading: KEPT });
    await readings('k', 10);
    const snapshots = [at(addDays(today, -1)), at(today)];
    await snapshotsOf(clients, 'Reading', snapshots);
    const { desk, one } = await erased({ kind: 'device', key: 'devk' });
    expect(await desk.later(wire, 46)).toBe('idle');
    expect((await desk.get(one)).keysForgotten).not.toBe(true);
    expect(desk.lines.join('')).toContain('erasure_snapshots_kept');
    await snapshotsOf(clients, 'Reading', snapshots.slice(1));
    expect(await desk.later(wire, 47)).toBe('idle');
    expect((await desk.get(one)).keysForgotten).toBe(true);
  });

  test('what another table retained for longer does not make its looks take kept fields for people', async () => {
    declare({
      ...RETAINING,
      Decision: {
        action: 'pseudonymise',
        ground: 'Records of credit decisions',
        retained: [{ fields: ['applicantName'], ground: 'Law of names', keep: 'P2Y', from: 'decidedAt' }],
      },
      Employee: { action: 'retain', ground: 'Payroll law', keep: 'P2Y', from: 'hiredOn', then: 'delete' },
    });
    // Names go after two years, by the youngest row: of 10 days. At 500 days the row of 300 is past them.
    await lake.load(
      dataset('Decision'),
      'acme',
      [10, 300].map((days) => ({
        id: `d-o-${days}`,
        decidedAt: ago(days),
        applicantId: 'anno',
        applicantName: 'Ann o',
        outcome: 'APPROVED',
      })),
    );
    const hiredOn = addDays(today, -230);
    await lake.load(dataset('Employee'), 'acme', [
      { id: 'e-o', hiredOn, employeeNumber: 'Eo', fullName: 'Ann o', department: 'Sales' },
    ]);
    const { desk, one } = await erased({ kind: 'customer', key: 'anno' }, { kind: 'employee', key: 'Eo' });
    expect(tableOf(one, 'redshift.Employee')?.outcome?.state).toBe('RETAINED');
    expect(await desk.later(wire, 502)).toBe('idle');
    expect(tableOf(await desk.get(one), 'redshift.Employee')?.outcome?.state).toBe('PENDING_HORIZON');
    expect(await desk.later(wire, 510)).toBe('idle');
    const after = await desk.get(one);
    expect(tableOf(after, 'redshift.Employee')?.outcome?.state).toBe('ERASED');
    expect(eventsOf(after)).not.toContain('RESURRECTED');
  });

  test('rows inside their period are retained, also where the plan that was approved is of a day ahead', async () => {
    const rule = {
      action: 'retain',
      ground: 'Payroll law',
      keep: 'P2Y',
      from: 'hiredOn',
      then: 'delete',
    } as const;
    declare({ ...RETAINING, Employee: rule });
    const hiredOn = addDays(today, -230);
    await lake.load(dataset('Employee'), 'acme', [
      { id: 'e-q', hiredOn, employeeNumber: 'Eq', fullName: 'Ann q', department: 'Sales' },
    ]);
    const desk = await place.desk();
    const asked = await desk.approved('acme', { kind: 'employee', key: 'Eq' });
    const { planHash = '' } = asked;
    const plan = await desk.ledger.requests.plan('acme', asked.id, planHash);
    const { kept } = tableOf(asked, 'redshift.Employee') ?? {};
    // By a clock that is ahead, no row of it is kept any longer.
    const tables = asked.tables.map(({ kept: _kept, ...table }) => table);
    await desk.ledger.requests.update(asked, { tables });
    expect(await desk.work()).toBe('idle');
    const one = await desk.get(asked);
    const until = plan.parts.flatMap(({ planned }) =>
      planned.action === 'retain' ? [planned.until] : [],
    )[0];
    expect(until).toBeDefined();
    expect(kept).toEqual({ state: 'RETAINED', ground: 'Payroll law', until });
    expect(tableOf(one, 'redshift.Employee')).toMatchObject({ kept, outcome: kept });
    expect(((await desk.rows()).Employee ?? []).filter((row) => row.includes('e-q'))).toHaveLength(1);
  });

  test('copies count from the day of the look, kept fields from that of the batch', async () => {
    declare({ ...RETAINING, Reading: KEPT });
    // The latitude of this row may go two days after the batch began.
    await readings('d', 363);
    const desk = await place.desk();
    const asked = await desk.approved('acme', { kind: 'device', key: 'devd' });
    const ending = new AbortController();
    wire.when(/s3 PUT .*wanted/, async () => ending.abort());
    expect(await desk.work({ signal: ending.signal, changes: wire.config })).toBe('stopped');
    expect((await desk.get(asked)).state).toBe('VERIFYING');

    expect(await desk.later(wire, 3)).toBe('idle');
    const one = await desk.get(asked);
    const seen = addDays(today, 3);
    expect(one).toMatchObject({ state: 'COMPLETED', erasedOn: seen, rescanUntil: addDays(seen, 46) });
    // The field that was kept that day went in a batch of its own.
    expect(eventsOf(one).filter((event) => event === 'VERIFIED')).toHaveLength(2);
    expect(tableOf(one, 'athena.Reading')).toMatchObject({ goneOn: seen, asOf: seen });
    const rows = ((await desk.rows()).Reading ?? []).filter((row) => row.includes('r-d-363'));
    expect(rows).toHaveLength(1);
    expect(rows[0]).not.toContain('48.125');
    const certificate = await desk.certificate(one);
    const horizon = certificate?.outcomes.find(({ dataset: name }) => name === 'Reading')?.horizon;
    expect(horizon?.physicallyGone?.date).toBe(addDays(seen, 46));
    expect(certificate?.residue.map(({ goneBy }) => goneBy)).toContain(addDays(seen, 46));
  });
});
