import type { BatchWork } from '../../../src/erasure/steps';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import { tableOf } from '../../../src/schema/tables';
import { queryAthena, type Clients } from '../../local/support';
import { DAY, DECOYS, NAMES, NASTY, dataset, rowsAbout, stagedKeys } from '../support/people';
import { queryRedshift } from '../support/redshift';
import { runBatch } from '../support/run';
import { trinoLog } from '../support/wire';
import { itemTexts } from '../support/witness';
import type { Setting, World } from '../setting';

/** The tenant whose people go, and others that an engine might take for it. */
const TENANT = 'acme';
const OTHER_TENANTS = ['ACME', 'acme ', ' acme', 'acme%', 'a_me', "acme' OR '1'='1", 'umbrella'];
const SIGNAL = new AbortController().signal;

type Rows = Readonly<Record<string, readonly string[]>>;

/** Near-identical keys in every store survive to the byte; what survives is found; keys are never run as SQL. */
export async function decoys(setting: Setting): Promise<void> {
  const { report } = setting;
  const world = await setting.world();
  const { lake, verifier } = world;
  for (const name of NAMES) {
    const subjects = rowsAbout(name, NASTY, 'subject');
    await lake.load(dataset(name), TENANT, [...subjects, ...rowsAbout(name, DECOYS, 'decoy')]);
    for (const tenant of OTHER_TENANTS)
      await lake.load(dataset(name), tenant, rowsAbout(name, NASTY, 'other'));
  }
  const before = await othersIn(world);
  const count = Object.values(before).reduce((sum, rows) => sum + rows.length, 0);
  report.say(
    `${NASTY.length} nasty keys, ${count} rows and items that only look like theirs, ${report.elapsed}`,
  );

  const work: BatchWork = { id: 'b-decoys', day: DAY, keys: stagedKeys(TENANT, NASTY) };
  const began = new Date();
  const blind = (await verifier.verify(work, false, SIGNAL)).filter(({ survivors }) => survivors === 0);
  report.check(
    'decoys: verification sees the rows before',
    blind.length === 0 ? undefined : JSON.stringify(blind),
  );
  const ran = await runBatch(world.executors, work);
  const bad = ran.filter(({ result }) => result.state !== 'done');
  report.check('decoys: every step ended', bad.length === 0 ? undefined : JSON.stringify(bad));

  for (const [table, rows] of Object.entries(await othersIn(world)))
    report.check(
      `decoys: ${table} keeps ${rows.length} rows of others to the byte`,
      difference(before[table], rows),
    );
  const survivors = (await verifier.verify(work, true, SIGNAL)).filter(
    (finding) => finding.survivors > 0 || (finding.files?.rows ?? 0) > 0,
  );
  report.check(
    'decoys: nobody survives, in tables or files',
    survivors.length === 0 ? undefined : JSON.stringify(survivors),
  );
  await keysInLog(setting, world, began);
  await planted(setting, world, work);
}

/** Keys that would mean something as SQL stand in no statement: so none of them can ever be run. */
async function keysInLog({ report }: Setting, { trino }: World, since: Date): Promise<void> {
  const telling = NASTY.filter((key) => key.length > 3 && !/^(NULL|batch=1\/)$/.test(key));
  const log = await trinoLog(trino, since);
  const found = log.filter((text) =>
    telling.some((key) => text.includes(key) || text.includes(key.replaceAll("'", "''"))),
  );
  const enough = log.some((text) => text.startsWith('/*') || text.includes('DELETE FROM'));
  report.check(
    `decoys: no key stands in any of ${log.length} statements in Trino’s log`,
    enough && found.length === 0
      ? undefined
      : found.slice(0, 3).join('\n') || 'The log has no statement of the batch.',
  );
}

/** One row of somebody who was erased, in one store after the other: verification must find that one and no other. */
async function planted({ report }: Setting, { lake, verifier }: World, work: BatchWork): Promise<void> {
  const expected: Record<string, number> = {};
  for (const name of NAMES) {
    const [row] = rowsAbout(name, ["it's"], 'planted');
    const [decoy] = rowsAbout(name, ["it''s"], 'like');
    if (row === undefined || decoy === undefined) continue;
    await lake.load(dataset(name), TENANT, [row, decoy]);
    expected[`${dataset(name).engine} ${name}`] = 1;
    if (dataset(name).pointReads !== undefined) expected[`dynamodb ${name}`] = 1;
    const found = await verifier.verify(work, false, SIGNAL);
    const seen = Object.fromEntries(
      found
        .filter(({ survivors }) => survivors > 0)
        .map((one) => [`${one.store} ${one.dataset}`, one.survivors]),
    );
    const sorted = (counts: Record<string, number>): string => JSON.stringify(Object.entries(counts).sort());
    report.check(
      `decoys: a planted survivor in ${name} makes verification fail`,
      sorted(seen) === sorted(expected) ? undefined : `${sorted(seen)} instead of ${sorted(expected)}`,
    );
  }
}

/** Every row that is not the tenant's own subjects', whole, by table. */
async function othersIn({ clients }: World): Promise<Rows> {
  const rows: Record<string, readonly string[]> = {};
  for (const name of NAMES) {
    const declared = dataset(name);
    rows[`${declared.engine} ${name}`] = await othersInTable(clients, declared);
    if (declared.pointReads === undefined) continue;
    rows[`dynamodb ${name}`] = await itemTexts(clients, declared.pointReads.table, (key) =>
      /#(decoy|other)\./.test(key),
    );
  }
  return rows;
}

async function othersInTable(clients: Clients, declared: DatasetDeclaration): Promise<string[]> {
  const { columns, keyColumn } = tableOf(declared);
  const list = columns.map(({ name }) => `"${name}"`).join(', ');
  const sql =
    `SELECT ${list} FROM "${declared.database}"."${declared.table}"` +
    ` WHERE NOT ("${declared.tenant}" = '${TENANT}' AND "${keyColumn}" LIKE 'subject.%')` +
    // Rows of the other suites are theirs to watch.
    ` AND ("${keyColumn}" LIKE 'decoy.%' OR "${keyColumn}" LIKE 'other.%')`;
  const rows =
    declared.engine === 'athena'
      ? await queryAthena(clients.athena, sql)
      : await queryRedshift(clients.redshift, sql);
  return rows.map((row) => JSON.stringify(row)).sort();
}

function difference(before: readonly string[] | undefined, now: readonly string[]): string | undefined {
  if (before === undefined || before.length === 0) return 'There was nothing to keep.';
  const known = new Set(now);
  const lost = before.filter((row) => !known.has(row));
  if (lost.length > 0 || now.length !== before.length)
    return `${before.length} before, ${now.length} now; lost: ${lost.slice(0, 3).join(' ')}`;
  return undefined;
}
