import { STATUS_CODES, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config';
import { logRefusal, refusalBody, RequestFault } from './refusals';

/** Bounds on connections: how many, how long they may take, how large their headers are. */

/** The header of every answer that says which policy was in force. */
export const POLICY_HEADER = 'x-sluice-policy';

/**
 * Headers of every answer, whoever writes it: nothing is kept on the way, and no browser takes an answer for a page (the
 * OWASP REST Security Cheat Sheet). GraphiQL, which is one, sets its own.
 */
function commonHeaders(version: string): Readonly<Record<string, string>> {
  return {
    [POLICY_HEADER]: version,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}

/** Bytes of a request's headers at most: the longest token taken has 8,192 characters. */
const MAX_HEADER_BYTES = 16_384;
/** How long a connection may stay open between requests, in milliseconds: longer than a load balancer's own 60 s. */
const KEEP_ALIVE = 65_000;
/** How often slow connections are looked for at least, in milliseconds. */
const CHECK_INTERVAL = 1_000;
/** Requests on one connection at most, so that clients spread over new processes. */
const REQUESTS_PER_CONNECTION = 10_000;

type Bounds = Pick<Config, 'SLUICE_HEADERS_TIMEOUT_MS' | 'SLUICE_BODY_TIMEOUT_MS' | 'SLUICE_MAX_CONNECTIONS'>;

/** What Fastify is told of connections. */
export function connectionOptions(config: Bounds): {
  http: ServerOptions;
  requestTimeout: number;
  keepAliveTimeout: number;
  maxRequestsPerSocket: number;
  return503OnClosing: boolean;
} {
  const headersTimeout = config.SLUICE_HEADERS_TIMEOUT_MS;
  const requestTimeout = headersTimeout + config.SLUICE_BODY_TIMEOUT_MS;
  return {
    http: {
      headersTimeout,
      requestTimeout,
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
      // Node would answer without a word; checkHeaders says what is missing.
      requireHostHeader: false,
      connectionsCheckingInterval: Math.min(CHECK_INTERVAL, Math.ceil(headersTimeout / 2)),
    },
    requestTimeout,
    keepAliveTimeout: KEEP_ALIVE,
    maxRequestsPerSocket: REQUESTS_PER_CONNECTION,
    // Fastify's own words have no code; refuseWhileEnding says it.
    return503OnClosing: false,
  };
}

/**
 * Bounds the connections of a server that was made with `connectionOptions`, and names the policy in every answer.
 *
 * @param version of the policy in force
 */
export function boundConnections(
  server: FastifyInstance,
  config: Bounds,
  logger: Logger,
  version: () => string,
): void {
  const http = server.server;
  // No hook runs for a path that cannot be decoded.
  http.prependListener('request', (_request, response) => {
    response.setHeaders(new Headers(commonHeaders(version())));
  });
  // Node leaves out headers beyond a count without a word; their bytes are bounded, so none need be.
  http.maxHeadersCount = 0;
  http.maxConnections = config.SLUICE_MAX_CONNECTIONS;
  http.on('drop', () => logRefusal(logger, { code: 'RATE_LIMITED', status: 503, reason: 'connections' }));
  http.on('checkExpectation', (_request, response) => {
    logRefusal(logger, { code: 'BAD_USER_INPUT', status: 417, reason: 'expectation' });
    const body = refusalBody('BAD_USER_INPUT', 'No expectation but 100-continue is met. Leave Expect out.');
    response
      .writeHead(417, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        connection: 'close',
        ...commonHeaders(version()),
      })
      .end(body);
  });
  closeSilentConnections(server);
  refuseWhileEnding(server);
}

/** What arrives on an open connection once the end has begun: a client that retries comes to another gateway. */
function refuseWhileEnding(server: FastifyInstance): void {
  let ending = false;
  server.addHook('preClose', async () => {
    ending = true;
  });
  server.addHook('onRequest', async () => {
    if (!ending) return;
    throw new RequestFault(
      'ENGINE_UNAVAILABLE',
      503,
      'shutdown',
      'This gateway is shutting down. Retry on a new connection.',
    );
  });
}

/** A connection on which nothing was ever asked is not idle to Node, and would hold up a shutdown for a minute. */
function closeSilentConnections(server: FastifyInstance): void {
  const silent = new Set<Socket>();
  server.server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.server.on('request', (request) => silent.delete(request.socket));
  server.addHook('preClose', async () => {
    for (const socket of silent) socket.destroy();
  });
}

/**
 * Answers and closes a connection whose bytes are no HTTP request, or come too slowly.
 *
 * @param version of the policy in force
 */
export function clientErrorHandler(
  logger: Logger,
  version: () => string,
): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    // A client that left expects no answer, and refused nothing.
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const [status, reason, message] = wordsFor(error.code);
    logRefusal(logger, { code: 'BAD_USER_INPUT', status, reason });
    if (socket.writable) {
      const body = refusalBody('BAD_USER_INPUT', message);
      const headers = Object.entries({
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        connection: 'close',
        ...commonHeaders(version()),
      }).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers.join('')}\r\n${body}`);
    }
    socket.destroySoon();
  };
}

function wordsFor(code: string | undefined): [status: number, reason: string, message: string] {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'too slow', 'The request took too long to arrive. Send it at once.'];
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'header size', `The headers are larger than ${MAX_HEADER_BYTES} bytes. Send fewer.`];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return [413, 'chunk extensions', 'The chunks of the body carry too much beside the body.'];
    default:
      return [400, 'not HTTP', 'The request is not valid HTTP/1.1.'];
  }
}
