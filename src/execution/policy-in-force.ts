import { setImmediate as breathe } from 'node:timers/promises';
import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { ErasureAccessFactory } from '../auth/erasure-access';
import type { GateFactory } from '../auth/gate';
import type { Policy } from '../auth/policy';
import type { RequestContext } from '../context';
import { BootError } from '../errors';
import type { Declarations } from '../schema/declarations';
import type { Meanings } from '../schema/meanings';
import { startRoleServer } from './role-server';
import type { TrustedDocument } from './trusted-documents';

/** Answers a request in one role; Fastify calls it on the server. */
type Handler = RouteHandlerMethod;

export interface InForceParts {
  fullSchema: GraphQLSchema;
  meanings: Meanings;
  declarations: Declarations;
  /** Stored operations, none where there are none. */
  documents: readonly TrustedDocument[];
  gateUnder(policy: Policy): GateFactory;
  erasuresUnder(policy: Policy): ErasureAccessFactory;
  context: (request: FastifyRequest, reply: FastifyReply) => Promise<RequestContext>;
  logger: Logger;
}

/**
 * One policy with all that was built for it: a server for each role, and the gate. A request keeps the one it began
 * under; one that was replaced stops after its last request.
 */
export class PolicyInForce {
  private underWay = 0;
  private ending: Promise<void> | undefined;
  private ended: (() => void) | undefined;

  private constructor(
    readonly policy: Policy,
    readonly openGate: GateFactory,
    readonly openErasures: ErasureAccessFactory,
    private readonly servers: readonly ApolloServer<RequestContext>[],
    private readonly handlers: ReadonlyMap<string, Handler>,
  ) {}

  /** Builds the view of every role. Throws when one cannot be built; nothing is left behind then. */
  static async start(policy: Policy, parts: InForceParts): Promise<PolicyInForce> {
    for (const { name, limits } of policy.roles.values()) {
      if (limits.trustedOnly && parts.documents.length === 0) {
        throw new BootError([
          `roles.${name}.limits.trustedOnly: there are no stored operations. Set SLUICE_TRUSTED_DOCUMENTS, or leave it out.`,
        ]);
      }
    }
    for (const warning of policy.warnings)
      parts.logger.warn({ event: 'policy_warning', policy: policy.version, warning }, 'look at the policy');
    const servers = new Map<string, ApolloServer<RequestContext>>();
    try {
      for (const [role, sight] of policy.roles) {
        servers.set(role, await startRoleServer(parts, sight));
        // Requests under the policy before are answered in between.
        await breathe();
      }
    } catch (error) {
      await Promise.all([...servers.values()].map((server) => server.stop()));
      throw error;
    }
    const handlers = new Map(
      [...servers].map(([role, server]) => [role, fastifyApolloHandler(server, { context: parts.context })]),
    );
    return new PolicyInForce(
      policy,
      parts.gateUnder(policy),
      parts.erasuresUnder(policy),
      [...servers.values()],
      handlers,
    );
  }

  handler(role: string): Handler | undefined {
    return this.handlers.get(role);
  }

  /** Counts a request until its answer is written or its client is gone. */
  enter(reply: FastifyReply): void {
    this.underWay += 1;
    reply.raw.once('close', () => {
      this.underWay -= 1;
      if (this.underWay === 0) this.ended?.();
    });
  }

  /** Stops the servers once the last request is through. */
  retire(): Promise<void> {
    this.ending ??= (async () => {
      if (this.underWay > 0) await new Promise<void>((ended) => (this.ended = ended));
      await this.stop();
    })();
    return this.ending;
  }

  /** Stops the servers at once. */
  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}

/** The policy in force, and those before it that still have requests under way. */
export class Policies {
  private readonly live: Set<PolicyInForce>;

  private constructor(
    private readonly parts: InForceParts,
    private latest: PolicyInForce,
  ) {
    this.live = new Set([latest]);
  }

  static async start(policy: Policy, parts: InForceParts): Promise<Policies> {
    return new Policies(parts, await PolicyInForce.start(policy, parts));
  }

  /** What a request that begins now runs under, to its end. */
  get current(): PolicyInForce {
    return this.latest;
  }

  /** Builds everything for the policy aside, then swaps it in; throws and leaves all as it was when that fails. */
  async replace(policy: Policy): Promise<void> {
    const next = await PolicyInForce.start(policy, this.parts);
    const before = this.latest;
    this.latest = next;
    this.live.add(next);
    void before.retire().then(() => this.live.delete(before));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.live].map((each) => each.stop()));
  }
}
