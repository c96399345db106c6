import { TrinoBackend } from '../../../local/src/athena/trino/backend';
import { localPath } from '../../../local/src/athena/trino/locations';
import type { TrinoServer } from '../../../local/src/athena/trino/server';
import type { DynamoDbLocal } from '../../../local/src/engines/dynamodb-local';
import type { Postgres } from '../../../local/src/engines/postgres';

export { parseRedshift, parseTrino, type Verdict } from '../../../local/src/engines/parsers';

/**
 * Real engines for tests: each starts when first asked for and serves all test files of the Jest run, so use names
 * (databases, tables) of your own.
 */

export type EngineName = 'trino' | 'dynamodb' | 'postgres' | 'trino-parser' | 'sqlglot';

/** A suite that needs an engine; where the machine can't run it, the suite is skipped and its name says why. */
export function describeEngine(engine: EngineName, name: string, suite: () => void): void {
  const missing = JSON.parse(process.env.SLUICE_TEST_MISSING_ENGINES ?? '{}') as Record<string, string>;
  const reason = missing[engine];
  if (reason === undefined) describe(name, suite);
  else describe.skip(`${name} (skipped: ${reason})`, suite);
}

/** The shared Trino server. */
export async function trino(): Promise<Omit<TrinoServer, 'close'>> {
  const info = await ask<Pick<TrinoServer, 'url' | 'pid' | 'dataDir' | 's3Root'>>('trino');
  return { ...info, localPath: (location) => localPath(info.dataDir, location) };
}

/** An Athena backend on the shared Trino server; closing it leaves the server running. */
export async function trinoBackend(): Promise<TrinoBackend> {
  return new TrinoBackend({ ...(await trino()), close: async () => undefined });
}

/** The shared DynamoDB Local. */
export function dynamodbLocal(): Promise<Omit<DynamoDbLocal, 'close'>> {
  return ask('dynamodb');
}

/** The shared PostgreSQL, as settings for a `pg` client. */
export function postgres(): Promise<Omit<Postgres, 'close'>> {
  return ask('postgres');
}

async function ask<T>(engine: string): Promise<T> {
  const host = process.env.SLUICE_TEST_ENGINES;
  if (!host) throw new Error('Real engines run under jest.engines.config.js alone.');
  const answer = await fetch(`${host}/${engine}`);
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as T;
}
