import type { FastifyInstance } from 'fastify';
import type { Guard } from '../auth/guard';
import type { PolicyState } from '../auth/policy-watch';
import type { Authenticator } from '../auth/viewer';

/** How long the engines may take to say that they are up, in milliseconds. */
const READY_DEADLINE = 3_000;
/** How long what they said is said again, in milliseconds: anybody may ask, and each engine call costs. */
const KEPT = 1_000;

/** How the parts are that the gateway needs. */
interface Readiness {
  parts: Record<string, 'up' | 'down'>;
  waitingSegments: number;
}

/**
 * `/livez`: the process answers. `/readyz`: so do the engines, the ledger of erasures and the token issuer; it says which
 * does not. A stale policy is said but takes nobody out of service: the one before it still holds, and would hold
 * everywhere else too.
 */
export function addHealth(
  server: FastifyInstance,
  guard: Guard,
  authenticator: Authenticator,
  policy: () => { version: string; state: PolicyState },
): void {
  server.get('/livez', async () => ({ status: 'up' }));
  const readiness = keptAWhile(() => askAll(guard, authenticator));
  server.get('/readyz', async (_request, reply) => {
    const { parts, waitingSegments } = await readiness();
    const ready = Object.values(parts).every((state) => state === 'up');
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'ready' : 'not ready',
      parts,
      audit: { waitingSegments },
      policy: policy(),
    });
  });
}

async function askAll(guard: Guard, authenticator: Authenticator): Promise<Readiness> {
  const signal = AbortSignal.timeout(READY_DEADLINE);
  const [engines, issuer, audit] = await Promise.all([
    guard.health(signal),
    authenticator.health(signal),
    guard.audit(),
  ]);
  return { parts: { ...engines, issuer, audit: audit.state }, waitingSegments: audit.waitingSegments };
}

/** One ask for all who come while it is under way, and for KEPT after its answer. What fails is not kept. */
function keptAWhile<T>(ask: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  let until = Infinity;
  return () => {
    if (kept !== undefined && performance.now() < until) return kept;
    until = Infinity;
    kept = ask();
    kept.then(
      () => (until = performance.now() + KEPT),
      () => (kept = undefined),
    );
    return kept;
  };
}
