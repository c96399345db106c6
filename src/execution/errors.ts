import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { ERROR_TABLE, faultOf, SluiceError, type ErrorCode } from '../errors';

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

/** The parser's own words, from graphql-js. */
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more tha[nt] (\d+) tokens/;

/** Turns any error into what the client may read: a code of the table, a message of ours, no stack, no cause. */
export function publicError(
  formatted: GraphQLFormattedError,
  error: unknown,
  logger: Logger,
): GraphQLFormattedError {
  const original = originalOf(error);
  if (original instanceof SluiceError) {
    if (original.cause !== undefined)
      logger.warn(
        { code: original.code, cause: faultOf(original.cause), path: formatted.path },
        'request failed',
      );
    return withCode(formatted, original.code, original.message);
  }
  if (isStackOverflow(original)) {
    return withCode(formatted, 'QUERY_TOO_COMPLEX', 'The query nests too deep.');
  }
  const mostTokens =
    original instanceof GraphQLError ? TOO_MANY_TOKENS.exec(original.message)?.[1] : undefined;
  if (mostTokens !== undefined) {
    const message = `The query text has more than ${mostTokens} tokens, the most the acting role may send. Split it.`;
    return withCode(formatted, 'QUERY_TOO_COMPLEX', message);
  }
  const code = formatted.extensions?.code;
  const beforeResolvers = original instanceof GraphQLError && original.originalError === undefined;
  if (typeof code === 'string' && REQUEST_FAULTS.has(code) && beforeResolvers) {
    return withCode(formatted, 'BAD_USER_INPUT', refused(formatted.message));
  }
  if (beforeResolvers && original.path === undefined)
    return withCode(formatted, 'BAD_USER_INPUT', refused(formatted.message));
  logger.error({ fault: faultOf(original), path: formatted.path }, 'unexpected error');
  return withCode(formatted, 'INTERNAL', ERROR_TABLE.INTERNAL.meaning);
}

/** Longest message about a query, in characters: it may repeat a name of any length. */
const MESSAGE_LENGTH = 500;

/** graphql-js's words for a name that is not in the schema. */
const NO_SUCH_NAME =
  /^(Cannot query field|Unknown (type|argument) |Field ".+" is not defined|Value ".+" does not exist)/s;

/** The words about a query; what is hidden and what does not exist get the same. */
function refused(message: string): string {
  const short = message.length > MESSAGE_LENGTH ? `${message.slice(0, MESSAGE_LENGTH)}…` : message;
  return NO_SUCH_NAME.test(message)
    ? `${short} The schema is that of the acting role: another role may have more.`
    : short;
}

/** Parsing, validation and coercion recurse; what overflows there was sent by the client. */
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
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
