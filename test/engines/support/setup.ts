import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../../local/src/engines/cache';
import { MAVEN, PYTHON, run } from '../../../local/src/engines/command';
import { findJava } from '../../../local/src/engines/java';
import manifest from '../../../local/src/engines/manifest.json';
import { findPostgres } from '../../../local/src/engines/postgres';
import { EngineHost } from './host';

/** Starts the engine host and finds out which engines this machine can't run. */
export default async function setup(): Promise<void> {
  const host = await EngineHost.start();
  (globalThis as { sluiceEngineHost?: EngineHost }).sluiceEngineHost = host;
  process.env.SLUICE_TEST_ENGINES = host.url;
  const jars = async (name: string): Promise<void> => {
    await findJava(17, 'jdk.compiler');
    await fetchable(name);
  };
  const missing: Record<string, string> = {};
  const checks: Record<string, () => Promise<unknown>> = {
    trino: async () => {
      await fetchable(`trino-${manifest.trino.version}`);
      await findJava(24);
    },
    dynamodb: () => jars(`dynamodb-local-${manifest.dynamodbLocal.version}`),
    postgres: findPostgres,
    'trino-parser': () => jars(`trino-parser-${manifest.trinoParser.version}`),
    sqlglot: () => run(PYTHON, ['--version']),
  };
  for (const [engine, check] of Object.entries(checks)) {
    await check().catch((error: Error) => {
      missing[engine] = error.message;
      process.stderr.write(`skipped engine ${engine}: ${error.message}\n`);
    });
  }
  process.env.SLUICE_TEST_MISSING_ENGINES = JSON.stringify(missing);
}

/** Fails where an engine is neither in the cache nor can be fetched. */
async function fetchable(name: string): Promise<void> {
  await access(join(cacheFolder(), name)).catch(() => run(MAVEN, ['--version']));
}
