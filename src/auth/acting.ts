import { ERROR_TABLE } from '../errors';
import { RequestFault } from '../http/refusals';

/** What a request acts as: one role, for one purpose, and in an emergency with a reason. All come from headers. */

/** Request headers; lists keep repeats apart, as Node's `headersDistinct` gives them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What the policy in force says of roles and purposes. */
export interface ActingPolicy {
  roles: ReadonlyMap<
    string,
    { breakGlass?: { maxMinutes: number } | undefined; purposes?: readonly string[] }
  >;
  purposes: ReadonlyMap<string, string>;
}

/** What the token allows. */
export interface ActingToken {
  roles: readonly string[];
  /** The role to act in unless the request names another. */
  role: string | undefined;
  /** From its issue to its end, in seconds, where the token says it. */
  lifetime: number | undefined;
}

/** What the request acts as. */
export interface Acting {
  role: string;
  purpose?: string;
  breakGlass?: { reason: string };
}

/** How a purpose may be named, in the policy and in the header `x-purpose`. */
export const PURPOSE_NAME = /^[a-z][a-z0-9_]{0,63}$/;

/** Fewest and most characters of a reason. */
const REASON = { least: 10, most: 500 };
/** ASCII that can be seen, and spaces; anything else travels percent-encoded. */
const HEADER_TEXT = /^[\x20-\x7e]*$/;
/** Control and format characters, halves of surrogate pairs, what Unicode does not define, line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

const REASON_ADVICE =
  `Send the header x-break-glass-reason once, with ${REASON.least} to ${REASON.most} printable characters that say why. ` +
  'Percent-encode the text as UTF-8 (encodeURIComponent in JavaScript); letters, digits and spaces may stay as they are.';

/**
 * @throws RequestFault FORBIDDEN when token or policy do not allow the role or the purpose, or when an emergency role is
 *   used without a reason or with a token that lives too long; BAD_USER_INPUT for a header that is malformed or sent twice
 */
export function actingAs(headers: RequestHeaders, token: ActingToken, policy: ActingPolicy): Acting {
  const role = actingRole(headers, token, policy);
  const rules = policy.roles.get(role);
  const purpose = purposeOf(headers, policy, rules?.purposes ?? []);
  const breakGlass = breakGlassOf(headers, token, rules?.breakGlass);
  return {
    role,
    ...(purpose === undefined ? {} : { purpose }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
  };
}

function actingRole(headers: RequestHeaders, token: ActingToken, policy: ActingPolicy): string {
  const named = valuesOf(headers, 'x-acting-role');
  if (named.length > 1) throw refusal('FORBIDDEN', 'acting role', 'Send the header x-acting-role once.');
  const role = named[0] ?? token.role ?? (token.roles.length === 1 ? token.roles[0] : undefined);
  if (role === undefined) {
    throw refusal(
      'FORBIDDEN',
      'acting role',
      'The token allows several roles. Name the one to act in with the header x-acting-role.',
    );
  }
  // The same answer for a role that the token lacks and one that does not exist.
  if (!token.roles.includes(role) || !policy.roles.has(role)) {
    throw refusal(
      'FORBIDDEN',
      'acting role',
      'The token does not allow this role, or the policy has no such role. Act in one that both name.',
    );
  }
  return role;
}

function purposeOf(
  headers: RequestHeaders,
  policy: ActingPolicy,
  useful: readonly string[],
): string | undefined {
  const sent = valuesOf(headers, 'x-purpose');
  const [purpose] = sent;
  if (purpose === undefined) return undefined;
  if (sent.length > 1 || !PURPOSE_NAME.test(purpose)) {
    throw refusal(
      'BAD_USER_INPUT',
      'purpose',
      'Send the header x-purpose once, with the name of one purpose: small letters, digits and underscores, at most 64.',
    );
  }
  if (policy.purposes.has(purpose)) return purpose;
  throw refusal(
    'FORBIDDEN',
    'purpose',
    useful.length === 0
      ? 'The policy has no such purpose, and the acting role needs none. Leave the header x-purpose out.'
      : `The policy has no such purpose. Send the header x-purpose with one of: ${useful.join(', ')}.`,
  );
}

function breakGlassOf(
  headers: RequestHeaders,
  token: ActingToken,
  rules: { maxMinutes: number } | undefined,
): { reason: string } | undefined {
  const sent = valuesOf(headers, 'x-break-glass-reason');
  const [text] = sent;
  if (rules === undefined) {
    if (text === undefined) return undefined;
    // Whoever gives a reason believes to act in another role than they do.
    throw refusal(
      'BAD_USER_INPUT',
      'break glass',
      'The acting role is not one for emergencies. Name one that is with the header x-acting-role, or leave the header x-break-glass-reason out.',
    );
  }
  if (text === undefined) {
    throw refusal(
      'FORBIDDEN',
      'break glass',
      `The acting role is for emergencies, and each use is reviewed. ${REASON_ADVICE}`,
    );
  }
  const reason = sent.length === 1 ? reasonOf(text) : undefined;
  if (reason === undefined) throw refusal('BAD_USER_INPUT', 'break glass', REASON_ADVICE);
  if (token.lifetime === undefined || token.lifetime > rules.maxMinutes * 60) {
    throw refusal(
      'FORBIDDEN',
      'break glass',
      `The acting role is for emergencies and takes only tokens that live at most ${rules.maxMinutes} minutes from their issue (\`iat\`) to their end (\`exp\`). Get a new token that does.`,
    );
  }
  return { reason };
}

/** The text behind the header, or undefined when it is none that a reviewer could read. */
function reasonOf(sent: string): string | undefined {
  if (!HEADER_TEXT.test(sent)) return undefined;
  let text: string;
  try {
    text = decodeURIComponent(sent).trim();
  } catch {
    return undefined;
  }
  const length = [...text].length;
  return length < REASON.least || length > REASON.most || UNPRINTABLE.test(text) ? undefined : text;
}

function refusal(code: 'FORBIDDEN' | 'BAD_USER_INPUT', reason: string, message: string): RequestFault {
  return new RequestFault(code, ERROR_TABLE[code].status, reason, message);
}

/** Each value of a header; none when it is not sent. */
export function valuesOf(headers: RequestHeaders, name: string): readonly string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
