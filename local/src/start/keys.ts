import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The gateway's own keys, in base64: 64 random bytes each, 32 for erasures, and an Ed25519 key that signs (PKCS #8). */
export interface GatewayKeys {
  SLUICE_MASK_KEY: string;
  SLUICE_CURSOR_KEY: string;
  SLUICE_AUDIT_KEY: string;
  SLUICE_ERASURE_KEY: string;
  SLUICE_ERASURE_SIGNING_KEY: string;
}

const MAKERS: Record<keyof GatewayKeys, () => string> = {
  SLUICE_MASK_KEY: () => randomBytes(64).toString('base64'),
  SLUICE_CURSOR_KEY: () => randomBytes(64).toString('base64'),
  SLUICE_AUDIT_KEY: () => randomBytes(64).toString('base64'),
  SLUICE_ERASURE_KEY: () => randomBytes(32).toString('base64'),
  SLUICE_ERASURE_SIGNING_KEY: () =>
    generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
};
const NAMES = Object.keys(MAKERS) as (keyof GatewayKeys)[];
/** Keys that came later: a folder from before gets them, and keeps its own. */
const LATER: readonly (keyof GatewayKeys)[] = ['SLUICE_ERASURE_KEY', 'SLUICE_ERASURE_SIGNING_KEY'];

/** The keys in `<dataDir>/keys.json` (mode 600), made once, so that pseudonyms and cursors outlive a restart. */
export async function gatewayKeys(dataDir: string): Promise<GatewayKeys> {
  const file = join(dataDir, 'keys.json');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  const known: Partial<GatewayKeys> = kept === undefined ? {} : readKeys(file, kept);
  if (NAMES.every((name) => known[name] !== undefined)) return known as GatewayKeys;
  const keys = Object.fromEntries(NAMES.map((name) => [name, known[name] ?? MAKERS[name]()]));
  await mkdir(dataDir, { recursive: true });
  const draft = join(dataDir, `keys-${randomUUID()}.tmp`);
  await writeFile(draft, JSON.stringify(keys), { mode: 0o600 });
  if (kept === undefined) {
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(draft);
  } else await rename(draft, file);
  return readKeys(file, await readFile(file, 'utf8')) as GatewayKeys;
}

function readKeys(file: string, text: string): Partial<GatewayKeys> {
  try {
    const kept = JSON.parse(text) as Partial<GatewayKeys>;
    const complete = NAMES.every((name) => LATER.includes(name) || Boolean(kept[name]));
    if (complete)
      return Object.fromEntries(NAMES.flatMap((name) => (kept[name] ? [[name, kept[name]]] : [])));
  } catch {
    // Said below.
  }
  throw new Error(`${file} is damaged. Delete it to have new keys made; pseudonyms will change.`);
}
