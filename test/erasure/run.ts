import { parseArgs } from 'node:util';
import { Report } from '../support/report';
import { Setting, type Options } from './setting';
import { batch } from './suites/batch';
import { certificate } from './suites/certificate';
import { decoys } from './suites/decoys';
import { ingestion } from './suites/ingestion';
import { kill } from './suites/kill';
import { schedules } from './suites/schedules';

const SUITES: Record<string, (setting: Setting) => Promise<void>> = {
  certificate,
  schedules,
  decoys,
  ingestion,
  batch,
  kill,
};

const HELP = `Usage: npm run test:erasure -- [options]

Erases people from real Iceberg tables on Trino, and from the local DynamoDB and Redshift, and counts what is left, in
tables and in files. What must hold is checked; how long it took is printed and judged by nobody.

  --rows N        rows of all tables together that the batch meets (default 20000000)
  --plans N       random plans and schedules (default 1000000)
  --kills N       places at which a worker is killed, evenly spread (default: every one)
  --only SUITE    ${Object.keys(SUITES).join(', ')}; may be repeated (default: all)
  --seed S        the same seed makes the same people, rows and schedules (default: the time)
  --outputFile F  also write the counts as JSON
  --help          this text

  certificate     verified offline; any changed byte of it, or of the audit chain, is found
  schedules       random requests through planner and states: no hold broken, nothing unapproved run, all end
  decoys          near-identical keys survive to the byte; a planted survivor is found; keys are never run as SQL
  ingestion       writers insert while a batch runs: nothing of others is lost, late rows of its people are found
  batch           1 and 1,000 people of all rows: as many statements, seconds until gone, rows left in files
  kill            a worker killed -9 after whatever it changed: the next one comes to the same end, nothing twice or lost

The last line says "N passed, N failed"; the exit status is 0 when none failed.
`;

class UsageError extends Error {}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new UsageError(`--${name} must be a whole number above 0.`);
  return Number(text);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        rows: { type: 'string', default: '20000000' },
        plans: { type: 'string', default: '1000000' },
        kills: { type: 'string' },
        only: { type: 'string', multiple: true, default: Object.keys(SUITES) },
        seed: { type: 'string', default: String(Date.now()) },
        outputFile: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function main(): Promise<number> {
  const values = readArguments();
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const unknown = values.only.find((name) => SUITES[name] === undefined);
  if (unknown !== undefined) throw new UsageError(`There is no suite ${unknown}.`);
  const options: Options = {
    rows: wholeNumber('rows', values.rows),
    plans: wholeNumber('plans', values.plans),
    kills: values.kills === undefined ? undefined : wholeNumber('kills', values.kills),
    seed: values.seed,
  };
  const report = new Report();
  const setting = new Setting(options, report);
  try {
    for (const name of values.only) {
      report.say(`== ${name}`);
      await SUITES[name]?.(setting);
    }
  } finally {
    await setting.stop();
  }
  report.say(`seed ${options.seed}, ${report.elapsed}`);
  return report.end(values.outputFile);
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    const usage = error instanceof UsageError;
    process.stderr.write(usage ? `${error.message} See --help.\n` : `${(error as Error).stack}\n`);
    process.exit(usage ? 2 : 1);
  },
);
