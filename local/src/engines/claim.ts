import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isRunning } from './cache';

/** What a claim's file holds. */
interface Claim {
  owner: number;
  /** When the owner started, as the system tells it, because process ids are used again. */
  ownerStarted: string;
  server?: number;
}

/**
 * A data folder claimed by this process for one server, so that two servers never write to it. A claim of a process
 * that no longer runs is taken over, and the server it may have left behind is ended.
 */
export class FolderClaim {
  private constructor(
    private readonly file: string,
    private readonly claim: Claim,
  ) {}

  /** `marker` must stand in the server's command line: a process without it is none of ours and is left alone. */
  static async take(folder: string, marker: string): Promise<FolderClaim> {
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'claim.json');
    const claim: Claim = { owner: process.pid, ownerStarted: (await describe(process.pid)).started };
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        await writeFile(file, JSON.stringify(claim), { flag: 'wx', mode: 0o600 });
        return new FolderClaim(file, claim);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const old = await readClaim(file);
      if (old) {
        if (isRunning(old.owner) && (await describe(old.owner)).started === old.ownerStarted)
          throw new Error(`${folder} is in use by process ${old.owner}.`);
        if (old.server) await endLeftover(old.server, marker);
      }
      await rm(file, { force: true });
    }
    throw new Error(`${folder} could not be claimed: other processes keep claiming it.`);
  }

  /** Notes the server's process id, so that a later start can end it if this process dies. */
  async setServer(pid: number): Promise<void> {
    await writeFile(this.file, JSON.stringify({ ...this.claim, server: pid }), { mode: 0o600 });
  }

  async release(): Promise<void> {
    await rm(this.file, { force: true });
  }
}

async function readClaim(file: string): Promise<Claim | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Claim;
  } catch {
    // Gone already, or cut off by a crash.
    return undefined;
  }
}

async function endLeftover(pid: number, marker: string): Promise<void> {
  const ours = async (): Promise<boolean> => isRunning(pid) && (await describe(pid)).command.includes(marker);
  if (!(await ours())) return;
  process.kill(pid, 'SIGTERM');
  for (let waited = 0; waited < 150; waited += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (!(await ours())) return;
  }
  process.kill(pid, 'SIGKILL');
}

/** Start time and command line of a process, each empty when there is no such process. */
async function describe(pid: number): Promise<{ started: string; command: string }> {
  const proc = `/proc/${pid}`;
  const stat = await readFile(`${proc}/stat`, 'utf8').catch(() => undefined);
  if (stat !== undefined) {
    const command = (await readFile(`${proc}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
    // Fields after the name in brackets, which may hold spaces; the 22nd of all is the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { started: fields[19] ?? '', command };
  }
  if (process.platform === 'linux') return { started: '', command: '' };
  const ask = async (field: string): Promise<string> =>
    promisify(execFile)('ps', ['-ww', '-o', `${field}=`, '-p', String(pid)]).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
  return { started: await ask('lstart'), command: await ask('args') };
}
