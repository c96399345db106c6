import { BootError, SluiceError } from './errors';

/** Command lines of several commands, such as `npm run policy`: which one runs, help, and how a fault ends. */

/** A command line that cannot be followed; its message says what is wrong with it. */
export class UsageError extends Error {}

export interface Command {
  help: string;
  /** @returns the exit status */
  run(args: string[], write: (text: string) => void): number | Promise<number>;
  /** Exit status when the command line, a file or the configuration is wrong; 2 unless set. */
  fault?: number;
}

export interface CommandLine {
  /** As in `npm run NAME`. */
  name: string;
  help: string;
  /** Each is loaded when it runs, so that one does not wait for what another needs. */
  commands: Readonly<Record<string, () => Promise<Command>>>;
}

/** Runs what the arguments name and sets the exit status. */
export async function runCommands(
  { name: tool, help, commands }: CommandLine,
  args: readonly string[],
): Promise<void> {
  const write = (text: string): void => void process.stdout.write(text);
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') {
    write(help);
    process.exitCode = name === undefined ? 2 : 0;
    return;
  }
  let fault = 2;
  try {
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (load === undefined) {
      throw new UsageError(`There is no command ${name}. Commands are: ${Object.keys(commands).join(', ')}.`);
    }
    const command = await load();
    fault = command.fault ?? fault;
    if (rest.includes('--help')) {
      write(command.help);
      return;
    }
    process.exitCode = await command.run(rest, write);
  } catch (error) {
    process.stderr.write(textOf(error, tool));
    process.exitCode = fault;
  }
}

function textOf(error: unknown, tool: string): string {
  if (error instanceof BootError) return error.findings.map((each) => `${each}\n`).join('');
  if (error instanceof SluiceError) return `${error.message}\n`;
  if (isUsage(error)) return `${error.message}\nnpm run ${tool} -- --help says more.\n`;
  return `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
}

/** Whether the command line is at fault, as this module or Node's own reader of arguments found. */
export function isUsage(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  const code = error instanceof TypeError ? (error as NodeJS.ErrnoException).code : undefined;
  return code?.startsWith('ERR_PARSE_ARGS') === true;
}
