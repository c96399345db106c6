import { randomBytes } from 'node:crypto';
import { SluiceError } from '../../errors';
import type { ErasurePlan, RequestState, SubjectKey } from '../model';
import type { ErasureRequest, KeyListReference } from './records';
import type { KeySeal } from './seal';
import type { Filter, LedgerTable, Place, Stored } from './table';
import type { TombstoneWriter } from './tombstones';

/** Requests with their keys and plans. */

/** A request and the version that it was read in. */
export type Versioned<T> = T & { readonly version: number };

/** What is known of a request when it comes in. */
export type NewRequest = Pick<
  ErasureRequest,
  'tenant' | 'regulation' | 'receivedOn' | 'dueOn' | 'requestedBy' | 'reason'
> & {
  keys: readonly SubjectKey[];
  /** Names the submission: sent again with the same content, it is the same request. */
  idempotencyKey: string;
};

export interface RequestFilter {
  states?: readonly RequestState[];
  regulations?: readonly string[];
  /** Only those due on this day or before. */
  dueBy?: string;
  first: number;
  /** Id of the last request of the page before; newest come first. */
  after?: string;
}

interface Submission {
  requestId: string;
  content: string;
}

/** States that a request never leaves by itself, in which its people are not treated as gone. */
const GIVEN_UP: readonly RequestState[] = ['REJECTED', 'CANCELLED'];
/** Keys in the clear in one chunk, in bytes; sealed and in base64 they stay below what an item holds. */
const CHUNK_BYTES = 200_000;

export class Requests {
  constructor(
    private readonly table: LedgerTable,
    private readonly seal: KeySeal,
    private readonly tombstones: TombstoneWriter,
    private readonly now: () => number,
  ) {}

  /**
   * Writes a request down, or gives the one that the same submission made before.
   *
   * @throws SluiceError CONFLICT when the idempotency key was used for another content
   */
  async create(asked: NewRequest): Promise<{ request: Versioned<ErasureRequest>; created: boolean }> {
    const { tenant, keys, idempotencyKey, ...rest } = asked;
    const content = this.seal.digest(tenant, canonicalContent(asked));
    const place = { pk: tenantOf(tenant), sk: `SUBMISSION#${this.seal.digest(tenant, idempotencyKey)}` };
    const submission: Submission = { requestId: newId(this.now()), content };
    let id = submission.requestId;
    if ((await this.table.put(place, 0, submission)) === undefined) {
      const before = await this.table.get<Submission>(place);
      if (before === undefined || before.body.content !== content) {
        throw new SluiceError(
          'CONFLICT',
          'This idempotency key was used for another request. Send a new key, or the same request again.',
        );
      }
      id = before.body.requestId;
      const found = await this.find(tenant, id);
      if (found !== undefined) return { request: found, created: false };
    }
    const at = new Date(this.now()).toISOString();
    const { reason, ...required } = rest;
    const body: ErasureRequest = {
      ...required,
      ...(reason === undefined ? {} : { reason }),
      id,
      tenant,
      state: 'RECEIVED',
      createdAt: at,
      updatedAt: at,
      asked: await this.writeKeys(tenant, id, keys),
      tables: [],
      history: [{ at, event: 'RECEIVED', to: 'RECEIVED', by: asked.requestedBy }],
    };
    await this.markOpen(tenant, id);
    const version = await this.write(body, 0);
    return version === undefined
      ? { request: await this.get(tenant, id), created: false }
      : { request: { ...body, version }, created: true };
  }

  /** @throws SluiceError NOT_FOUND, also for another tenant's */
  async get(tenant: string, id: string): Promise<Versioned<ErasureRequest>> {
    const found = await this.find(tenant, id);
    if (found === undefined) throw new SluiceError('NOT_FOUND', 'There is no such erasure request.');
    return found;
  }

  async list(tenant: string, filter: RequestFilter): Promise<Versioned<ErasureRequest>[]> {
    const filters: Filter[] = [
      ...(filter.states === undefined ? [] : [{ attribute: 'state', in: filter.states }]),
      ...(filter.regulations === undefined ? [] : [{ attribute: 'regulation', in: filter.regulations }]),
      ...(filter.dueBy === undefined ? [] : [{ attribute: 'due', atMost: filter.dueBy }]),
    ];
    if (filters.some((one) => 'in' in one && one.in.length === 0)) return [];
    const found = await this.table.list<ErasureRequest>(tenantOf(tenant), {
      prefix: REQUEST,
      descending: true,
      first: filter.first,
      filters,
      ...(filter.after === undefined ? {} : { after: REQUEST + filter.after }),
    });
    return found.map(versioned);
  }

  /**
   * Changes a request if it is still as it was read. A request that is given up is no longer open, and its people are no
   * longer treated as gone.
   *
   * @throws SluiceError CONFLICT when it changed meanwhile
   */
  async update(
    request: Versioned<ErasureRequest>,
    changes: Partial<Omit<ErasureRequest, 'id' | 'tenant'>>,
  ): Promise<Versioned<ErasureRequest>> {
    const { version, ...before } = request;
    const body = { ...before, ...changes, updatedAt: new Date(this.now()).toISOString() };
    const givenUp = GIVEN_UP.includes(body.state);
    if (givenUp) body.keysForgotten = true;
    const next = await this.write(body, version);
    if (next === undefined) throw new SluiceError('CONFLICT');
    if (givenUp) await this.abandon(body);
    return { ...body, version: next };
  }

  /**
   * Approves a request: its people are gone from every read before anybody can learn that it is approved.
   *
   * @param keys all keys of its people
   * @param changes what the states make of the approval
   * @throws SluiceError CONFLICT when it changed meanwhile, RATE_LIMITED when too many people wait
   */
  async approve(
    request: Versioned<ErasureRequest>,
    keys: readonly SubjectKey[],
    changes: Partial<Omit<ErasureRequest, 'id' | 'tenant'>>,
  ): Promise<Versioned<ErasureRequest>> {
    const { tenant, id } = request;
    await this.tombstones.add(tenant, id, keys);
    try {
      const approved = await this.update(request, changes);
      // A sweep may have taken them for left over before the state was written.
      await this.tombstones.add(tenant, id, keys);
      return approved;
    } catch (error) {
      const now = await this.find(tenant, id);
      if (now !== undefined && UNDECIDED.includes(now.state)) await this.tombstones.remove(tenant, id);
      throw error;
    }
  }

  /** Takes tombstones away that an approval which was cut off left behind. */
  async sweepTombstones(tenant: string): Promise<void> {
    for (const id of await this.tombstones.requests(tenant)) {
      const request = await this.find(tenant, id);
      if (request === undefined || UNDECIDED.includes(request.state) || GIVEN_UP.includes(request.state))
        await this.tombstones.remove(tenant, id);
    }
  }

  /** Nothing comes of a request: its people are seen again, and its keys are no longer kept. May be done again. */
  async abandon({ tenant, id }: Pick<ErasureRequest, 'tenant' | 'id'>): Promise<void> {
    await this.tombstones.remove(tenant, id);
    await this.forgetKeys(tenant, id);
    await this.markClosed(tenant, id);
  }

  /** Treats the people of a request as gone once more, of whom rows were found. @throws SluiceError RATE_LIMITED */
  addTombstones(
    { tenant, id }: Pick<ErasureRequest, 'tenant' | 'id'>,
    keys: readonly SubjectKey[],
  ): Promise<void> {
    return this.tombstones.add(tenant, id, keys);
  }

  /** Lets the people of a request be seen again, which are pseudonymised or not there by now. */
  removeTombstones({ tenant, id }: ErasureRequest): Promise<void> {
    return this.tombstones.remove(tenant, id);
  }

  /** Seals keys under a request, or finds them there. */
  async writeKeys<K extends SubjectKey>(
    tenant: string,
    requestId: string,
    keys: readonly K[],
  ): Promise<KeyListReference> {
    const id = this.seal.digest(tenant, JSON.stringify(keys)).slice(0, 22);
    const chunks = chunked(keys.map((key) => JSON.stringify(key)));
    for (const [index, chunk] of chunks.entries()) {
      const place = chunkPlace(tenant, requestId, id, index);
      const stored = await this.table.get(place);
      if (stored !== undefined) continue;
      await this.table.put(place, 0, { sealed: this.seal.seal(tenant, place, `[${chunk.join(',')}]`) });
    }
    return { id, chunks: chunks.length, count: keys.length };
  }

  /** @throws SluiceError NOT_FOUND when they were forgotten */
  async readKeys<K extends SubjectKey>(
    tenant: string,
    requestId: string,
    reference: KeyListReference,
  ): Promise<K[]> {
    const keys: K[] = [];
    for (let index = 0; index < reference.chunks; index += 1) {
      const place = chunkPlace(tenant, requestId, reference.id, index);
      const stored = await this.table.get<{ sealed: string }>(place);
      if (stored === undefined)
        throw new SluiceError('NOT_FOUND', 'The keys of this erasure are no longer kept.');
      for (const key of JSON.parse(this.seal.open(tenant, place, stored.body.sealed)) as K[]) keys.push(key);
    }
    return keys;
  }

  /** Removes the sealed keys. @param kept a list that stays: that of one-way tokens */
  async forgetKeys(tenant: string, requestId: string, kept?: KeyListReference): Promise<void> {
    const prefix = `KEYS#${requestId}#`;
    const chunks = await this.table.list(tenantOf(tenant), { prefix });
    for (const { place } of chunks)
      if (kept === undefined || !place.sk.startsWith(`${prefix}${kept.id}#`)) await this.table.remove(place);
  }

  /** Keeps a plan; plans never change, since their hash is their name. */
  async writePlan(plan: ErasurePlan): Promise<void> {
    const place = planPlace(plan.tenant, plan.requestId, plan.hash);
    if ((await this.table.get(place)) === undefined) await this.table.put(place, 0, plan);
  }

  /** @throws SluiceError NOT_FOUND */
  async plan(tenant: string, requestId: string, hash: string): Promise<ErasurePlan> {
    const stored = await this.table.get<ErasurePlan>(planPlace(tenant, requestId, hash));
    if (stored === undefined) throw new SluiceError('NOT_FOUND', 'There is no such plan.');
    return stored.body;
  }

  /** Keeps the certificate of a request; a later one of it takes its place. */
  async writeCertificate(tenant: string, requestId: string, certificate: string): Promise<void> {
    const place = { pk: tenantOf(tenant), sk: `CERTIFICATE#${requestId}` };
    for (;;) {
      const stored = await this.table.get<string>(place);
      if ((await this.table.put(place, stored?.version ?? 0, certificate)) !== undefined) return;
    }
  }

  async certificate(tenant: string, requestId: string): Promise<string | undefined> {
    const place = { pk: tenantOf(tenant), sk: `CERTIFICATE#${requestId}` };
    return (await this.table.get<string>(place))?.body;
  }

  /** Requests of all tenants that something is still to be done about. */
  async open(): Promise<Versioned<ErasureRequest>[]> {
    const entries = await this.table.list<{ tenant: string; id: string }>(OPEN, { prefix: '' });
    const found: Versioned<ErasureRequest>[] = [];
    for (const { body } of entries) {
      const request = await this.find(body.tenant, body.id);
      if (request !== undefined) found.push(request);
    }
    return found;
  }

  /** Nothing is to be done about the request any more. */
  async markClosed(tenant: string, id: string): Promise<void> {
    await this.table.remove({ pk: OPEN, sk: `${tenant}#${id}` });
  }

  async find(tenant: string, id: string): Promise<Versioned<ErasureRequest> | undefined> {
    if (id === '' || id.length > 64) return undefined;
    const stored = await this.table.get<ErasureRequest>(requestPlace(tenant, id));
    return stored === undefined ? undefined : versioned(stored);
  }

  /** Something is to be done about it. Written before the request itself, so that none is ever out of the workers' sight. */
  async markOpen(tenant: string, id: string): Promise<void> {
    await this.table.put({ pk: OPEN, sk: `${tenant}#${id}` }, 0, { tenant, id });
  }

  private write(body: ErasureRequest, version: number): Promise<number | undefined> {
    return this.table.put(requestPlace(body.tenant, body.id), version, body, {
      state: body.state,
      regulation: body.regulation,
      due: body.dueOn,
    });
  }
}

const REQUEST = 'REQUEST#';
const OPEN = 'OPEN';
const UNDECIDED: readonly RequestState[] = ['RECEIVED', 'PLANNED'];

export function tenantOf(tenant: string): string {
  return `TENANT#${tenant}`;
}

function requestPlace(tenant: string, id: string): Place {
  return { pk: tenantOf(tenant), sk: REQUEST + id };
}

function planPlace(tenant: string, requestId: string, hash: string): Place {
  return { pk: tenantOf(tenant), sk: `PLAN#${requestId}#${hash}` };
}

function chunkPlace(tenant: string, requestId: string, list: string, index: number): Place {
  return { pk: tenantOf(tenant), sk: `KEYS#${requestId}#${list}#${String(index).padStart(5, '0')}` };
}

/** Later ids sort behind earlier ones. */
export function newId(now: number): string {
  return `${now.toString(36).padStart(9, '0')}${randomBytes(8).toString('hex')}`;
}

function versioned({ body, version }: Stored<ErasureRequest>): Versioned<ErasureRequest> {
  return { ...body, version };
}

/** What makes two submissions the same. */
function canonicalContent({ tenant, regulation, receivedOn, requestedBy, reason, keys }: NewRequest): string {
  const sorted = keys.map(({ kind, key }) => JSON.stringify([kind, key])).sort();
  return JSON.stringify([tenant, regulation, receivedOn, requestedBy, reason ?? null, sorted]);
}

function chunked(texts: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let size = Infinity;
  for (const text of texts) {
    size += Buffer.byteLength(text) + 1;
    if (size > CHUNK_BYTES) {
      chunks.push([]);
      size = Buffer.byteLength(text);
    }
    chunks.at(-1)?.push(text);
  }
  return chunks;
}
