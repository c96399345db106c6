import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RequestFault } from './refusals';

/** What the body of a query must be: one JSON object in UTF-8, not encoded, sent as application/json. */

/** `application/json`, with no charset but UTF-8: JSON has no other (RFC 8259, section 8.1). */
const MEDIA_TYPE = /^application\/json *(?:; *charset="?utf-8"? *)?;? *$/i;

/** Headers that decide what a request means; sent twice, two readers could take different ones. */
const ONCE = ['content-type', 'content-encoding', 'content-length', 'host', 'x-break-glass-reason'];

/** JSON in UTF-8 alone: a form or plain text could be sent by another site's page. */
export function addJsonBody(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    // Decoding would put another character in the place of what is none.
    if (isUtf8(body)) void parse(request, body.toString('utf8'), done);
    else done(bad('not UTF-8', 'The request body is not valid UTF-8.'));
  });
}

/**
 * Refuses what is wrong with a request by its headers alone, so that nothing of its body is read.
 *
 * @throws RequestFault
 */
export function checkHeaders(request: FastifyRequest): void {
  const headers = request.raw.headersDistinct;
  const twice = ONCE.find((name) => (headers[name]?.length ?? 0) > 1);
  if (twice !== undefined) throw bad('header sent twice', `Send the header ${twice} once.`);
  if (headers.host === undefined)
    throw bad('no host', 'Name the host in the header host, as HTTP/1.1 wants it.');
  const encoding = headers['content-encoding']?.[0]?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') {
    throw bad('content encoding', 'Bodies are not decoded: send the query without Content-Encoding.', 415, {
      'accept-encoding': 'identity',
    });
  }
  if (!MEDIA_TYPE.test(headers['content-type']?.[0] ?? '')) {
    throw bad('media type', 'Send the query as application/json, in UTF-8.', 415);
  }
}

/** What a client may send. */
export interface QueryBody {
  query?: string;
  variables?: Record<string, unknown> | null;
  operationName?: string | null;
  extensions?: Record<string, unknown> | null;
  documentId?: string;
}

/**
 * Refuses a body that is not one request of GraphQL over HTTP.
 *
 * @throws RequestFault
 */
export function checkBody(body: unknown): QueryBody {
  if (Array.isArray(body)) {
    throw bad(
      'batch',
      'One query a request: send an object, not a list. Several fields may share one query.',
    );
  }
  if (!isObject(body)) throw bad('not an object', 'Send one JSON object: {"query": "…", "variables": {…}}.');
  for (const name of ['query', 'documentId']) {
    if (body[name] !== undefined && typeof body[name] !== 'string')
      throw bad('body field', `\`${name}\` must be text.`);
  }
  for (const name of ['variables', 'extensions']) {
    const value = body[name];
    if (value !== undefined && value !== null && !isObject(value))
      throw bad('body field', `\`${name}\` must be an object.`);
  }
  const name = body.operationName;
  if (name !== undefined && name !== null && typeof name !== 'string')
    throw bad('body field', '`operationName` must be text.');
  return body;
}

/** @throws RequestFault for a body that names no query */
export function checkQuery(body: QueryBody): QueryBody {
  if (!body.query) throw bad('no query', 'Send a query: {"query": "…", "variables": {…}}.');
  return body;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(
  reason: string,
  message: string,
  status = 400,
  headers: Readonly<Record<string, string>> = {},
): RequestFault {
  return new RequestFault('BAD_USER_INPUT', status, reason, message, headers);
}
