import { UsageError } from '../../src/commands';
import { runSuites } from '../support/suite-run';
import { PHASES } from './kills/phases';
import { Setting } from './setting';
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
  --kills N       places in each lake at which a worker is killed, evenly spread over all phases (default: every one)
  --phase PHASE   phases in which a worker is killed: ${PHASES.map(({ name }) => name).join(', ')};
                  may be repeated (default: all)
  --lake LAKE     where a worker is killed: duckdb, or trino at what concerns Iceberg; may be repeated (default: both)
  --only SUITE    ${Object.keys(SUITES).join(', ')}; may be repeated (default: all)
  --seed S        the same seed makes the same people, rows and schedules (default: the time)
  --outputFile F  also write the counts as JSON
  --help          this text

  certificate     verified offline; any changed byte of it, or of the audit chain, is found
  schedules       random requests through planner and states: no hold broken, nothing unapproved run, all end
  decoys          near-identical keys survive to the byte; a planted survivor is found; keys are never run as SQL
  ingestion       others insert and rewrite rows while a batch runs, and commits meet: nothing is lost, late rows are found
  batch           1 and 1,000 people of all rows: as many statements, seconds until gone, rows left in files
  kill            a worker killed -9 after whatever it changed, from the first plan to the last look: the next one comes to
                  the same end, nothing twice or lost

The last line says "N passed, N failed"; the exit status is 0 when none failed.
`;

runSuites<Setting>({
  help: HELP,
  suites: SUITES,
  usual: Object.keys(SUITES),
  numbers: ['rows', 'plans', 'kills'],
  texts: ['lake', 'phase'],
  async start({ seed, number, texts }, report) {
    const lakes = (texts('lake') ?? ['duckdb', 'trino']).map((lake) => {
      if (lake !== 'duckdb' && lake !== 'trino') throw new UsageError('--lake must be duckdb or trino.');
      return lake;
    });
    const phases = texts('phase');
    const unknown = phases?.find((phase) => PHASES.every(({ name }) => name !== phase));
    if (unknown !== undefined) throw new UsageError(`There is no phase ${unknown}.`);
    return new Setting(
      {
        rows: number('rows') ?? 20_000_000,
        plans: number('plans') ?? 1_000_000,
        kills: number('kills'),
        lakes,
        phases,
        seed,
      },
      report,
    );
  },
});
