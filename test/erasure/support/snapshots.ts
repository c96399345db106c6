import { runAthena, type Clients } from '../../local/support';
import { dataset, NAMES } from './people';

/** Lists that an Iceberg table has; the lake of these tests has none of its own. */
const LISTS = ['files', 'snapshots'];

/** Gives a table the list of its snapshots, of such times (`2026-11-24 10:00:00.000 UTC`), the oldest first. */
export async function snapshotsOf(clients: Clients, name: string, times: readonly string[]): Promise<void> {
  const { database, table } = dataset(name);
  const list = `"${database}"."${table}$snapshots"`;
  const rows = times.map(
    (time) => `SELECT 's3://none/metadata/a' AS manifest_list, '${time}' AS committed_at`,
  );
  for (const sql of [`DROP TABLE IF EXISTS ${list}`, `CREATE TABLE ${list} AS ${rows.join(' UNION ALL ')}`])
    await succeed(clients, sql);
}

/** Takes all such lists away. */
export async function dropLists(clients: Clients): Promise<void> {
  for (const { engine, database, table } of NAMES.map(dataset))
    if (engine === 'athena')
      for (const list of LISTS)
        await succeed(clients, `DROP TABLE IF EXISTS "${database}"."${table}$${list}"`);
}

async function succeed(clients: Clients, sql: string): Promise<void> {
  expect((await runAthena(clients.athena, sql)).Status?.State).toBe('SUCCEEDED');
}
