import { LakeQueryError } from '../backend';

/** Trino's client protocol: POST a statement, then follow `nextUri` page by page; DELETE it to cancel. */

/** A type in parts, as Trino sends it. */
export interface TypeSignature {
  rawType: string;
  arguments: { kind: string; value: unknown }[];
}

/** A result column, as Trino sends it. */
export interface TrinoColumn {
  name: string;
  /** For example `decimal(12, 2)`. */
  type: string;
  typeSignature: TypeSignature;
}

interface Response {
  id: string;
  nextUri?: string;
  columns?: TrinoColumn[];
  data?: unknown[][];
  updateType?: string;
  updateCount?: number | string;
  stats?: { physicalInputBytes?: number | string };
  error?: { message: string; errorName: string };
}

/** A statement that Trino refused or could not finish. */
export class TrinoQueryError extends LakeQueryError {
  constructor(
    readonly errorName: string,
    message: string,
  ) {
    super(`${errorName}: ${message}`);
  }
}

/** What a statement runs in. */
export interface StatementOptions {
  catalog: string;
  schema: string | undefined;
  /** Cancels the statement in Trino; the reading side then fails with the signal's reason. */
  signal?: AbortSignal;
}

/** A statement under way. */
export interface RunningStatement {
  columns: TrinoColumn[];
  /** INSERT, DELETE, CREATE TABLE and so on; undefined for a query. */
  updateType: string | undefined;
  /** Rows as JSON has them; whole numbers beyond 2^53 come as text. Reading stops the statement if left early. */
  pages: AsyncGenerator<unknown[][]>;
  /** Known once the last page is read. */
  updateCount(): number | undefined;
  /** Bytes read from storage so far. */
  physicalInputBytes(): number;
}

/** Runs a statement until its columns are known or it has ended. */
export async function runStatement(
  url: string,
  sql: string,
  options: StatementOptions,
): Promise<RunningStatement> {
  const { signal } = options;
  signal?.throwIfAborted();
  const headers: Record<string, string> = {
    'X-Trino-User': 'sluice',
    'X-Trino-Source': 'sluice',
    'X-Trino-Catalog': options.catalog,
    'X-Trino-Time-Zone': 'UTC',
    // Without it Trino rounds timestamps to the millisecond, and a page could end on a time that no row has.
    'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
    ...(options.schema === undefined ? {} : { 'X-Trino-Schema': options.schema }),
  };
  // Not aborted half-way: without an answer there would be no address to cancel at.
  let current = await ask(`${url}/v1/statement`, { method: 'POST', headers, body: sql });
  let address = current.nextUri;
  let cancelled: Promise<void> | undefined;
  const stop = (): Promise<void> => (cancelled ??= address ? cancel(address) : Promise.resolve());
  const onAbort = (): void => void stop();
  signal?.addEventListener('abort', onAbort);
  let scanned = 0;
  let updateCount: number | undefined;
  const note = (response: Response): Response => {
    scanned = Math.max(scanned, Number(response.stats?.physicalInputBytes ?? 0));
    if (response.updateCount !== undefined) updateCount = Number(response.updateCount);
    address = response.nextUri;
    if (!address) signal?.removeEventListener('abort', onAbort);
    if (response.error) throw new TrinoQueryError(response.error.errorName, response.error.message);
    return response;
  };
  const next = async (uri: string): Promise<Response> => {
    try {
      signal?.throwIfAborted();
      return note(await ask(uri, { method: 'GET', ...(signal ? { signal } : {}) }));
    } catch (error) {
      if (!signal?.aborted) throw error;
      await stop();
      throw signal.reason;
    }
  };
  note(current);
  while (!current.columns && current.nextUri) current = await next(current.nextUri);
  return {
    columns: current.columns ?? [],
    updateType: current.updateType,
    pages: read(current, next, stop, signal),
    updateCount: () => updateCount,
    physicalInputBytes: () => scanned,
  };
}

async function* read(
  first: Response,
  next: (uri: string) => Promise<Response>,
  stop: () => Promise<void>,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown[][], void, undefined> {
  let current = first;
  let left = true;
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (current.data?.length) yield current.data;
      left = false;
      if (!current.nextUri) return;
      current = await next(current.nextUri);
      left = true;
    }
  } finally {
    // The reader stopped between two pages.
    if (left) await stop();
  }
}

async function cancel(uri: string): Promise<void> {
  // A statement that has just ended answers with an error, which does not matter any more.
  await fetch(uri, { method: 'DELETE' }).catch(() => undefined);
}

/** One HTTP exchange; Trino asks clients to try again on these statuses. */
async function ask(uri: string, init: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(uri, init);
    if (answer.ok) return parse(await answer.text());
    const text = await answer.text();
    if (![429, 502, 503, 504].includes(answer.status) || attempt === 10)
      throw new Error(`Trino answered HTTP ${answer.status}: ${text.slice(0, 200)}`);
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 50));
  }
}

/** Parses an answer; whole numbers too long for a double become text first, so that no digit is lost. */
function parse(text: string): Response {
  if (!/\d{16}/.test(text)) return JSON.parse(text) as Response;
  const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  return JSON.parse(
    text.replace(tokens, (token) => (/^-?\d{16,}$/.test(token) ? `"${token}"` : token)),
  ) as Response;
}
