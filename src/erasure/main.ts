import { createRequire } from 'node:module';
import { runCommands, type Command } from '../commands';

/** `npm run erasure`: carries out erasures, checks what they left behind as proof, and makes their keys. */

const HELP = `Usage: npm run erasure -- COMMAND [options]

  work     carries out erasures, as a service or once
  verify   checks a certificate, offline, and prints what it states
  chain    checks the audit chain of erasures, from a file or from the ledger, and exports it
  key      makes the keys of erasures, or prints the public one

npm run erasure -- COMMAND --help says more of each.
`;

/** Loads a file of `commands` when it runs. */
const load = async (file: string): Promise<Command> =>
  (createRequire(__filename)(`./commands/${file}`) as { command: Command }).command;

void runCommands(
  {
    name: 'erasure',
    help: HELP,
    commands: {
      work: () => load('work'),
      verify: () => load('verify'),
      chain: () => load('chain'),
      key: () => load('key'),
    },
  },
  process.argv.slice(2),
);
