import { open, rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { ObjectStore } from '../datasources/engines/object-store';
import type { DatasetDeclaration } from '../schema/declarations';
import { AuditObjects, readLines } from './audit-objects';
import type { Segment, SegmentFolder } from './audit-segments';
import { ByteBuffer } from './byte-buffer';

/**
 * Stores closed segments in the lake, one after the other, and deletes each when its objects are stored. An object's
 * name comes from its segment's, so storing one twice changes nothing.
 */

/** How often segments of dead writers are looked for, in milliseconds. */
const LOOK_EVERY = 60_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** How long the end of the gateway waits for the last segments, in milliseconds. What is left is stored next time. */
const LAST_WAIT = 3_000;

export class AuditShipper {
  private readonly queue: Segment[] = [];
  private readonly queued = new Set<string>();
  private running: Promise<void> | undefined;
  private readonly ending = new AbortController();
  private closing = false;
  private wake: (() => void) | undefined;
  private readonly look: NodeJS.Timeout;
  private readonly objects: AuditObjects;
  /** What a segment is read into, for one after the other. */
  private readonly text = new ByteBuffer(0);

  constructor(
    private readonly folder: SegmentFolder,
    private readonly store: ObjectStore,
    dataset: DatasetDeclaration,
    private readonly logger: Logger,
  ) {
    this.objects = new AuditObjects(dataset);
    void this.addLeftOver();
    this.look = setInterval(() => void this.addLeftOver(), LOOK_EVERY).unref();
  }

  /** Segments that are not stored yet. */
  get waiting(): number {
    return this.queue.length;
  }

  add(segment: Segment): void {
    if (this.queued.has(segment.name)) return;
    this.queued.add(segment.name);
    this.queue.push(segment);
    this.running ??= this.run().finally(() => {
      this.running = undefined;
    });
  }

  async close(): Promise<void> {
    clearInterval(this.look);
    this.closing = true;
    this.wake?.();
    const timer = setTimeout(() => this.ending.abort(), LAST_WAIT);
    await this.running;
    clearTimeout(timer);
    this.store.close();
  }

  private async addLeftOver(): Promise<void> {
    try {
      for (const segment of await this.folder.leftOver()) this.add(segment);
    } catch (error) {
      this.logger.error(
        { event: 'audit_folder', cause: (error as NodeJS.ErrnoException).code },
        'the folder of the audit cannot be read',
      );
    }
  }

  private async run(): Promise<void> {
    let wait = FIRST_WAIT;
    for (let segment = this.queue[0]; segment !== undefined; segment = this.queue[0]) {
      try {
        await this.ship(segment);
        this.queue.shift();
        this.queued.delete(segment.name);
        wait = FIRST_WAIT;
      } catch (error) {
        if (this.ending.signal.aborted) return;
        this.logger.error(
          { event: 'audit_unstored', cause: (error as { code?: string }).code, segments: this.queue.length },
          'audit segments not stored; they are kept and stored later',
        );
        // At the end there is one more try for each, and the rest is for the next start.
        if (this.closing) return;
        await this.pause(wait);
        wait = Math.min(wait * 2, LONGEST_WAIT);
      }
    }
  }

  private async ship({ name, path }: Segment): Promise<void> {
    let text: Buffer;
    try {
      text = await this.read(path);
    } catch (error) {
      // Somebody else has stored it, or has taken it away: there is nothing left to store.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    const { lines, torn } = readLines(text);
    if (torn > 0)
      this.logger.warn({ event: 'audit_torn', segment: name, torn }, 'end of an audit segment lost');
    for (const object of this.objects.of(lines, name))
      await this.store.put(object.name, object.body, this.ending.signal);
    await rm(path, { force: true });
  }

  private async read(path: string): Promise<Buffer> {
    const { text } = this;
    const file = await open(path);
    try {
      text.length = 0;
      text.reserve((await file.stat()).size + 1);
      let read: number;
      do {
        read = (await file.read(text.bytes, text.length)).bytesRead;
        text.length += read;
      } while (read > 0);
    } finally {
      await file.close();
    }
    return text.filled();
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
