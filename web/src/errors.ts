/** The gateway's refusals in words, for a person at the page. */

/** One error of a response. */
export interface GatewayError {
  message: string;
  code: string | undefined;
}

const ADVICE: Record<string, string> = {
  UNAUTHENTICATED:
    'The gateway did not accept this token. It may have expired, or come from an issuer that the gateway does not trust. Add another token.',
  FORBIDDEN: 'The acting role may not do this. Try another role.',
  FORBIDDEN_COLUMN_USE:
    'The acting role sees one of these fields masked, so it may not filter, sort or group by it.',
  BAD_USER_INPUT: 'An argument or variable has a value that the gateway does not take.',
  BAD_CURSOR:
    'The cursor belongs to another query, tenant or role, or has been changed. Start from the first page.',
  NOT_FOUND: 'There is nothing by that name or id for this tenant.',
  CONFLICT: 'Something else changed it in the meantime. Read it again and retry.',
  QUERY_TOO_COMPLEX: 'The query asks for too much at once. Take fewer fields or a smaller page.',
  BUDGET_EXCEEDED: 'The query would cost more than this role may spend. Narrow the time range.',
  RATE_LIMITED: 'Too many requests for now. Wait a little and run it again.',
  ENGINE_TIMEOUT: 'A store behind the gateway took too long. Narrow the question or run it again.',
  ENGINE_UNAVAILABLE: 'A store behind the gateway is down. Run it again in a while.',
  ENGINE_FAILED: 'A store behind the gateway could not answer this question.',
  INTERNAL: 'Something went wrong inside the gateway. Its log knows more.',
};

/** What a code means for the person at the page; undefined for a code that needs no more words. */
export function adviceFor(code: string | undefined): string | undefined {
  return code === undefined ? undefined : ADVICE[code];
}

/** The errors of a response body, whatever else it holds. */
export function readErrors(body: unknown): GatewayError[] {
  const list = typeof body === 'object' && body !== null ? (body as { errors?: unknown }).errors : undefined;
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown) => {
    const error = (typeof item === 'object' && item !== null ? item : {}) as {
      message?: unknown;
      extensions?: { code?: unknown } | null;
    };
    const code = error.extensions?.code;
    return {
      message: typeof error.message === 'string' ? error.message : 'The gateway gave no message.',
      code: typeof code === 'string' ? code : undefined,
    };
  });
}

/** Words for an answer that is not GraphQL at all, such as a proxy's error page. */
export function wordsForStatus(status: number): string {
  if (status === 401) return ADVICE.UNAUTHENTICATED ?? '';
  if (status === 403) return ADVICE.FORBIDDEN ?? '';
  if (status === 404) return 'There is no GraphQL endpoint at this address.';
  if (status === 413) return 'The request is larger than the gateway takes.';
  if (status === 429) return ADVICE.RATE_LIMITED ?? '';
  return `The gateway answered with HTTP status ${status} and no readable message.`;
}

/** Words for a request that got no answer. */
export const UNREACHABLE = 'The gateway did not answer. Check that it is running and that the network is up.';
