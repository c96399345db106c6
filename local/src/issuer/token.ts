import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import { ALGORITHM, signingKey } from './keys';

/** The `iss` and `aud` of local tokens. The issuer's name is no address: keys come from SLUICE_JWKS_URL. */
export const ISSUER = 'https://issuer.sluice.local';
export const AUDIENCE = 'sluice';

export interface TokenRequest {
  /** The default acting role. */
  role: string;
  /** All roles that the token allows; just the default one when left out. */
  roles?: string[];
  tenant: string;
  subject?: string;
  /** Further claims at the top level, for row rules: markets, departments, sites. */
  claims?: Record<string, string | string[]>;
  /** Seconds until it expires; one hour when left out. */
  ttl?: number;
}

/** Claims that say something about the token itself and can't be set as further claims. */
export const RESERVED_CLAIMS = new Set([
  'iss',
  'aud',
  'sub',
  'exp',
  'nbf',
  'iat',
  'jti',
  'tenant',
  'role',
  'roles',
]);

/** Signs a token with the data folder's key. Throws a RangeError for claims that the token itself uses. */
export async function signToken(dataDir: string, request: TokenRequest): Promise<string> {
  const { role, roles = [role], tenant, subject = `local-${role}`, claims = {}, ttl = 3600 } = request;
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
    .setExpirationTime(now + ttl)
    .setJti(randomUUID())
    .sign(await importJWK(privateJwk, ALGORITHM));
}
