import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { createExecutors } from '../../../src/erasure/executors/create';
import type { ErasureExecutor } from '../../../src/erasure/steps';
import type { Finding } from '../../../src/erasure/verify/findings';
import { Verifier } from '../../../src/erasure/verify/verifier';
import { declarations } from '../../../src/schema/catalog';
import type { LakeAws } from '../../engines/support/lake-aws';
import { queryAthena, type Clients } from '../../local/support';
import {
  DAY,
  DECOYS,
  LATELY,
  LONG_AGO,
  NAMES,
  NASTY,
  dataset,
  rowsAbout,
  stagedKeys,
  tokenOf,
} from '../support/people';
import { queryRedshift } from '../support/redshift';
import { runBatch, type Ran } from '../support/run';
import { Workplace } from '../support/workplace';

const SIGNAL = new AbortController().signal;

describe('a batch on local AWS', () => {
  let lake: LakeAws;
  let clients: Clients;
  let place: Workplace;
  let executors: ErasureExecutor[];
  let ran: Ran[];
  let verifier: Verifier;
  const seen: Record<'before' | 'after', Finding[]> = { before: [], after: [] };
  const batch = { id: 'b-1', day: DAY, keys: stagedKeys('acme', NASTY) };
  /** Results of questions from before the batch: one of the gateway, one that a killed search left. */
  const earlier = ['athena/earlier.csv', 'athena/erasure-search/earlier.csv'];

  const rowsOf = async (name: string, columns: string): Promise<(string | null)[][]> => {
    const { engine, database, table, tenant } = dataset(name);
    const sql = `SELECT ${tenant}, ${columns} FROM ${database}.${table}`;
    return engine === 'athena' ? queryAthena(clients.athena, sql) : queryRedshift(clients.redshift, sql);
  };
  const idsOf = async (name: string): Promise<string[]> => {
    const declared = dataset(name);
    const rows = await rowsOf(name, declared.columns.get(declared.key)?.column ?? '');
    return rows.map(([tenant, id]) => `${tenant}/${id}`).sort();
  };
  const objectsIn = async (Bucket: string, Prefix: string): Promise<Record<string, string>> => {
    const { Contents = [] } = await clients.s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    const names = Contents.map(({ Key = '' }) => Key).filter((key) => !key.includes('.table-schema'));
    const bodies = names.map(async (Key) => {
      const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket, Key }));
      return [Key, (await Body?.transformToString()) ?? ''] as const;
    });
    return Object.fromEntries(await Promise.all(bodies));
  };
  /** Objects as they are right after the batch. */
  const left: Record<'keys' | 'results', Record<string, string>> = { keys: {}, results: {} };
  const before: Record<string, string[]> = {};

  beforeAll(async () => {
    place = await Workplace.open();
    ({ lake, clients } = place);
    for (const name of NAMES) {
      await lake.load(dataset(name), 'acme', [
        ...rowsAbout(name, NASTY, 'subject'),
        ...rowsAbout(name, DECOYS, 'decoy'),
      ]);
      await lake.load(dataset(name), 'umbrella', rowsAbout(name, NASTY, 'other'));
      before[name] = await idsOf(name);
    }
    const config = { ...lake.config, SLUICE_REQUEST_DEADLINE_MS: 20 };
    executors = await createExecutors(config, declarations.datasets.values(), SIGNAL);
    verifier = new Verifier(
      { ...config, SLUICE_ERASURE_LOCATION: 's3://sluice-lake/erasure/subject_keys/' },
      declarations.datasets.values(),
    );
    seen.before = await verifier.verify(batch, false, SIGNAL);
    for (const Key of earlier)
      await clients.s3.send(new PutObjectCommand({ Bucket: 'sluice-results', Key, Body: NASTY.join() }));
    ran = await runBatch(executors, batch);
    left.keys = await objectsIn('sluice-lake', 'erasure/subject_keys/');
    left.results = await objectsIn('sluice-results', 'athena/');
    seen.after = await verifier.verify(batch, false, SIGNAL);
  });

  afterAll(async () => {
    verifier?.close();
    for (const executor of executors ?? []) await executor.close();
    await place?.close();
  });

  test('every step ends well', () => {
    expect(ran.filter(({ result }) => result.state !== 'done')).toEqual([]);
    expect(ran.map(({ step }) => step.id)).toEqual([
      's3.stage',
      'dynamodb.Decision.erase',
      'athena.Decision.erase',
      'athena.Decision.compact',
      'athena.Decision.expire',
      'athena.Reading.erase',
      'athena.Reading.compact',
      'athena.Reading.expire',
      'redshift.erase',
      's3.purge',
      's3.unstage',
      'redshift.Employee.compact',
      'redshift.SalesLine.compact',
    ]);
  });

  test('rows that are deleted, and no others, are gone', async () => {
    for (const name of NAMES) {
      const { rule } = dataset(name).erasure ?? {};
      const gone = (id: string): boolean =>
        id.startsWith('acme/subject.') &&
        !id.includes('salesRepresentative') &&
        (rule?.action === 'delete' || id.endsWith(LONG_AGO));
      expect(await idsOf(name)).toEqual(before[name]?.filter((id) => !gone(id)));
      expect(before[name]?.filter(gone).length).toBeGreaterThan(NASTY.length / 2);
    }
  });

  test('rows that stay have lost the person and nothing else', async () => {
    const decisions = await rowsOf(
      'Decision',
      'decision_id, applicant_id, applicant_name, applicant_email, applicant_phone, region, job_title',
    );
    for (const [tenant, id, applicant, name, ...rest] of decisions) {
      const [mark, at, field] = String(id).split('.');
      if (tenant === 'acme' && mark === 'subject') {
        const key = NASTY[Number(at)] ?? '';
        const kind = dataset('Decision').erasure?.keys[field ?? ''] ?? 'customer';
        expect([applicant, name]).toEqual([tokenOf(kind, key), tokenOf(kind, key)]);
        expect(rest).toEqual([null, null, null, null]);
      } else {
        const key = (mark === 'decoy' ? DECOYS : NASTY)[Number(at)];
        expect(name).toBe(`applicantName of ${key}`);
        expect([applicant, ...rest.slice(0, 2)]).toContain(key);
      }
    }
    expect(decisions.length).toBe(NASTY.length * 3 * 3 + DECOYS.length * 6);
  });

  test('who only mentions a person loses the mention alone', async () => {
    const lines = await rowsOf('SalesLine', 'line_id, customer_id, customer_name, sales_representative');
    const mentioning = lines.filter(([, id]) => String(id).includes('salesRepresentative'));
    expect(mentioning.length).toBe(NASTY.length * 4 + DECOYS.length * 2);
    for (const [tenant, id, customer, name, representative] of mentioning) {
      const [mark, at] = String(id).split('.');
      const key = (mark === 'decoy' ? DECOYS : NASTY)[Number(at)] ?? '';
      expect([customer, name]).toEqual(['somebody', `customerName of ${key}`]);
      const erased = tenant === 'acme' && mark === 'subject';
      expect(representative).toBe(erased ? tokenOf('employee', key) : key);
    }
  });

  test('items of the point-read store are the same rows', async () => {
    const { Items = [] } = await clients.dynamodb.send(new ScanCommand({ TableName: 'sluice-decisions' }));
    const items = Items.map((item) =>
      [
        'tenant_id',
        'decision_id',
        'applicant_id',
        'applicant_name',
        'applicant_email',
        'applicant_phone',
        'job_title',
      ].map((name) => item[name]?.S ?? null),
    );
    const rows = await rowsOf(
      'Decision',
      'decision_id, applicant_id, applicant_name, applicant_email, applicant_phone, job_title',
    );
    expect(items.map(String).sort()).toEqual(rows.map(String).sort());
    expect(items.length).toBeGreaterThan(NASTY.length);
  });

  test('neither keys nor results of earlier questions lie about', async () => {
    expect(Object.keys(left.keys)).toEqual([]);
    expect(earlier.filter((key) => key in left.results)).toEqual([]);
    // What was written since says nothing of anybody.
    const texts = Object.values(left.results).join('\n');
    expect(NASTY.filter((key) => key.length > 3 && texts.includes(key))).toEqual([]);
  });

  test('verification counts exactly the rows of the people, before and after', () => {
    const counts = (findings: readonly Finding[]): (string | number)[] =>
      findings.flatMap(({ dataset: name, store, survivors }) => [`${name} ${store}`, survivors]);
    expect(counts(seen.before)).toEqual([
      ...['Decision athena', NASTY.length * 6, 'Decision dynamodb', NASTY.length * 6],
      ...['Reading athena', NASTY.length * 2],
      ...['Employee redshift', NASTY.length * 6, 'SalesLine redshift', NASTY.length * 6],
    ]);
    expect(seen.after.map(({ survivors }) => survivors)).toEqual([0, 0, 0, 0, 0]);
  });

  test('the same batch again does nothing', async () => {
    const ids = await Promise.all(NAMES.map(idsOf));
    const again = await runBatch(executors, { ...batch, id: 'b-2' }, ['stage', 'erase', 'unstage']);
    expect(again.filter(({ step }) => step.kind === 'erase').map(({ result }) => result)).toEqual([
      expect.objectContaining({ state: 'done', rows: 0 }),
      expect.objectContaining({ state: 'done', rows: 0 }),
      expect.objectContaining({ state: 'done', rows: 0 }),
      expect.objectContaining({ state: 'done', rows: 0 }),
    ]);
    expect(await Promise.all(NAMES.map(idsOf))).toEqual(ids);
  });

  test('pseudonymised rows go by their token when they have been kept long enough', async () => {
    const token = tokenOf('customer', 'C-100');
    const keys = (['Decision', 'SalesLine'] as const).map((name) => ({
      tenant: 'acme',
      dataset: name,
      action: 'delete' as const,
      kind: 'customer' as const,
      key: token,
      token,
    }));
    const late = { id: 'b-3', day: '2040-01-01', keys };
    const results = await runBatch(executors, late, ['stage', 'erase', 'unstage']);
    const rows = results
      .filter(({ step }) => step.kind === 'erase')
      .map(({ result }) => 'rows' in result && result.rows);
    expect(rows).toEqual([1, 1, 0, 1]);
    expect(LATELY < '2032').toBe(true);
  });

  test('a row that comes back is found, and a look-alike is not', async () => {
    const late = (mark: string, keys: readonly string[]) =>
      rowsAbout('Decision', keys, mark)
        .map((row) => ({ ...row, decidedAt: LATELY }))
        .slice(0, 1);
    await lake.load(dataset('Decision'), 'acme', [...late('again', [`it's`]), ...late('like', [`it''s`])]);
    await lake.load(dataset('SalesLine'), 'acme', rowsAbout('SalesLine', ['100%'], 'again').slice(-1));
    const found = await verifier.verify(batch, false, SIGNAL);
    expect(found.map(({ survivors }) => survivors)).toEqual([1, 1, 0, 0, 1]);
  });

  test('a row that has the token and still something of the person is found in each store', async () => {
    const token = tokenOf('customer', `it's`);
    const [decision] = rowsAbout('Decision', [token], 'left');
    const [line] = rowsAbout('SalesLine', [token], 'left');
    const before = (await verifier.verify(batch, false, SIGNAL)).map(({ survivors }) => survivors);
    const clean = { applicantName: token, applicantEmail: null, applicantPhone: null, region: null };
    const left = [{ jobTitle: 'Owner' }, { applicantEmail: 'owner@example.com' }, { applicantName: 'Owner' }];
    const rows = [{}, ...left].map((fields, at) => ({
      ...decision,
      jobTitle: null,
      ...clean,
      ...fields,
      id: `left.${at}`,
      decidedAt: LATELY,
    }));
    await lake.load(dataset('Decision'), 'acme', rows);
    await lake.load(dataset('SalesLine'), 'acme', [{ ...line, soldAt: LATELY }]);
    const after = (await verifier.verify(batch, false, SIGNAL)).map(({ survivors }) => survivors);
    expect(after.map((count, at) => count - (before[at] ?? 0))).toEqual([3, 3, 0, 0, 1]);
  });

  test('result objects that are younger than the batch stay', async () => {
    const Key = 'athena/young.csv';
    const objects = executors.find(({ store }) => store === 's3');
    const purge = objects?.steps().find(({ kind }) => kind === 'purge');
    const context = { signal: SIGNAL, beat: async () => undefined };
    if (objects === undefined || purge === undefined) throw new Error('Nothing purges.');
    const past = new Date(Date.now() - 3_600_000).toISOString();
    await clients.s3.send(new PutObjectCommand({ Bucket: 'sluice-results', Key, Body: 'x' }));
    expect(await objects.run(purge, batch, { ...context, cursor: past })).toMatchObject({
      state: 'done',
      rows: 0,
    });
    const now = new Date(Date.now() + 1_000).toISOString();
    expect(await objects.run(purge, batch, { ...context, cursor: now })).toMatchObject({ state: 'done' });
    const { Contents = [] } = await clients.s3.send(
      new ListObjectsV2Command({ Bucket: 'sluice-results', Prefix: Key }),
    );
    expect(Contents).toEqual([]);
  });
});
