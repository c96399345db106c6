import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { startTestAws, type TestAws } from './support';

describe('local S3', () => {
  let test: TestAws;
  const Bucket = 'things';

  beforeAll(async () => {
    test = await startTestAws();
    await test.s3.send(new CreateBucketCommand({ Bucket }));
  });
  afterAll(() => test.close());

  async function get(Key: string, Range?: string): Promise<string> {
    const { Body } = await test.s3.send(new GetObjectCommand({ Bucket, Key, Range }));
    return (await Body?.transformToString()) ?? '';
  }

  it('gives back what was put, byte for byte', async () => {
    const text = `ünï "quoted", 😀\n\0${'x'.repeat(200_000)}`;
    await test.s3.send(new PutObjectCommand({ Bucket, Key: 'a/b c/ü&<>.txt', Body: text }));
    expect(await get('a/b c/ü&<>.txt')).toBe(text);
    await test.s3.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: '' }));
    expect(await get('empty')).toBe('');
  });

  it('takes streamed uploads with trailing checksums and stores only the object', async () => {
    const parts = Array.from({ length: 40 }, (_, at) => Buffer.alloc(7_000 + at, 65 + (at % 26)));
    const whole = Buffer.concat(parts);
    await test.s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'streamed',
        Body: Readable.from(parts),
        ContentLength: whole.length,
        ChecksumAlgorithm: 'CRC32',
      }),
    );
    expect(await get('streamed')).toBe(whole.toString());
  });

  it('reads ranges and refuses those beyond the end', async () => {
    await test.s3.send(new PutObjectCommand({ Bucket, Key: 'digits', Body: '0123456789' }));
    expect(await get('digits', 'bytes=2-4')).toBe('234');
    expect(await get('digits', 'bytes=7-')).toBe('789');
    expect(await get('digits', 'bytes=-2')).toBe('89');
    await expect(get('digits', 'bytes=10-12')).rejects.toMatchObject({ name: 'InvalidRange' });
    const head = await test.s3.send(new HeadObjectCommand({ Bucket, Key: 'digits' }));
    expect(head.ContentLength).toBe(10);
  });

  it('names what is missing', async () => {
    await expect(get('nothing')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(
      test.s3.send(new GetObjectCommand({ Bucket: 'no-such-bucket', Key: 'a' })),
    ).rejects.toMatchObject({ name: 'NoSuchBucket' });
    await expect(test.s3.send(new HeadObjectCommand({ Bucket, Key: 'nothing' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  it('lists by prefix, rolls up by delimiter, and pages', async () => {
    const Prefix = 'list/';
    for (const key of ['a/1', 'a/2', 'b', 'c/1', 'd'])
      await test.s3.send(new PutObjectCommand({ Bucket, Key: Prefix + key, Body: key }));
    const flat = await test.s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    expect(flat.Contents?.map(({ Key }) => Key)).toEqual([
      'list/a/1',
      'list/a/2',
      'list/b',
      'list/c/1',
      'list/d',
    ]);
    const seen: string[] = [];
    let ContinuationToken: string | undefined;
    let pages = 0;
    do {
      const page = await test.s3.send(
        new ListObjectsV2Command({ Bucket, Prefix, Delimiter: '/', MaxKeys: 1, ContinuationToken }),
      );
      seen.push(...(page.CommonPrefixes ?? []).map((found) => found.Prefix ?? ''));
      seen.push(...(page.Contents ?? []).map((found) => found.Key ?? ''));
      ContinuationToken = page.NextContinuationToken;
      pages += 1;
    } while (ContinuationToken);
    expect(seen).toEqual(['list/a/', 'list/b', 'list/c/', 'list/d']);
    expect(pages).toBe(4);
  });

  it('deletes one, many, and what is not there', async () => {
    for (const Key of ['del/1', 'del/2', 'del/3'])
      await test.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    await test.s3.send(new DeleteObjectCommand({ Bucket, Key: 'del/1' }));
    const gone = await test.s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'del/2' }, { Key: 'del/none' }] } }),
    );
    expect(gone.Deleted?.map(({ Key }) => Key)).toEqual(['del/2', 'del/none']);
    const left = await test.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'del/' }));
    expect(left.Contents?.map(({ Key }) => Key)).toEqual(['del/3']);
  });

  it('keeps every key inside its bucket folder', async () => {
    const { port } = new URL(test.aws.endpoints.s3);
    const put = (path: string) =>
      new Promise<number>((resolve, reject) => {
        const call = request({
          port,
          host: '127.0.0.1',
          path,
          method: 'PUT',
          headers: { authorization: 'x' },
        });
        call.on('response', (response) => resolve(response.resume().statusCode ?? 0));
        call.on('error', reject);
        call.end('escaped');
      });
    const paths = [
      '/things/../../escape',
      '/things/%2e%2e/%2e%2e/escape',
      '/things/..%2f..%2fescape',
      '/%2e%2e/escape',
    ];
    for (const path of paths) expect(await put(path)).toBe(400);
    expect(await readdir(test.dataDir)).not.toContain('escape');
    expect(await readdir(join(test.dataDir, 's3'))).not.toContain('escape');
  });

  it('refuses requests without a signature', async () => {
    const response = await fetch(`${test.aws.endpoints.s3}/things/digits`);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<Code>AccessDenied</Code>');
  });
});
