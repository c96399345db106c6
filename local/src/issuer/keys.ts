import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

/** ES256: supported by every JWT library and by Node without a warning. */
export const ALGORITHM = 'ES256';

/** The issuer's key. */
export interface SigningKey {
  kid: string;
  /** Stays in the data folder; never served. */
  privateJwk: JWK;
  publicJwk: JWK;
}

/** The local issuer's key pair in `<dataDir>/issuer/key.json` (mode 600), made on first use. */
export async function signingKey(dataDir: string): Promise<SigningKey> {
  const folder = join(dataDir, 'issuer');
  const file = join(folder, 'key.json');
  const kept = await readKey(file);
  if (kept) return kept;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const made = await makeKey();
  // Written aside and linked into place, so that of two processes that start at once one wins and both agree.
  const draft = join(folder, `${randomUUID()}.tmp`);
  await writeFile(draft, JSON.stringify(made), { mode: 0o600 });
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  await chmod(file, 0o600);
  return (await readKey(file)) ?? made;
}

async function readKey(file: string): Promise<SigningKey | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const key = JSON.parse(text) as SigningKey;
    if (typeof key.kid === 'string' && key.privateJwk.d && key.publicJwk.x) return key;
  } catch {
    // Said below.
  }
  throw new Error(`${file} is not a key of the local issuer. Delete it to have a new one made.`);
}

async function makeKey(): Promise<SigningKey> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const privateJwk = await exportJWK(pair.privateKey);
  return { kid, privateJwk, publicJwk: { ...publicJwk, kid, alg: ALGORITHM, use: 'sig' } };
}
