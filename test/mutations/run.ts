import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import setUp, { tearDown } from '../support/global-setup';
import { MUTANTS, type Mutant } from './mutants';

const HELP = `Usage: npm run test:mutations -- [options]

Takes each protection of the gate away in turn and runs the tests that must notice. A fault that no test notices is a
failure, and so is one whose code is no longer there.

  --only TEXT         faults whose name contains the text
  --outputFile FILE   also write the counts as JSON
  --json              accepted, for runners that pass it
  --help              this text
`;

type Verdict = { mutant: Mutant; noticed: boolean; why: string };

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Runs test files, with a fault or without; gives the output when they failed. */
async function runTests(files: readonly string[], mutant?: Mutant): Promise<string | undefined> {
  const child = spawn(
    process.execPath,
    [
      require.resolve('jest/bin/jest'),
      '--config',
      'jest.mutations.config.js',
      '--runInBand',
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
    return { mutant, noticed: false, why: `what to change does not occur once in ${mutant.file}` };
  }
  const output = await runTests(mutant.tests, mutant);
  if (output === undefined)
    return { mutant, noticed: false, why: `${mutant.tests.join(', ')} did not notice` };
  const test = /^ {2}● (.+)$/m.exec(output)?.[1];
  // A file that cannot be loaded fails too, but tells nothing about the tests.
  if (test === undefined || /Test suite failed to run/.test(output))
    return { mutant, noticed: false, why: `the tests did not run:\n${output.slice(0, 2_000)}` };
  return { mutant, noticed: true, why: `noticed by “${test}”` };
}

async function judgeAll(mutants: readonly Mutant[]): Promise<Verdict[]> {
  const left = [...mutants];
  const verdicts: Verdict[] = [];
  const work = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const verdict = await judge(mutant);
      verdicts.push(verdict);
      say(`${verdict.noticed ? 'ok    ' : 'FAILED'} without ${mutant.name}: ${verdict.why}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  return verdicts;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      outputFile: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return say(HELP.trimEnd());
  const mutants = MUTANTS.filter(({ name }) => name.includes(values.only ?? ''));
  await setUp();
  try {
    const files = [...new Set(mutants.flatMap(({ tests }) => tests))];
    say(`${mutants.length} faults against ${files.length} test files; first the tests without a fault.`);
    const output = await runTests(files);
    if (output !== undefined) throw new Error(`The tests fail without any fault:\n${output}`);
    const verdicts = await judgeAll(mutants);
    const passed = verdicts.filter(({ noticed }) => noticed).length;
    const failed = verdicts.length - passed;
    if (values.outputFile !== undefined) {
      const counts = { numPassedTests: passed, numFailedTests: failed, numRuntimeErrorTestSuites: 0 };
      writeFileSync(values.outputFile, JSON.stringify(counts));
    }
    say(`${passed} passed, ${failed} failed`);
    if (failed > 0) process.exitCode = 1;
  } finally {
    await tearDown();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
