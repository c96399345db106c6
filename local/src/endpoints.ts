import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './lock';

/** Where the local services listen, as URLs on 127.0.0.1. */
export interface Endpoints {
  dynamodb: string;
  athena: string;
  redshiftData: string;
  s3: string;
  /** The whole address of the key set. */
  jwks: string;
}

/** Notes the endpoints of this process in `<dataDir>/endpoints.json` for other commands. */
export async function writeEndpoints(dataDir: string, endpoints: Endpoints): Promise<void> {
  const file = join(dataDir, 'endpoints.json');
  await writeFile(`${file}.tmp`, `${JSON.stringify({ pid: process.pid, ...endpoints }, null, 2)}\n`);
  await rename(`${file}.tmp`, file);
}

/** Takes the note away when the servers end. */
export async function removeEndpoints(dataDir: string): Promise<void> {
  await rm(join(dataDir, 'endpoints.json'), { force: true });
}

/** The endpoints of the servers that run on a data folder; undefined when none do, or when they have died. */
export async function readEndpoints(dataDir: string): Promise<Endpoints | undefined> {
  try {
    const { pid, ...endpoints } = JSON.parse(
      await readFile(join(dataDir, 'endpoints.json'), 'utf8'),
    ) as Endpoints & {
      pid: number;
    };
    return isAlive(pid) ? endpoints : undefined;
  } catch {
    return undefined;
  }
}
