import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultPlan } from './faults';

/** A server that listens on 127.0.0.1. */
export interface LoopbackServer {
  /** For example `http://127.0.0.1:41234`. */
  url: string;
  /** Ends open connections and frees the port. */
  close(): Promise<void>;
}

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Listens on 127.0.0.1; port 0 means any free port. */
export async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Closes a server together with its idle and busy connections. */
export async function shut(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/**
 * An HTTP server on loopback. `POST /_faults` plans a fault, `DELETE /_faults` clears them, `GET /_faults`
 * lists what is left; everything else goes to the handler. A handler that throws closes the connection with 500.
 */
export async function serveLoopback(
  port: number,
  faults: FaultPlan | undefined,
  handler: Handler,
): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    const work =
      faults && request.url === '/_faults'
        ? controlFaults(faults, request, response)
        : handler(request, response);
    work.catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    });
  });
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  return { url: await listen(server, port), close: () => shut(server) };
}

/** Reads a whole request body; throws a RangeError when it is larger than the limit, in bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw new RangeError(`The request is larger than ${limit} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Waits, but no longer than the client stays connected. */
export async function stall(millis: number, response: ServerResponse): Promise<void> {
  if (millis <= 0) return;
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once('close', leave);
  await sleep(millis, undefined, { signal: gone.signal }).catch(() => undefined);
  response.off('close', leave);
}

/** Answers a call to `/_faults`. */
export async function controlFaults(
  faults: FaultPlan,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = (status: number, body: unknown) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.method === 'GET') return reply(200, faults.pending());
  if (request.method === 'DELETE') {
    faults.clear();
    return reply(200, []);
  }
  if (request.method !== 'POST') return reply(405, { message: 'Use POST, GET or DELETE.' });
  try {
    const given = JSON.parse((await readBody(request, 65_536)).toString('utf8')) as Fault | Fault[];
    for (const fault of Array.isArray(given) ? given : [given]) {
      if (!['throttle', 'stall', 'fail', 'drop'].includes(fault.kind) || typeof fault.operation !== 'string')
        return reply(400, {
          message: 'A fault needs an operation and a kind: throttle, stall, fail or drop.',
        });
      faults.add(fault);
    }
    return reply(200, faults.pending());
  } catch (error) {
    return reply(400, { message: (error as Error).message });
  }
}
