import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Another process serves the data folder. */
export class DataDirInUse extends Error {}

/** A held data folder; `release` lets the next server have it. */
export interface DataDirLock {
  release(): Promise<void>;
}

/**
 * Takes `<dataDir>/server.lock`, which names the process that serves the folder. A lock left by a process that has
 * died is taken over.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, 'server.lock');
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return { release: () => rm(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    await refuseIfServed(dataDir);
    await rm(file, { force: true });
  }
  throw new DataDirInUse(`Another process keeps taking ${file}.`);
}

/** Throws DataDirInUse when a living process serves the folder. */
export async function refuseIfServed(dataDir: string): Promise<void> {
  const file = join(dataDir, 'server.lock');
  const pid = Number(await readFile(file, 'utf8').catch(() => ''));
  if (!isAlive(pid)) return;
  throw new DataDirInUse(
    `${dataDir} is in use by process ${pid}. End it, or set SLUICE_DATA_DIR to another folder. ` +
      `(If process ${pid} is something else, delete ${file}.)`,
  );
}

/** Whether a process with that id runs. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
