import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, readlink, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** The folder that keeps downloaded engines between runs: `SLUICE_ENGINE_CACHE`, or one below the user's cache. */
export function cacheFolder(): string {
  const configured = process.env.SLUICE_ENGINE_CACHE;
  return configured ? resolve(configured) : join(homedir(), '.cache', 'sluice', 'engines');
}

/** One line about a slow step, on standard error so that standard output stays clean. */
export function progress(line: string): void {
  process.stderr.write(`engines: ${line}\n`);
}

/** SHA-256 of one file, in hex. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/**
 * SHA-256 of a folder's whole content, in hex: of the lines `<sha-256>  <path>` of all files below it, sorted by path.
 * A link counts by its target. Times and modes do not count.
 */
export async function treeHash(folder: string): Promise<string> {
  const lines: string[] = [];
  const walk = async (inner: string): Promise<void> => {
    for (const entry of await readdir(join(folder, inner), { withFileTypes: true })) {
      const path = inner === '' ? entry.name : `${inner}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isSymbolicLink()) lines.push(`${path}\0-> ${await readlink(join(folder, path))}`);
      else lines.push(`${path}\0${await fileHash(join(folder, path))}`);
    }
  };
  await walk('');
  const sorted = lines.sort().map((line) => line.split('\0').reverse().join('  '));
  return createHash('sha256').update(sorted.join('\n')).digest('hex');
}

/** A folder of the cache: what it must hold and how to fill it. */
export interface CachedFolder {
  /** Folder name, with the version. */
  name: string;
  /** Expected {@link treeHash} of the filled folder. */
  tree: string;
  /** Fills an empty folder. `scratch` is another empty folder on the same disk, deleted afterwards. */
  fill(folder: string, scratch: string): Promise<void>;
}

const ready = new Map<string, Promise<string>>();

/**
 * The path of a cached folder, filled first if it is missing, and checked against its pinned hash once in each
 * process. Two processes may fill it at the same time: the first to finish wins, the other uses what is there.
 */
export function cached(folder: CachedFolder): Promise<string> {
  const path = join(cacheFolder(), folder.name);
  let known = ready.get(path);
  if (!known) {
    known = provide(path, folder);
    ready.set(path, known);
    // A failed attempt may be tried again, for example after a lost connection.
    known.catch(() => ready.delete(path));
  }
  return known;
}

async function provide(path: string, folder: CachedFolder): Promise<string> {
  if (await exists(path)) {
    await check(path, folder.tree, `${path} is not what was pinned. Delete that folder to fetch it again.`);
    return path;
  }
  await removeAbandoned();
  const work = join(cacheFolder(), `.work-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(join(work, 'folder'), { recursive: true });
    await mkdir(join(work, 'scratch'));
    progress(`fetching ${folder.name}`);
    await folder.fill(join(work, 'folder'), join(work, 'scratch'));
    await check(
      join(work, 'folder'),
      folder.tree,
      `What was fetched as ${folder.name} is not what was pinned.`,
    );
    try {
      await rename(join(work, 'folder'), path);
    } catch (error) {
      if (!(await exists(path))) throw error;
      await check(path, folder.tree, `${path} is not what was pinned. Delete that folder to fetch it again.`);
    }
    progress(`${folder.name} is ready in ${path}`);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function check(path: string, expected: string, problem: string): Promise<void> {
  const actual = await treeHash(path);
  if (actual !== expected) throw new Error(`${problem} Expected SHA-256 ${expected}, found ${actual}.`);
}

/** Removes work folders of processes that no longer run. */
async function removeAbandoned(): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true });
  for (const name of await readdir(cacheFolder())) {
    const pid = /^\.work-(\d+)-/.exec(name)?.[1];
    if (pid && !isRunning(Number(pid))) await rm(join(cacheFolder(), name), { recursive: true, force: true });
  }
}

/** Whether a process with this id runs, whoever owns it. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
