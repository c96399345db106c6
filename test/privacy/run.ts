import { loadPolicy } from '../../src/auth/policy';
import { UsageError } from '../../src/commands';
import { declarations } from '../../src/schema/catalog';
import { runSuites } from '../support/suite-run';
import { POLICY_FILE, startSetting, type Setting } from './setting';
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
  --canary-queries N
                   the same of canaries alone (default: as many)
  --seed S         the same seed asks the same queries (default: the time)
  --role R         this role alone; may be repeated (default: all roles of policy/policy.yaml)
  --only SUITE     ${Object.keys(SUITES).join(', ')}; may be repeated (default: all but cost)
  --concurrency N  queries in flight at once (default 48)
  --outputFile F   also write the counts as JSON
  --help           this text

The last line says "N passed, N failed"; the exit status is 0 when none failed.
`;

runSuites<Setting>({
  help: HELP,
  suites: SUITES,
  usual: Object.keys(SUITES).filter((name) => name !== 'cost'),
  numbers: ['queries', 'canary-queries', 'concurrency'],
  texts: ['role'],
  async start({ seed, number, texts }, report) {
    const known = [...loadPolicy(POLICY_FILE, declarations).roles.keys()];
    const roles = texts('role') ?? known;
    const strange = roles.find((role) => !known.includes(role));
    if (strange !== undefined) throw new UsageError(`There is no role ${strange}.`);
    const [queries, concurrency] = [number('queries') ?? 500, number('concurrency') ?? 48];
    const canaryQueries = number('canary-queries') ?? queries;
    return startSetting({ seed, queries, canaryQueries, roles, concurrency }, report);
  },
  last(setting) {
    setting.readAudit();
    for (const [name, { lines, leaks }] of Object.entries({ logs: setting.log, audit: setting.audit })) {
      const said = leaks.slice(0, 3).map(({ line, leak: { run, canary } }) => {
        return `"${run}" of ${canary.dataset.name}.${canary.path} in ${line}`;
      });
      setting.report.check(
        `${name}: no canary in ${lines} lines`,
        leaks.length === 0 ? undefined : said.join('\n'),
      );
    }
  },
});
