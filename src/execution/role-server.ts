import { ApolloServer, type ApolloServerOptionsWithGateway, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { RequestContext } from '../context';
import { shownCall, totalCost } from '../datasources/results';
import { ERROR_TABLE, SluiceError } from '../errors';
import type { Meanings } from '../schema/meanings';
import { roleView, type RoleSight } from '../schema/role-view';
import { CompiledOperations } from './compiled-operations';
import { publicError } from './errors';
import { refusalPlugin } from './refusal-log';
import { MaskingReport } from './masking';
import { checkVariables, MAX_TOKENS, queryLimits } from './query-limits';

/** One Apollo Server per role: its own view of the schema, its own document store, its own compiled operations. */
export async function startRoleServer(
  fullSchema: GraphQLSchema,
  meanings: Meanings,
  sight: RoleSight,
  logger: Logger,
): Promise<ApolloServer<RequestContext>> {
  const schema = roleView(fullSchema, meanings, sight);
  const server = new ApolloServer<RequestContext>({
    gateway: compiledGateway(schema),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // Any plugin that watches fields makes Apollo wrap each of them, and a page has thousands.
      ApolloServerPluginCacheControlDisabled(),
      refusalPlugin(logger),
      extensionsPlugin(new MaskingReport(schema, meanings, sight)),
    ],
    formatError: (formatted, error) => publicError(formatted, error, logger),
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    introspection: true,
    // A store that anybody can write to and that saves only bytes: docs/decisions/0012-trusted-documents.md.
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    validationRules: [queryLimits],
    logger,
  });
  await server.start();
  return server;
}

type Gateway = ApolloServerOptionsWithGateway<RequestContext>['gateway'];

/** Apollo's hook for another executor: graphql-jit runs what Apollo has parsed and validated. */
function compiledGateway(schema: GraphQLSchema): Gateway {
  const operations = new CompiledOperations(schema);
  let announce: (() => void) | undefined;
  return {
    onSchemaLoadOrUpdate(callback) {
      announce = () => callback({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    async load() {
      announce?.();
      return {
        executor: (request) =>
          operations.execute({
            document: request.document,
            documentHash: request.queryHash,
            operationName: request.operationName ?? undefined,
            variables: request.request.variables ?? {},
            context: request.context,
          }) as never,
      };
    },
    stop: async () => undefined,
  };
}

/** Checks the size of variables, and adds `extensions.masking`, `extensions.cost`, the request id and the policy's version to each answer. */
function extensionsPlugin(masking: MaskingReport): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ request, response, operation, schema }) {
          response.http.status = ERROR_TABLE.BAD_USER_INPUT.status;
          // Apollo leaves it to the executor to find that there is none.
          if (operation === undefined) {
            throw new SluiceError(
              'BAD_USER_INPUT',
              'Name one of the operations of the query by `operationName`.',
            );
          }
          if (!schema.getRootType(operation.operation)) {
            throw new SluiceError('BAD_USER_INPUT', `The acting role has no ${operation.operation} to ask.`);
          }
          checkVariables(request.variables);
          delete response.http.status;
        },
        async willSendResponse({ response, contextValue, document, operation, queryHash, request }) {
          if (response.body.kind !== 'single') return;
          const result = response.body.singleResult;
          const masked =
            document && operation && queryHash && result.data
              ? masking.of(document, queryHash, operation, request.variables ?? {})
              : [];
          result.extensions = {
            ...result.extensions,
            requestId: contextValue.requestId,
            policy: contextValue.policyVersion,
            ...(masked.length > 0 ? { masking: masked } : {}),
            ...(contextValue.gate.calls.length > 0
              ? {
                  cost: {
                    engineCalls: contextValue.gate.calls.map(shownCall),
                    totalCostUsd: totalCost(contextValue.gate.calls),
                  },
                }
              : {}),
          };
        },
      };
    },
  };
}
