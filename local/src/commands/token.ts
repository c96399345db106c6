import { readPolicyFile } from '../../../src/auth/policy-file';
import { policyFileOf } from '../../../src/config';
import { BootError } from '../../../src/errors';
import { dataDirOf } from '../data-dir';
import { signToken } from '../issuer/tokens';
import { readTokenArguments, TOKEN_HELP } from './token-arguments';
import { UsageError } from './usage';

/** `npm run token`: prints one signed token on stdout and nothing else there. */
async function main(): Promise<void> {
  const request = readTokenArguments(process.argv.slice(2));
  if (request === 'help') return void process.stdout.write(TOKEN_HELP);
  const token = await signToken({ dataDir: dataDirOf(process.env), ...request });
  process.stderr.write(roleWarning(request.roles ?? [request.role]));
  process.stdout.write(`${token}\n`);
}

/** A token of a role that the gateway's policy has not is signed all the same: another policy may have it. */
function roleWarning(roles: readonly string[]): string {
  const file = policyFileOf(process.env);
  try {
    const known = Object.keys(readPolicyFile(file).data.roles);
    const unknown = roles.filter((role) => !known.includes(role));
    if (unknown.length === 0) return '';
    return `${file} has no role ${unknown.join(', ')}, so a gateway with this policy refuses to act in it. Roles are: ${known.join(', ')}.\n`;
  } catch (error) {
    if (!(error instanceof BootError)) throw error;
    return `Whether the roles are in the policy cannot be told: ${error.findings.join(' ')}\n`;
  }
}

main().catch((error: unknown) => {
  const usage = error instanceof UsageError || error instanceof RangeError;
  process.stderr.write(`${(error as Error).message}\n${usage ? 'npm run token -- --help says more.\n' : ''}`);
  process.exitCode = usage ? 2 : 1;
});
