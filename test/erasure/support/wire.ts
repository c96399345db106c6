import { runStatement } from '../../../local/src/athena/trino/protocol';
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
