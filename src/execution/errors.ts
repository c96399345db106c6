import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { ERROR_TABLE, SluiceError, type ErrorCode } from '../errors';

/** Apollo's own codes for requests that never reached a resolver; their texts speak of the query alone. */
const REQUEST_FAULTS = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/** Turns any error into what the client may read: a code of the table, a message of ours, no stack, no cause. */
export function publicError(
  formatted: GraphQLFormattedError,
  error: unknown,
  logger: Logger,
): GraphQLFormattedError {
  const original = originalOf(error);
  if (original instanceof SluiceError) {
    if (original.cause !== undefined)
      logger.warn({ code: original.code, cause: engineCause(original.cause) }, 'request failed');
    return withCode(formatted, original.code, original.message);
  }
  const code = formatted.extensions?.code;
  const beforeResolvers = original instanceof GraphQLError && original.originalError === undefined;
  if (typeof code === 'string' && REQUEST_FAULTS.has(code) && beforeResolvers) {
    return withCode(formatted, 'BAD_USER_INPUT', formatted.message);
  }
  if (beforeResolvers && original.path === undefined)
    return withCode(formatted, 'BAD_USER_INPUT', formatted.message);
  logger.error({ fault: faultOf(original) }, 'unexpected error');
  return withCode(formatted, 'INTERNAL', ERROR_TABLE.INTERNAL.meaning);
}

/** The innermost error: graphql and Apollo both wrap what a resolver threw. */
function originalOf(error: unknown): unknown {
  let current = unwrapResolverError(error);
  while (current instanceof GraphQLError && !(current instanceof SluiceError) && current.originalError) {
    current = current.originalError;
  }
  return current;
}

function withCode(formatted: GraphQLFormattedError, code: ErrorCode, message: string): GraphQLFormattedError {
  return {
    message,
    ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
    ...(formatted.path === undefined ? {} : { path: formatted.path }),
    extensions: { code },
  };
}

/** An engine's text may quote values, so the log keeps the error's name and the id to look it up by at the engine. */
function engineCause(cause: unknown): object {
  if (!(cause instanceof Error)) return { type: typeof cause };
  const statementId = 'statementId' in cause ? cause.statementId : undefined;
  return { name: cause.name, ...(typeof statementId === 'string' ? { statementId } : {}) };
}

/** A fault of ours: the log needs the whole of it. */
function faultOf(error: unknown): object {
  return error instanceof Error
    ? { name: error.name, message: error.message, stack: error.stack }
    : { type: typeof error };
}
