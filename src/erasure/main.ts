import { runCommands } from '../commands';

/** `npm run erasure`: carries out erasures. */

const HELP = `Usage: npm run erasure -- COMMAND [options]

  work     carries out erasures, as a service or once

npm run erasure -- COMMAND --help says more of each.
`;

void runCommands(
  {
    name: 'erasure',
    help: HELP,
    commands: {
      work: async () => (await import('./commands/work')).command,
    },
  },
  process.argv.slice(2),
);
