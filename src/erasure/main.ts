import { createRequire } from 'node:module';
import { runCommands, type Command } from '../commands';

/** `npm run erasure`: carries out erasures. */

const HELP = `Usage: npm run erasure -- COMMAND [options]

  work     carries out erasures, as a service or once

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
    },
  },
  process.argv.slice(2),
);
