import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { FaultPlan } from '../wire/faults';
import { readBody, serveLoopback, stall, type LoopbackServer } from '../wire/loopback';
import { UnchunkStream } from './chunked';
import { listObjects } from './list';
import { S3Error, SMALL_BYTES, S3Store, type StoredObject } from './store';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

interface S3Call {
  bucket: string;
  key: string;
  query: URLSearchParams;
  request: IncomingMessage;
  response: ServerResponse;
}

/** Serves the S3 calls that this project makes, path-style, from folders on disk. */
export function serveS3(port: number, store: S3Store, faults: FaultPlan): Promise<LoopbackServer> {
  return serveLoopback(port, faults, async (request, response) => {
    response.setHeader('x-amz-request-id', randomUUID());
    try {
      // Not by URL, which would resolve `..` before the key is checked.
      const [path = '/', search = ''] = (request.url ?? '/').split('?', 2);
      const [, bucket = '', ...rest] = path.split('/').map((part) => decodeURIComponent(part));
      const call = { bucket, key: rest.join('/'), query: new URLSearchParams(search), request, response };
      if (!request.headers.authorization)
        throw new S3Error(
          'AccessDenied',
          403,
          'Requests must be signed; this store checks that they are, not by whom.',
        );
      const operation = operationOf(call);
      const suffered = faults.take(operation);
      if (suffered.throttle) throw new S3Error('SlowDown', 503, 'Please reduce your request rate.');
      await stall(suffered.stallMillis, response);
      if (suffered.failure !== undefined) throw new S3Error('InternalError', 500, suffered.failure);
      const handle = OPERATIONS[operation];
      if (!handle) throw new S3Error('NotImplemented', 501, 'This local store does not implement that call.');
      if (suffered.drop) response.end = (() => request.socket.destroy()) as unknown as typeof response.end;
      await handle(store, call);
    } catch (error) {
      sendError(request, response, error);
    }
  });
}

function operationOf({ bucket, key, query, request }: S3Call): string {
  const method = request.method ?? '';
  if (bucket === '') return method === 'GET' ? 'ListBuckets' : 'Unknown';
  if (query.has('uploads') || query.has('uploadId')) return 'MultipartUpload';
  if (key === '') {
    if (method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
    if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
    return { PUT: 'CreateBucket', HEAD: 'HeadBucket', DELETE: 'DeleteBucket' }[method] ?? 'Unknown';
  }
  return (
    { PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' }[method] ?? 'Unknown'
  );
}

const OPERATIONS: Record<string, ((store: S3Store, call: S3Call) => Promise<void>) | undefined> = {
  async ListBuckets(store, { response }) {
    const buckets = await store.listBuckets();
    const items = buckets.map(
      ({ name, created }) =>
        `<Bucket><Name>${escape(name)}</Name><CreationDate>${created.toISOString()}</CreationDate></Bucket>`,
    );
    sendXml(response, 200, 'ListAllMyBucketsResult', `<Buckets>${items.join('')}</Buckets>`);
  },
  async CreateBucket(store, { bucket, request, response }) {
    await readBody(request, 65_536);
    await store.createBucket(bucket);
    response.writeHead(200, { location: `/${bucket}`, 'content-length': 0 }).end();
  },
  async HeadBucket(store, { bucket, response }) {
    await store.bucketFolder(bucket);
    response.writeHead(200).end();
  },
  async DeleteBucket(store, { bucket, response }) {
    await store.deleteBucket(bucket);
    response.writeHead(204).end();
  },
  async PutObject(store, { bucket, key, request, response }) {
    if (request.headers['x-amz-copy-source'])
      throw new S3Error('NotImplemented', 501, 'This local store does not copy objects.');
    const chunked =
      String(request.headers['content-encoding'] ?? '').includes('aws-chunked') ||
      String(request.headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
    const body = chunked ? request.pipe(new UnchunkStream()) : request;
    if (chunked) request.on('error', (error) => body.destroy(error));
    const etag = await store.put(bucket, key, body);
    response.writeHead(200, { etag: `"${etag}"`, 'content-length': 0 }).end();
  },
  async GetObject(store, { bucket, key, request, response }) {
    const object = await store.head(bucket, key);
    const range = rangeOf(request.headers.range, object.size);
    const start = range?.start ?? 0;
    const end = range?.end ?? object.size - 1;
    response.writeHead(range ? 206 : 200, {
      ...objectHeaders(object, end - start + 1),
      ...(range ? { 'content-range': `bytes ${start}-${end}/${object.size}` } : {}),
    });
    if (object.size === 0) response.end();
    else if (end - start < SMALL_BYTES) response.end(store.bytes(bucket, key, start, end));
    else await pipeline(store.read(bucket, key, start, end), response);
  },
  async HeadObject(store, { bucket, key, response }) {
    const object = await store.head(bucket, key);
    response.writeHead(200, objectHeaders(object, object.size)).end();
  },
  async DeleteObject(store, { bucket, key, response }) {
    await store.delete(bucket, key);
    response.writeHead(204).end();
  },
  async DeleteObjects(store, { bucket, request, response }) {
    await store.bucketFolder(bucket);
    const xml = (await readBody(request, 4 * 1024 * 1024)).toString('utf8');
    const keys = [...xml.matchAll(/<Key>([^<]*)<\/Key>/g)].map((found) => unescape(found[1] ?? ''));
    if (keys.length === 0 || keys.length > 1000)
      throw new S3Error('MalformedXML', 400, 'Name between 1 and 1,000 keys to delete.');
    const quiet = /<Quiet>\s*true\s*<\/Quiet>/.test(xml);
    const results: string[] = [];
    for (const key of keys) {
      try {
        await store.delete(bucket, key);
        if (!quiet) results.push(`<Deleted><Key>${escape(key)}</Key></Deleted>`);
      } catch (error) {
        const { code, message } =
          error instanceof S3Error ? error : { code: 'InternalError', message: String(error) };
        results.push(
          `<Error><Key>${escape(key)}</Key><Code>${code}</Code><Message>${escape(message)}</Message></Error>`,
        );
      }
    }
    sendXml(response, 200, 'DeleteResult', results.join(''));
  },
  async ListObjectsV2(store, { bucket, query, response }) {
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const token = query.get('continuation-token');
    const after = token ? Buffer.from(token, 'base64url').toString('utf8') : (query.get('start-after') ?? '');
    const maxKeys = Math.min(1000, Number(query.get('max-keys') ?? 1000));
    if (!Number.isInteger(maxKeys) || maxKeys < 0)
      throw new S3Error('InvalidArgument', 400, 'max-keys is no number.');
    const encode = query.get('encoding-type') === 'url' ? encodeURIComponent : escape;
    const page = await listObjects(store, bucket, { prefix, delimiter, after, maxKeys });
    const parts = [
      `<Name>${escape(bucket)}</Name><Prefix>${encode(prefix)}</Prefix><Delimiter>${encode(delimiter)}</Delimiter>`,
      `<MaxKeys>${maxKeys}</MaxKeys><KeyCount>${page.contents.length + page.commonPrefixes.length}</KeyCount>`,
      `<IsTruncated>${page.continueAfter !== undefined}</IsTruncated>`,
      page.continueAfter === undefined
        ? ''
        : `<NextContinuationToken>${Buffer.from(page.continueAfter).toString('base64url')}</NextContinuationToken>`,
      ...page.contents.map(
        ({ key, size, modified, etag }) =>
          `<Contents><Key>${encode(key)}</Key><LastModified>${modified.toISOString()}</LastModified>` +
          `<ETag>&quot;${etag}&quot;</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
      ),
      ...page.commonPrefixes.map(
        (found) => `<CommonPrefixes><Prefix>${encode(found)}</Prefix></CommonPrefixes>`,
      ),
    ];
    sendXml(response, 200, 'ListBucketResult', parts.join(''));
  },
};

function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!found || (found[1] === '' && found[2] === '')) return undefined;
  const [, from = '', to = ''] = found;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (start >= size || start > end)
    throw new S3Error('InvalidRange', 416, 'The requested range is not satisfiable');
  return { start, end };
}

function objectHeaders(object: StoredObject, length: number): Record<string, string | number> {
  return {
    'content-type': 'application/octet-stream',
    'content-length': length,
    'last-modified': object.modified.toUTCString(),
    etag: `"${object.etag}"`,
    'accept-ranges': 'bytes',
  };
}

function sendXml(response: ServerResponse, status: number, root: string, inner: string): void {
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${inner}</${root}>`,
  );
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length }).end(body);
}

function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const known = error instanceof S3Error ? error : new S3Error('InternalError', 500, String(error));
  if (response.headersSent) return void response.destroy();
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${known.code}</Code><Message>${escape(known.message)}</Message></Error>`,
  );
  response.setHeader('connection', 'close');
  response.writeHead(known.status, { 'content-type': 'application/xml', 'content-length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function unescape(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replace(/&#(x?)([0-9a-f]+);/gi, (_, hex: string, code: string) =>
      String.fromCodePoint(parseInt(code, hex ? 16 : 10)),
    )
    .replaceAll('&amp;', '&');
}
