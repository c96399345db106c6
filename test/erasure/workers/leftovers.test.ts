import { createPublicKey, type KeyObject } from 'node:crypto';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { verifyCertificate } from '../../../src/erasure/certificate';
import { AuditChain, checkChain, type ChainEntry } from '../../../src/erasure/chain';
import type { Request } from '../../../src/erasure/history';
import { outcomesOf, type Desk } from '../support/work';
import { Workplace } from '../support/workplace';

/** A store that refuses to delete a batch's keys or the results of earlier questions. */

const DENIED = `<?xml version="1.0" encoding="UTF-8"?>
<DeleteResult><Error><Key>x</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error></DeleteResult>`;
/** Objects of a batch, and none of a search or a verification. */
const STAGED = /batch=(?!search-|verify-)/;

describe('objects that a batch cannot delete', () => {
  let place: Workplace;

  beforeAll(async () => {
    place = await Workplace.open();
  });

  afterEach(() => place.undisturbed());

  afterAll(() => place?.close());

  const approved = (mark: string) => place.approved(mark, [{ kind: 'customer', key: `ann${mark}` }]);
  /** Denies to delete what the body of the call names so. */
  const deny = (bucket: RegExp, objects: RegExp): void => {
    place.wire.inPlace = (name, asked) =>
      name.startsWith('s3 POST') && bucket.test(name) && objects.test(asked.toString())
        ? { status: 200, headers: { 'content-type': 'application/xml' }, body: Buffer.from(DENIED) }
        : undefined;
  };
  const stagedKeys = async (): Promise<string[]> => {
    const [, , Bucket] = (place.lake.config.SLUICE_ERASURE_LOCATION ?? '').split('/');
    const { Contents = [] } = await place.clients.s3.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key = '' }) => Key).filter((key) => STAGED.test(key));
  };
  const results = async (): Promise<string[]> => {
    const { Contents = [] } = await place.clients.s3.send(
      new ListObjectsV2Command({ Bucket: 'sluice-results' }),
    );
    return Contents.map(({ Key = '' }) => Key);
  };
  const entriesOf = async (desk: Desk, id: string): Promise<string[]> =>
    (await new AuditChain(desk.ledger.table).read()).entries
      .map((entry) => JSON.parse(entry) as ChainEntry)
      .filter(({ step }) => step === id)
      .map(({ event, reason }) => (reason === undefined ? event : `${event} ${reason}`));
  const certified = async (desk: Desk, { tenant, id }: Request) => {
    const key = createPublicKey(desk.config.SLUICE_ERASURE_SIGNING_KEY as KeyObject);
    const text = (await desk.ledger.requests.certificate(tenant, id)) ?? '';
    return verifyCertificate(text, key);
  };
  const events = ({ history }: Request, event: string): string[] =>
    history.filter((entry) => entry.event === event).map(({ note = '' }) => note);

  test('keys that stay staged keep the request from its end, and go when they may', async () => {
    const { desk, one } = await approved('kept');
    deny(/./, STAGED);
    const changes = place.wire.config;
    expect(await desk.work({ changes })).toBe('idle');
    expect(await stagedKeys()).toHaveLength(1);
    const left = await desk.get(one);
    expect(left.state).toBe('PARTIAL');
    expect(outcomesOf(left).join()).not.toContain('FAILED');
    expect(events(left, 'NOT_REMOVED')).toEqual([
      expect.stringMatching(/in the clear.*NO_PERMISSION.*s3:DeleteObject.*retryErasure/),
    ]);
    expect(desk.lines.filter((line) => line.includes('erasure_not_removed'))).toEqual([
      expect.stringContaining('"code":"NO_PERMISSION"'),
    ]);
    expect(await entriesOf(desk, 's3.unstage')).toEqual(['STEP_BEGUN', 'STEP_FAILED NO_PERMISSION']);
    expect(await certified(desk, left)).toMatchObject({
      state: 'PARTIAL',
      left: [{ what: 'staged_keys', reason: 'NO_PERMISSION' }],
    });

    // Its pause is not over: nothing is tried, nothing is written.
    expect(await desk.work({ changes })).toBe('idle');
    expect(await entriesOf(desk, 's3.unstage')).toHaveLength(2);
    // Asked to, it tries at once, and says once more that it may not.
    await desk.happen(one, { type: 'retry' });
    expect(await desk.work({ changes })).toBe('idle');
    expect((await desk.get(one)).state).toBe('PARTIAL');
    expect(events(await desk.get(one), 'NOT_REMOVED')).toHaveLength(2);

    place.wire.inPlace = undefined;
    await desk.happen(one, { type: 'retry' });
    expect(await desk.work({ changes })).toBe('idle');
    const done = await desk.get(one);
    expect(done.state).toBe('COMPLETED');
    expect(done.leftovers).toBeUndefined();
    expect(await stagedKeys()).toEqual([]);
    const whole = await certified(desk, done);
    expect(whole?.state).toBe('COMPLETED');
    expect(whole?.left).toBeUndefined();
    expect((await entriesOf(desk, 's3.unstage')).at(-1)).toBe('STEP_DONE');
    const key = createPublicKey(desk.config.SLUICE_ERASURE_SIGNING_KEY as KeyObject);
    expect((await checkChain(await new AuditChain(desk.ledger.table).read(), key)).fault).toBeUndefined();
  });

  test('results that stay are deleted by the worker itself, a pause later', async () => {
    const { desk, one } = await approved('seen');
    await place.clients.s3.send(
      new PutObjectCommand({ Bucket: 'sluice-results', Key: 'athena/old.csv', Body: 'annseen' }),
    );
    deny(/sluice-results/, /old\.csv/);
    expect(await desk.work({ changes: place.wire.config })).toBe('idle');
    expect(await results()).toContain('athena/old.csv');
    const left = await desk.get(one);
    expect(left.state).toBe('PARTIAL');
    expect(left.leftovers).toEqual([
      expect.objectContaining({ step: 's3.purge', what: 'result_objects', reason: 'NO_PERMISSION' }),
    ]);
    place.wire.inPlace = undefined;
    await desk.later(place.wire, 1);
    expect((await desk.get(one)).state).toBe('COMPLETED');
    expect(events(await desk.get(one), 'REMOVED')).toHaveLength(1);
    expect(await results()).not.toContain('athena/old.csv');
  });

  test('keys of a batch that has ended are tidied away, and no others', async () => {
    const { desk, one } = await approved('tidied');
    expect(await desk.work({ changes: place.wire.config })).toBe('idle');
    const { batch = '' } = await desk.get(one);
    const [, , Bucket, ...folders] = (place.lake.config.SLUICE_ERASURE_LOCATION ?? '').split('/');
    const folder = folders
      .filter((name) => name !== '')
      .map((name) => `${name}/`)
      .join('');
    const names = [`batch=${batch}`, `batch=verify-${batch}`, 'batch=another'].map(
      (name) => `${folder}${name}/${name.includes('verify') ? 'wanted' : 'keys'}.parquet`,
    );
    for (const Key of names) await place.clients.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    place.wire.arm();
    expect(await desk.work({ changes: place.wire.config })).toBe('idle');
    // Asked for once, however many objects it has.
    expect(place.wire.seen.filter((name) => name.includes(`GetItem BATCH#${batch}`))).toHaveLength(1);
    const { Contents = [] } = await place.clients.s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: folder }),
    );
    expect(Contents.map(({ Key }) => Key).filter((key) => names.includes(key ?? ''))).toEqual([names[2]]);
  });
});
