import { BootError } from '../errors';
import { check, CHECK_HELP } from './check';
import { diff, DIFF_HELP } from './diff';
import { EXPLAIN_HELP, explain } from './explain';
import { simulate, SIMULATE_HELP } from './simulate';
import { UsageError } from './sources';

/** `npm run policy`: questions about a policy, answered without a gateway. */

type Command = (args: string[], write: (text: string) => void) => number | Promise<number>;

/** `fault`: the exit status when the command line or a policy is wrong. */
const COMMANDS: Readonly<Record<string, { help: string; run: Command; fault: number }>> = {
  check: { help: CHECK_HELP, run: check, fault: 2 },
  explain: { help: EXPLAIN_HELP, run: explain, fault: 2 },
  diff: { help: DIFF_HELP, run: diff, fault: 3 },
  simulate: { help: SIMULATE_HELP, run: simulate, fault: 2 },
};

const HELP = `Usage: npm run policy -- COMMAND [options]

  check      lists faults of the policy and the declarations, and warns of what looks wrong
  explain    shows who sees what, and why
  diff       says what would change for whom between two policies
  simulate   replays recorded reads against a policy

npm run policy -- COMMAND --help says more of each.
`;

async function main(args: readonly string[]): Promise<number> {
  const write = (text: string): void => void process.stdout.write(text);
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') {
    write(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new UsageError(`There is no command ${name}. Commands are: ${Object.keys(COMMANDS).join(', ')}.`);
  }
  if (rest.includes('--help')) {
    write(command.help);
    return 0;
  }
  return command.run(rest, write);
}

main(process.argv.slice(2)).then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    const usage =
      error instanceof UsageError ||
      (error instanceof TypeError && (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS'));
    if (error instanceof BootError) process.stderr.write(error.findings.map((each) => `${each}\n`).join(''));
    else if (usage === true) {
      process.stderr.write(`${error.message}\nnpm run policy -- --help says more.\n`);
    } else
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = COMMANDS[process.argv[2] ?? '']?.fault ?? 2;
  },
);
