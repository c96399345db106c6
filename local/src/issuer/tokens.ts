import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import { ALGORITHM, signingKey } from './keys';

/** The `iss` and `aud` of local tokens. The issuer's name is no address: keys come from SLUICE_JWKS_URL. */
export const ISSUER = 'https://issuer.sluice.local';
export const AUDIENCE = 'sluice';

/** What a token is to say. */
export interface TokenRequest {
  /** Where the issuer's key is kept; made on first use. */
  dataDir: string;
  /** The default acting role. */
  role: string;
  /** All roles that the token allows; just the default one when left out. */
  roles?: string[];
  tenant: string;
  subject?: string;
  /** Further claims at the top level, for row rules: markets, departments, sites. */
  claims?: Record<string, string | string[]>;
  /** How long it is valid: a number with s, m, h or d, at most 366 days; `1h` when left out. */
  ttl?: string;
}

/** Claims that say something about the token itself and can't be set as further claims. */
const RESERVED_CLAIMS = new Set(['iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti', 'tenant', 'role', 'roles']);

/** Signs a token with the data folder's key. Throws a RangeError that says which part of the request is wrong. */
export async function signToken(request: TokenRequest): Promise<string> {
  const {
    dataDir,
    role,
    roles = [role],
    tenant,
    subject = `local-${role}`,
    claims = {},
    ttl = '1h',
  } = request;
  const seconds = readTtl(ttl);
  const reserved = Object.keys(claims).find((name) => RESERVED_CLAIMS.has(name));
  if (reserved) throw new RangeError(`The claim ${reserved} belongs to the token itself.`);
  if (!roles.includes(role))
    throw new RangeError(`The role ${role} must be among the roles that the token allows.`);
  const { kid, privateJwk } = await signingKey(dataDir);
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ ...claims, tenant, roles, role })
    .setProtectedHeader({ alg: ALGORITHM, kid, typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(subject)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .setJti(randomUUID())
    .sign(await importJWK(privateJwk, ALGORITHM));
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const MAX_TTL = 366 * 86_400;

/** Seconds in a span such as `90s`, `15m`, `1h` or `7d`. Throws a RangeError. */
function readTtl(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text.trim()) ?? [];
  const seconds = Number(count) * (UNITS[unit] ?? 0);
  if (!count || seconds < 1 || seconds > MAX_TTL)
    throw new RangeError(`A token's life is a number with s, m, h or d, between 1s and 366d, not "${text}".`);
  return seconds;
}
