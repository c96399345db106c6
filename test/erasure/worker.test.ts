import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Fields } from '../../local/src/sample/rows';
import { addDays } from '../../src/calendar';
import { verifyCertificate } from '../../src/erasure/certificate';
import { AuditChain, checkChain } from '../../src/erasure/chain';
import { TombstoneWriter } from '../../src/erasure/ledger/tombstones';
import { startLakeAws, type LakeAws } from '../engines/support/lake-aws';
import { dataset, LATELY, LONG_AGO } from './support/people';
import { Desk, outcomesOf } from './support/work';

const row = (name: string, id: string, at: string, fields: Fields): Fields => {
  const declared = dataset(name);
  const whole: Record<string, unknown> = { [declared.key]: id };
  for (const column of declared.columns.values())
    if (!column.nullable && column.field !== declared.key) whole[column.field] = at;
  const { rule } = declared.erasure ?? {};
  if (rule !== undefined && 'from' in rule && rule.from !== undefined) whole[rule.from] = at;
  return { ...whole, ...fields } as Fields;
};

/** Rows of one person, whose keys end with the mark. */
function rowsOf(mark: string): Record<string, Fields[]> {
  const ann = {
    applicantId: `ann${mark}`,
    applicantEmail: `ann${mark}@example.com`,
    applicantPhone: `+49${mark}`,
  };
  return {
    Decision: [
      row('Decision', `d-1${mark}`, LATELY, { ...ann, applicantName: 'Ann' }),
      row('Decision', `d-2${mark}`, LONG_AGO, { applicantId: `ann${mark}` }),
    ],
    SalesLine: [
      row('SalesLine', `s-1${mark}`, LATELY, {
        customerId: `K${mark}`,
        customerEmail: `ann${mark}@example.com`,
      }),
      row('SalesLine', `s-2${mark}`, LONG_AGO, { customerId: `K${mark}` }),
      row('SalesLine', `s-3${mark}`, LATELY, { customerId: `other${mark}`, salesRepresentative: `E${mark}` }),
    ],
    Employee: [row('Employee', `e-1${mark}`, LATELY, { employeeNumber: `E${mark}`, phone: `+49${mark}` })],
    Reading: [row('Reading', `r-1${mark}`, LATELY, { deviceId: `dev${mark}` })],
  };
}

/** Rows of several people, table by table. */
const together = (all: Record<string, Fields[]>[]): Record<string, Fields[]> =>
  Object.fromEntries(Object.keys(all[0] ?? {}).map((name) => [name, all.flatMap((one) => one[name] ?? [])]));

describe('a worker on local AWS', () => {
  let lake: LakeAws;
  const desks: Desk[] = [];

  const load = async (tenant: string, rows: Record<string, Fields[]>): Promise<void> => {
    for (const [name, all] of Object.entries(rows)) await lake.load(dataset(name), tenant, all);
  };
  const open = async (changes = {}): Promise<Desk> => {
    const desk = await Desk.open(lake, changes);
    desks.push(desk);
    return desk;
  };

  beforeAll(async () => {
    lake = await startLakeAws('duckdb');
  });

  afterAll(async () => {
    for (const desk of desks) desk.close();
    await lake?.close();
  });

  test('takes a request from its receipt to its certificate, and leaves everybody else as they were', async () => {
    const desk = await open();
    await load('acme', rowsOf('1'));
    await load('umbrella', rowsOf('1'));
    await load('acme', together(['1 ', ' 1', '10', '１', "1'--", '1%'].map(rowsOf)));
    const before = await desk.rows();
    const asked = await desk.ask('acme', { kind: 'customer', key: 'ann1' }, { kind: 'device', key: 'dev1' });
    expect(await desk.work()).toBe('idle');
    expect((await desk.get(asked)).state).toBe('PLANNED');
    await desk.approve(asked);
    expect(await desk.work()).toBe('idle');
    const ended = await desk.get(asked);
    expect(ended.state).toBe('COMPLETED');
    expect(outcomesOf(ended)).toEqual([
      'athena.Decision PSEUDONYMISED 2',
      'dynamodb.Decision PSEUDONYMISED 2',
      'athena.Reading PENDING_HORIZON 1',
      'redshift.Employee PENDING_HORIZON 1',
      'redshift.SalesLine PSEUDONYMISED 3',
    ]);
    const after = await desk.rows();
    const mine = (text: string): boolean =>
      text.includes('"acme"') && /"[drse]-\d1"/.test(text.replaceAll('acme#', ''));
    for (const [name, rows] of Object.entries(before)) {
      // Whoever else there is stays byte for byte.
      expect(after[name]?.filter((text) => !mine(text))).toEqual(rows.filter((text) => !mine(text)));
      expect(rows.filter(mine).length - (after[name]?.filter(mine).length ?? 0)).toBe(1);
    }
    expect(Object.values(after).flat().filter(mine).join()).not.toMatch(/ann1|\+491|"K1"|"E1"|Ann/);
    const key = createPublicKey(desk.config.SLUICE_ERASURE_SIGNING_KEY as KeyObject);
    const text = (await desk.ledger.requests.certificate('acme', asked.id)) ?? '';
    const certificate = await verifyCertificate(text, key);
    expect(certificate).toMatchObject({
      requestId: asked.id,
      state: 'COMPLETED',
      planHash: ended.approvedHash,
    });
    expect(certificate?.outcomes.map(({ rows }) => rows)).toEqual([2, 2, 1, 1, 3]);
    expect(certificate?.residue.find(({ kind }) => kind === 'snapshots')?.goneBy).toBe(
      addDays(ended.erasedOn ?? '', 5),
    );
    const chain = await new AuditChain(desk.ledger.table).read();
    const checked = await checkChain(chain, key);
    expect(checked).toEqual({ entries: chain.entries.length, signedUpTo: chain.entries.length });
    const all = [...chain.entries, ...desk.lines, text, JSON.stringify(ended)].join('\n');
    expect(all).not.toMatch(/ann1|\+491|"K1"|"E1"|dev1/);
    expect(chain.entries.filter((entry) => entry.includes('STEP_DONE')).length).toBe(11);
    expect(
      await new TombstoneWriter(desk.ledger.table, desk.config.SLUICE_ERASURE_KEY).requests('acme'),
    ).toEqual([]);
  });
});
