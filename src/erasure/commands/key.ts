import { createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { parseArgs } from 'node:util';
import { UsageError, type Command } from '../../commands';
import { signingKeyOf } from '../../config';

const HELP = `Usage: npm run erasure -- key [--public]

Makes the keys of erasures and prints what to set: one that seals the keys of people in the ledger, and an Ed25519 key
that signs certificates and the audit chain. Nothing is stored. Keep both in a vault: without the first, no erasure under
way can go on; whoever has the second can issue certificates.

  --public   prints the public key of SLUICE_ERASURE_SIGNING_KEY instead, for those who check certificates
`;

async function run(args: string[], write: (text: string) => void): Promise<number> {
  const { values } = parseArgs({ args, options: { public: { type: 'boolean' } } });
  if (values.public === true) {
    const own = signingKeyOf();
    if (own === undefined) throw new UsageError('SLUICE_ERASURE_SIGNING_KEY is not set.');
    write(pem(createPublicKey(own)));
    return 0;
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  write(
    `# Secrets of whoever runs the gateway and the command \`erasure\`:\n` +
      `SLUICE_ERASURE_KEY=${randomBytes(32).toString('base64')}\n` +
      `SLUICE_ERASURE_SIGNING_KEY=${secret}\n\n` +
      `# The public key, for everybody who checks certificates (--key FILE):\n${pem(publicKey)}`,
  );
  return 0;
}

export const command: Command = { help: HELP, run };

function pem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'spki' }).toString();
}
