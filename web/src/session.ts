/** The tokens of this browser tab and the one acting role. Kept in session storage and nowhere else. */
import type { LinkedToken } from './fragment';
import { isExpired, readClaims, type TokenClaims } from './jwt';
import type { KeyValueStore } from './storage';

/** A token and the name it was given. */
export interface StoredToken {
  token: string;
  label?: string;
}

/** Immutable: every change gives a new session. `active` is an index into `tokens`, -1 when there is none. */
export interface Session {
  tokens: StoredToken[];
  active: number;
  /** The acting role; always one of the active token's roles. */
  role: string | undefined;
}

/** Who the next request speaks as. */
export interface Identity {
  token: string;
  role: string | undefined;
  claims: TokenClaims;
}

/** One line of the role switcher. */
export interface Choice {
  index: number;
  role: string;
  text: string;
}

/** No token yet. */
export const EMPTY_SESSION: Session = { tokens: [], active: -1, role: undefined };

const KEY = 'sluice.session';

/** Old tokens make room for new ones beyond this many. */
const MOST_TOKENS = 50;

/** The session kept in the store; an empty one when there is none or it can't be read. */
export function loadSession(store: KeyValueStore): Session {
  try {
    const kept = JSON.parse(store.getItem(KEY) ?? 'null') as Partial<Session> | null;
    const tokens = (kept?.tokens ?? []).filter(({ token }) => readClaims(token) !== undefined);
    return activate({ ...EMPTY_SESSION, tokens }, kept?.active ?? 0, kept?.role);
  } catch {
    return EMPTY_SESSION;
  }
}

/** Writes the session, or removes it when it holds no token. */
export function saveSession(store: KeyValueStore, session: Session): void {
  if (session.tokens.length === 0) store.removeItem(KEY);
  else store.setItem(KEY, JSON.stringify(session));
}

/** Adds tokens (known ones are not repeated) and acts as the first of those added. */
export function addTokens(session: Session, linked: LinkedToken[]): Session {
  const tokens = [...session.tokens];
  for (const { token, label } of linked) {
    const at = tokens.findIndex((known) => known.token === token);
    const entry: StoredToken = label === undefined ? { token } : { token, label };
    if (at === -1) tokens.push(entry);
    else if (label !== undefined) tokens[at] = entry;
  }
  const first = linked[0];
  if (first === undefined) return session;
  const firstKept = Math.min(
    Math.max(0, tokens.length - MOST_TOKENS),
    tokens.findIndex(({ token }) => token === first.token),
  );
  const kept = tokens.slice(firstKept);
  return activate(
    { ...session, tokens: kept },
    kept.findIndex(({ token }) => token === first.token),
    first.role,
  );
}

/** Acts as the token at `index` in `role`, or in the token's default role when it doesn't allow that one. */
export function activate(session: Session, index: number, role?: string): Session {
  if (session.tokens.length === 0) return EMPTY_SESSION;
  const active = index >= 0 && index < session.tokens.length ? index : 0;
  const claims = readClaims(session.tokens[active]?.token ?? '');
  const allowed = role !== undefined && claims?.roles.includes(role);
  return { tokens: session.tokens, active, role: allowed ? role : claims?.defaultRole };
}

/** Forgets one token; acts as the first of the others when it was the active one. */
export function removeToken(session: Session, index: number): Session {
  const tokens = session.tokens.filter((_, at) => at !== index);
  if (index === session.active) return activate({ ...session, tokens }, 0);
  const active = index < session.active ? session.active - 1 : session.active;
  return activate({ ...session, tokens }, active, session.role);
}

/** Who the next request speaks as; undefined without a token. */
export function identityOf(session: Session): Identity | undefined {
  const token = session.tokens[session.active]?.token;
  const claims = token === undefined ? undefined : readClaims(token);
  if (token === undefined || claims === undefined) return undefined;
  return { token, role: session.role, claims };
}

/** The role switcher's lines, grouped by tenant in the order in which the tokens came. */
export function choicesByTenant(session: Session, now: number): Map<string, Choice[]> {
  const groups = new Map<string, Choice[]>();
  const claimsOf = session.tokens.map(({ token }) => readClaims(token));
  const lines = claimsOf.flatMap((claims) => claims?.roles.map((role) => `${claims.tenant} ${role}`) ?? []);
  claimsOf.forEach((claims, index) => {
    if (claims === undefined) return;
    const tenant = claims.tenant ?? 'no tenant';
    const group = groups.get(tenant) ?? [];
    const names = claims.roles.length > 0 ? claims.roles : [''];
    for (const role of names) {
      const twins = lines.filter((line) => line === `${claims.tenant} ${role}`).length;
      const name = role === '' ? 'no role' : role;
      const owner = claims.subject ?? session.tokens[index]?.label ?? `token ${index + 1}`;
      const detail = [twins > 1 ? owner : '', isExpired(claims, now) ? 'expired' : ''].filter(Boolean);
      group.push({ index, role, text: detail.length === 0 ? name : `${name} (${detail.join(', ')})` });
    }
    groups.set(tenant, group);
  });
  return groups;
}
