import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The gateway's own keys: 64 random bytes in base64 each. */
export interface GatewayKeys {
  SLUICE_MASK_KEY: string;
  SLUICE_CURSOR_KEY: string;
  SLUICE_AUDIT_KEY: string;
}

/** The keys in `<dataDir>/keys.json` (mode 600), made once, so that pseudonyms and cursors outlive a restart. */
export async function gatewayKeys(dataDir: string): Promise<GatewayKeys> {
  const file = join(dataDir, 'keys.json');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (kept !== undefined) return readKeys(file, kept);
  const fresh = () => randomBytes(64).toString('base64');
  const keys = { SLUICE_MASK_KEY: fresh(), SLUICE_CURSOR_KEY: fresh(), SLUICE_AUDIT_KEY: fresh() };
  await mkdir(dataDir, { recursive: true });
  const draft = join(dataDir, `keys-${randomUUID()}.tmp`);
  await writeFile(draft, JSON.stringify(keys), { mode: 0o600 });
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return readKeys(file, await readFile(file, 'utf8'));
}

function readKeys(file: string, text: string): GatewayKeys {
  try {
    const { SLUICE_MASK_KEY, SLUICE_CURSOR_KEY, SLUICE_AUDIT_KEY } = JSON.parse(text) as GatewayKeys;
    if (SLUICE_MASK_KEY && SLUICE_CURSOR_KEY && SLUICE_AUDIT_KEY)
      return { SLUICE_MASK_KEY, SLUICE_CURSOR_KEY, SLUICE_AUDIT_KEY };
  } catch {
    // Said below.
  }
  throw new Error(`${file} is damaged. Delete it to have new keys made; pseudonyms will change.`);
}
