import { parseArgs } from 'node:util';
import { isUsage, UsageError } from '../../src/commands';
import { Report } from './report';

/** The command line of a run of suites that report for themselves, such as `npm run test:privacy`. */

/** What suites share. */
interface Shared {
  stop(): Promise<void>;
}

/** What the command line says beside which suites run. */
export interface Given {
  /** The time, unless given. */
  seed: string;
  /** A whole number above 0. */
  number: (option: string) => number | undefined;
  texts: (option: string) => readonly string[] | undefined;
}

export interface SuiteRun<Setting extends Shared> {
  help: string;
  suites: Readonly<Record<string, (setting: Setting) => Promise<void>>>;
  /** Suites that run when none is named. */
  usual: readonly string[];
  /** Options that take a whole number. */
  numbers: readonly string[];
  /** Options that take a text and may be repeated. */
  texts?: readonly string[];
  /** Called once, with a command line that can be followed. @throws UsageError when it cannot after all */
  start(given: Given, report: Report): Promise<Setting>;
  /** What is checked when all suites have run. */
  last?(setting: Setting): void;
}

/** Runs what the command line names and ends the process: status 1 when a check failed, 2 when the line is wrong. */
export function runSuites<Setting extends Shared>(run: SuiteRun<Setting>): void {
  follow(run).then(
    (status) => process.exit(status),
    (error: unknown) => {
      const usage = isUsage(error);
      process.stderr.write(usage ? `${error.message}\nSee --help.\n` : `${(error as Error).stack}\n`);
      process.exit(usage ? 2 : 1);
    },
  );
}

async function follow<Setting extends Shared>(run: SuiteRun<Setting>): Promise<number> {
  const { seed = String(Date.now()), only = run.usual, outputFile, help, values } = readArguments(run);
  if (help === true) {
    process.stdout.write(run.help);
    return 0;
  }
  const unknown = only.find((name) => !Object.hasOwn(run.suites, name));
  if (unknown !== undefined) throw new UsageError(`There is no suite ${unknown}.`);
  const numbers = new Map(run.numbers.map((name) => [name, wholeNumber(name, values[name])]));
  const given: Given = {
    seed,
    number: (option) => numbers.get(option),
    texts: (option) => values[option] as string[] | undefined,
  };
  const report = new Report();
  const setting = await run.start(given, report);
  // Engines that were started go on by themselves otherwise, and their folders stay.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      report.say(`${signal}: stopping what was started`);
      void setting.stop().finally(() => process.exit(1));
    });
  try {
    for (const name of only) {
      report.say(`== ${name}`);
      await run.suites[name]?.(setting);
    }
    run.last?.(setting);
  } finally {
    await setting.stop();
  }
  report.say(`seed ${seed}, ${report.elapsed}`);
  return report.end(outputFile);
}

function readArguments({ numbers, texts = [] }: Pick<SuiteRun<never>, 'numbers' | 'texts'>) {
  const { seed, only, outputFile, help, ...values } = parseArgs({
    options: {
      ...Object.fromEntries(numbers.map((name) => [name, { type: 'string' as const }])),
      ...Object.fromEntries(texts.map((name) => [name, { type: 'string' as const, multiple: true }])),
      seed: { type: 'string' },
      only: { type: 'string', multiple: true },
      outputFile: { type: 'string' },
      // For runners that pass it: the file is JSON anyway.
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }).values;
  return { seed, only, outputFile, help, values: values as Record<string, unknown> };
}

function wholeNumber(name: string, text: unknown): number | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !/^[1-9]\d{0,9}$/.test(text))
    throw new UsageError(`--${name} must be a whole number above 0.`);
  return Number(text);
}
