import { runCommands } from '../commands';
import { check, CHECK_HELP } from './check';
import { diff, DIFF_HELP } from './diff';
import { EXPLAIN_HELP, explain } from './explain';
import { simulate, SIMULATE_HELP } from './simulate';

/** `npm run policy`: questions about a policy, answered without a gateway. */

const HELP = `Usage: npm run policy -- COMMAND [options]

  check      lists faults of the policy and the declarations, and warns of what looks wrong
  explain    shows who sees what, and why
  diff       says what would change for whom between two policies
  simulate   replays recorded reads against a policy

npm run policy -- COMMAND --help says more of each.
`;

void runCommands(
  {
    name: 'policy',
    help: HELP,
    commands: {
      check: async () => ({ help: CHECK_HELP, run: check }),
      explain: async () => ({ help: EXPLAIN_HELP, run: explain }),
      diff: async () => ({ help: DIFF_HELP, run: diff, fault: 3 }),
      simulate: async () => ({ help: SIMULATE_HELP, run: simulate }),
    },
  },
  process.argv.slice(2),
);
