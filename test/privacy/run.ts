import { parseArgs } from 'node:util';
import { loadPolicy } from '../../src/auth/policy';
import { declarations } from '../../src/schema/catalog';
import { Report } from '../support/report';
import { POLICY_FILE, startSetting, type Options, type Setting } from './setting';
import { canaries } from './suites/canaries';
import { cost } from './suites/cost';
import { drilldown } from './suites/drilldown';
import { matrix } from './suites/matrix';
import { oracle } from './suites/oracle';
import { sabotage } from './suites/sabotage';
import { tenants } from './suites/tenants';

const SUITES: Record<string, (setting: Setting) => Promise<void>> = {
  matrix,
  drilldown,
  canaries,
  tenants,
  oracle,
  sabotage,
  cost,
};

const HELP = `Usage: npm run test:privacy -- [options]

Attacks the gateway as its users could: random queries of every role against two local AWS with planted values.
test/privacy/README.md says what each suite shows.

  --queries N      random queries for each role (default 500); tenants and oracle ask a part of them
  --seed S         the same seed asks the same queries (default: the time)
  --role R         this role alone; may be repeated (default: all roles of policy/policy.yaml)
  --only SUITE     ${Object.keys(SUITES).join(', ')}; may be repeated (default: all but cost)
  --concurrency N  queries in flight at once (default 48)
  --outputFile F   also write the counts as JSON
  --help           this text

The last line says "N passed, N failed"; the exit status is 0 when none failed.
`;

class UsageError extends Error {}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--${name} must be a whole number above 0.`);
  return Number(text);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        queries: { type: 'string', default: '500' },
        seed: { type: 'string' },
        role: { type: 'string', multiple: true },
        only: { type: 'string', multiple: true },
        concurrency: { type: 'string', default: '48' },
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
  const known = [...loadPolicy(POLICY_FILE, declarations).roles.keys()];
  const strange = values.role?.find((role) => !known.includes(role));
  if (strange !== undefined) throw new UsageError(`There is no role ${strange}.`);
  const only = values.only ?? Object.keys(SUITES).filter((name) => name !== 'cost');
  const unknown = only.find((name) => SUITES[name] === undefined);
  if (unknown !== undefined) throw new UsageError(`There is no suite ${unknown}.`);
  const options: Options = {
    seed: values.seed ?? String(Date.now()),
    queries: wholeNumber('queries', values.queries),
    roles: values.role ?? known,
    concurrency: wholeNumber('concurrency', values.concurrency),
  };
  const report = new Report();
  const setting = await startSetting(options, report);
  try {
    for (const name of only) {
      report.say(`== ${name}`);
      await SUITES[name]?.(setting);
    }
    setting.readAudit();
    for (const [name, { lines, leaks }] of Object.entries({ logs: setting.log, audit: setting.audit })) {
      const said = leaks.slice(0, 3).map(({ line, leak: { run, canary } }) => {
        return `"${run}" of ${canary.dataset.name}.${canary.path} in ${line}`;
      });
      report.check(`${name}: no canary in ${lines} lines`, leaks.length === 0 ? undefined : said.join('\n'));
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
