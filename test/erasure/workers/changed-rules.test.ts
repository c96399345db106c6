import { addDays } from '../../../src/calendar';
import { createErasures } from '../../../src/erasure/create';
import type { Request } from '../../../src/erasure/history';
import { releaseDay } from '../../../src/erasure/retention';
import type { ErasureRule } from '../../../src/schema/declarations';
import { declarations } from '../../../src/schema/catalog';
import type { LakeAws } from '../../engines/support/lake-aws';
import { stepRecord, type Boundaries } from '../support/boundaries';
import { dataset, NAMES } from '../support/people';
import { rowOf } from '../support/person';
import { declare } from '../support/retained';
import type { Desk } from '../support/work';
import { Workplace } from '../support/workplace';

/** Other rules are deployed after an approval: what runs is what was approved, or nothing until somebody approves anew. */

const today = new Date().toISOString().slice(0, 10);
const DECLARED = Object.fromEntries(NAMES.map((name) => [name, dataset(name).erasure?.rule as ErasureRule]));
const PAYROLL: ErasureRule = {
  action: 'retain',
  ground: 'Payroll law',
  keep: 'P10Y',
  from: 'hiredOn',
  then: 'delete',
};
/** Readings stay without their person for good; the latitude goes after a period of its own. */
const keptFor = (keep: string): ErasureRule => ({
  action: 'pseudonymise',
  ground: 'Figures of the company',
  retained: [{ fields: ['latitude'], ground: 'Law of places', keep, from: 'recordedAt' }],
});
const ENDED = /"State":"SUCCEEDED"/;

describe('rules that change after an approval', () => {
  let lake: LakeAws;
  let wire: Boundaries;
  let place: Workplace;

  beforeAll(async () => {
    place = await Workplace.open();
    ({ lake, wire } = place);
  });

  afterEach(() => {
    place.undisturbed();
    declare(DECLARED);
  });

  afterAll(() => place?.close());

  /** As somebody approves through the gateway. */
  const approvedAnew = async ({ config }: Desk, { tenant, id, planHash = '' }: Request): Promise<void> => {
    const erasures = createErasures(config, declarations.datasets.values());
    await erasures.service.approve({ tenant, token: 'a_second_approver' }, id, planHash);
    await erasures.close();
  };
  const eventsOf = ({ history }: Request): string[] => history.map(({ event }) => event);
  const notesOf = ({ history }: Request, event: string) =>
    history.filter((entry) => entry.event === event).map(({ note }) => note);
  const tableOf = ({ tables }: Request, id: string) => tables.find((table) => table.id === id);
  const rowsWith = async (desk: Desk, name: string, text: string): Promise<string[]> =>
    ((await desk.rows())[name] ?? []).filter((row) => row.includes(text));

  test('a late release by tokens alone asks again when its period is another', async () => {
    declare({ Reading: keptFor('P1Y') });
    const at = `${addDays(today, -10)}T08:30:00.000Z`;
    const row = rowOf('Reading', 'r-late', at, { deviceId: 'devlate', latitude: 48.125 });
    await lake.load(dataset('Reading'), 'acme', [row]);
    const desk = await place.desk();
    const one = await desk.approved('acme', { kind: 'device', key: 'devlate' });
    expect(await desk.work()).toBe('idle');
    expect(await desk.later(wire, 60)).toBe('idle');
    expect((await desk.get(one)).keysForgotten).toBe(true);

    // A rule of somebody else's table is no business of it.
    declare({ Reading: keptFor('P2Y'), Employee: PAYROLL });
    expect(await desk.later(wire, 366)).toBe('idle');
    const drifted = await desk.get(one);
    expect(drifted.state).toBe('PLANNED');
    expect(notesOf(drifted, 'DRIFTED')).toEqual([
      'The plan is no longer what was approved: another rule for Reading (athena). Look at it again, and approve it.',
    ]);
    // As old as the newest may be that lost the person.
    const until = releaseDay({ keep: 'P2Y' }, today);
    const plan = await desk.ledger.requests.plan('acme', one.id, drifted.planHash ?? '');
    expect(plan.parts.find(({ dataset: name }) => name === 'Reading')).toMatchObject({
      rows: 1,
      planned: { retained: [{ field: 'latitude', until, period: { keep: 'P2Y' } }] },
    });
    // Nobody approves: nothing goes, whenever it is looked at.
    expect(await desk.later(wire, 800)).toBe('idle');
    expect(await rowsWith(desk, 'Reading', '48.125')).toHaveLength(1);

    await approvedAnew(desk, drifted);
    expect((await desk.get(one)).state).toBe('APPROVED');
    expect(await desk.later(wire, 801)).toBe('idle');
    expect(await rowsWith(desk, 'Reading', '48.125')).toEqual([]);
    expect((await desk.get(one)).state).toBe('COMPLETED');
  });

  test('a batch that another worker takes over leaves what has not begun, and asks again', async () => {
    const { desk, one } = await place.approved('over');
    const ending = new AbortController();
    wire.when(/^athena StartQueryExecution MERGE/, () => ending.abort());
    expect(await desk.work({ signal: ending.signal, changes: wire.config })).toBe('stopped');
    expect(tableOf(await desk.get(one), 'redshift.Employee')?.state).toBe('picked');

    declare({ Employee: PAYROLL });
    expect(await desk.work()).toBe('idle');
    const drifted = await desk.get(one);
    expect(notesOf(drifted, 'OUTDATED')).toEqual([
      'Other rules are declared by now than were approved, for redshift.Employee. What has not gone waits for a plan of its own.',
    ]);
    expect(drifted.state).toBe('PLANNED');
    expect(notesOf(drifted, 'DRIFTED')[0]).toContain('another rule for Employee (redshift)');
    expect(await rowsWith(desk, 'Employee', '"Eover"')).toHaveLength(1);
    for (const [name, key] of [
      ['Reading', '"devover"'],
      ['SalesLine', '"Kover"'],
      ['Decision', '"annover"'],
      ['items', '"annover"'],
    ] as const)
      expect(await rowsWith(desk, name, key)).toEqual([]);

    await approvedAnew(desk, drifted);
    expect(await desk.work()).toBe('idle');
    const ended = await desk.get(one);
    expect(ended.state).toBe('COMPLETED');
    expect(tableOf(ended, 'redshift.Employee')?.outcome).toMatchObject({ state: 'RETAINED' });
    expect(await rowsWith(desk, 'Employee', '"Eover"')).toHaveLength(1);
    expect(tableOf(ended, 'athena.Reading')?.erased).toBe(1);
    // The plan that ended it counts rows in Redshift alone; what went before it is in copies of the other stores all the same.
    const kinds = (await desk.certificate(ended))?.residue.map(({ store, kind, dataset: of = '' }) =>
      `${store} ${kind} ${of}`.trim(),
    );
    expect(kinds).toEqual(
      expect.arrayContaining([
        'athena snapshots Decision',
        'athena snapshots Reading',
        'dynamodb recovery_points',
        'redshift recovery_points',
      ]),
    );
  });

  test('rows that went by a statement whose end nobody saw are counted, and are not asked about', async () => {
    const { desk, one } = await place.approved('lost');
    const ending = new AbortController();
    const reading = stepRecord('athena.Reading.erase');
    wire.when([reading, reading, /^athena StartQueryExecution DELETE/], () => {
      wire.onReply = (name, _asked, answered) => {
        if (name.startsWith('athena GetQueryExecution') && ENDED.test(answered.toString())) ending.abort();
      };
    });
    expect(await desk.work({ signal: ending.signal, changes: wire.config })).toBe('stopped');
    expect(tableOf(await desk.get(one), 'athena.Reading')?.state).toBe('begun');
    expect(await rowsWith(desk, 'Reading', '"devlost"')).toEqual([]);

    place.undisturbed();
    declare({ Reading: keptFor('P1Y') });
    expect(await desk.work()).toBe('idle');
    const drifted = await desk.get(one);
    expect(eventsOf(drifted)).toContain('OUTDATED');
    expect(drifted.state).toBe('PLANNED');
    expect(tableOf(drifted, 'athena.Reading')).toMatchObject({ state: 'waiting', erased: 1, rows: 0 });
    await approvedAnew(desk, drifted);
    expect(await desk.work()).toBe('idle');
    const ended = await desk.get(one);
    expect(ended.state).toBe('COMPLETED');
    expect(tableOf(ended, 'athena.Reading')).toMatchObject({
      erased: 1,
      outcome: { state: 'PENDING_HORIZON' },
    });
  });
});
