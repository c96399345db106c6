import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import Fastify, {
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Logger } from 'pino';
import type { GateRequest } from './auth/gate';
import { createGuard } from './auth/guard';
import { loadPolicy } from './auth/policy';
import { PolicyWatch } from './auth/policy-watch';
import { createAuthenticator, type Authenticator, type Viewer } from './auth/viewer';
import type { Config } from './config';
import type { RequestContext } from './context';
import { createErasures } from './erasure/create';
import { BootError, SluiceError } from './errors';
import { Policies, type PolicyInForce } from './execution/policy-in-force';
import { readTrustedDocuments, TrustedDocuments } from './execution/trusted-documents';
import { addGraphiql } from './graphiql';
import { addJsonBody, checkBody, checkHeaders, checkQuery } from './http/bodies';
import { boundConnections, clientErrorHandler, connectionOptions, POLICY_HEADER } from './http/connections';
import { addHealth } from './http/health';
import { answerFault, BODY_LIMIT, RequestFault } from './http/refusals';
import { Loaders } from './resolvers/loaders';
import { buildFullSchema } from './schema/build';
import { declarations } from './schema/catalog';
import { meaningsOf, undeclaredFields } from './schema/meanings';

declare module 'fastify' {
  interface FastifyInstance {
    /** Takes the policy file as it is now, all or nothing. Never throws: what is wrong with it goes to the log. */
    reloadPolicy(): Promise<void>;
  }
}

/** How long requests under way may hold up the end, in milliseconds. */
const SHUTDOWN_GRACE = 5_000;

/** What tests may set. */
export interface ServerOptions {
  /** The time in milliseconds since 1970, for time windows of the policy; the system's own unless given. */
  now?: () => number;
}

/** Reads the policy, builds each role's view, and gives a server that is ready to listen. Throws BootError. */
export async function createServer(
  config: Config,
  logger: Logger,
  options: ServerOptions = {},
): Promise<FastifyInstance> {
  const policy = loadPolicy(config.SLUICE_POLICY_FILE, declarations);
  const fullSchema = buildFullSchema();
  const meanings = meaningsOf(declarations);
  const undeclared = undeclaredFields(fullSchema, declarations, meanings);
  if (undeclared.length > 0) throw new BootError(undeclared);
  const documents = new TrustedDocuments(
    config.SLUICE_TRUSTED_DOCUMENTS === undefined
      ? []
      : readTrustedDocuments(config.SLUICE_TRUSTED_DOCUMENTS, fullSchema),
    config.SLUICE_TRUSTED_DOCUMENTS !== undefined && config.SLUICE_TRUSTED_ONLY === 'all',
  );
  const erasures = createErasures(config, declarations.datasets.values(), options.now);
  const guard = createGuard(config, declarations, logger, options.now);
  const authenticator = createAuthenticator(config, logger);
  const asked: Asked = new WeakMap();
  const policies = await Policies.start(policy, {
    fullSchema,
    meanings,
    declarations,
    documents: documents.documents,
    gateUnder: (under) => guard.gateUnder(under),
    erasuresUnder: (under) => guard.erasuresUnder(under, erasures.service),
    context: (request, reply) => contextOf(asked, config.SLUICE_REQUEST_DEADLINE_MS, request, reply),
    logger,
  });
  const watch = new PolicyWatch(
    {
      file: config.SLUICE_POLICY_FILE,
      seconds: config.SLUICE_POLICY_RELOAD_SECONDS,
      declarations,
      apply: (changed) => policies.replace(changed),
      logger,
    },
    policy.version,
  );

  const version = (): string => policies.current.policy.version;
  const server = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    ...connectionOptions(config),
    clientErrorHandler: clientErrorHandler(logger, version),
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
  }) as unknown as FastifyInstance;
  addJsonBody(server);
  boundConnections(server, config, logger, version);
  server.setErrorHandler(answerFault);
  server.setNotFoundHandler((request, reply) => answerFault(nothingHere(request), request, reply));
  addHealth(server, guard, authenticator, () => ({
    version: version(),
    state: watch.state,
  }));
  addGraphiql(server);
  addGraphql(server, authenticator, policies, documents, asked);
  server.decorate('reloadPolicy', () => watch.reload());
  server.addHook('preClose', async () => {
    setTimeout(() => server.server.closeAllConnections(), SHUTDOWN_GRACE).unref();
  });
  server.addHook('onClose', async () => {
    await watch.stop();
    await policies.stop();
    await guard.close();
    await erasures.close();
  });
  return server;
}

/** Only POST asks: a GET could be sent by a link, a form or an image of another site. */
function nothingHere({ raw }: FastifyRequest): SluiceError {
  if (raw.url?.split('?')[0] !== '/graphql')
    return new SluiceError(
      'NOT_FOUND',
      'Nothing is here. The API is POST /graphql; GraphiQL is at /graphiql/.',
    );
  return new RequestFault(
    'BAD_USER_INPUT',
    405,
    'method',
    'Ask by POST, with the query as application/json.',
    {
      allow: 'POST',
    },
  );
}

/** Who asks, and the policy that the request began under. */
type Asked = WeakMap<FastifyRequest, { viewer: Viewer; inForce: PolicyInForce }>;

/** POST /graphql: who asks is known before anything of the query is read. */
function addGraphql(
  server: FastifyInstance,
  authenticator: Authenticator,
  policies: Policies,
  documents: TrustedDocuments,
  asked: Asked,
): void {
  server.route({
    method: 'POST',
    url: '/graphql',
    onRequest: async (request, reply) => {
      const inForce = policies.current;
      inForce.enter(reply);
      void reply.header(POLICY_HEADER, inForce.policy.version);
      const viewer = await authenticator.viewer(request.raw.headersDistinct, inForce.policy);
      asked.set(request, { viewer, inForce });
      checkHeaders(request);
    },
    preHandler: async (request) => {
      const { viewer, inForce } = asked.get(request) ?? {};
      const limits = inForce?.policy.roles.get(viewer?.role ?? '')?.limits;
      if (limits === undefined) throw new SluiceError('FORBIDDEN');
      request.body = checkQuery(documents.resolve(checkBody(request.body), limits));
    },
    handler: (request, reply) => {
      const { viewer, inForce } = asked.get(request) ?? {};
      const handler = inForce?.handler(viewer?.role ?? '');
      if (handler === undefined) throw new SluiceError('FORBIDDEN');
      return handler.call(server, request, reply);
    },
  });
}

/** @param deadline longest time a request may take, in milliseconds */
async function contextOf(
  asked: Asked,
  deadline: number,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<RequestContext> {
  const { viewer, inForce } = asked.get(request) ?? {};
  if (viewer === undefined || inForce === undefined) throw new SluiceError('UNAUTHENTICATED');
  const signal = AbortSignal.any([AbortSignal.timeout(deadline), whenGone(reply)]);
  // Every engine call of the request listens to it; how many there are is bounded elsewhere.
  setMaxListeners(0, signal);
  const asking: GateRequest = { requestId: request.id, signal, calls: [] };
  const gate = inForce.openGate(viewer, asking);
  return {
    requestId: request.id,
    policyVersion: inForce.policy.version,
    viewer,
    audited: asking,
    gate,
    erasures: inForce.openErasures(viewer, asking),
    loaders: new Loaders(gate),
  };
}

/** Aborts when the client goes away before its answer is written. */
function whenGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
