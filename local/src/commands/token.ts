import { dataDirOf } from '../data-dir';
import { signToken } from '../issuer/tokens';
import { readTokenArguments, TOKEN_HELP } from './token-arguments';
import { UsageError } from './usage';

/** `npm run token`: prints one signed token on stdout and nothing else there. */
async function main(): Promise<void> {
  const request = readTokenArguments(process.argv.slice(2));
  if (request === 'help') return void process.stdout.write(TOKEN_HELP);
  const token = await signToken({ dataDir: dataDirOf(process.env), ...request });
  process.stdout.write(`${token}\n`);
}

main().catch((error: unknown) => {
  const usage = error instanceof UsageError || error instanceof RangeError;
  process.stderr.write(`${(error as Error).message}\n${usage ? 'npm run token -- --help says more.\n' : ''}`);
  process.exitCode = usage ? 2 : 1;
});
