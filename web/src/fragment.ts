/** Tokens arrive in the URL's fragment, the one part of an address that a browser sends to nobody. */
import { decodeBase64Url, readClaims } from './jwt';

/** One token as a link names it. */
export interface LinkedToken {
  token: string;
  label?: string;
  /** The role to act in, when the link asks for another than the token's default. */
  role?: string;
}

/** What a fragment held. */
export interface FragmentContent {
  /** The fragment spoke of tokens, good or bad, so it has to leave the address. */
  found: boolean;
  tokens: LinkedToken[];
  /** In words, what could not be read. */
  problem?: string;
}

/** Reads `#token=…` (may repeat) and `#tokens=<base64url JSON [{label, role, tenant, token}]>`. */
export function readFragment(hash: string): FragmentContent {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  if (!params.has('token') && !params.has('tokens')) return { found: false, tokens: [] };

  const candidates: LinkedToken[] = params.getAll('token').map((token) => ({ token: token.trim() }));
  let unreadable = 0;
  for (const packed of params.getAll('tokens')) {
    const list = unpack(packed);
    if (list === undefined) unreadable += 1;
    else candidates.push(...list);
  }
  const tokens = candidates.filter(({ token }) => readClaims(token) !== undefined);
  unreadable += candidates.length - tokens.length;
  if (unreadable === 0 && tokens.length > 0) return { found: true, tokens };
  const problem =
    tokens.length === 0
      ? 'The link holds no readable token. It may have been cut off when it was copied.'
      : 'Some of the tokens in the link could not be read and were left out.';
  return { found: true, tokens, problem };
}

function unpack(packed: string): LinkedToken[] | undefined {
  let list: unknown;
  try {
    list = JSON.parse(decodeBase64Url(packed));
  } catch {
    return undefined;
  }
  if (!Array.isArray(list)) return undefined;
  return list.map((item: unknown) => {
    const entry = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    return {
      token: typeof entry.token === 'string' ? entry.token.trim() : '',
      ...(typeof entry.label === 'string' ? { label: entry.label } : {}),
      ...(typeof entry.role === 'string' ? { role: entry.role } : {}),
    };
  });
}
