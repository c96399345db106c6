import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GetQueryExecutionCommand } from '@aws-sdk/client-athena';
import type { StoredStep } from '../../../src/erasure/ledger/batches';
import type { BatchWork, StepKind } from '../../../src/erasure/steps';
import { Random } from '../../privacy/random';
import type { Setting, World } from '../setting';
import { Boundaries } from '../support/boundaries';
import { Crowd, keysOfPerson, stagedFor, type Group } from '../support/crowd';
import { fill, personOfItem } from '../support/fill';
import { rowsInFiles, type InFiles } from '../support/lake-files';
import { callsDuring, trinoLog } from '../support/wire';
import { itemTexts, tell } from '../support/witness';
import { Desk, outcomesOf } from '../support/work';

const SUBJECTS = 1_000;
/** Steps after which rows are in no file. */
const PHYSICAL: readonly StepKind[] = ['compact', 'expire'];

/** What the tables were filled with, and who has people erased. */
interface Filling {
  world: World;
  crowd: Crowd;
  /** People of whom the point-read store has an item each, before those of the crowd. */
  items: Group;
  desk: Desk;
  /** Stands between the worker and the services. */
  wire: Boundaries;
}

/** A thousand people, and then one, out of all rows, by a worker. */
export async function batch(setting: Setting): Promise<void> {
  const { report, options } = setting;
  const world = await setting.world();
  const crowd = new Crowd(options.rows, new Date().toISOString().slice(0, 10));
  const random = new Random(`${options.seed} batch`);
  const many = crowd.group(SUBJECTS, random.whole(0, 1e6));
  const clock = stopwatch();
  const filled = await fill(world.aws, crowd, many);
  const rows = Object.values(filled).reduce((sum, count) => sum + count, 0);
  report.say(
    `${rows} rows about ${crowd.people} people in ${clock()} s (${inWords(filled)}), ${setting.load}`,
  );
  const wire = await Boundaries.open(world.lake.endpoints);
  const { dynamodb, athena, redshiftData, s3 } = wire.endpoints;
  const desk = await Desk.open(world.lake, {
    ...world.limits,
    SLUICE_DYNAMODB_ENDPOINT: dynamodb,
    SLUICE_ATHENA_ENDPOINT: athena,
    SLUICE_REDSHIFT_ENDPOINT: redshiftData,
    SLUICE_S3_ENDPOINT: s3,
  });
  try {
    const filling = { world, crowd, items: many, desk, wire };
    const thousand = await erase(setting, filling, many);
    // Somebody who is none of the thousand, and has an item.
    const first = personWithItem(crowd, many);
    const one = await erase(setting, filling, { count: 1, first, step: crowd.people });
    report.check(
      `batch: one person takes as many statements as ${SUBJECTS}: ${inWords(one)}`,
      inWords(thousand) === inWords(one) ? undefined : `${inWords(thousand)} for ${SUBJECTS}`,
    );
  } finally {
    desk.close();
    await wire.close();
  }
}

/** The first of those behind the group's own items who is not of the group. */
function personWithItem(crowd: Crowd, group: Group): number {
  const own = new Set(Array.from({ length: group.count }, (_none, at) => personOfItem(crowd, group, at)));
  for (let item = group.count; ; item += 1) {
    const person = personOfItem(crowd, group, item);
    if (!own.has(person)) return person;
  }
}

/**
 * Has people erased as compliance staff do, and checks every count of theirs and of the others. Gives the statements that
 * the engines' own doors and logs saw.
 */
async function erase(setting: Setting, filling: Filling, group: Group): Promise<Record<string, number>> {
  const { world, crowd, desk, wire } = filling;
  const { report } = setting;
  const name = `batch of ${group.count}`;
  const people = crowd.peopleOf(group);
  const { tenant } = crowd.person(group.first);
  const work: BatchWork = { id: `b-${group.count}`, day: crowd.day, keys: stagedFor(crowd.targets, people) };
  const signal = new AbortController().signal;
  const others = await othersOf(filling, group);
  const inFiles = await filesOf(world, crowd, work);
  const before = await world.verifier.verify(work, false, signal);
  const missing = before.filter(({ survivors }) => survivors === 0);
  report.check(
    `${name}: verification sees the rows in every store before`,
    missing.length === 0 ? undefined : JSON.stringify(missing),
  );

  const began = new Date();
  let erased: Map<string, InFiles> | undefined;
  let counting: Promise<void> | undefined;
  const held = { seconds: 0, cpu: 0 };
  let cpu = cpuSeconds(world);
  let logicalCpu = 0;
  // What makes rows go is through once the first table's files are written anew: just before, they are counted.
  wire.onRequest = async (passing) => {
    if (!passing.startsWith('athena StartQueryExecution OPTIMIZE')) return;
    counting ??= (async () => {
      logicalCpu = tenths(cpuSeconds(world) - cpu);
      const [clock, own] = [stopwatch(), cpuSeconds(world)];
      erased = await filesOf(world, crowd, work);
      Object.assign(held, { seconds: clock(), cpu: cpuSeconds(world) - own });
    })();
    await counting;
  };
  const { calls, result: request } = await callsDuring(world.lake.faults, async () => {
    const clock = stopwatch();
    const asked = await desk.ask(tenant, ...people.flatMap((one) => keysOfPerson(crowd.targets, one)));
    await desk.work();
    report.say(`${name}: found and planned after ${clock()} s, ${setting.load}`);
    await desk.approve(asked);
    cpu = cpuSeconds(world);
    await desk.work();
    report.say(`${name}: planned again, erased, verified and certified after ${clock()} s, ${setting.load}`);
    return desk.get(asked);
  });
  wire.onRequest = undefined;
  const physicalCpu = tenths(cpuSeconds(world) - cpu - held.cpu);
  const outcomes = outcomesOf(request);
  report.say(`${name}: ${request.state}: ${outcomes.join(', ')}`);
  const { startedAt = '', erasedAt = '' } = (await desk.ledger.batches.find(request.batch ?? '')) ?? {};
  const steps = await desk.ledger.batches.steps(request.batch ?? '');
  const bad = steps.filter(({ state }) => state !== 'done');
  report.check(
    `${name}: every step ended, and the request`,
    bad.length === 0 && steps.length > 0 && request.state === 'COMPLETED'
      ? undefined
      : `${request.state}, ${JSON.stringify(bad)}`,
  );
  for (const { step, startedAt: from = '', endedAt = '' } of steps)
    if (secondsBetween(from, endedAt) >= 1)
      report.say(`${name}: ${step.id} ${secondsBetween(from, endedAt)} s`);
  report.say(`${name}: Athena scanned ${inWords(await scannedBy(world, steps))} (megabytes)`);
  const logicalSeconds = secondsBetween(startedAt, erasedAt);
  const ends = steps
    .filter(({ step }) => PHYSICAL.includes(step.kind))
    .map(
      ({ step, endedAt = '' }) =>
        secondsBetween(startedAt, endedAt) - (step.store === 'athena' ? held.seconds : 0),
    );
  const physicalSeconds = tenths(Math.max(logicalSeconds, ...ends));
  report.say(
    `${name}: logically gone after ${logicalSeconds} s (${logicalCpu} s of processor),` +
      ` physically after ${physicalSeconds} s (${physicalCpu} with verification), ${setting.load}`,
  );

  const left = await filesOf(world, crowd, work);
  for (const target of crowd.targets) {
    const { name: dataset } = target.dataset;
    const [first, then, last] = [inFiles, erased, left].map((found) => found?.get(dataset));
    if (first === undefined || then === undefined || last === undefined) continue;
    report.say(
      `${name}: ${dataset} in files: ${filesInWords(first)}; rows gone: ${filesInWords(then)}; at the end: ${filesInWords(last)}`,
    );
    const kept = first.concerned > 0 && then.concerned >= first.concerned;
    report.check(
      `${name}: all rows of ${dataset} are still in the files after the statement, and none at the end`,
      kept && last.concerned === 0 ? undefined : `${first.concerned}, ${then.concerned}, ${last.concerned}`,
    );
  }
  if (erased === undefined) report.check(`${name}: files are counted in between`, 'No table was compacted.');
  const after = await world.verifier.verify(work, false, signal);
  const survivors = after.filter((finding) => finding.survivors > 0);
  report.check(`${name}: none survives`, survivors.length === 0 ? undefined : JSON.stringify(survivors));
  const now = await othersOf(filling, group);
  const changed = Object.keys(others).filter((table) => others[table] !== now[table]);
  report.check(
    `${name}: rows of others are what they were, to the byte`,
    changed.length === 0
      ? undefined
      : changed.map((table) => `${table}: ${others[table]} → ${now[table]}`).join('\n'),
  );
  return statementsOf(world, calls, began);
}

/** Megabytes that Athena says it scanned, by kind of step: what it bills. */
async function scannedBy({ clients }: World, steps: readonly StoredStep[]): Promise<Record<string, number>> {
  const scanned: Record<string, number> = {};
  for (const { step, statementIds } of steps) {
    if (step.store !== 'athena') continue;
    for (const QueryExecutionId of statementIds) {
      const { QueryExecution: found } = await clients.athena.send(
        new GetQueryExecutionCommand({ QueryExecutionId }),
      );
      const bytes = found?.Statistics?.DataScannedInBytes ?? 0;
      scanned[step.kind] = tenths((scanned[step.kind] ?? 0) + bytes / 1e6);
    }
  }
  return scanned;
}

/** From the request on, with both plans and the verification. */
async function statementsOf(
  { trino }: World,
  calls: Readonly<Record<string, number>>,
  began: Date,
): Promise<Record<string, number>> {
  const log = await trinoLog(trino, began);
  return {
    'Athena started': calls['athena.StartQueryExecution'] ?? 0,
    'in Trino’s log': log.filter((text) => /^(DELETE|MERGE|ALTER TABLE)|\/\*/.test(text)).length,
    'Redshift calls':
      (calls['redshift.ExecuteStatement'] ?? 0) + (calls['redshift.BatchExecuteStatement'] ?? 0),
  };
}

/** Files of each lake table. */
async function filesOf({ trino }: World, crowd: Crowd, work: BatchWork): Promise<Map<string, InFiles>> {
  const found = new Map<string, InFiles>();
  for (const target of crowd.targets)
    if (target.dataset.engine === 'athena')
      found.set(target.dataset.name, await rowsInFiles(trino.s3Root, target, work.keys));
  return found;
}

/**
 * Rows that are about nobody of these people, in a line for each table. Whom a row is about follows from its number,
 * which no erasure changes.
 */
async function othersOf(
  { world: { clients }, crowd, items }: Filling,
  group: Group,
): Promise<Record<string, string>> {
  const told: Record<string, string> = {};
  for (const target of crowd.targets) {
    const { dataset, mentions } = target;
    const condition = `NOT ${crowd.isAbout(target, group)}`;
    const mentioned = mentions.map(({ column }) => column);
    const { rows, sum } = await tell(clients, target, condition, mentioned);
    told[`${dataset.engine}.${dataset.name}`] = `${rows} rows, sum ${sum}`;
    if (dataset.pointReads === undefined) continue;
    const texts = await itemTexts(clients, dataset.pointReads.table, (key) => {
      const p = personOfItem(crowd, items, Number(key.slice(key.lastIndexOf('#i') + 2)));
      return !Crowd.isOf(group, p);
    });
    const hash = createHash('sha256').update(texts.join('\n')).digest('hex');
    told[`dynamodb.${dataset.name}`] = `${texts.length} items, hash ${hash}`;
  }
  return told;
}

function filesInWords({ files, bytes, rows, concerned }: InFiles): string {
  return `${concerned} of ${rows} rows in ${files} files of ${(bytes / 1e6).toFixed(0)} MB`;
}

function inWords(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ');
}

function secondsBetween(from: string, to: string): number {
  return tenths((Date.parse(to) - Date.parse(from)) / 1_000);
}

/** Seconds since it was made, to a tenth. */
function stopwatch(): () => number {
  const began = performance.now();
  return () => tenths((performance.now() - began) / 1_000);
}

function tenths(number: number): number {
  return Math.round(number * 10) / 10;
}

/** Clock ticks a second in /proc (Linux: USER_HZ, 100 on every architecture that Node runs on). */
const TICKS = 100;

/** Processor time of Trino and of this process, with the local servers in it, so far. */
function cpuSeconds({ trino }: World): number {
  const { user, system } = process.cpuUsage();
  // After the program's name in brackets: the 12th and 13th field are user and system time (proc(5)).
  const fields = readFileSync(`/proc/${trino.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (user + system) / 1e6 + (Number(fields[11]) + Number(fields[12])) / TICKS;
}
