import { createPublicKey, type KeyObject } from 'node:crypto';
import { addDays } from '../../../src/calendar';
import { AuditTokens } from '../../../src/auth/audit-tokens';
import { verifyCertificate } from '../../../src/erasure/certificate';
import type { Request } from '../../../src/erasure/history';
import type { ErasurePlan, RetainedField } from '../../../src/erasure/model';
import type { LakeAws } from '../../engines/support/lake-aws';
import { startGateway, type Gateway } from '../../support/gateway';
import type { Boundaries } from '../support/boundaries';
import { dataset } from '../support/people';
import { declare, RETAINING } from '../support/retained';
import { outcomesOf, type Desk } from '../support/work';
import { Workplace } from '../support/workplace';

/** Fields that a law retains in rows that lose their person: in all stores, until the end of each, and not a day longer. */

const today = new Date().toISOString().slice(0, 10);
const ago = (days: number): string => `${addDays(today, -days)}T08:30:00.000Z`;

describe('retained fields on local AWS', () => {
  let lake: LakeAws;
  let wire: Boundaries;
  let place: Workplace;
  let gateway: Gateway;

  beforeAll(async () => {
    declare(RETAINING);
    place = await Workplace.open();
    ({ lake, wire } = place);
    gateway = await startGateway({
      SLUICE_DYNAMODB_ENDPOINT: lake.endpoints.dynamodb,
      SLUICE_ATHENA_ENDPOINT: lake.endpoints.athena,
      SLUICE_S3_ENDPOINT: lake.endpoints.s3,
      SLUICE_REDSHIFT_ENDPOINT: lake.endpoints.redshiftData,
    });
  });

  afterEach(() => place.undisturbed());

  afterAll(async () => {
    await gateway?.close();
    await place?.close();
  });

  /** Rows of one person whose fields are kept for longer and shorter, by how old they are. */
  async function load(mark: string): Promise<void> {
    const applicant = {
      applicantId: `ann${mark}`,
      applicantName: `Ann ${mark}`,
      applicantEmail: `ann${mark}@example.com`,
      region: 'Bavaria',
      single: true,
      jobTitle: 'Owner',
      outcome: 'APPROVED',
    };
    const decisions = [10, 300, 500, 740, 900].map((days) => ({
      ...applicant,
      id: `d-${mark}-${days}`,
      decidedAt: ago(days),
    }));
    await lake.load(dataset('Decision'), 'acme', decisions);
    await lake.load(
      dataset('SalesLine'),
      'acme',
      [10, 4_000].map((days) => ({
        id: `s-${mark}-${days}`,
        soldAt: ago(days),
        customerId: `ann${mark}`,
        customerName: `Ann ${mark}`,
        customerEmail: `ann${mark}@example.com`,
        city: 'Fürth',
        netAmount: '12.0000',
        salesRepresentative: 'Bob',
      })),
    );
    await lake.load(
      dataset('Employee'),
      'acme',
      [100, 2_500].map((days) => ({
        id: `e-${mark}-${days}`,
        hiredOn: ago(days).slice(0, 10),
        employeeNumber: `E${mark}`,
        fullName: `Ann ${mark}`,
        email: `ann${mark}@example.com`,
        department: 'Sales',
        monthlySalary: '4000.0000',
        currency: 'EUR',
      })),
    );
    await lake.load(
      dataset('Reading'),
      'acme',
      [10, 400].map((days) => ({
        id: `r-${mark}-${days}`,
        recordedAt: ago(days),
        deviceId: `dev${mark}`,
        metric: 'speed',
        value: 42,
        unit: 'km/h',
        latitude: 48.1,
        site: 'Depot 1',
      })),
    );
  }

  async function erased(mark: string): Promise<{ desk: Desk; one: Request }> {
    const desk = await place.desk();
    await load(mark);
    const asked = await desk.ask(
      'acme',
      { kind: 'customer', key: `ann${mark}` },
      { kind: 'employee', key: `E${mark}` },
      { kind: 'device', key: `dev${mark}` },
    );
    await desk.work();
    await desk.approve(asked);
    expect(await desk.work()).toBe('idle');
    return { desk, one: await desk.get(asked) };
  }

  /** What stands in the place of a person, who was asked for by the key. */
  const tokenOf = (desk: Desk, key: string): string =>
    new AuditTokens(desk.config.SLUICE_AUDIT_KEY).token('acme', `person\0${key}`);

  /** Rows of a person by id, some columns of each; of items, the same. */
  async function rowsOf(desk: Desk, name: string, mark: string, fields: readonly string[]): Promise<Rows> {
    const declared = dataset(name === 'items' ? 'Decision' : name);
    const columns = ['id', ...fields].map((field) => declared.columns.get(field)?.column ?? field);
    const all = [...new Set([...declared.columns.values()].map(({ column }) => column))];
    const found = (await desk.rows())[name] ?? [];
    const records = found.map((text): Record<string, unknown> => {
      const row = JSON.parse(text) as unknown[];
      if (name !== 'items') return Object.fromEntries(all.map((column, at) => [column, row[at + 1]]));
      const attributes = row as [string, Record<string, unknown>][];
      return Object.fromEntries(attributes.map(([key, value]) => [key, Object.values(value)[0]]));
    });
    const own = records.filter((row) => String(row[columns[0] ?? '']).includes(`-${mark}-`));
    const cells = own.map((row) => columns.map((column) => cellOf(row[column])));
    return Object.fromEntries(cells.map(([id, ...rest]) => [String(id).split('-').at(-1) ?? '', rest]));
  }
  type Rows = Record<string, (string | null)[]>;
  const cellOf = (value: unknown): string | null => {
    if (value === null || value === undefined || value === '') return null;
    return typeof value === 'string' ? value : JSON.stringify(value);
  };

  const planOf = async (desk: Desk, { tenant, id, approvedHash = '' }: Request): Promise<ErasurePlan> =>
    desk.ledger.requests.plan(tenant, id, approvedHash);
  const retainedIn = ({ tables }: Request): Record<string, string[]> =>
    Object.fromEntries(
      tables.map(({ id, outcome }) => [
        id,
        outcome?.state === 'PSEUDONYMISED' ? fieldsOf(outcome.retained) : [outcome?.state ?? ''],
      ]),
    );
  const fieldsOf = (retained: readonly RetainedField[] = []): string[] =>
    retained.map(({ field, until }) => `${field} ${until}`);

  test('stay until the end of each, in every store, and go then by themselves; the certificates say so', async () => {
    const { desk, one } = await erased('f');
    const token = tokenOf(desk, 'customer\0annf');
    expect(one.state).toBe('COMPLETED');
    // Decisions of 900 days are past their 25 months; names go after two years, regions after one.
    const decisions = [
      'applicantId',
      'applicantName',
      'applicantEmail',
      'region',
      'single',
      'jobTitle',
      'outcome',
    ];
    const name = 'Ann f';
    const first = {
      10: [token, name, null, 'Bavaria', 'true', null, 'APPROVED'],
      300: [token, name, null, 'Bavaria', 'true', null, 'APPROVED'],
      500: [token, name, null, null, null, null, 'APPROVED'],
      740: [token, token, null, null, null, null, 'APPROVED'],
    };
    expect(await rowsOf(desk, 'Decision', 'f', decisions)).toEqual(first);
    expect(await rowsOf(desk, 'items', 'f', decisions)).toEqual(first);
    const lines = ['customerId', 'customerName', 'customerEmail', 'city', 'netAmount', 'salesRepresentative'];
    expect(await rowsOf(desk, 'SalesLine', 'f', lines)).toEqual({
      10: [token, name, null, 'Fürth', '12.0000', 'Bob'],
      4000: [token, token, null, null, '12.0000', 'Bob'],
    });
    // Rows that are there for their fields alone have nothing else.
    const employees = ['employeeNumber', 'fullName', 'email', 'department', 'monthlySalary', 'currency'];
    expect(await rowsOf(desk, 'Employee', 'f', employees)).toEqual({
      100: [token, null, null, null, '4000.0000', 'EUR'],
    });
    const readings = ['deviceId', 'metric', 'value', 'unit', 'latitude', 'site'];
    expect(await rowsOf(desk, 'Reading', 'f', readings)).toEqual({
      10: [tokenOf(desk, 'device\0devf'), 'speed', '42.0', 'km/h', null, null],
    });
    const inOneYear = addDays(today, 366 - 10);
    expect(retainedIn(one)).toMatchObject({
      'athena.Decision': [
        expect.stringMatching(/^applicantName /),
        expect.stringMatching(/^region /),
        expect.stringMatching(/^single /),
      ],
      'athena.Reading': ['metric', 'unit', 'value'].map((field) => `${field} ${inOneYear}`),
      'redshift.SalesLine': [
        expect.stringMatching(/^city \d{4}-01-01$/),
        expect.stringMatching(/^customerName /),
      ],
    });
    expect(
      (await planOf(desk, one)).parts.find(({ dataset: of, rows }) => of === 'Employee' && rows > 0),
    ).toBeDefined();
    const key = createPublicKey(desk.config.SLUICE_ERASURE_SIGNING_KEY as KeyObject);
    const certified = async (): Promise<unknown[]> => {
      const text = (await desk.ledger.requests.certificate('acme', one.id)) ?? '';
      return (await verifyCertificate(text, key))?.outcomes.map(({ outcome }) => outcome) ?? [];
    };
    expect(await certified()).toEqual(one.tables.map(({ outcome }) => outcome));
    expect(JSON.stringify(await certified())).toContain('561/2006');

    // When the last look is over only tokens are left to find the rows by.
    expect(await desk.later(wire, 60)).toBe('idle');
    expect((await desk.get(one)).keysForgotten).toBe(true);
    expect(await rowsOf(desk, 'Decision', 'f', decisions)).toEqual(first);

    // After a year: regions and readings go, names stay.
    expect(await desk.later(wire, 366)).toBe('idle');
    const year = await desk.get(one);
    expect(year).toMatchObject({ state: 'COMPLETED' });
    expect(await rowsOf(desk, 'Decision', 'f', decisions)).toEqual({
      10: [token, name, null, null, null, null, 'APPROVED'],
      300: [token, name, null, null, null, null, 'APPROVED'],
    });
    expect(await rowsOf(desk, 'items', 'f', decisions)).toEqual(
      await rowsOf(desk, 'Decision', 'f', decisions),
    );
    expect(await rowsOf(desk, 'Reading', 'f', readings)).toEqual({});
    expect(retainedIn(year)['athena.Decision']).toEqual([expect.stringMatching(/^applicantName /)]);
    expect(await certified()).toEqual(year.tables.map(({ outcome }) => outcome));

    // After ten: sales lines stay for good, without their fields, and everything else is gone.
    expect(await desk.later(wire, 3_660)).toBe('idle');
    expect(await desk.later(wire, 3_760)).toBe('idle');
    const over = await desk.get(one);
    expect(outcomesOf(over).map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual([
      'athena.Decision ERASED',
      'dynamodb.Decision ERASED',
      'athena.Reading ERASED',
      'redshift.Employee ERASED',
      'redshift.SalesLine PSEUDONYMISED',
    ]);
    expect(over.tables.map(({ outcome }) => outcome).at(-1)).toEqual({ state: 'PSEUDONYMISED' });
    expect(await rowsOf(desk, 'Decision', 'f', decisions)).toEqual({});
    expect(await rowsOf(desk, 'items', 'f', decisions)).toEqual({});
    expect(await rowsOf(desk, 'Employee', 'f', employees)).toEqual({});
    expect(await rowsOf(desk, 'SalesLine', 'f', lines)).toEqual({
      10: [token, token, null, null, '12.0000', 'Bob'],
      4000: [token, token, null, null, '12.0000', 'Bob'],
    });
    expect(over.history.filter(({ event }) => /SURVIVORS|RESURRECTED/.test(event))).toEqual([]);
  });

  test('that are still there after their end make verification fail, and go in the next batch', async () => {
    const desk = await place.desk();
    await load('v');
    const asked = await desk.approved(
      'acme',
      { kind: 'customer', key: 'annv' },
      { kind: 'device', key: 'devv' },
      { kind: 'employee', key: 'Ev' },
    );
    const token = tokenOf(desk, 'customer\0annv');
    // Whoever writes them back does so behind the statements, and before anybody looks.
    const survive = { applicantId: token, applicantName: token, decidedAt: ago(500), id: 'd-v-back' };
    wire.when(/s3 PUT .*wanted/, async () => {
      await lake.load(dataset('Decision'), 'acme', [
        { ...survive, region: 'Bavaria' },
        { ...survive, id: 'd-v-fine', decidedAt: ago(20), region: 'Bavaria' },
      ]);
      await lake.load(dataset('SalesLine'), 'acme', [
        { id: 's-v-back', customerId: token, customerName: 'Ann v', soldAt: ago(4_000) },
      ]);
      await lake.load(dataset('Reading'), 'acme', [
        { id: 'r-v-back', deviceId: tokenOf(desk, 'device\0devv'), metric: 'speed', recordedAt: ago(400) },
      ]);
      await lake.load(dataset('Employee'), 'acme', [
        { id: 'e-v-back', employeeNumber: token, monthlySalary: '1.0000', hiredOn: '2001-01-01' },
      ]);
    });
    expect(await desk.work({ changes: wire.config })).toBe('idle');
    const ended = await desk.get(asked);
    expect(ended.history.filter(({ event }) => event === 'SURVIVORS').map(({ note }) => note)).toEqual([
      'Rows were found in athena.Decision, dynamodb.Decision, athena.Reading, redshift.Employee, redshift.SalesLine. They go in the next batch.',
    ]);
    expect(ended.state).toBe('COMPLETED');
    const regions = await rowsOf(desk, 'items', 'v', ['region']);
    expect([regions.back, regions.fine]).toEqual([[null], ['Bavaria']]);
    expect(await rowsOf(desk, 'Decision', 'v', ['region'])).toEqual(regions);
    expect((await rowsOf(desk, 'SalesLine', 'v', ['customerName'])).back).toEqual([token]);
    expect((await rowsOf(desk, 'Reading', 'v', ['metric'])).back).toBeUndefined();
    expect((await rowsOf(desk, 'Employee', 'v', ['monthlySalary'])).back).toBeUndefined();
  });

  test('are kept back by a hold past their end, and go when it is released', async () => {
    const { desk, one } = await erased('h');
    const hold = await desk.hold(one, ['Reading']);
    expect(await desk.later(wire, 366)).toBe('idle');
    expect(await desk.get(one)).toMatchObject({ state: 'ON_HOLD' });
    expect(Object.keys(await rowsOf(desk, 'Reading', 'h', ['metric']))).toEqual(['10']);
    await desk.ledger.holds.release('acme', hold.id, 'a_lawyer');
    expect(await desk.later(wire, 367)).toBe('idle');
    expect((await desk.get(one)).state).toBe('COMPLETED');
    expect(await rowsOf(desk, 'Reading', 'h', ['metric'])).toEqual({});
  });

  test('show to nobody: rows that have any are in no answer, and in answers again when these are gone', async () => {
    const { desk } = await erased('g');
    const range = `{ from: "${ago(2_000)}", to: "${ago(0)}" }`;
    const asked = async (): Promise<Record<string, unknown>> => {
      const { data } = await gateway.ask(
        { role: 'steward', tenant: 'acme' },
        `{ young: decision(id: "d-g-10") { id } old: decision(id: "d-g-740") { id applicantId }
           decisions(range: ${range}, first: 100) { nodes { id } } }`,
      );
      return {
        young: data.young !== null,
        old: data.old !== null,
        listed: (data.decisions.nodes as { id: string }[])
          .map(({ id }) => id)
          .filter((id) => id.startsWith('d-g')),
      };
    };
    expect(await asked()).toEqual({ young: false, old: true, listed: ['d-g-740'] });
    await desk.later(wire, 366);
    expect(await asked()).toEqual({ young: false, old: false, listed: [] });
    await desk.later(wire, 735);
    expect(await asked()).toMatchObject({ young: true, listed: ['d-g-10'] });
  });
});
