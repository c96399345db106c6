import { parseArgs } from 'node:util';
import type { Command } from '../../commands';
import { readConfig } from '../../config';
import { createLog } from '../../log';
import { declarations } from '../../schema/catalog';
import type { WorkEnd } from '../worker/worker';
import { createWorker } from '../worker/create';

const HELP = `Usage: npm run erasure -- work [--once] [--now]

Carries out erasures: plans what was asked for, runs what was approved in batches, verifies and certifies it, gives
reminders, and looks again later for people who came back. Runs until it is ended; any number of workers may run, of
which one works at a time and the others take over when it does not come back. SIGTERM ends it at once, and so may
kill -9: every step is written down before it is done, and the one that was under way is done again by the next worker.

  --once   does what there is to do now, and ends. It ignores nothing: outside of SLUICE_ERASURE_WINDOW no batch begins,
           while batches are paused none goes on, and while another worker works it ends after a minute
  --now    begins batches outside of SLUICE_ERASURE_WINDOW too

A batch that has begun inside the window is brought to its end. Configured by the variables of the gateway
(npm run gateway -- --help); needs SLUICE_ERASURE_KEY, SLUICE_ERASURE_SIGNING_KEY and SLUICE_ERASURE_LOCATION.

Exits with 0 when nothing is left to do now, 3 when something waits (paused, outside of the window, another worker), 1
when it failed, 2 for a wrong command line or configuration.
`;

/** How long --once waits for another worker: longer than any lease that nobody holds any more would take by default. */
const PATIENCE_MS = 60_000;
const WAITS = 3;

const ENDS: Readonly<Record<WorkEnd, { says: string; status: number }>> = {
  idle: { says: 'Nothing is left to do now.', status: 0 },
  paused: { says: 'Batches are paused. Resume them, and run this again.', status: WAITS },
  outside_window: {
    says: 'Approved erasures wait for the daily window (SLUICE_ERASURE_WINDOW). Run this again then, or with --now.',
    status: WAITS,
  },
  busy: { says: 'Another worker is at work.', status: WAITS },
  stopped: { says: 'It was ended. What is left is done by the next worker.', status: WAITS },
};

async function run(args: string[], write: (text: string) => void): Promise<number> {
  const { values } = parseArgs({ args, options: { once: { type: 'boolean' }, now: { type: 'boolean' } } });
  const config = readConfig();
  const logger = createLog(config.LOG_LEVEL, 2);
  const ending = new AbortController();
  // Not once: npm passes on what a terminal or a service manager tells its processes too, and a second signal would cut
  // off the handing over that the first one began.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => ending.abort());
  const { worker, close } = await createWorker(
    config,
    declarations.datasets.values(),
    logger,
    ending.signal,
    {
      anyTime: values.now === true,
    },
  );
  try {
    if (values.once !== true) {
      await worker.forever();
      return 0;
    }
    const { says, status } = ENDS[await worker.once(PATIENCE_MS)];
    write(`${says}\n`);
    return status;
  } finally {
    await close();
  }
}

export const command: Command = { help: HELP, run };
