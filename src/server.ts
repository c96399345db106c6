import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, {
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Logger } from 'pino';
import type { GateFactory } from './auth/gate';
import { createGuard, type Guard } from './auth/guard';
import { loadPolicy, type Policy } from './auth/policy';
import { createAuthenticator, type Authenticator, type Viewer } from './auth/viewer';
import type { Config } from './config';
import type { RequestContext } from './context';
import { BootError, SluiceError } from './errors';
import { startRoleServer } from './execution/role-server';
import { addGraphiql } from './graphiql';
import { addJsonBody, checkBody, checkHeaders } from './http/bodies';
import { boundConnections, clientErrorHandler, connectionOptions } from './http/connections';
import { answerFault, BODY_LIMIT, RequestFault } from './http/refusals';
import { Loaders } from './resolvers/loaders';
import { buildFullSchema } from './schema/build';
import { declarations } from './schema/catalog';
import { meaningsOf, undeclaredFields } from './schema/meanings';

/** How long requests under way may hold up the end, in milliseconds. */
const SHUTDOWN_GRACE = 5_000;
/** How long the engines may take to say that they are up, in milliseconds. */
const READY_DEADLINE = 3_000;

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
  const guard = createGuard(config, policy, declarations, logger, options.now);
  const authenticator = createAuthenticator(config, logger);
  const servers = new Map<string, ApolloServer<RequestContext>>();
  for (const [role, sight] of policy.roles) {
    servers.set(role, await startRoleServer(fullSchema, meanings, declarations, sight, logger));
  }

  const server = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    ...connectionOptions(config),
    clientErrorHandler: clientErrorHandler(logger),
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
  }) as unknown as FastifyInstance;
  addJsonBody(server);
  boundConnections(server, config, logger);
  server.setErrorHandler(answerFault);
  server.setNotFoundHandler((request, reply) => answerFault(nothingHere(request), request, reply));
  addHealth(server, guard, authenticator);
  addGraphiql(server);
  addGraphql(server, {
    authenticator,
    policy,
    servers,
    openGate: guard.openGate,
    deadline: config.SLUICE_REQUEST_DEADLINE_MS,
  });
  server.addHook('preClose', async () => {
    setTimeout(() => server.server.closeAllConnections(), SHUTDOWN_GRACE).unref();
  });
  server.addHook('onClose', async () => {
    await Promise.all([...servers.values()].map((apollo) => apollo.stop()));
    await guard.close();
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

interface GraphqlParts {
  authenticator: Authenticator;
  policy: Policy;
  servers: ReadonlyMap<string, ApolloServer<RequestContext>>;
  openGate: GateFactory;
  /** Longest time a request may take, in milliseconds. */
  deadline: number;
}

/** POST /graphql: who asks is known before anything of the query is read. */
function addGraphql(server: FastifyInstance, parts: GraphqlParts): void {
  const viewers = new WeakMap<FastifyRequest, Viewer>();
  const handlers = new Map(
    [...parts.servers].map(([role, apollo]) => [
      role,
      fastifyApolloHandler(apollo, { context: (request, reply) => contextOf(request, reply) }),
    ]),
  );

  async function contextOf(request: FastifyRequest, reply: FastifyReply): Promise<RequestContext> {
    const viewer = viewers.get(request);
    if (viewer === undefined) throw new SluiceError('UNAUTHENTICATED');
    const operationName = operationNameOf(request.body);
    const signal = AbortSignal.any([AbortSignal.timeout(parts.deadline), whenGone(reply)]);
    // Every engine call of the request listens to it; how many there are is bounded elsewhere.
    setMaxListeners(0, signal);
    const gate = parts.openGate(viewer, {
      requestId: request.id,
      ...(operationName === undefined ? {} : { operationName }),
      signal,
    });
    return { requestId: request.id, viewer, gate, loaders: new Loaders(gate) };
  }

  server.route({
    method: 'POST',
    url: '/graphql',
    onRequest: async (request) => {
      viewers.set(request, await parts.authenticator.viewer(request.raw.headersDistinct, parts.policy));
      checkHeaders(request);
    },
    preHandler: async (request) => {
      request.body = checkBody(request.body);
    },
    handler: (request, reply) => {
      const handler = handlers.get(viewers.get(request)?.role ?? '');
      if (handler === undefined) throw new SluiceError('FORBIDDEN');
      return handler.call(server, request, reply);
    },
  });
}

function operationNameOf(body: unknown): string | undefined {
  const name =
    typeof body === 'object' && body !== null && 'operationName' in body ? body.operationName : undefined;
  return typeof name === 'string' ? name.slice(0, 200) : undefined;
}

/** Aborts when the client goes away before its answer is written. */
function whenGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** `/livez`: the process answers. `/readyz`: so do the engines and the token issuer; it says which does not. */
function addHealth(server: FastifyInstance, guard: Guard, authenticator: Authenticator): void {
  server.get('/livez', async () => ({ status: 'up' }));
  server.get('/readyz', async (_request, reply) => {
    const signal = AbortSignal.timeout(READY_DEADLINE);
    const [engines, issuer, audit] = await Promise.all([
      guard.health(signal),
      authenticator.health(signal),
      guard.audit(),
    ]);
    const parts = { ...engines, issuer, audit: audit.state };
    const ready = Object.values(parts).every((state) => state === 'up');
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'ready' : 'not ready',
      parts,
      audit: { waitingSegments: audit.waitingSegments },
    });
  });
}
