import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { BootError } from '../errors';

/**
 * Segment files of the read audit: `<writer>.<number>.ndjson`, one line for each call of the gate. Each writer (a
 * gateway) also has a file `<writer>.owner` that says which process it is, so that what a dead one left is found.
 */

const SEGMENT = /^([0-9a-f-]{36})\.(\d+)\.ndjson$/;
/** How often a writer shows that it lives, in milliseconds; owners on other hosts are judged by it alone. */
export const HEARTBEAT = 60_000;
const DEAD_AFTER = 10 * HEARTBEAT;

/** Writers of this process. */
const ownWriters = new Set<string>();

/** A segment that nobody writes to any more. */
export interface Segment {
  /** Name without its ending; unique for ever. */
  name: string;
  path: string;
}

/** A segment that lines are appended to. */
export interface OpenSegment extends Segment {
  handle: FileHandle;
  /** Bytes that are safely there. */
  size: number;
  /** Bytes that the file has, with blank lines behind those. */
  ahead: number;
  /** When it was last seen to be in its folder, by the clock of `performance`. */
  looked: number;
  /** When it was made, in milliseconds since 1970. */
  since: number;
}

interface Owner {
  host: string;
  pid: number;
  /** When the process started, in ticks since the machine did, where the system says so. */
  started: string | undefined;
}

/** One writer's view of the folder. */
export class SegmentFolder {
  readonly writer = randomUUID();
  private next = 0;

  /** @throws BootError when the folder cannot be made or written to */
  constructor(private readonly folder: string) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const owner: Owner = { host: hostname(), pid: process.pid, started: startOf(process.pid) };
      writeFileSync(this.ownerFile(this.writer), JSON.stringify(owner), { mode: 0o600 });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unusable';
      throw new BootError([
        `SLUICE_AUDIT_DIR: ${folder} cannot be written to (${code}). Name a folder that the gateway may write to.`,
      ]);
    }
    ownWriters.add(this.writer);
  }

  /** Makes the next segment. @param synced whether each write to it returns when its bytes are on the disk (O_DSYNC) */
  async create(synced: boolean): Promise<OpenSegment> {
    const name = `${this.writer}.${this.next}`;
    this.next += 1;
    const path = join(this.folder, `${name}.ndjson`);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    const handle = await open(path, flags | (synced ? constants.O_DSYNC : 0), 0o600);
    try {
      await syncFolder(this.folder);
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
    return { name, path, handle, size: 0, ahead: 0, looked: 0, since: Date.now() };
  }

  /** Segments that dead writers left. */
  async leftOver(): Promise<Segment[]> {
    const names = await readdir(this.folder);
    const dead = new Map<string, boolean>();
    const segments: Segment[] = [];
    for (const file of names.sort()) {
      const writer = SEGMENT.exec(file)?.[1];
      if (writer === undefined || writer === this.writer) continue;
      if (!dead.has(writer)) dead.set(writer, this.isDead(writer));
      if (dead.get(writer) === true)
        segments.push({ name: file.slice(0, -'.ndjson'.length), path: join(this.folder, file) });
    }
    for (const file of names) {
      const writer = file.endsWith('.owner') ? file.slice(0, -'.owner'.length) : undefined;
      const left = names.some((other) => other.startsWith(`${writer}.`) && SEGMENT.test(other));
      if (writer !== undefined && !left && this.isDead(writer))
        rmSync(join(this.folder, file), { force: true });
    }
    return segments;
  }

  beat(): void {
    const now = new Date();
    try {
      utimesSync(this.ownerFile(this.writer), now, now);
    } catch {
      // The folder may be away for a while; what writes to it says so.
    }
  }

  /** The writer ends; segments that are still there are left-over from now on. */
  release(): void {
    ownWriters.delete(this.writer);
    rmSync(this.ownerFile(this.writer), { force: true });
  }

  private ownerFile(writer: string): string {
    return join(this.folder, `${writer}.owner`);
  }

  private isDead(writer: string): boolean {
    if (ownWriters.has(writer)) return false;
    const file = this.ownerFile(writer);
    try {
      const owner = JSON.parse(readFileSync(file, 'utf8')) as Owner;
      if (owner.host !== hostname()) return Date.now() - statSync(file).mtimeMs > DEAD_AFTER;
      if (owner.pid === process.pid) return true;
      return !isAlive(owner.pid) || startOf(owner.pid) !== owner.started;
    } catch {
      // A writer makes its owner file before its first segment, and takes it away after its last.
      return true;
    }
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/pid/stat (proc_pid_stat(5)): tells a process from a later one with the same number. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
