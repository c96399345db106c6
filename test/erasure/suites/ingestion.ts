import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { itemOf, type Item } from '../../../src/datasources/engines/items';
import type { Request } from '../../../src/erasure/history';
import type { BatchWork } from '../../../src/erasure/steps';
import type { ErasureTarget } from '../../../src/erasure/targets';
import { Random } from '../../privacy/random';
import { queryAthena, type Clients } from '../../local/support';
import { Boundaries } from '../support/boundaries';
import { Crowd, keyOf, keysOfPerson, stagedFor, type Group } from '../support/crowd';
import { fill, insertRows, rowsSql } from '../support/fill';
import { queryRedshift } from '../support/redshift';
import { isConflict, Rivals } from '../support/rivals';
import { keepSnapshots, trinoConflicts } from '../support/wire';
import { itemText, itemTexts, tell } from '../support/witness';
import { Desk } from '../support/work';
import type { Setting, World } from '../setting';

/** Enough for statements that last longer than the writers' own. */
const MOST_ROWS = 20_000;
const SUBJECTS = 100;
const TENANTS = ['quartz', 'quay', 'quill', 'quince'] as const;
/** Rows of one INSERT of a writer: some of them are about the people of the batch. */
const INSERTED = 2_000;
/** Once a statement of the batch has met a writer, writers pause as streams do: for so long at most. */
const PAUSE_MS = 8_000;
const ROUNDS = 5;
const INSERT_ATTEMPTS = 20;
/** First pause of a step that met another commit. */
const RETRY_PAUSE_MS = 2_000;
/** Keys of a batch, and not of a search or a look. */
const KEYS_STAGED = /^s3 PUT \S+batch%3D(?!search-|verify-)/;
/** Longer than any statement takes, on a machine that is busy. */
const KEPT_SECONDS = 3_600;
const SIGNAL = new AbortController().signal;

/** Others insert into every table, and rewrite rows of those of the lake, while a worker erases. */
export async function ingestion(setting: Setting): Promise<void> {
  const { report, options } = setting;
  const world = await setting.world();
  const random = new Random(`${options.seed} ingestion`);
  const crowd = new Crowd(Math.min(options.rows, MOST_ROWS), new Date().toISOString().slice(0, 10), TENANTS);
  const group = crowd.group(SUBJECTS, random.whole(0, 1e6));
  await fill(world.aws, crowd, group);
  const lake = crowd.targets
    .filter(({ dataset }) => dataset.engine === 'athena')
    .map(({ dataset }) => `"${dataset.database}"."${dataset.table}"`);
  await keepSnapshots(world.trino, lake, KEPT_SECONDS);
  const wire = await Boundaries.open(world.lake.endpoints);
  // Stores go side by side, as they do by default.
  const { SLUICE_ERASURE_STORES_AT_ONCE: _one, ...through } = wire.config;
  const desk = await Desk.open(world.lake, { ...world.limits, ...through });
  try {
    let request = await approved(desk, crowd, group);
    const requests = [request];
    const began = new Date();
    const writers = new Writers(world, crowd, group, random, began);
    // From the first step of a batch on: whoever writes much between a plan and its batch has it shown and approved anew.
    wire.onRequest = async (name) => {
      if (KEYS_STAGED.test(name)) writers.start();
    };
    let met = 0;
    // A statement may get through between two commits of writers; then the next round's meets one.
    for (let round = 1; round <= ROUNDS && met === 0; round += 1) {
      // Whoever was erased is asked for again.
      if ((await desk.get(request)).state === 'COMPLETED') {
        request = await approved(desk, crowd, group);
        requests.push(request);
      }
      try {
        await goOn(desk, request);
      } finally {
        await writers.stop();
      }
      met = (await trinoConflicts(world.trino, began)).length;
    }
    wire.onRequest = undefined;
    report.say(`${writers.said} while a worker ran, ${report.elapsed}`);
    report.check(
      `ingestion: ${met} commits of the worker met those of others on Trino`,
      met > 0 ? undefined : 'No ICEBERG_COMMIT_ERROR: this run shows nothing of conflicts.',
    );
    report.check('ingestion: every step ended all the same', await unfinished(desk, requests));
    // Rows of the people that come when all is over.
    await writers.once();
    // Nobody writes any more, and what the files hold is counted next.
    await keepSnapshots(world.trino, lake, 0);

    await lateRows(setting, world, crowd, group, desk);
    await nothingLost(setting, world, crowd, group, writers);
  } finally {
    desk.close();
    await wire.close();
  }
}

/** Asked for, planned by a worker and approved. */
function approved(desk: Desk, crowd: Crowd, group: Group): Promise<Request> {
  const { tenant } = crowd.person(group.first);
  const keys = crowd.peopleOf(group).flatMap((person) => keysOfPerson(crowd.targets, person));
  return desk.approved(tenant, ...keys);
}

/** Has the request carried out as far as it comes: its looks may find what is written meanwhile, and its plan then grows. */
async function goOn(desk: Desk, request: Request): Promise<void> {
  const { state } = await desk.get(request);
  if (state === 'PLANNED') await desk.approve(request);
  if (state === 'PARTIAL' || state === 'FAILED') await desk.happen(request, { type: 'retry' });
  await desk.work({ retryPauseMs: RETRY_PAUSE_MS });
}

/** Steps of their batches that did not end. */
async function unfinished(desk: Desk, requests: readonly Request[]): Promise<string | undefined> {
  const states = await Promise.all(requests.map((request) => desk.get(request)));
  const effects = states.flatMap(({ tables }) => tables.flatMap((table) => table.effects ?? []));
  const batches = [...new Set(effects.map(({ batch }) => batch))];
  const steps = (await Promise.all(batches.map((batch) => desk.ledger.batches.steps(batch)))).flat();
  const bad = steps.filter((step) => step.state !== 'done');
  if (bad.length === 0 && steps.length > 0) return undefined;
  return `${states.map(({ state }) => state).join(', ')}: ${JSON.stringify(bad)}`;
}

/** One writer for each table, one for the items, and for each table of the lake a session that rewrites its rows. */
class Writers {
  private stopping: AbortController | undefined;
  private running: Promise<unknown> = Promise.resolve();
  /** Number of the next row, by dataset; items have numbers of their own. */
  readonly next = new Map<string, number>();
  items = 0;
  private inserts = 0;
  private readonly rivals: Rivals;

  constructor(
    private readonly world: World,
    private readonly crowd: Crowd,
    private readonly group: Group,
    private readonly random: Random,
    private readonly began: Date,
  ) {
    this.rivals = new Rivals(world.aws, crowd, group, random);
    for (const { dataset } of crowd.targets) this.next.set(dataset.name, crowd.rowsOf(dataset.name));
  }

  get said(): string {
    const { committed, refused } = this.rivals;
    return `${this.inserts} inserts, ${this.items} items and ${committed} rewritings (${refused} met a commit)`;
  }

  /** Those that write already go on. */
  start(): void {
    if (this.stopping !== undefined) return;
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    this.running = Promise.all(
      this.crowd.targets.flatMap((target) => [
        this.each(signal, () => this.insert(target), target.dataset.engine === 'athena'),
        ...(target.dataset.engine === 'athena'
          ? [this.each(signal, () => this.rivals.rewrite(target), true)]
          : []),
        ...(target.dataset.pointReads === undefined
          ? []
          : [this.each(signal, () => this.item(target), false)]),
      ]),
    );
    this.running.catch(() => undefined);
  }

  /** @throws what a writer met that writers cannot go on with */
  async stop(): Promise<void> {
    this.stopping?.abort();
    this.stopping = undefined;
    await this.running;
  }

  async once(): Promise<void> {
    for (const target of this.crowd.targets) {
      await this.insert(target);
      if (target.dataset.pointReads === undefined) continue;
      // One of two that follow each other is about one of the batch.
      await this.item(target);
      await this.item(target);
    }
  }

  /** @param eager without a pause until a commit has failed on a writer's account */
  private async each(signal: AbortSignal, work: () => Promise<void>, eager: boolean): Promise<void> {
    while (!signal.aborted) {
      await work();
      if (eager && (await trinoConflicts(this.world.trino, this.began)).length === 0) continue;
      await sleep(this.random.whole(1, eager ? PAUSE_MS : 200), undefined, { signal }).catch(() => undefined);
    }
  }

  private async insert(target: ErasureTarget): Promise<void> {
    const from = this.next.get(target.dataset.name) ?? 0;
    this.next.set(target.dataset.name, from + INSERTED);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await insertRows(this.world.aws, this.crowd, target, from, INSERTED);
        break;
      } catch (error) {
        // A writer's commit meets others too, and nothing of it is written then.
        if (attempt === INSERT_ATTEMPTS || !isConflict(error)) throw error;
      }
    }
    this.inserts += 1;
  }

  private async item(target: ErasureTarget): Promise<void> {
    const number = this.items;
    this.items += 1;
    await this.world.aws.dynamodb.send(
      new PutItemCommand({
        TableName: target.dataset.pointReads?.table,
        Item: writtenItem(this.crowd, this.group, target, number),
      }),
    );
  }
}

/** What came late is found, to the row; and whoever asks again has it erased. */
async function lateRows(
  { report }: Setting,
  world: World,
  crowd: Crowd,
  group: Group,
  desk: Desk,
): Promise<void> {
  const { verifier, clients } = world;
  const keys = stagedFor(crowd.targets, crowd.peopleOf(group));
  const work: BatchWork = { id: 'b-late', day: crowd.day, keys };
  const found = await verifier.verify(work, false, SIGNAL);
  for (const { store, dataset, survivors } of found) {
    const target = crowd.targets.find((one) => one.dataset.name === dataset);
    if (target === undefined) continue;
    const there =
      store === 'dynamodb'
        ? await namedInItems(clients, crowd, group, target)
        : await namedInTable(clients, crowd, group, target);
    report.check(
      `ingestion: the ${there} late rows in ${store} ${dataset} are found`,
      there > 0 && survivors === there ? undefined : `${survivors} found, ${there} there`,
    );
  }
  const again = await approved(desk, crowd, group);
  await desk.work();
  const { state } = await desk.get(again);
  const left = (await verifier.verify(work, true, SIGNAL)).filter(
    ({ survivors, files }) => survivors > 0 || (files?.rows ?? 0) > 0,
  );
  report.check(
    'ingestion: another request takes them, from files too',
    state === 'COMPLETED' && left.length === 0 ? undefined : `${state} ${JSON.stringify(left)}`,
  );
  report.check('ingestion: every step of that ended', await unfinished(desk, [again]));
}

/** Rows that name one of the group in the subject's column or as somebody else, asked for by key. */
async function namedInTable(
  clients: Clients,
  crowd: Crowd,
  group: Group,
  { dataset, subject, mentions }: ErasureTarget,
): Promise<number> {
  let count = 0;
  for (const { column, kind } of [subject, ...mentions]) {
    const people = crowd.peopleOf(group);
    const keys = people.map((person) => `('${person.tenant}', '${keyOf(kind, person)}')`).join(', ');
    const sql =
      `SELECT count(*) FROM "${dataset.database}"."${dataset.table}"` +
      ` WHERE ("${dataset.tenant}", "${column}") IN (${keys})`;
    const [row] =
      dataset.engine === 'athena'
        ? await queryAthena(clients.athena, sql)
        : await queryRedshift(clients.redshift, sql);
    count += Number(row?.[0]);
  }
  return count;
}

async function namedInItems(
  clients: Clients,
  crowd: Crowd,
  group: Group,
  { dataset, subject }: ErasureTarget,
): Promise<number> {
  const keys = new Set(
    crowd.peopleOf(group).map((person) => JSON.stringify([person.tenant, keyOf(subject.kind, person)])),
  );
  const texts = await itemTexts(clients, dataset.pointReads?.table ?? '', () => true);
  return texts.filter((text) => {
    const item = Object.fromEntries(JSON.parse(text) as [string, { S?: string }][]);
    return keys.has(JSON.stringify([item[dataset.tenant]?.S, item[subject.column]?.S]));
  }).length;
}

/** Every row of others that was there before, or was inserted meanwhile, is there once and as it was made. */
async function nothingLost(
  { report }: Setting,
  { clients }: World,
  crowd: Crowd,
  group: Group,
  writers: Writers,
): Promise<void> {
  for (const target of crowd.targets) {
    const { dataset, mentions } = target;
    const made = writers.next.get(dataset.name) ?? 0;
    const others = `${crowd.isOfCrowd(dataset)} AND NOT ${crowd.isAbout(target, group)}`;
    const mentioned = mentions.map(({ column }) => column);
    const there = await tell(clients, target, others, mentioned);
    const expected = await tell(
      clients,
      target,
      others,
      mentioned,
      `(${rowsSql(crowd, target, 0, made)}) made`,
    );
    report.check(
      `ingestion: ${there.rows} rows of others in ${dataset.engine} ${dataset.name} are there, each once and as it was made`,
      there.rows === expected.rows && there.sum === expected.sum
        ? undefined
        : `${JSON.stringify(there)} instead of ${JSON.stringify(expected)}`,
    );
    if (dataset.pointReads === undefined) continue;
    const numbers = Array.from({ length: writers.items }, (_none, number) => number);
    const wanted = numbers.filter((number) => !Crowd.isOf(group, personOfItem(crowd, group, number)));
    const written = wanted.map((number) => itemText(writtenItem(crowd, group, target, number))).sort();
    const prefixes = crowd.tenants.map((tenant) => `${tenant}#w`);
    const found = await itemTexts(clients, dataset.pointReads.table, (key) => {
      const prefix = prefixes.find((one) => key.startsWith(one));
      return (
        prefix !== undefined &&
        !Crowd.isOf(group, personOfItem(crowd, group, Number(key.slice(prefix.length))))
      );
    });
    const missing = written.filter((text) => !found.includes(text));
    report.check(
      `ingestion: ${wanted.length} items of others are there as they were written`,
      wanted.length > 0 && isDeepStrictEqual(found, written)
        ? undefined
        : `${found.length} are there; missing: ${missing.slice(0, 3).join('\n')}`,
    );
  }
}

/** The item that a writer writes as its number `number`. */
function writtenItem(crowd: Crowd, group: Group, { dataset, erasure }: ErasureTarget, number: number): Item {
  const person = crowd.person(personOfItem(crowd, group, number));
  const keys = Object.entries(erasure.keys).map(([field, kind]) => [field, keyOf(kind, person)]);
  return itemOf(dataset, person.tenant, {
    ...Object.fromEntries(keys),
    [dataset.key]: `w${number}`,
    [dataset.time ?? dataset.key]: '2026-06-01T08:30:00.000Z',
  });
}

/** Whom a writer's item is about: every other one is about somebody of the batch. */
function personOfItem(crowd: Crowd, { count, first, step }: Group, number: number): number {
  return number % 2 === 0 ? first + ((number / 2) % count) * step : crowd.personOfRow(number);
}
