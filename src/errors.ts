import { GraphQLError } from 'graphql';

/** The one table of error codes: what each means to a client, and the HTTP status when it ends a
 * request before its query runs (an error of one field leaves the status at 200). */
export const ERROR_TABLE = {
  UNAUTHENTICATED: { status: 401, meaning: 'No valid token. Get a new one and send it as a Bearer token.' },
  FORBIDDEN: { status: 403, meaning: 'The token is valid, but the acting role may not do this.' },
  FORBIDDEN_COLUMN_USE: {
    status: 403,
    meaning:
      'The acting role does not see this field in the clear, so it cannot filter, sort, group or aggregate by it.',
  },
  BAD_USER_INPUT: { status: 400, meaning: 'An argument is out of range or malformed.' },
  BAD_CURSOR: {
    status: 400,
    meaning: 'The cursor does not belong to this query, tenant and role. Start from the first page.',
  },
  NOT_FOUND: { status: 404, meaning: 'No such object for this tenant.' },
  CONFLICT: { status: 409, meaning: 'The object changed meanwhile. Read it again and retry.' },
  QUERY_TOO_COMPLEX: {
    status: 400,
    meaning: 'The query asks for too much at once. Ask for fewer fields or rows.',
  },
  BUDGET_EXCEEDED: { status: 429, meaning: 'The budget of the acting role is used up for this period.' },
  RATE_LIMITED: { status: 429, meaning: 'Too many requests. Wait and retry.' },
  ENGINE_TIMEOUT: { status: 504, meaning: 'The engine did not answer in time. Narrow the query or retry.' },
  ENGINE_UNAVAILABLE: {
    status: 503,
    meaning: 'The engine cannot be reached. Retry later; /readyz says which one is down.',
  },
  ENGINE_FAILED: {
    status: 502,
    meaning:
      'The engine refused or failed the statement. Operators find the cause in the log by its statement id.',
  },
  INTERNAL: {
    status: 500,
    meaning: 'A fault in the gateway. Operators find the cause in the log by the request id.',
  },
} as const;

/** A code of the table. */
export type ErrorCode = keyof typeof ERROR_TABLE;

/** An error meant for the client: its message says what to do next and never carries an engine's text or a value. */
export class SluiceError extends GraphQLError {
  readonly code: ErrorCode;

  /**
   * @param cause what really happened, for the log only; it never reaches the client
   */
  constructor(code: ErrorCode, message?: string, cause?: unknown) {
    super(message ?? ERROR_TABLE[code].meaning, { extensions: { code } });
    this.code = code;
    if (cause !== undefined) Object.defineProperty(this, 'cause', { value: cause, enumerable: false });
  }
}

/** A fault in configuration, policy or declarations: the boot stops and prints every finding. */
export class BootError extends Error {
  constructor(readonly findings: readonly string[]) {
    super(findings.join('\n'));
  }
}

/** A fault of ours: the log needs the whole of it. */
export function faultOf(error: unknown): object {
  return error instanceof Error
    ? { name: error.name, message: error.message, stack: error.stack }
    : { type: typeof error };
}
