import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { atOnce } from '../support/at-once';
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

type Verdict = { noticed: boolean; why: string };

/** Test runs at once: each waits for servers more than it computes. */
const AT_ONCE = Math.min(2, availableParallelism());

/** Runs test files, with a fault or without; gives the output when they failed. */
async function runTests(
  files: readonly string[],
  workers: number,
  mutant?: Mutant,
): Promise<string | undefined> {
  const child = spawn(
    process.execPath,
    [
      require.resolve('jest/bin/jest'),
      '--config',
      'jest.mutations.config.js',
      ...(workers === 1 ? ['--runInBand'] : ['--maxWorkers', String(workers)]),
      '--bail',
      ...files,
    ],
    {
      env: { ...process.env, ...(mutant === undefined ? {} : { SLUICE_MUTANT: JSON.stringify(mutant) }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return status === 0 ? undefined : Buffer.concat(output).toString('utf8');
}

async function judge(mutant: Mutant): Promise<Verdict> {
  const source = readFileSync(mutant.file, 'utf8');
  if (source.split(mutant.find).length !== 2) {
    return { noticed: false, why: `what to change does not occur once in ${mutant.file}` };
  }
  const output = await runTests(mutant.tests, 1, mutant);
  if (output === undefined) return { noticed: false, why: `${mutant.tests.join(', ')} did not notice` };
  const test = /^ {2}● (.+)$/m.exec(output)?.[1];
  // A file that cannot be loaded fails too, but tells nothing about the tests.
  if (test === undefined || /Test suite failed to run/.test(output))
    return { noticed: false, why: `the tests did not run:\n${output.slice(0, 2_000)}` };
  return { noticed: true, why: `noticed by “${test}”` };
}

async function judgeAll(mutants: readonly Mutant[], report: Report): Promise<void> {
  await atOnce(mutants, AT_ONCE, async (mutant) => {
    const { noticed, why } = await judge(mutant);
    if (noticed) report.check(`without ${mutant.name}: ${why}`, undefined);
    else report.check(`without ${mutant.name}`, why);
  });
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
    if (values.passed !== true) {
      const output = await runTests(files, AT_ONCE);
      if (output !== undefined) throw new Error(`The tests fail without any fault:\n${output}`);
    }
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
