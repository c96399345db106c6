import { SluiceError } from '../errors';
import type { AuditChain, ChainHead } from './chain';
import type { Ledger } from './ledger/ledger';
import type { ErasureRequest, HistoryEntry } from './ledger/records';
import type { Versioned } from './ledger/requests';
import { END_STATES } from './states';

/** The history of a request, and the audit chain that tells of it: shared by what people do and what the worker does. */

export type Request = Versioned<ErasureRequest>;

/** How often a change is tried that others come before. */
const TRIES = 10;
/** What of the worker's doing the audit chain tells of each request; batches and their steps have entries of their own. */
const CHAINED = ['PLANNED', 'DRIFTED', 'RESURRECTED', 'KEYS_FORGOTTEN'];

/**
 * Changes a request. When another write comes between, it is read again, and what changes is made out anew.
 *
 * @param changesOf what changes of the request as it stands; undefined: nothing does. What it throws is not tried again
 * @param write writes it; a conditional update unless given
 * @throws SluiceError CONFLICT when it never stands still
 */
export async function changed(
  { requests }: Pick<Ledger, 'requests'>,
  request: Request,
  changesOf: (current: Request) => Promise<Partial<ErasureRequest> | undefined>,
  write: (current: Request, changes: Partial<ErasureRequest>) => Promise<Request> = (current, changes) =>
    requests.update(current, changes),
): Promise<Request> {
  let current = request;
  for (let attempt = 1; ; attempt += 1) {
    const changes = await changesOf(current);
    if (changes === undefined) return current;
    try {
      return await write(current, changes);
    } catch (error) {
      if (attempt >= TRIES || !isRace(error)) throw error;
      current = await requests.get(current.tenant, current.id);
    }
  }
}

/**
 * Appends to the audit chain what the history has and the chain has not, and notes the places. Whoever was cut off before
 * is made good by the next: an entry is found by its name and stands there once.
 */
export async function chained(ledger: Ledger, chain: AuditChain, request: Request): Promise<Request> {
  const places = new Map<string, number>();
  const missing = (entry: HistoryEntry): boolean =>
    entry.chain === undefined && chainWord(entry) !== undefined;
  return changed(ledger, request, async (current) => {
    for (const [index, entry] of current.history.entries())
      if (missing(entry) && !places.has(placeOf(entry, index)))
        places.set(placeOf(entry, index), (await append(chain, current, entry, index)).sequence);
    const history = current.history.map((entry, index) => {
      const place = missing(entry) ? places.get(placeOf(entry, index)) : undefined;
      return place === undefined ? entry : { ...entry, chain: place };
    });
    return history.every((entry, index) => entry === current.history[index]) ? undefined : { history };
  });
}

function append(chain: AuditChain, request: Request, entry: HistoryEntry, index: number): Promise<ChainHead> {
  const { tenant, id, planHash, batch } = request;
  const { event, by, at } = entry;
  return chain.append({
    event: chainWord(entry) ?? event,
    tenant,
    requestId: id,
    name: `${id} ${index} ${event} ${at}`,
    ...(by === undefined ? {} : { by }),
    ...(planHash === undefined || event === 'RECEIVED' ? {} : { planHash }),
    ...(batch === undefined || by !== undefined ? {} : { batch }),
  });
}

/** Another write came first. The states’ own conflicts are thrown before anything is written. */
function isRace(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'CONFLICT';
}

/** What people did, what changed a plan, and how it ended. */
function chainWord({ event, by, from, to }: HistoryEntry): string | undefined {
  if (by !== undefined || CHAINED.includes(event)) return event;
  return to !== undefined && to !== from && END_STATES.includes(to) ? to : undefined;
}

function placeOf({ event, at }: HistoryEntry, index: number): string {
  return `${index} ${event} ${at}`;
}

/** What a change writes; what is not there any more is undefined, so that no old value stays. */
export function changesBetween(before: Request, after: Request): Partial<ErasureRequest> {
  const { version: _version, id: _id, tenant: _tenant, ...kept } = after;
  const gone = Object.keys(before).filter((key) => !(key in after));
  return { ...Object.fromEntries(gone.map((key) => [key, undefined])), ...kept };
}
