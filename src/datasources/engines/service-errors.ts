import { SluiceError } from '../../errors';

/** What a failed call to a service means for the one who waits, whatever the service calls it. */
export type Trouble = 'throttled' | 'unreachable' | 'lost' | 'permanent';

/** Names the three services give to "slow down" (from their API references). */
const THROTTLING = new Set([
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'ProvisionedThroughputExceededException',
  'ActiveStatementsExceededException',
  'ActiveSessionsExceededException',
  'SlowDown',
]);

/** Nobody listens there, or the name is not known: retrying at once can't help. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** The connection broke; the call may or may not have been carried out. */
const LOST = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE']);

interface ServiceFault {
  name?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
  $retryable?: { throttling?: boolean };
}

/** Reads the kind of trouble from an SDK error, a socket error or an HTTP status. */
export function troubleOf(error: unknown): Trouble {
  if (typeof error !== 'object' || error === null) return 'permanent';
  const fault = error as ServiceFault;
  if (THROTTLING.has(fault.name ?? '') || fault.$retryable?.throttling === true) return 'throttled';
  const status = fault.$metadata?.httpStatusCode ?? 0;
  if (status === 429) return 'throttled';
  if (UNREACHABLE.has(fault.code ?? '')) return 'unreachable';
  if (LOST.has(fault.code ?? '') || fault.name === 'TimeoutError' || status >= 500) return 'lost';
  return 'permanent';
}

/** The error for the client; the service's own words stay in `cause`, for the log. */
export function clientError(trouble: Trouble, cause: unknown): SluiceError {
  switch (trouble) {
    case 'throttled':
      return new SluiceError('RATE_LIMITED', 'The engine is busy. Wait and retry.', cause);
    case 'permanent':
      return new SluiceError('ENGINE_FAILED', undefined, cause);
    default:
      return new SluiceError('ENGINE_UNAVAILABLE', undefined, cause);
  }
}

/** The name a service gave its error, or undefined. */
export function faultName(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? (error as ServiceFault).name : undefined;
}
