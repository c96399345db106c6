import './quiet-sdk';
import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { TENANT_NAME } from '../../../src/schema/vocabulary';
import { dataDirOf } from '../data-dir';
import { readEndpoints } from '../endpoints';
import { Aws, NotRunningError } from '../import/aws';
import { MappingError, readMapping, type Mapping } from '../import/mapping';
import { progressOn } from '../import/progress';
import { RejectFile } from '../import/rejects';
import { isWhole, reportText } from '../import/report';
import { runImport } from '../import/run';
import { UsageError } from './usage';

const HELP = `Loads files through a mapping into the running local AWS (npm start).

npm run import -- --mapping FILE --from FOLDER [--tenant T] [--rejects FILE]

  --mapping FILE   YAML: which file goes to which dataset, column by column (local/mappings has examples)
  --from FOLDER    folder that the mapping's paths are below; CSV, gzip CSV, JSON lines and Parquet are read
  --tenant T       tenant that the rows are loaded for (default: the mapping's)
  --rejects FILE   where rejected rows go, as CSV: file, line, reason, row
                   (default: a file in the folder rejects of the data folder)
  --help           this text

SLUICE_DATA_DIR names the data folder of npm start (default .sluice).
Importing the same file again changes nothing: rows whose key is there already are left alone.
Exit status: 0 every row is loaded, 1 rows were rejected or a file failed, 2 the command or the mapping is wrong.
`;

interface Command {
  mapping: Mapping;
  folder: string;
  tenant: string;
  dataDir: string;
  rejects: string;
}

function readCommand(): Command | undefined {
  const { values } = parseArgs({
    options: {
      mapping: { type: 'string' },
      from: { type: 'string' },
      tenant: { type: 'string' },
      rejects: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return undefined;
  if (values.mapping === undefined || values.from === undefined) {
    throw new UsageError('Both --mapping and --from are needed; --help says more.');
  }
  const folder = resolve(values.from);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`--from: there is no folder ${folder}.`);
  }
  const mapping = readMapping(values.mapping);
  const tenant = values.tenant ?? mapping.tenant;
  if (tenant === undefined) throw new UsageError('The mapping names no tenant: give one with --tenant.');
  if (!TENANT_NAME.test(tenant)) {
    throw new UsageError(
      '--tenant: up to 64 letters, digits, dots, dashes and underscores, a letter or digit first.',
    );
  }
  const dataDir = dataDirOf(process.env);
  const name = `${basename(values.mapping).replace(/\.ya?ml$/, '')}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.csv`;
  const rejects = resolve(values.rejects ?? join(dataDir, 'rejects', name));
  return { mapping, folder, tenant, dataDir, rejects };
}

async function main(): Promise<number> {
  const command = readCommand();
  if (command === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const endpoints = await readEndpoints(command.dataDir);
  if (endpoints === undefined) {
    throw new NotRunningError(
      `Local AWS is not running on the data folder ${command.dataDir}. Start it with: npm start (and keep it running).`,
    );
  }
  const aws = new Aws(endpoints);
  const rejects = new RejectFile(command.rejects);
  try {
    await aws.check();
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort());
    process.once('SIGTERM', () => stop.abort());
    const progress = progressOn(process.stderr);
    const reports = await runImport({ ...command, aws, rejects, progress, signal: stop.signal });
    process.stdout.write(reportText(reports, rejects.rows > 0 ? rejects.path : undefined));
    return !stop.signal.aborted && reports.every(isWhole) ? 0 : 1;
  } finally {
    rejects.close();
    aws.close();
  }
}

main().then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    const usage =
      error instanceof TypeError && (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
    const known = usage || [UsageError, MappingError, NotRunningError].some((type) => error instanceof type);
    process.stderr.write(`${known ? (error as Error).message : (error as Error).stack}\n`);
    process.exitCode = known ? 2 : 1;
  },
);
