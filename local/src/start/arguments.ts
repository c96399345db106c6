import { parseArgs } from 'node:util';
import { UsageError } from '../commands/usage';
import { dataDirOf } from '../data-dir';
import { LAKES } from '../lakes';

/** What `npm start` was asked to do. */
export interface StartOptions {
  port: number;
  dataDir: string;
  lake: string;
  /** What the command was started with; see `launch.ts` for what its children get of it. */
  environment: NodeJS.ProcessEnv;
}

export const START_HELP = `Starts local AWS and the gateway, all on 127.0.0.1.

npm start [-- --lake ${Object.keys(LAKES).join('|')}]

  --lake NAME      the engine behind Athena (default: duckdb)

  PORT             the gateway's port (default: 4000)
  SLUICE_DATA_DIR  where everything is kept (default: .sluice)
  SLUICE_POLICY_FILE, SLUICE_POLICY_RELOAD_SECONDS, SLUICE_TRUSTED_DOCUMENTS, SLUICE_TRUSTED_ONLY
                   as for the gateway alone: npm run gateway -- --help

The first start makes the sample company. Ctrl-C ends everything that was started; the data stay.
`;

/** Reads the command line and the environment. Throws a UsageError that says what is wrong. */
export function readStartOptions(args: string[], environment: NodeJS.ProcessEnv): StartOptions | 'help' {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: { lake: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return 'help';
  const lake = values.lake ?? 'duckdb';
  if (!Object.hasOwn(LAKES, lake))
    throw new UsageError(`There is no lake "${lake}". There are: ${Object.keys(LAKES).join(', ')}.`);
  const port = environment.PORT || '4000';
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    throw new UsageError(`PORT must be a number between 1 and 65535, not "${port}".`);
  return { port: Number(port), dataDir: dataDirOf(environment), lake, environment };
}
