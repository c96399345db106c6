import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import setUp, { tearDown } from '../support/global-setup';
import { Report } from '../support/report';
import type { Mutant } from './mutant';
import { MUTANTS } from './mutants';

const HELP = `Usage: npm run test:mutations -- [options]

Takes each protection of the gate away in turn and runs the tests that must notice. A fault that no test notices is a
failure, and so is one whose code is no longer there.

  --only TEXT         faults whose name contains the text
  --passed            the tests have just passed without a fault, and are not run so first
  --outputFile FILE   also write the counts as JSON
  --json              accepted, for runners that pass it
  --help              this text
`;

/** What Jest's reporter (`reporter.js`) tells of one test file under one fault. */
interface Told {
  fault: string;
  file: string;
  /** Names of the tests that failed. */
  failed: string[];
  /** Whether the file could not be run: that says nothing about its tests. */
  broken: boolean;
  output: string;
}

/** A fault, or none at all: then the tests must pass. */
type Run = Pick<Mutant, 'name' | 'tests'> & Partial<Mutant>;

/** Test files at once: each waits for servers more than it computes. */
const AT_ONCE = Math.min(2, availableParallelism());

/** Runs the test files of each fault, in one Jest for all; hands over what it tells of each fault once all its files are run. */
async function runTests(
  runs: readonly Run[],
  done: (run: Run, told: readonly Told[]) => void,
): Promise<void> {
  const child = spawn(
    process.execPath,
    [
      require.resolve('jest/bin/jest'),
      '--config',
      'jest.mutations.config.js',
      ...(runs.length === 1 ? [] : ['--maxWorkers', String(AT_ONCE)]),
    ],
    {
      env: { ...process.env, SLUICE_MUTANTS: JSON.stringify(runs) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const output: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => output.push(chunk));
  const left = new Map(runs.map((run) => [run.name, { run, told: [] as Told[] }]));
  child.on('message', (told: Told) => {
    const of = left.get(told.fault);
    if (of === undefined) return;
    of.told.push(told);
    if (of.told.length < of.run.tests.length) return;
    left.delete(told.fault);
    done(of.run, of.told);
  });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (left.size === 0) return;
  const names = [...left.keys()].join(', ');
  throw new Error(
    `Jest ended without the tests of: ${names}\n${Buffer.concat(output).toString('utf8').slice(-4_000)}`,
  );
}

/** Why a fault cannot be put in; undefined when it can. */
function misplaced({ file, find }: Mutant): string | undefined {
  const places = readFileSync(file, 'utf8').split(find).length - 1;
  return places === 1 ? undefined : `what to change does not occur once in ${file}`;
}

function judge(report: Report, { name, tests }: Run, told: readonly Told[]): void {
  const broken = told.find((one) => one.broken);
  const [noticed] = told.flatMap(({ failed }) => failed);
  // A file that cannot be loaded fails too, but tells nothing about the tests.
  if (broken !== undefined)
    report.check(`without ${name}`, `the tests did not run:\n${broken.output.slice(0, 2_000)}`);
  else if (noticed === undefined) report.check(`without ${name}`, `${tests.join(', ')} did not notice`);
  else report.check(`without ${name}: noticed by “${noticed}”`, undefined);
}

async function judgeAll(mutants: readonly Mutant[], report: Report): Promise<void> {
  const placed: Mutant[] = [];
  for (const mutant of mutants) {
    const why = misplaced(mutant);
    if (why === undefined) placed.push(mutant);
    else report.check(`without ${mutant.name}`, why);
  }
  if (placed.length > 0) await runTests(placed, (run, told) => judge(report, run, told));
}

/** @throws Error when a test fails without any fault */
async function passWithout(files: readonly string[]): Promise<void> {
  let failed: readonly Told[] = [];
  await runTests([{ name: 'no fault', tests: files }], (_none, told) => {
    failed = told.filter((one) => one.broken || one.failed.length > 0);
  });
  if (failed.length > 0)
    throw new Error(`The tests fail without any fault:\n${failed.map(({ output }) => output).join('\n')}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      passed: { type: 'boolean' },
      outputFile: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return void process.stdout.write(HELP);
  const report = new Report();
  const mutants = MUTANTS.filter(({ name }) => name.includes(values.only ?? ''));
  await setUp();
  try {
    const files = [...new Set(mutants.flatMap(({ tests }) => tests))];
    report.say(`${mutants.length} faults against ${files.length} test files.`);
    if (values.passed !== true) await passWithout(files);
    await judgeAll(mutants, report);
    process.exitCode = report.end(values.outputFile);
  } finally {
    await tearDown();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
