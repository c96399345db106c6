import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { ERROR_TABLE, faultOf, SluiceError, type ErrorCode } from '../errors';

/** How a request that is not answered is refused: a code of the table for the client, one line for the log. */

/** A fault of the HTTP request itself, found before its query is looked at. */
export class RequestFault extends SluiceError {
  /**
   * @param status HTTP status of the answer
   * @param reason a few words of ours for the log; never a part of what was sent
   */
  constructor(
    code: ErrorCode,
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message);
  }
}

/** What the log says of a refused request. */
export interface Refusal {
  /** Id of the request, where there is one yet. */
  request?: string;
  role?: string;
  code: ErrorCode;
  status: number;
  /** A few words of ours; never a part of what was sent. */
  reason: string;
}

/** One line for each refused request, whatever was wrong with it. */
export function logRefusal(logger: Logger, refusal: Refusal): void {
  logger.info({ event: 'request_refused', ...refusal }, 'request refused');
}

/** The answer to a refused request, as GraphQL clients read it. */
export function refusalBody(code: ErrorCode, message: string): string {
  return JSON.stringify({ errors: [{ message, extensions: { code } }] });
}

/** Answers a fault that was found outside of GraphQL. */
export function answerFault(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const fault = faultFor(error);
  if (fault === undefined) {
    request.log.error({ fault: faultOf(error) }, 'unexpected error');
    return answer(reply, 'INTERNAL', ERROR_TABLE.INTERNAL.status, ERROR_TABLE.INTERNAL.meaning);
  }
  const { code, status, reason, message, headers } = fault;
  logRefusal(request.log as Logger, { request: request.id, code, status, reason });
  return answer(reply.headers(headers), code, status, message);
}

function answer(reply: FastifyReply, code: ErrorCode, status: number, message: string): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(refusalBody(code, message));
}

function faultFor(error: unknown): RequestFault | undefined {
  if (error instanceof RequestFault) return error;
  if (error instanceof SluiceError) {
    if (error.code === 'INTERNAL') return undefined;
    return new RequestFault(
      error.code,
      ERROR_TABLE[error.code].status,
      REASONS[error.code] ?? error.code,
      error.message,
    );
  }
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  if (typeof statusCode !== 'number' || statusCode >= 500) return undefined;
  const [reason, message] = wordsFor('code' in error ? error.code : undefined);
  return new RequestFault('BAD_USER_INPUT', statusCode, reason, message);
}

/** Words for the log where a code alone says too little. */
const REASONS: Partial<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'token',
  FORBIDDEN: 'acting role',
  NOT_FOUND: 'address',
  ENGINE_UNAVAILABLE: 'token issuer',
};

/** Bytes of a request body at most; a large stored operation with its variables has a tenth of it. */
export const BODY_LIMIT = 262_144;

/** Words for what Fastify refuses before a handler runs. */
function wordsFor(code: unknown): readonly [reason: string, message: string] {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return ['body size', `The request body is larger than ${BODY_LIMIT} bytes. Send a smaller query.`];
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return ['media type', 'Send the query as application/json.'];
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return ['body length', 'The request body is not as long as its Content-Length says. Send it whole.'];
    default:
      return ['not JSON', 'The request body is not valid JSON. Send {"query": "…", "variables": {…}}.'];
  }
}
