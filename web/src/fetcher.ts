/** Sends operations to the gateway as one identity and tells the page what came back. */
import type { Fetcher } from '@graphiql/toolkit';
import { type Cost, type MaskedField, readCost, readMasking } from './answer';
import { adviceFor, type GatewayError, readErrors, UNREACHABLE, wordsForStatus } from './errors';
import type { Identity } from './session';

/** What the strip below a response says. */
export interface Answer {
  role: string | undefined;
  tenant: string | undefined;
  elapsedMs: number;
  errors: GatewayError[];
  masking: MaskedField[] | undefined;
  cost: Cost | undefined;
}

/** Who is told what came back. */
export interface FetcherListener {
  /** An operation that the person ran has been answered. */
  onAnswer(answer: Answer): void;
  /** Words when the gateway can't be reached or refuses this identity; undefined once it answers again. */
  onTrouble(words: string | undefined): void;
}

type Params = Parameters<Fetcher>[0];
type Options = Parameters<Fetcher>[1];
type Result = Record<string, unknown>;

/** What a person may add in the headers tab; the token and the role come from the identity alone. */
const STATED_HEADERS = ['x-purpose', 'x-break-glass-reason'];

function statedHeaders(options: Options): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options?.headers ?? {})
      .map(([name, value]): [string, unknown] => [name.toLowerCase(), value])
      .filter(
        (entry): entry is [string, string] =>
          STATED_HEADERS.includes(entry[0]) && typeof entry[1] === 'string',
      ),
  );
}

/**
 * A GraphiQL fetcher bound to one identity. The token travels in the Authorization header only. Introspection
 * gives a promise; operations give an observable, so that GraphiQL's stop button ends the request, and with it
 * the gateway's work.
 */
export function createFetcher(endpoint: string, identity: Identity, listener: FetcherListener): Fetcher {
  const headers: Record<string, string> = {
    accept: 'application/graphql-response+json, application/json',
    authorization: `Bearer ${identity.token}`,
    'content-type': 'application/json',
  };
  if (identity.role !== undefined && identity.claims.roles.length > 1)
    headers['x-acting-role'] = identity.role;

  async function send(params: Params, options: Options, signal?: AbortSignal): Promise<Result> {
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(endpoint, {
        method: 'POST',
        headers: { ...headers, ...statedHeaders(options) },
        body: JSON.stringify(params),
        redirect: 'error',
        ...(signal ? { signal } : {}),
      });
      body = await response.json().catch((cause: unknown) => {
        if (signal?.aborted) throw cause;
        return undefined;
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      listener.onTrouble(UNREACHABLE);
      return { errors: [{ message: UNREACHABLE }] };
    }
    if (typeof body !== 'object' || body === null) {
      const words = wordsForStatus(response.status);
      listener.onTrouble(words);
      return { errors: [{ message: words }] };
    }
    const refused = response.status === 401 || response.status === 403;
    const first = readErrors(body)[0];
    listener.onTrouble(refused ? (adviceFor(first?.code) ?? wordsForStatus(response.status)) : undefined);
    return body as Result;
  }

  return (params, options) => {
    if (params.operationName === 'IntrospectionQuery') return send(params, options) as ReturnType<Fetcher>;
    return {
      subscribe(observer: { next(value: Result): void; error(cause: unknown): void; complete(): void }) {
        const abort = new AbortController();
        const started = performance.now();
        send(params, options, abort.signal)
          .then((body) => {
            if (abort.signal.aborted) return;
            listener.onAnswer({
              role: identity.role,
              tenant: identity.claims.tenant,
              elapsedMs: performance.now() - started,
              errors: readErrors(body),
              masking: readMasking(body),
              cost: readCost(body),
            });
            observer.next(body);
            observer.complete();
          })
          .catch((cause: unknown) => {
            if (!abort.signal.aborted) observer.error(cause);
          });
        return { unsubscribe: () => abort.abort() };
      },
    } as unknown as ReturnType<Fetcher>;
  };
}
