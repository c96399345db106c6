/** Reads what a token says, for display. It proves nothing: only the gateway checks signatures. */

/** The claims that the page shows. Times are seconds since 1970. */
export interface TokenClaims {
  subject: string | undefined;
  tenant: string | undefined;
  /** The role that the token acts in unless told otherwise. */
  defaultRole: string | undefined;
  /** All roles that the token allows, the default one included. */
  roles: string[];
  expiresAt: number | undefined;
}

/** What a JSON Web Token looks like anywhere inside a text. */
export const TOKEN_PATTERN = /eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*/g;

/** Decodes base64url text (RFC 4648 section 5, padding optional) that holds UTF-8. Throws on other input. */
export function decodeBase64Url(text: string): string {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

/** The claims of a token in compact form, or undefined when the text is not such a token. */
export function readClaims(token: string): TokenClaims | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  let payload: unknown;
  try {
    payload = JSON.parse(decodeBase64Url(parts[1] ?? ''));
  } catch {
    return undefined;
  }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return undefined;
  const claims = payload as Record<string, unknown>;
  const listed = Array.isArray(claims.roles) ? claims.roles.filter((role) => typeof role === 'string') : [];
  const defaultRole = text(claims.role) ?? listed[0];
  return {
    subject: text(claims.sub),
    tenant: text(claims.tenant),
    defaultRole,
    roles: defaultRole === undefined ? [] : [...new Set([defaultRole, ...listed])],
    expiresAt: typeof claims.exp === 'number' ? claims.exp : undefined,
  };
}

/** Whether the token's time is up. `now` is in milliseconds, as Date.now() gives it. */
export function isExpired(claims: TokenClaims, now: number): boolean {
  return claims.expiresAt !== undefined && claims.expiresAt * 1000 <= now;
}

/** A token's remaining or past time in words: "52 minutes left", "expired 3 minutes ago". */
export function lifetimeInWords(claims: TokenClaims, now: number): string {
  if (claims.expiresAt === undefined) return 'never expires';
  const distance = claims.expiresAt * 1000 - now;
  const span = spanInWords(Math.abs(distance));
  return distance > 0 ? `${span} left` : `expired ${span} ago`;
}

function spanInWords(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
