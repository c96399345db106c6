import './quiet-sdk';
import { readStartOptions, START_HELP } from '../start/arguments';
import { Launch } from '../start/launch';
import { UsageError } from './usage';

/** `npm start`: local AWS, the sample company, the gateway; then a link for each role. */
async function main(): Promise<number> {
  const options = readStartOptions(process.argv.slice(2), process.env);
  if (options === 'help') {
    process.stdout.write(START_HELP);
    return 0;
  }
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const launch = new Launch(options, say);
  // Terminals and npm may each deliver the same Ctrl-C, so further signals change nothing.
  const asked = new Promise<'asked'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('asked'));
  });
  try {
    const starting = launch.start();
    starting.catch(() => undefined); // When asked to end meanwhile, how the start fails is of no interest.
    const launched = await Promise.race([starting, asked]);
    if (launched === 'asked') return 0;
    say(
      `\nGraphiQL: ${launched.gateway}/graphiql/\n\nReady-made links (they hold a token, valid for 12 hours):`,
    );
    for (const { role, otherRoles, tenant, url } of launched.links) {
      const others = otherRoles > 0 ? `, and ${otherRoles} more roles to switch to on the page` : '';
      say(`\n  ${role} at ${tenant}${others}\n  ${url}`);
    }
    say('\nCtrl-C ends everything. The data stay.');
    const end = await Promise.race([asked, launched.lost]);
    if (end === 'asked') return 0;
    process.stderr.write(`${end} Everything else ends with it.\n`);
    return 1;
  } finally {
    await launch.stop();
  }
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
