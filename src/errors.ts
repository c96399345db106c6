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

/** Names, codes and ids as runtimes and services give them; anything else in their place may be text that quotes a value. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;
const ID = /^[A-Za-z0-9-]{1,100}$/;
/** A place in a file, as stacks name it. */
const PLACE = /^[\w./-]+:\d+:\d+(?=\)?$)/;
/** Frames that the log keeps. */
const MOST_FRAMES = 10;

/**
 * What the log says of an error: its name, code and statement id, and where in this code it came up (`auth/gate.ts:120:14`).
 * The message is left out unless it is ours, since it may quote a value or an engine's text.
 */
export function faultOf(error: unknown): object {
  const fault = namesOf(error);
  // One step down is enough to look further, and ends even where a cause names itself.
  return error instanceof Error && error.cause !== undefined
    ? { ...fault, cause: namesOf(error.cause) }
    : fault;
}

function namesOf(error: unknown): object {
  if (typeof error !== 'object' || error === null) return { type: typeof error };
  const named: Record<string, string> = {};
  for (const [field, shape] of Object.entries({ name: NAME, code: NAME, statementId: ID })) {
    const value: unknown = Reflect.get(error, field);
    if (typeof value === 'string' && shape.test(value)) named[field] = value;
  }
  const ours = error instanceof SluiceError || error instanceof BootError;
  const at = error instanceof Error ? ownPlaces(error.stack ?? '') : [];
  return {
    ...named,
    ...(ours ? { message: error.message } : {}),
    ...(at.length === 0 ? {} : { at }),
  };
}

/** Frames of this code, without what their functions are called; a message that looks like one names no file of it. */
function ownPlaces(stack: string): string[] {
  const own = `${__dirname}/`;
  return stack
    .split('\n')
    .flatMap((line) => {
      const [, ...rest] = line.split(own);
      return PLACE.exec(rest.join(own))?.[0] ?? [];
    })
    .slice(0, MOST_FRAMES);
}
