import { ApolloServer, type ApolloServerOptionsWithGateway, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { RoleLimits } from '../auth/limits';
import type { RequestContext } from '../context';
import type { Declarations } from '../schema/declarations';
import type { Meanings } from '../schema/meanings';
import { roleView, type RoleSight } from '../schema/role-view';
import { CompiledOperations } from './compiled-operations';
import { costPlugin } from './cost-plugin';
import { documentStore } from './document-store';
import { publicError } from './errors';
import { refusalPlugin } from './refusal-log';
import { MaskingReport } from './masking';
import { CostEstimator } from './query-cost';
import { queryLimits } from './query-limits';
import { runnable, unrunnablePlugin, type TrustedDocument } from './trusted-documents';

/** What a role is to its server. */
export interface ServedRole extends RoleSight {
  readonly name: string;
  readonly limits: RoleLimits;
}

/** What the servers of all roles share. */
export interface ServerParts {
  fullSchema: GraphQLSchema;
  meanings: Meanings;
  declarations: Declarations;
  /** Stored operations, none where there are none. */
  documents: readonly TrustedDocument[];
  logger: Logger;
}

/** One Apollo Server per role: its own view of the schema, its own document store, its own compiled operations. */
export async function startRoleServer(
  { fullSchema, meanings, declarations, documents, logger }: ServerParts,
  role: ServedRole,
): Promise<ApolloServer<RequestContext>> {
  const schema = roleView(fullSchema, meanings, role);
  const running = runnable(documents, schema, role.limits);
  const others = documents.filter((document) => !running.includes(document));
  if (documents.length > 0) {
    const count = running.length;
    logger.info(
      { event: 'trusted_documents', role: role.name, runnable: count, of: documents.length },
      'stored operations that the role can run',
    );
  }
  const server = new ApolloServer<RequestContext>({
    gateway: compiledGateway(schema),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // Any plugin that watches fields makes Apollo wrap each of them, and a page has thousands.
      ApolloServerPluginCacheControlDisabled(),
      refusalPlugin(logger),
      unrunnablePlugin(new Set(others.map(({ text }) => text))),
      costPlugin(new CostEstimator(schema, declarations), role),
      extensionsPlugin(new MaskingReport(schema, meanings, role)),
    ],
    formatError: (formatted, error) => publicError(formatted, error, logger),
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    introspection: true,
    // A store that anybody can write to and that saves only bytes: docs/decisions/0014-stored-operations.md.
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    documentStore: documentStore(),
    parseOptions: { maxTokens: role.limits.maxTokens },
    validationRules: [queryLimits(role.limits)],
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

/** Tells the audit what runs, and adds `extensions.masking`, the request id and the policy's version to each answer. */
function extensionsPlugin(masking: MaskingReport): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ contextValue, operation }) {
          if (operation?.name !== undefined) contextValue.audited.operationName = operation.name.value;
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
          };
        },
      };
    },
  };
}
