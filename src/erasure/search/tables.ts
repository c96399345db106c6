import { randomUUID } from 'node:crypto';
import type { Statement } from '../../datasources/compile/statement';
import type { AthenaEngine } from '../../datasources/engines/athena';
import type { ObjectStore } from '../../datasources/engines/object-store';
import type { RedshiftEngine } from '../../datasources/engines/redshift';
import { resultOf } from '../../datasources/engines/shared-execution';
import type { BilledRun, Cells } from '../../datasources/results';
import { SluiceError } from '../../errors';
import type { KeyLink, KeyMatch } from '../identity';
import type { SubjectKey } from '../model';
import type { SnapshotAges } from '../residue';
import { stageKeys, unstageKeys } from '../staging';
import { ALL_ROWS, countsStatement, keyPairs, linksStatement } from '../statements/questions';
import { redshiftStaging, type CopySource } from '../statements/redshift';
import type { StagedKey } from '../steps';
import type { ErasureTarget } from '../targets';
import {
  holdsAny,
  namesSomebody,
  noRows,
  sharedKeys,
  togetherMatches,
  type FoundByDataset,
  type FoundLinks,
  type FoundRows,
  type SharedKey,
} from './found';
import { sideBySide } from './side-by-side';
import { readSnapshotAges } from './snapshot-ages';

/** Names of searches start so, and those of batches do not. */
const SEARCH = 'search-';
/** Keys and results of a search that broke off are removed once they are older than this, in milliseconds. */
const LEFT_BEHIND_MS = 3_600_000;

export interface TableStores {
  athena: AthenaEngine;
  redshift: RedshiftEngine;
  /** Where keys are staged. */
  keys: ObjectStore;
  source: CopySource;
  /** Where Athena writes results of searches, which hold keys, and nothing else; none where the workgroup keeps them itself. */
  results: { location: string; objects: ObjectStore } | undefined;
}

/** The place for results of searches alone, below the one for all: what a killed process left there can be told. */
export function searchResults(output: string): string {
  return `${output.replace(/\/*$/, '')}/erasure-search/`;
}

/** Searches tables of Athena and Redshift: one statement a table, whoever and how many are searched for, for however many requests. */
export class TableSearch {
  constructor(
    private readonly stores: TableStores,
    private readonly targets: readonly ErasureTarget[],
  ) {}

  /** @param most links of one key through one pair of fields */
  async links(
    tenant: string,
    keys: readonly SubjectKey[],
    most: number,
    run: BilledRun,
  ): Promise<FoundLinks> {
    const concerned = this.targets.filter(({ subject, others }) => holdsAny([subject, ...others], keys));
    const answers = await this.ask(
      concerned,
      tenant,
      keys.map((key) => ({ ...key, token: '' })),
      (target, id) => linksStatement(target, id, tenant, most),
      run,
    );
    const links: KeyLink[] = [];
    const matches: KeyMatch[] = [];
    for (const [target, rows] of answers) {
      const read = readLinks(target, rows);
      links.push(...read.links);
      matches.push(...read.matches);
    }
    return { links, matches: togetherMatches(matches) };
  }

  /** @param requests the keys of each */
  async rows(
    tenant: string,
    requests: readonly (readonly SubjectKey[])[],
    day: string,
    run: BilledRun,
  ): Promise<FoundByDataset> {
    const { keys, holders } = keysWithHolders(sharedKeys(requests).values());
    const concerned = this.targets.filter(({ subject, others, mentions }) =>
      holdsAny([subject, ...others, ...mentions], keys),
    );
    const statement = (target: ErasureTarget, id: string): Statement =>
      countsStatement(target, id, tenant, day);
    const answers = await this.ask(concerned, tenant, keys, statement, run);
    return new Map(
      answers.map(([target, rows]) => [
        target.dataset.name,
        readCounts(target, rows, holders, requests.length),
      ]),
    );
  }

  /** How long the Iceberg tables of some datasets keep snapshots, where they say so. */
  snapshotAges(
    concerns: (dataset: ErasureTarget['dataset']) => boolean,
    signal: AbortSignal,
  ): Promise<SnapshotAges> {
    const iceberg = this.targets.filter(
      ({ dataset }) => dataset.engine === 'athena' && dataset.writer === undefined && concerns(dataset),
    );
    return readSnapshotAges(this.stores.athena, iceberg, signal);
  }

  /** Removes what searches left whose process was killed. @throws SluiceError ENGINE_* when a place cannot be listed */
  async tidy(signal: AbortSignal): Promise<void> {
    const { keys, results } = this.stores;
    await removeOld(keys, `batch=${SEARCH}`, signal);
    if (results !== undefined) await removeOld(results.objects, '', signal);
  }

  close(): void {
    const { athena, redshift, keys, results } = this.stores;
    for (const store of [athena, redshift, keys, results?.objects]) store?.close();
  }

  /** Stages the keys, asks every table, and takes the keys and what Athena wrote of them away. */
  private async ask(
    targets: readonly ErasureTarget[],
    tenant: string,
    keys: readonly HeldKey[],
    statement: (target: ErasureTarget, id: string) => Statement,
    run: BilledRun,
  ): Promise<Answer[]> {
    if (targets.length === 0) return [];
    const { keys: store } = this.stores;
    await removeOld(store, `batch=${SEARCH}`, run.signal);
    const id = `${SEARCH}${randomUUID()}`;
    const staged = keys.map(({ kind, key, token }) => ({
      tenant,
      dataset: '*',
      action: 'delete' as const,
      kind,
      key,
      token,
    }));
    await stageKeys(store, { id, day: '', keys: staged }, run.signal);
    try {
      const questions = targets.map((target): Question => [target, statement(target, id)]);
      const inRedshift = questions.filter(([, { engine }]) => engine === 'redshift');
      const answers = await sideBySide(run, [
        ...questions
          .filter(([, { engine }]) => engine === 'athena')
          .map((question) => (part: BilledRun) => this.askAthena(question, part)),
        ...(inRedshift.length === 0 ? [] : [(part: BilledRun) => this.askRedshift(inRedshift, id, part)]),
      ]);
      return answers.flat();
    } finally {
      // Also when whoever asked has gone.
      await unstageKeys(store, id, new AbortController().signal);
    }
  }

  private async askAthena([target, statement]: Question, run: BilledRun): Promise<Answer[]> {
    const { athena, results } = this.stores;
    const began = performance.now();
    const execution = await athena.runOnce(statement, results?.location, run.signal);
    const { rows, call } = resultOf(statement, execution, began, false);
    run.calls.push(call);
    return [[target, rows]];
  }

  /** All in one transaction, since it alone sees the keys that are staged for it. */
  private async askRedshift(
    questions: readonly Question[],
    id: string,
    { signal, calls }: BilledRun,
  ): Promise<Answer[]> {
    const { redshift, source } = this.stores;
    const began = performance.now();
    const statements = questions.map(([, statement]) => statement);
    const ran = await redshift.askAfter(redshiftStaging(id, source), statements, 'erasure search', signal);
    return questions.map(([target, statement], at): Answer => {
      const execution = ran[at];
      if (execution === undefined) throw new SluiceError('INTERNAL');
      const { rows, call } = resultOf(statement, execution, began, false);
      calls.push(call);
      return [target, rows];
    });
  }
}

/** Removes objects of searches whose process ended before it could. */
async function removeOld(store: ObjectStore, start: string, signal: AbortSignal): Promise<void> {
  const before = Date.now() - LEFT_BEHIND_MS;
  for (let token: string | undefined, more = true; more; more = token !== undefined) {
    const { objects, next } = await store.list(start, token, signal);
    const old = objects.filter(({ modified }) => modified < before).map(({ name }) => name);
    await store.remove(old, signal);
    token = next;
  }
}

type Question = [target: ErasureTarget, statement: Statement];
type Answer = [target: ErasureTarget, rows: readonly Cells[]];

/** A key as it is staged; rows are counted by its token. */
type HeldKey = SubjectKey & Pick<StagedKey, 'token'>;

/** Keys that the same requests look for have the same token: the number of those requests in `holders`. */
function keysWithHolders(shared: Iterable<SharedKey>): { keys: HeldKey[]; holders: (readonly number[])[] } {
  const holders: (readonly number[])[] = [];
  const tokens = new Map<string, string>();
  const keys: HeldKey[] = [];
  for (const { kind, key, requests } of shared) {
    const who = requests.join(' ');
    const token = tokens.get(who) ?? String(holders.push(requests) - 1);
    tokens.set(who, token);
    keys.push({ kind, key, token });
  }
  return { keys, holders };
}

/** A row of an answer counts for each request that one of its tokens stands for, and once. */
function readCounts(
  { others }: ErasureTarget,
  answer: readonly Cells[],
  holders: readonly (readonly number[])[],
  requests: number,
): FoundRows[] {
  const all = noRows(requests);
  for (const [oldCell, restCell, newest, ...tokens] of answer) {
    const [old, rest] = [count(oldCell), count(restCell)];
    const rowsOf = (some: Cells): FoundRows[] => {
      const who = some.flatMap((token) => (token === null ? [] : (holders[Number(token)] ?? [])));
      return [...new Set(who)].flatMap((request) => all[request] ?? []);
    };
    const persons = 1 + others.length;
    for (const rows of rowsOf(tokens.slice(0, persons))) {
      rows.old += old;
      rows.rest += rest;
      if (typeof newest === 'string' && newest.slice(0, 10) > (rows.newest ?? ''))
        rows.newest = newest.slice(0, 10);
    }
    for (const rows of rowsOf(tokens.slice(persons))) rows.mentions += old + rest;
  }
  return all;
}

function readLinks(target: ErasureTarget, rows: readonly Cells[]): FoundLinks {
  const pairs = keyPairs(target);
  const dataset = target.dataset.name;
  const all = rows.find(([pair]) => pair === ALL_ROWS);
  const of = count(all?.[3]);
  const links: KeyLink[] = [];
  const matches = new Map<string, KeyMatch>();
  for (const [pair, known, found, n, total] of rows) {
    const { from, to } = pairs[Number(pair)] ?? {};
    if (from === undefined) continue;
    const fromKey = { kind: from.kind, key: String(known) };
    // Each of a field's pairs counts all rows with the key in that field.
    matches.set(JSON.stringify([from.field, fromKey.key]), {
      dataset,
      key: fromKey,
      rows: count(total),
      of,
    });
    if (to === undefined || typeof found !== 'string' || !namesSomebody(found)) continue;
    const toKey = { kind: to.kind, key: found };
    links.push({ dataset, from: from.field, fromKey, to: to.field, toKey, rows: count(n) });
  }
  return { links, matches: [...matches.values()] };
}

/** An answer that is no number is none: it must not pass for zero. */
function count(cell: unknown): number {
  const number = typeof cell === 'number' ? cell : NaN;
  if (!Number.isSafeInteger(number)) throw new TypeError('A store gave no count.');
  return number;
}
