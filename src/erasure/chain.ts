import type { KeyObject } from 'node:crypto';
import { canonicalHash, canonicalJson } from './canonical';
import type { LedgerTable } from './ledger/table';
import { signed, verified } from './signatures';

/**
 * The audit chain: what was decided and done about erasures, each entry with the hash of the one before. Entries name
 * requests, plans and one-way tokens, never a person. A signed head vouches for every entry up to it.
 */

/** What happened. */
export interface ChainEvent {
  event: string;
  tenant: string;
  requestId?: string;
  planHash?: string;
  batch?: string;
  /** Id of the step. */
  step?: string;
  /** One-way token of who did it. */
  by?: string;
  rows?: number;
  /** Why a step failed: a word of `FailureReason`. */
  reason?: string;
  statementIds?: readonly string[];
  /** Names what happened: whoever was cut off before knowing that it is written appends it again, and it is there once. */
  name?: string;
}

export interface ChainEntry extends ChainEvent {
  sequence: number;
  at: string;
  /** Hash of the entry before; of nothing for the first. */
  previous: string;
}

/** What a signed head says. */
export interface ChainHead {
  sequence: number;
  hash: string;
}

const ENTRIES = 'CHAIN';
const HEADS = 'CHAIN_HEADS';
const HEAD_TYPE = 'sluice-erasure-chain+jws';
const BEGINNING = canonicalHash({});
/** Entries from the end among which one is looked for by its name: more than all workers write while one is replaced. */
const RECENT = 100;

export class AuditChain {
  constructor(
    private readonly table: LedgerTable,
    private readonly now: () => number = Date.now,
  ) {}

  /** Appends one entry; writers that meet at one place each get their own. Gives the place. */
  async append(event: ChainEvent): Promise<ChainHead> {
    for (;;) {
      const recent = await this.recent(event.name === undefined ? 1 : RECENT);
      const known = event.name === undefined ? undefined : recent.find(({ name }) => name === event.name);
      if (known !== undefined) return headOf(known);
      const head = headOf(recent[0]);
      const sequence = head.sequence + 1;
      const entry: ChainEntry = {
        ...event,
        sequence,
        at: new Date(this.now()).toISOString(),
        previous: head.hash,
      };
      const written = await this.table.put(placeOf(ENTRIES, sequence), 0, canonicalJson(entry));
      if (written !== undefined) return { sequence, hash: canonicalHash(entry) };
    }
  }

  async head(): Promise<ChainHead> {
    const [last] = await this.recent(1);
    return headOf(last);
  }

  /** The last entries, the very last first. */
  private async recent(first: number): Promise<ChainEntry[]> {
    const found = await this.table.list<string>(ENTRIES, { prefix: '', descending: true, first });
    return found.map(({ body }) => JSON.parse(body) as ChainEntry);
  }

  /** Signs the head as it is; a head that was signed before stays. */
  async sign(key: KeyObject): Promise<ChainHead> {
    const head = await this.head();
    if (head.sequence > 0)
      await this.table.put(placeOf(HEADS, head.sequence), 0, await signed(HEAD_TYPE, head, key));
    return head;
  }

  /** Every entry and every signed head, as they are stored. */
  async read(): Promise<StoredChain> {
    const [entries, heads] = await Promise.all(
      [ENTRIES, HEADS].map((pk) => this.table.list<string>(pk, { prefix: '' })),
    );
    return { entries: (entries ?? []).map(({ body }) => body), heads: (heads ?? []).map(({ body }) => body) };
  }
}

/** A chain as it is stored: texts of entries in their order, and signed heads. */
export interface StoredChain {
  entries: readonly string[];
  heads: readonly string[];
}

/** A chain as one text, an entry or head a line, entries first. */
export function chainFile({ entries, heads }: StoredChain): string {
  return [...entries, ...heads].map((line) => `${line}\n`).join('');
}

/** The chain of such a text; undefined when it is not of that form to the last byte. */
export function readChainFile(text: string): StoredChain | undefined {
  if (text === '') return { entries: [], heads: [] };
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.includes('')) return undefined;
  const first = lines.findIndex((line) => !line.startsWith('{'));
  const entries = first < 0 ? lines : lines.slice(0, first);
  return { entries, heads: lines.slice(entries.length) };
}

export interface ChainFinding {
  /** Where it breaks first; undefined when it is whole. */
  fault?: { sequence: number; what: string };
  entries: number;
  /** Entries up to here are vouched for by a signature. */
  signedUpTo: number;
}

/** Checks a chain against the public key. Entries behind the last signed head are checked against each other alone. */
export async function checkChain({ entries, heads }: StoredChain, key: KeyObject): Promise<ChainFinding> {
  const hashes = [BEGINNING];
  let signedUpTo = 0;
  const broken = (sequence: number, what: string): ChainFinding => ({
    fault: { sequence, what },
    entries: entries.length,
    signedUpTo,
  });
  for (const [index, text] of entries.entries()) {
    const sequence = index + 1;
    const entry = parsed(text);
    if (entry === undefined) return broken(sequence, 'The entry is not as it was written.');
    if (entry.sequence !== sequence)
      return broken(sequence, 'An entry is missing, or stands in another place.');
    if (entry.previous !== hashes[index]) return broken(sequence, 'The entry before it was changed.');
    hashes.push(canonicalHash(entry));
  }
  for (const text of heads) {
    const head = (await verified(HEAD_TYPE, text, key)) as ChainHead | undefined;
    if (head === undefined)
      return broken(signedUpTo + 1, 'A signed head is not as it was signed, or by another key.');
    if (hashes[head.sequence] !== head.hash) {
      const what =
        head.sequence >= hashes.length ? 'Entries at the end are missing.' : 'Entries were changed.';
      return broken(Math.min(head.sequence, hashes.length), what);
    }
    signedUpTo = Math.max(signedUpTo, head.sequence);
  }
  return { entries: entries.length, signedUpTo };
}

function parsed(text: string): ChainEntry | undefined {
  try {
    const entry = JSON.parse(text) as ChainEntry;
    return canonicalJson(entry) === text ? entry : undefined;
  } catch {
    return undefined;
  }
}

function headOf(entry: ChainEntry | undefined): ChainHead {
  if (entry === undefined) return { sequence: 0, hash: BEGINNING };
  return { sequence: entry.sequence, hash: canonicalHash(entry) };
}

function placeOf(pk: string, sequence: number): { pk: string; sk: string } {
  return { pk, sk: String(sequence).padStart(12, '0') };
}
