import pino from 'pino';
import { Pseudonyms } from '../../../src/auth/pseudonyms';
import { readConfig } from '../../../src/config';
import { createServer } from '../../../src/server';

/**
 * A child process: the real gateway, with its log on its output. Its variables are its environment; the one argument
 * names a fault to put into it, for the run that must fail. Any message is answered with the CPU time it has used, in
 * microseconds, and the most memory it has held, in kilobytes.
 */
async function main(): Promise<void> {
  if (process.argv[2] === 'tokens') {
    // A pseudonym that anybody can read.
    Pseudonyms.prototype.token = (_tenant, value) =>
      `p_${Buffer.from(value.padEnd(33, '.')).toString('base64url')}`;
  }
  const server = await createServer(readConfig(), pino({ level: 'info' }));
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  process.on('disconnect', () => void server.close().then(() => process.exit(0)));
  process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
  process.on('SIGINT', () => undefined);
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpu: user + system, peak: process.resourceUsage().maxRSS });
  });
  process.send?.({ url });
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).stack}\n`);
  process.exit(1);
});
