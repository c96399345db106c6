import type { ApolloServerPlugin } from '@apollo/server';
import type { Logger } from 'pino';
import type { RequestContext } from '../context';
import { ERROR_TABLE, type ErrorCode } from '../errors';
import { logRefusal } from '../http/refusals';

/** Writes one line for each query that was refused before it ran; the gate's audit has those that were refused after. */
export function refusalPlugin(logger: Logger): ApolloServerPlugin<RequestContext> {
  return {
    async invalidRequestWasReceived() {
      logRefusal(logger, { code: 'BAD_USER_INPUT', status: 400, reason: 'not a GraphQL request' });
    },
    async requestDidStart() {
      let valid = false;
      return {
        async didResolveOperation() {
          valid = true;
        },
        async willSendResponse({ response, contextValue, document, operation, schema }) {
          if (response.body.kind !== 'single') return;
          const { data, errors } = response.body.singleResult;
          if (data !== undefined || errors === undefined) return;
          const code = codeOf(errors[0]?.extensions?.code);
          logRefusal(logger, {
            request: contextValue.requestId,
            role: contextValue.viewer.role,
            code,
            status: response.http.status ?? ERROR_TABLE[code].status,
            reason: reason(),
          });

          function reason(): string {
            if (code === 'QUERY_TOO_COMPLEX') return 'limits';
            if (document === undefined) return 'syntax';
            if (!valid) return 'validation';
            if (!operation) return 'operation name';
            return schema.getRootType(operation.operation) ? 'variables' : 'operation kind';
          }
        },
      };
    },
  };
}

function codeOf(code: unknown): ErrorCode {
  return typeof code === 'string' && code in ERROR_TABLE ? (code as ErrorCode) : 'INTERNAL';
}
