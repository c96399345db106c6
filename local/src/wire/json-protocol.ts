import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FaultPlan } from './faults';
import { readBody, serveLoopback, stall, type LoopbackServer } from './loopback';

/** An error in the service's own words: it becomes `{"__type": code, "message": …}`. */
export class ServiceError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
    readonly extra: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** What an operation learns besides its input. */
export interface Call {
  /** The engine error text planned for this call, if any. */
  failure: string | undefined;
  /** Aborted when the client goes away. */
  gone: AbortSignal;
}

/** Answers one call with the operation's output; a ServiceError is sent as the service's own error. */
export type Operation = (input: Record<string, unknown>, call: Call) => Promise<object>;

/** What differs between the services. */
export interface JsonService {
  /** The part of `X-Amz-Target` before the dot. */
  target: string;
  operations: Record<string, Operation>;
  /** The error of a planned throttle. */
  throttled: () => ServiceError;
  /** The operations whose planned failure fails the statement and not the call itself. */
  failsLater: ReadonlySet<string>;
  /** The error for anything unforeseen. */
  internal: (message: string) => ServiceError;
}

/** The services refuse larger requests long before this: 6 MB in bytes. */
const MAX_REQUEST = 6 * 1024 * 1024;

/** Serves one AWS JSON 1.1 service on loopback. Requests need an `Authorization` header; signatures are not checked. */
export function serveJson(port: number, faults: FaultPlan, service: JsonService): Promise<LoopbackServer> {
  return serveLoopback(port, faults, async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const body = await readBody(request, MAX_REQUEST);
      if (!request.headers.authorization)
        throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
      const target = String(request.headers['x-amz-target'] ?? '');
      const name = target.startsWith(`${service.target}.`) ? target.slice(service.target.length + 1) : '';
      const operation = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
      if (!operation) throw new ServiceError('UnknownOperationException', `Unknown operation ${target}`);
      const input = parse(body);
      const suffered = faults.take(name);
      if (suffered.throttle) throw service.throttled();
      await stall(suffered.stallMillis, response);
      if (suffered.failure !== undefined && !service.failsLater.has(name))
        throw service.internal(suffered.failure);
      const output = await operation(input, { failure: suffered.failure, gone: gone.signal });
      if (suffered.drop) return void request.socket.destroy();
      send(response, 200, output);
    } catch (error) {
      const known = error instanceof ServiceError ? error : service.internal((error as Error).message);
      send(response, known.status, {
        __type: known.code,
        message: known.message,
        Message: known.message,
        ...known.extra,
      });
    }
  });
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(body.toString('utf8') || '{}');
    if (input && typeof input === 'object' && !Array.isArray(input)) return input as Record<string, unknown>;
  } catch {
    // Answered below, as the service does.
  }
  throw new ServiceError('SerializationException', 'The request is not a JSON object.');
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  const text = Buffer.from(JSON.stringify(body));
  response
    .writeHead(status, {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': text.length,
      'x-amzn-requestid': randomUUID(),
    })
    .end(text);
}
