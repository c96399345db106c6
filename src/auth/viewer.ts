import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Config } from '../config';
import { faultOf, SluiceError } from '../errors';
import { TENANT_NAME } from '../schema/vocabulary';
import { claimsFault } from './token-claims';
import { actingAs, valuesOf, type ActingPolicy, type RequestHeaders } from './acting';

/** Who asks, for which tenant, and in which one role. */
export interface Viewer {
  subject: string;
  tenant: string;
  /** Every role the token allows. */
  roles: readonly string[];
  /** The one role this request acts in. */
  role: string;
  /** The token's own claims (markets, departments, sites…) as lists of text; `sub` is among them. */
  claims: ReadonlyMap<string, readonly string[]>;
  /** What the request is for: a purpose of the policy, named in the header `x-purpose`. */
  purpose?: string;
  /** Set when the role is one for an emergency: why it is used, in the caller's own words. */
  breakGlass?: { reason: string };
}

/** Turns requests into viewers. */
export interface Authenticator {
  /**
   * The viewer behind a request. Pass `headersDistinct`: Node's plain `headers` drop a second Authorization.
   * @param policy the one in force, which says what roles and purposes there are
   * @throws SluiceError UNAUTHENTICATED (one message for every fault of a token), FORBIDDEN and BAD_USER_INPUT (see
   *   `actingAs`), ENGINE_UNAVAILABLE (the issuer's keys cannot be read)
   */
  viewer(headers: RequestHeaders, policy: ActingPolicy): Promise<Viewer>;
  /** Whether the issuer gives its keys, for `/readyz`. Never throws. */
  health(signal: AbortSignal): Promise<'up' | 'down'>;
}

/** Asymmetric signatures only: a shared secret would let every holder of a token check forge one. */
const ALGORITHMS = ['EdDSA', 'ES256', 'RS256'];
/** Longest token taken, in characters. */
const TOKEN_LENGTH = 8192;
/** How far the issuer's clock may be off, in seconds. */
const CLOCK_TOLERANCE = 5;
/** Longest wait for the issuer's keys, in milliseconds. */
const KEYS_DEADLINE_MS = 5000;

const BEARER = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+) *$/i;

/** Claims that say something about the token itself, never about rows. */
const OWN_CLAIMS = new Set(['iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'tenant', 'roles', 'role']);

const claimsShape = z.looseObject({
  sub: z.string().min(1).max(256),
  tenant: z.string().regex(TENANT_NAME),
  roles: z.array(z.string().min(1).max(64)).min(1).max(100),
  role: z.string().min(1).max(64).optional(),
});

/** The issuer could not be asked: no fault of the token. */
class IssuerDown extends Error {}

/** Checks tokens against the issuer of the configuration, and what the request wants to act as against the policy. */
export function createAuthenticator(
  config: Pick<
    Config,
    'SLUICE_JWKS_URL' | 'SLUICE_TOKEN_ISSUER' | 'SLUICE_TOKEN_AUDIENCE' | 'SLUICE_CALL_DEADLINE_MS'
  >,
  logger: Logger,
): Authenticator {
  const keys = issuerKeys(config.SLUICE_JWKS_URL, Math.min(config.SLUICE_CALL_DEADLINE_MS, KEYS_DEADLINE_MS));
  return {
    async viewer(headers, policy) {
      const payload = await verify(headers, keys, config, logger);
      const claims = claimsShape.safeParse(payload);
      if (!claims.success) {
        throw refused(
          logger,
          `claims: ${claims.error.issues.map((issue) => issue.path.join('.')).join(', ')}`,
        );
      }
      const { sub, tenant, roles, role } = claims.data;
      const { exp, iat } = payload;
      const acting = actingAs(headers, { roles, role, lifetime: lifetimeOf(iat, exp) }, policy);
      return { subject: sub, tenant, roles, claims: textClaims(payload), ...acting };
    },
    async health(signal) {
      try {
        const response = await fetch(config.SLUICE_JWKS_URL, { signal });
        await response.body?.cancel();
        return response.ok ? 'up' : 'down';
      } catch {
        return 'down';
      }
    },
  };
}

function issuerKeys(url: string, timeoutDuration: number): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(new URL(url), { timeoutDuration });
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      const faultOfToken =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      throw faultOfToken ? error : new IssuerDown('The keys of the issuer cannot be read.', { cause: error });
    }
  };
}

async function verify(
  headers: RequestHeaders,
  keys: JWTVerifyGetKey,
  config: Pick<Config, 'SLUICE_TOKEN_ISSUER' | 'SLUICE_TOKEN_AUDIENCE'>,
  logger: Logger,
): Promise<JWTPayload> {
  const sent = valuesOf(headers, 'authorization');
  const header = sent[0];
  if (header === undefined) throw refused(logger, 'no token');
  if (sent.length > 1) throw refused(logger, 'several Authorization headers');
  // The length first: what is too long is not looked at.
  if (header.length > TOKEN_LENGTH + 'Bearer '.length) throw refused(logger, 'token too long');
  const token = BEARER.exec(header)?.[1];
  if (token === undefined) throw refused(logger, 'not a Bearer token');
  let fault: string | undefined;
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: config.SLUICE_TOKEN_ISSUER,
      audience: config.SLUICE_TOKEN_AUDIENCE,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: CLOCK_TOLERANCE,
    });
    const [head = '', body = ''] = token.split('.');
    fault = claimsFault(head) ?? claimsFault(body);
    if (fault === undefined) return payload;
  } catch (error) {
    if (error instanceof IssuerDown) {
      logger.error(
        { event: 'issuer_down', fault: faultOf(error.cause) },
        'the keys of the token issuer cannot be read',
      );
      throw new SluiceError(
        'ENGINE_UNAVAILABLE',
        'Tokens cannot be checked now: the issuer does not answer. Retry later.',
        error,
      );
    }
    throw refused(logger, error instanceof errors.JOSEError ? error.code : 'malformed token');
  }
  throw refused(logger, fault);
}

/** One answer for every fault of a token; the reason goes to the log and holds no part of the token. */
function refused(logger: Logger, reason: string): SluiceError {
  logger.info({ event: 'token_refused', reason }, 'token refused');
  return new SluiceError('UNAUTHENTICATED');
}

/** Seconds from its issue to its end; undefined where the token does not say, or says that it is of the future. */
function lifetimeOf(issued: number | undefined, expires: number | undefined): number | undefined {
  if (issued === undefined || expires === undefined) return undefined;
  return issued > Date.now() / 1000 + CLOCK_TOLERANCE ? undefined : expires - issued;
}

/** Claims of other shapes (numbers, objects) are left out: a row rule that needs one then refuses. */
function textClaims(payload: JWTPayload): ReadonlyMap<string, readonly string[]> {
  const claims = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(payload)) {
    if (OWN_CLAIMS.has(name)) continue;
    if (typeof value === 'string') claims.set(name, [value]);
    else if (Array.isArray(value) && value.every((item) => typeof item === 'string')) claims.set(name, value);
  }
  return claims;
}
