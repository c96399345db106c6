import { BootError } from '../errors';
import { diff, DIFF_HELP } from './diff';
import { EXPLAIN_HELP, explain } from './explain';
import { UsageError } from './sources';

/** `npm run policy`: questions about a policy, answered without a gateway. */

type Command = (args: string[], write: (text: string) => void) => number | Promise<number>;

/** `fault`: the exit status when the command line or a policy is wrong. */
const COMMANDS: Readonly<Record<string, { help: string; run: Command; fault: number }>> = {
  explain: { help: EXPLAIN_HELP, run: explain, fault: 2 },
  diff: { help: DIFF_HELP, run: diff, fault: 3 },
};

const HELP = `Usage: npm run policy -- COMMAND [options]

  explain    shows who sees what, and why
  diff       says what would change for whom between two policies

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
