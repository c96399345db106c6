import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { UsageError } from '../../commands';
import { signingKeyOf } from '../../config';

/** Files that the commands are given. */

/** A file's text; `-` is standard input. @throws UsageError */
export function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch {
    throw new UsageError(`${file}: can’t be read. Name a file, or - for standard input.`);
  }
}

/**
 * The public key to check with: of a file, in PEM or as DER in base64; without one, that of the configured signing key.
 *
 * @throws UsageError
 */
export function publicKey(file: string | undefined): KeyObject {
  if (file === undefined) {
    const own = signingKeyOf();
    if (own !== undefined) return createPublicKey(own);
    throw new UsageError(
      'There is no key to check with. Give --key FILE with the public key of whoever issued it.',
    );
  }
  const text = readText(file);
  if (text.includes('PRIVATE KEY')) {
    throw new UsageError(
      `${file}: is a private key, which nobody needs to check with. Give the public one: npm run erasure -- key --public prints it.`,
    );
  }
  try {
    const key = text.includes('-----BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text.trim(), 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below.
  }
  throw new UsageError(`${file}: is no public Ed25519 key, in PEM or as DER (SPKI) in base64.`);
}
