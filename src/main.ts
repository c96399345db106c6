import { configurationHelp, readConfig } from './config';
import { BootError } from './errors';
import { createLog } from './log';
import { createServer } from './server';

const HELP = `Usage: npm run gateway [-- --help]

Starts the gateway alone. SIGHUP reads the policy file again (outside of a terminal), SIGTERM ends it once what is
under way is answered. It is configured by its environment:

${configurationHelp()}`;

/** Starts the gateway; a fault in configuration, policy or declarations prints every finding and exits with 1. */
async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(HELP);
    return;
  }
  const config = readConfig();
  const logger = createLog(config.LOG_LEVEL, 1);
  const server = await createServer(config, logger);
  await server.listen({ port: config.PORT, host: config.HOST });
  logger.info({ port: config.PORT, host: config.HOST }, 'gateway listens');
  const end = (): void => void server.close().then(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  // In a terminal it means that the terminal is gone, and nobody is left to end the process.
  if (process.stdin.isTTY) process.once('SIGHUP', end);
  else process.on('SIGHUP', () => void server.reloadPolicy());
}

main().catch((error: unknown) => {
  if (error instanceof BootError) {
    process.stderr.write(
      `Sluice cannot start:\n${error.findings.map((finding) => `  - ${finding}\n`).join('')}`,
    );
  } else if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    process.stderr.write(
      'Sluice cannot start: the port is in use. End what uses it or set PORT to another one.\n',
    );
  } else {
    process.stderr.write(
      `Sluice cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  }
  process.exitCode = 1;
});
