import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { AuditTokens } from '../../src/auth/audit-tokens';
import { verifyCertificate } from '../../src/erasure/certificate';
import { AuditChain, checkChain } from '../../src/erasure/chain';
import type { TableProgress } from '../../src/erasure/tables';
import { TombstoneWriter } from '../../src/erasure/ledger/tombstones';
import type { SubjectKey } from '../../src/erasure/model';
import { canonicalHash } from '../../src/erasure/canonical';
import type { Config } from '../../src/config';
import type { Request } from '../../src/erasure/history';
import { createPlanning, planOne, type PlannedErasure, type Planning } from '../../src/erasure/planning';
import { declarations } from '../../src/schema/catalog';
import type { Fields } from '../../local/src/sample/rows';
import type { LakeAws } from '../engines/support/lake-aws';
import { clientsFor } from '../local/support';
import { Boundaries, type Boundary } from './support/boundaries';
import { compileSources } from './support/compiled';
import { dataset } from './support/people';
import { personRows, together } from './support/person';
import { startWorker } from './support/worker-process';
import { Desk } from './support/work';

/**
 * kill -9 at every boundary: the worker's process is killed after a request was carried out and before its reply is passed
 * back, for every request that changes something at a service, and for the first that asks for what an engine has done by
 * then. A killed process leaves nothing but what the services hold, so a kill anywhere else leaves what one of these does.
 * Another worker goes on, and the end is compared with that of a batch that nobody disturbed.
 *
 * On Trino only what concerns Iceberg: a real engine goes on with a statement whose worker is dead, beside the next worker,
 * and commits when nobody listens. So the worker is killed when a statement has begun, when it has ended and before anybody is
 * told, and whenever a step of it is written down.
 */

export type KillLake = 'duckdb' | 'trino';

export interface KillRange {
  on: KillLake;
  /** Boundaries, evenly spread; every one of them unless given. */
  most?: number;
  progress(text: string): void;
}

export interface KillReport {
  /** Requests of the undisturbed run, and places in it at which a kill leaves something else than at the one before. */
  requests: number;
  boundaries: number;
  rounds: number;
  /** Rounds whose worker ended before it came to its boundary, since it had less to ask than the undisturbed one. */
  notReached: number;
  differences: string[];
}

/** Two people and those who look like them; the second one's employee record is held. */
const PEOPLE = ['1', '2'];
const DECOYS = ['1 ', '12', '１'];
const SIGNAL = new AbortController().signal;

/** @param lake with tables that nobody else uses meanwhile */
export async function runKills(lake: LakeAws, range: KillRange): Promise<KillReport> {
  const compiled = await compileSources();
  const boundaries = await Boundaries.open(lake.endpoints);
  const tenants = new Tenants(lake, together([...PEOPLE, ...DECOYS].map(personRows)));
  const planning = await createPlanning(lake.config, declarations.datasets.values(), SIGNAL);
  const rounds = new Rounds(lake, boundaries, tenants, new Plans(lake.config, planning), compiled.folder);
  try {
    const undisturbed = await rounds.run();
    // The same once more: what differs between two undisturbed runs would be no proof of anything.
    const names = [...boundaries.seen];
    const places = placesIn(names, range.on);
    const report: KillReport = {
      requests: names.length,
      boundaries: places.length,
      rounds: 0,
      notReached: 0,
      differences: [],
    };
    range.progress(`${report.requests} requests, ${report.boundaries} boundaries`);
    const again = await rounds.run();
    if (!isDeepStrictEqual(again.state, undisturbed.state))
      report.differences.push(`undisturbed twice: ${differenceOf(undisturbed.state, again.state)}`);
    const wanted = Math.min(range.most ?? places.length, places.length);
    for (let round = 0; round < wanted; round += 1) {
      const place = places[Math.floor(((round + 0.5) * places.length) / wanted)];
      if (place === undefined) continue;
      const { state, reached } = await rounds.run(place.at);
      report.rounds += 1;
      if (!reached) report.notReached += 1;
      let said = `${place.name}: ${reached ? 'killed' : 'not reached'}`;
      if (!isDeepStrictEqual(state, undisturbed.state)) {
        said += `, differs: ${differenceOf(undisturbed.state, state)}`;
        report.differences.push(said);
      }
      range.progress(said);
    }
    return report;
  } finally {
    await planning.close();
    await boundaries.close();
    await compiled.remove();
  }
}

/** What is compared: everything that is left, with tenants and tokens under names that are the same in each round. */
type EndState = Record<string, unknown>;

class Rounds {
  constructor(
    private readonly lake: LakeAws,
    private readonly boundaries: Boundaries,
    private readonly tenants: Tenants,
    private readonly plans: Plans,
    private readonly folder: string,
  ) {}

  async run(at?: Boundary): Promise<{ state: EndState; reached: boolean }> {
    const tenant = await this.tenants.next();
    const desk = await Desk.open(this.lake);
    try {
      const requests = await this.approved(desk, tenant);
      const reached = await this.killed(desk, at);
      await desk.endLease();
      for (let end = await desk.work(); end !== 'idle';) end = await desk.work();
      return { state: await this.state(desk, tenant, requests), reached };
    } finally {
      desk.close();
    }
  }

  private async approved(desk: Desk, tenant: string): Promise<{ tenant: string; id: string }[]> {
    const requests: { tenant: string; id: string }[] = [];
    for (const mark of PEOPLE) {
      const asked: SubjectKey[] = [
        { kind: 'customer', key: `ann${mark}` },
        { kind: 'device', key: `dev${mark}` },
      ];
      const one = await desk.ask(tenant, ...asked);
      if (mark === '2') await desk.hold(one, ['Employee']);
      await this.plans.give(desk, one, asked);
      await desk.approve(one);
      requests.push({ tenant, id: one.id });
    }
    return requests;
  }

  /** The real command in a process of its own, until it ends or is killed. */
  private async killed(desk: Desk, at: Boundary | undefined): Promise<boolean> {
    let worker: ChildProcess | undefined = undefined;
    this.boundaries.arm(at, async () => {
      worker?.kill('SIGKILL');
      if (worker !== undefined && worker.exitCode === null && worker.signalCode === null)
        await once(worker, 'exit');
    });
    const { SLUICE_ERASURE_TABLE: table } = desk.config;
    const { endpoints } = this.boundaries;
    const started = await startWorker(this.folder, endpoints, this.lake.dataDir, table, ['--once']);
    worker = started.process;
    const [status] = (await once(worker, 'exit')) as [number | null];
    if (status !== 0 && !this.boundaries.reached)
      throw new Error(`The worker ended with ${status}: ${started.said()}`);
    return this.boundaries.reached;
  }

  private async state(
    desk: Desk,
    tenant: string,
    asked: { tenant: string; id: string }[],
  ): Promise<EndState> {
    const { ledger, config } = desk;
    const tokens = new AuditTokens(config.SLUICE_AUDIT_KEY);
    const plain = (text: string): string => {
      let out = text.replaceAll(tenant, 'TENANT');
      for (const mark of PEOPLE)
        out = out.replaceAll(tokens.token(tenant, `person\0customer\0ann${mark}`), `TOKEN${mark}`);
      return out;
    };
    const rows = await desk.rows();
    const own = Object.entries(rows).map(([name, all]) => [
      name,
      all
        .filter((row) => row.includes(`"${tenant}"`))
        .map(plain)
        .sort(),
    ]);
    const key = createPublicKey(config.SLUICE_ERASURE_SIGNING_KEY as KeyObject);
    const chain = await new AuditChain(ledger.table).read();
    const events = chain.entries.map((entry) => JSON.parse(entry) as Record<string, string>);
    const names = events.map(({ name }) => name).filter((name) => name !== undefined);
    const { fault, entries, signedUpTo } = await checkChain(chain, key);
    const requests: unknown[] = [];
    for (const one of asked) {
      const request = await desk.get(one);
      const text = await ledger.requests.certificate(tenant, one.id);
      const certificate = text === undefined ? undefined : await verifyCertificate(text, key);
      requests.push({
        state: request.state,
        heldFrom: request.heldFrom,
        tables: request.tables.map(told),
        certified: certificate?.outcomes.map(({ statementIds: _ids, horizon, ...outcome }) => ({
          ...told(outcome),
          dates: Object.values(horizon ?? {}).map(({ date }) => date),
        })),
        ends: request.history.filter(({ to, from }) => to !== from).map(({ to }) => to),
      });
    }
    const done = events.filter(({ event }) => event === 'STEP_DONE');
    const batches = new Set(events.map(({ batch }) => batch).filter((batch) => batch !== undefined));
    const steps = (await Promise.all([...batches].map((batch) => ledger.batches.steps(batch)))).flat();
    const clients = clientsFor(this.lake.endpoints);
    const listed = await clients.s3.send(
      new ListObjectsV2Command({ Bucket: 'sluice-lake', Prefix: 'erasure/subject_keys/' }),
    );
    for (const client of Object.values(clients)) (client as { destroy(): void }).destroy();
    return {
      rows: Object.fromEntries(own),
      requests,
      tombstones: (await new TombstoneWriter(ledger.table, config.SLUICE_ERASURE_KEY).requests(tenant)).map(
        (id) => asked.findIndex((one) => one.id === id),
      ),
      chain: { fault, signed: entries === signedUpTo, twice: names.length - new Set(names).size },
      done: [...new Set(done.map(({ step }) => step))].sort(),
      // A step that was done is never done once more, whatever happened. Whoever was not yet in the batch comes in the next.
      doneTwice: done.length - new Set(done.map(({ batch, step }) => `${batch} ${step}`)).size,
      unfinished: steps.filter(({ state }) => state !== 'done').map(({ step }) => step.id),
      underWay: (await ledger.batches.current()) === undefined ? 'none' : 'one',
      // Those of searches are taken away by a later one.
      staged: (listed.Contents ?? [])
        .map(({ Key }) => Key)
        .filter((name) => !/table-schema|search-/.test(name ?? '')),
    };
  }
}

interface Place {
  at: Boundary;
  name: string;
}

function placesIn(names: readonly string[], on: KillLake): Place[] {
  const after = (name: string, request: number): Place => ({
    at: { request, when: 'after' },
    name: `after ${request} ${name}`,
  });
  if (on === 'duckdb')
    return names.flatMap((name, index) => (changesSomething(name) ? [after(name, index + 1)] : []));
  const nth = (of: RegExp, when: Boundary['when']): Place[] =>
    names
      .filter((name) => of.test(name))
      .map((name, index) => ({ at: { request: index + 1, of, when }, name: `${when} ${name}` }));
  return [...nth(ICEBERG, 'after'), ...nth(ICEBERG, 'ended'), ...nth(ICEBERG_STEP, 'after')];
}

/** Statements that change a lake table, and what is written down of their steps. */
const ICEBERG = /^athena StartQueryExecution (DELETE FROM|MERGE INTO|OPTIMIZE|VACUUM)/;
const ICEBERG_STEP = /^dynamodb PutItem BATCH#\S+ STEP#\d+#athena\./;

/** Requests after which something is there that was not before. */
function changesSomething(name: string): boolean {
  return /(Put|Update|Delete)Item|BatchWrite|StartQuery|ExecuteStatement|GetQueryResults|StatementResult|s3 (PUT|POST|DELETE|GET)/.test(
    name,
  );
}

/** Where two states differ, shortly. */
function differenceOf(expected: unknown, found: unknown, at = ''): string {
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

/** Tenants with the same rows, made some at a time by copying those of the first. */
class Tenants {
  private made = 0;
  private ready: string[] = [];

  constructor(
    private readonly lake: LakeAws,
    private readonly rows: Record<string, Fields[]>,
  ) {}

  async next(): Promise<string> {
    if (this.ready.length === 0) await this.make();
    return this.ready.shift() ?? '';
  }

  private async make(): Promise<void> {
    const clients = clientsFor(this.lake.endpoints);
    if (this.made === 0)
      for (const [name, all] of Object.entries(this.rows)) await this.lake.load(dataset(name), FIRST, all);
    const before = Array.from({ length: AT_ONCE }, (_none, index) => `t${this.made - AT_ONCE + index}x`);
    if (this.made > 0) for (const tenant of before) await Desk.clear(clients, tenant);
    this.ready = Array.from({ length: AT_ONCE }, (_none, index) => `t${this.made + index}x`);
    this.made += AT_ONCE;
    await Desk.copy(clients, FIRST, this.ready);
    for (const client of Object.values(clients)) (client as { destroy(): void }).destroy();
  }
}

const FIRST = 'first';
const AT_ONCE = 20;

/** Plans of the first tenant, given to others: their people are the same, and only the tokens are their own. */
class Plans {
  private readonly known = new Map<string, Promise<PlannedErasure>>();

  constructor(
    private readonly config: Config,
    private readonly planning: Planning,
  ) {}

  async give(desk: Desk, one: Request, asked: readonly SubjectKey[]): Promise<void> {
    const { tenant, id } = one;
    const holds = await desk.ledger.holds.of(tenant, id);
    const name = JSON.stringify(asked);
    const day = new Date().toISOString().slice(0, 10);
    const made =
      this.known.get(name) ??
      planOne(this.planning, FIRST, { id: 'first', asked, holds }, day, { signal: SIGNAL, calls: [] });
    this.known.set(name, made);
    const { people, plan } = await made;
    const tokens = new AuditTokens(this.config.SLUICE_AUDIT_KEY);
    const keys = people.flatMap((person) => person.keys);
    const subjects = [...new Set(keys.map(({ key }) => tokens.token(tenant, key)))].sort();
    const { hash: _hash, ...rest } = { ...plan, requestId: id, tenant, subjects };
    await desk.planned(one, { ...rest, hash: canonicalHash(rest) }, keys);
  }
}

/** What is told of a table, without what no two runs have in common: ids, times and the counts of replies that were lost. */
function told<T extends Pick<TableProgress, 'effects' | 'look' | 'clean'>>(table: T) {
  const { effects, look, clean, ...rest } = table;
  const steps = (effects ?? []).map((effect) => effect.steps.map(({ id }) => id));
  return { ...rest, steps, found: look?.found, clean: clean && { seen: clean.seen?.day } };
}
