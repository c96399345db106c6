import { runStatement } from '../../../local/src/athena/trino/protocol';
import { literal } from '../../../local/src/quoting';
import type { TrinoServer } from '../../../local/src/athena/trino/server';
import type { FaultService, Faults } from '../../../local/src/wire/faults';

/** Calls that the services got, by service and operation. */
export type Calls = Record<string, number>;

/** Counts what reaches the services' own doors while something runs. */
export async function callsDuring<T>(
  faults: Faults,
  work: () => Promise<T>,
): Promise<{ calls: Calls; result: T }> {
  const calls: Calls = {};
  const ends = (Object.keys(faults) as FaultService[]).map((service) =>
    faults[service].watch((operation) => {
      const name = `${service}.${operation}`;
      calls[name] = (calls[name] ?? 0) + 1;
    }),
  );
  try {
    return { result: await work(), calls };
  } finally {
    for (const end of ends) end();
  }
}

/** Statements that Trino's own log names since a moment. */
export function trinoLog(server: Pick<TrinoServer, 'url'>, since: Date): Promise<string[]> {
  return fromLog(server, since, 'TRUE');
}

/** Statements of batches since a moment whose commit met another one: those that read the staged keys. */
export function trinoConflicts(server: Pick<TrinoServer, 'url'>, since: Date): Promise<string[]> {
  return fromLog(server, since, "error_code = 'ICEBERG_COMMIT_ERROR' AND query LIKE '%subject_keys%'");
}

/**
 * Sets for how long VACUUM keeps snapshots of lake tables, and files that no snapshot names. Those of a statement under way
 * are such files, so a VACUUM that keeps nothing takes them from a commit and leaves a table that nobody can read.
 *
 * @param tables as Trino names them
 */
export async function keepSnapshots(
  server: Pick<TrinoServer, 'url'>,
  tables: readonly string[],
  seconds: number,
): Promise<void> {
  for (const table of tables) {
    // They are set as a whole.
    const properties = {
      optimize_rewrite_delete_file_threshold: '1',
      vacuum_max_snapshot_age_seconds: String(seconds),
    };
    const [names, values] = [Object.keys(properties), Object.values(properties)].map((texts) =>
      texts.map(literal).join(', '),
    );
    const sql = `ALTER TABLE ${table} SET PROPERTIES extra_properties = MAP(ARRAY[${names}], ARRAY[${values}])`;
    const statement = await runStatement(server.url, sql, { catalog: 'awsdatacatalog', schema: undefined });
    for await (const _page of statement.pages) continue;
  }
}

async function fromLog(server: Pick<TrinoServer, 'url'>, since: Date, condition: string): Promise<string[]> {
  const moment = since.toISOString().replace('T', ' ').replace('Z', ' UTC');
  const sql =
    `SELECT query FROM runtime.queries WHERE created >= TIMESTAMP '${moment}' AND ${condition}` +
    ` AND query NOT LIKE '%runtime.queries%' ORDER BY created`;
  const statement = await runStatement(server.url, sql, { catalog: 'system', schema: 'runtime' });
  const texts: string[] = [];
  for await (const page of statement.pages) texts.push(...page.map(([text]) => String(text)));
  return texts;
}
