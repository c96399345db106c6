import { createPublicKey, type KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { verifyCertificate } from '../../../src/erasure/certificate';
import { AuditChain, checkChain } from '../../../src/erasure/chain';
import type { Request } from '../../../src/erasure/history';
import { TombstoneWriter } from '../../../src/erasure/ledger/tombstones';
import type { TableProgress } from '../../../src/erasure/tables';
import type { Desk } from '../support/work';
import { TENANT, type Scene } from './scene';

/** What is compared: everything that is left when nothing is left to do, but for ids and times. */
export interface EndState {
  rows: Record<string, string[]>;
  [what: string]: unknown;
}

/** @param asked ids of the requests */
export async function endState(scene: Scene, asked: readonly string[]): Promise<EndState> {
  const { ledger, config } = scene.desk;
  const key = createPublicKey(config.SLUICE_ERASURE_SIGNING_KEY as KeyObject);
  const chain = await new AuditChain(ledger.table).read();
  const events = chain.entries.map((entry) => JSON.parse(entry) as Record<string, string>);
  const names = events.map(({ name }) => name).filter((name) => name !== undefined);
  const { fault, entries, signedUpTo } = await checkChain(chain, key);
  const requests: unknown[] = [];
  const places = (await scene.ledger()).map(({ pk, sk }) => `${pk?.S} ${sk?.S}`);
  for (const id of asked) {
    const state = await requestState(scene.desk, id, key);
    const lists = places.filter((place) => place.includes(` KEYS#${id}#`)).length;
    // Once keys are forgotten, one list of tokens is all that is kept.
    requests.push(state.keysForgotten === true ? { ...state, lists } : state);
  }
  const done = events.filter(({ event }) => event === 'STEP_DONE');
  const batches = new Set(events.map(({ batch }) => batch).filter((batch) => batch !== undefined));
  const steps = (await Promise.all([...batches].map((batch) => ledger.batches.steps(batch)))).flat();
  const tombstones = new TombstoneWriter(ledger.table, config.SLUICE_ERASURE_KEY);
  return {
    rows: await scene.rows(),
    requests,
    tombstones: (await tombstones.requests(TENANT)).map((id) => asked.indexOf(id)),
    chain: { fault, signed: entries === signedUpTo, twice: names.length - new Set(names).size },
    // What stands there of requests: each of them once, whoever was cut off.
    kinds: counted(events.filter(({ requestId }) => requestId !== undefined).map(({ event }) => event)),
    done: [...new Set(done.map(({ step }) => step))].sort(),
    // A step that was done is never done once more, whatever happened. Whoever was not yet in the batch comes in the next.
    doneTwice: done.length - new Set(done.map(({ batch, step }) => `${batch} ${step}`)).size,
    unfinished: steps.filter(({ state }) => state !== 'done').map(({ step }) => step.id),
    underWay: (await ledger.batches.current()) === undefined ? 'none' : 'one',
    // Sealed keys, plans, and whom something is still to be done about.
    kept: [...new Set(places.filter((place) => /KEYS#|PLAN#|^OPEN /.test(place)).map(withoutOrder))].sort(),
    // Those of searches are taken away by a later one.
    staged: (await scene.objects())
      .map(({ name }) => name)
      .filter((name) => /^erasure\/|planted/.test(name) && !/search-/.test(name))
      .sort(),
  };
}

/** Stores find keys in any order, and each order is a list of its own; all of them are forgotten together. */
function withoutOrder(place: string): string {
  return place.replace(/(KEYS#[^#]+)#.*/, '$1');
}

async function requestState(desk: Desk, id: string, key: KeyObject) {
  const request = await desk.get({ tenant: TENANT, id });
  const text = await desk.ledger.requests.certificate(TENANT, id);
  const certificate = text === undefined ? undefined : await verifyCertificate(text, key);
  const { state, heldFrom, planHash, approvedHash, keysForgotten, rescannedOn, rescanUntil } = request;
  return {
    ...{ state, heldFrom, planHash, approvedHash, keysForgotten, rescannedOn, rescanUntil },
    leftovers: request.leftovers?.map(({ what, reason }) => `${what} ${reason}`),
    tables: request.tables.map(told),
    certified: certificate?.outcomes.map(({ statementIds: _ids, horizon, ...outcome }) => ({
      ...told(outcome),
      dates: Object.values(horizon ?? {}).map(({ date }) => date),
    })),
    left: certificate?.left?.map(({ what, reason }) => `${what} ${reason}`),
    history: eventsOf(request),
  };
}

export function eventsOf({ history }: Request): string[] {
  return history.map(({ event, to }) => (event === to ? event : `${event} (${to})`));
}

/** What is told of a table, without what no two runs have in common: ids, times and the counts of replies that were lost. */
function told<T extends Pick<TableProgress, 'effects' | 'look' | 'clean'>>(table: T) {
  const { effects, look, clean, ...rest } = table;
  const steps = (effects ?? []).map((effect) => effect.steps.map(({ id }) => id));
  return { ...rest, steps, found: look?.found, clean: clean && { seen: clean.seen?.day } };
}

function counted(names: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name ?? ''] = (counts[name ?? ''] ?? 0) + 1;
  return counts;
}

/** Where two states differ, shortly. */
export function differenceOf(expected: unknown, found: unknown, at = ''): string {
  if (isDeepStrictEqual(expected, found)) return '';
  if (typeof expected !== 'object' || typeof found !== 'object' || expected === null || found === null)
    return `${at}: ${JSON.stringify(expected)} became ${JSON.stringify(found)}`;
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  const [one, other] = [expected, found] as Record<string, unknown>[];
  return [...names]
    .map((name) => differenceOf(one?.[name], other?.[name], `${at}/${name}`))
    .filter((text) => text !== '')
    .join('; ');
}
