import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ROOT } from './processes';

/** Peak memory of processes that are not ours to change, from Linux's /proc. */

export interface Peak {
  /** Script that the process runs, or its command. */
  name: string;
  /** Most memory that was resident at once since the process started (VmHWM), in bytes. */
  bytes: number;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // Processes end between listing and reading.
  }
}

/** The process and all that descend from it. */
function family(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // After the name in brackets, which may hold anything: state, then the parent.
    const parent = Number(/^ \S (\d+)/.exec(read(`/proc/${entry}/stat`).replace(/^.*\)/s, ''))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found: number[] = [];
  const waiting = [root];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    found.push(pid);
    waiting.push(...(children.get(pid) ?? []));
  }
  return found;
}

/** The script's path in the project, or the command's first words. */
function nameOf(pid: number): string {
  const words = read(`/proc/${pid}/cmdline`).split('\0');
  const script = basename(words[0] ?? '') === 'node' ? words.find((word) => word.endsWith('.ts')) : undefined;
  return script?.replace(`${ROOT}/`, '') ?? words.join(' ').trim().split(' ').slice(0, 3).join(' ');
}

/** Watches a process and its descendants until told to stop. */
export class MemoryWatch {
  private readonly peaks = new Map<number, Peak>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly root: number) {
    this.look();
    this.timer = setInterval(() => this.look(), 100);
  }

  /** Peaks of all processes seen, the largest first. */
  stop(): Peak[] {
    this.look();
    clearInterval(this.timer);
    return [...this.peaks.values()].sort((one, two) => two.bytes - one.bytes);
  }

  private look(): void {
    for (const pid of family(this.root)) {
      const kilobytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
      // The name changes while a shell becomes the command it runs; the peak of a running process never falls.
      if (kilobytes > 0) this.peaks.set(pid, { name: nameOf(pid), bytes: kilobytes * 1_024 });
    }
  }
}
