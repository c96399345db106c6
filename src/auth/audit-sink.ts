import { fstatSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AuditShipper } from './audit-shipper';
import { HEARTBEAT, type OpenSegment, type SegmentFolder } from './audit-segments';
import { DiskSync } from './audit-sync';
import { ByteBuffer } from './byte-buffer';

/**
 * Where audit lines go. A line is written as soon as it is there, and the answer goes on at once: while it waited, the
 * rows of other answers would come in, and all of them together grow out of the processor's caches and into the old
 * generation of objects. Only where a line has to wait anyway (for the disk, or for a segment to be made) are those
 * that wait written together (group commit).
 *
 * A line that has been answered for outlives the process; whether it outlives the machine as well before the answer or
 * shortly after is configured.
 */

/** Bytes that may wait to be written. More are refused: a sink that stalls must not fill the memory. */
const WAITING = 16 * 1024 ** 2;

/** How long `/readyz` waits for a sink that has failed before, in milliseconds. */
const PROBE_WAIT = 1_000;

/**
 * Blank lines that are written ahead of lines, in bytes. To write over bytes that are there takes a third of what it takes
 * to make a file longer, and that is dear for each write.
 */
const AHEAD = Buffer.alloc(65_536, '\n');

/** How often it is looked whether the segment is still in its folder, in milliseconds. */
const LOOK = 100;

/** Bytes of lines that are written together begin with so many; those that took more than the second are not kept. */
const FIRST_BYTES = 65_536;
const KEPT_BYTES = 1024 ** 2;
const SPARE_BUFFERS = 2;

/** A blank line as long as one of a page, since the last bytes of a full disk prove nothing. */
const PROBE = ' '.repeat(8_192);

/** What `/readyz` says of the audit. */
export interface AuditState {
  /** `down` when the last lines could not be written. */
  state: 'up' | 'down';
  /** Segments that are written and not yet stored in the lake. */
  waitingSegments: number;
}

/** Takes audit lines. */
export interface AuditSink {
  /**
   * Resolves when the line is safe.
   *
   * @param parts the line in JSON, without its end; bytes of it are taken at once
   * @throws AuditUnavailable
   */
  write(...parts: readonly (string | Uint8Array)[]): Promise<void>;
  /** Writes a blank line when the last write failed, so that a sink that works again is seen to. Never throws. */
  health(): Promise<AuditState>;
  /** Writes what waits and stores what it can. */
  close(): Promise<void>;
}

/** What is written at once is put together here. */
const LINE = new ByteBuffer(FIRST_BYTES);
const WRITTEN = Promise.resolve();

/** The line could not be written in time, or not at all. */
export class AuditUnavailable extends Error {}

export interface SinkLimits {
  /** Longest wait of a line, in milliseconds. */
  deadline: number;
  /** Bytes after which a segment is closed and stored. */
  segmentBytes: number;
  /** Age after which it is, in milliseconds. */
  segmentAge: number;
  /** Longest time in which lines are with the system and not yet on the disk, in milliseconds; 0: none is answered for before. */
  syncEvery: number;
}

/** Lines that are written together, and the one promise of all who wait for them. */
class Batch {
  lines = 0;
  readonly written: Promise<void>;
  private settle!: { resolve: () => void; reject: (error: Error) => void };
  private readonly timer: NodeJS.Timeout;

  constructor(
    readonly bytes: ByteBuffer,
    deadline: number,
    late: (lines: number) => void,
  ) {
    this.written = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.written.catch(() => undefined);
    this.timer = setTimeout(() => {
      late(this.lines);
      this.fail(new AuditUnavailable('The audit line was not written in time.'));
    }, deadline);
  }

  done(): void {
    clearTimeout(this.timer);
    this.settle.resolve();
  }

  fail(error: Error): void {
    clearTimeout(this.timer);
    this.settle.reject(error);
  }
}

/** The sink over a folder of segment files. */
export class SegmentSink implements AuditSink {
  private waiting: Batch | undefined;
  private writing: Promise<void> | undefined;
  private held = 0;
  /** Where the next lines may be put together: two, as some wait while others are written. */
  private readonly spare: ByteBuffer[] = [];
  private segment: OpenSegment | undefined;
  private failed = false;
  /** The disk did not keep what it was given: nothing is taken on trust until it does. */
  private unsure = false;
  private readonly disk: DiskSync;
  private ageTimer: NodeJS.Timeout | undefined;
  private readonly heart: NodeJS.Timeout;

  constructor(
    private readonly folder: SegmentFolder,
    private readonly shipper: AuditShipper,
    private readonly limits: SinkLimits,
    private readonly logger: Logger,
  ) {
    this.heart = setInterval(() => folder.beat(), HEARTBEAT).unref();
    this.disk = new DiskSync(limits.syncEvery, ({ code }) => {
      this.unsure = true;
      this.failing(code, 0);
    });
  }

  write(...parts: readonly (string | Uint8Array)[]): Promise<void> {
    const length = parts.reduce((sum, part) => sum + part.length, 1);
    if (this.held + length > WAITING)
      return Promise.reject(new AuditUnavailable('Too many audit lines wait to be written.'));
    const { segment } = this;
    if (segment !== undefined && this.writing === undefined && !this.isCareful() && !this.disk.isBehind())
      return this.writeNow(segment, parts);
    const batch = (this.waiting ??= this.next());
    const before = batch.bytes.length;
    addLine(batch.bytes, parts);
    batch.lines += 1;
    this.held += batch.bytes.length - before;
    if (this.writing === undefined) this.occupy(this.writeAll());
    return batch.written;
  }

  async health(): Promise<AuditState> {
    if (this.failed) {
      const given = new AbortController();
      const late = sleep(PROBE_WAIT, undefined, { signal: given.signal }).catch(() => undefined);
      await Promise.race([this.write(PROBE).catch(() => undefined), late]);
      given.abort();
    }
    return { state: this.failed ? 'down' : 'up', waitingSegments: this.shipper.waiting };
  }

  async close(): Promise<void> {
    clearInterval(this.heart);
    while (this.writing !== undefined) await this.writing;
    await this.roll();
    await this.shipper.close();
    this.folder.release();
  }

  private writeNow(segment: OpenSegment, parts: readonly (string | Uint8Array)[]): Promise<void> {
    LINE.length = 0;
    addLine(LINE, parts);
    try {
      this.put(segment, LINE.filled());
    } catch (error) {
      this.occupy(this.abandon(segment));
      return Promise.reject(this.unwritten(error, 1));
    }
    this.failed = false;
    if (this.isFull(segment)) this.occupy(this.roll());
    return WRITTEN;
  }

  /** Lines wait while something is done, and are written then. */
  private occupy(work: Promise<void>): void {
    this.writing = work.finally(() => {
      this.writing = undefined;
      if (this.waiting !== undefined) this.occupy(this.writeAll());
    });
  }

  private async writeAll(): Promise<void> {
    // Lines of the same turn of the event loop go together: answers of engines that came at once, of several requests.
    await turn();
    for (let batch = this.waiting; batch !== undefined; batch = this.waiting) {
      this.waiting = undefined;
      const { bytes } = batch;
      try {
        await this.append(bytes.filled());
        this.failed = false;
        batch.done();
      } catch (error) {
        batch.fail(this.unwritten(error, batch.lines));
      }
      this.held -= bytes.length;
      this.keep(bytes);
      const { segment } = this;
      if (segment !== undefined && this.isFull(segment)) await this.roll();
    }
  }

  private next(): Batch {
    const bytes = this.spare.pop() ?? new ByteBuffer(FIRST_BYTES);
    return new Batch(bytes, this.limits.deadline, (lines) => this.failing('ETIMEDOUT', lines));
  }

  private keep(bytes: ByteBuffer): void {
    if (bytes.bytes.length > KEPT_BYTES || this.spare.length === SPARE_BUFFERS) return;
    bytes.length = 0;
    this.spare.push(bytes);
  }

  private unwritten(error: unknown, lines: number): AuditUnavailable {
    this.failing((error as NodeJS.ErrnoException).code, lines);
    return new AuditUnavailable('The audit line could not be written.', { cause: error });
  }

  private failing(cause: string | undefined, lines: number): void {
    this.failed = true;
    this.logger.error({ event: 'audit_unwritten', cause, lines }, 'audit lines not written');
  }

  private isFull({ size, since }: OpenSegment): boolean {
    return size >= this.limits.segmentBytes || Date.now() - since >= this.limits.segmentAge;
  }

  private isCareful(): boolean {
    return this.limits.syncEvery === 0 || this.unsure;
  }

  private async append(bytes: Buffer): Promise<void> {
    this.segment ??= await this.open();
    const { segment } = this;
    try {
      if (!this.isCareful()) await this.disk.caughtUp();
      // It may have failed meanwhile.
      if (this.isCareful()) await this.putCarefully(segment, bytes);
      else this.put(segment, bytes);
    } catch (error) {
      await this.abandon(segment);
      throw error;
    }
  }

  /** Writing into the system's memory costs a twentieth of waking a thread for it, and nobody has to wait for it. */
  private put(segment: OpenSegment, bytes: Buffer): void {
    if (segment.size + bytes.length > segment.ahead) writeAhead(segment);
    for (let at = 0; at < bytes.length;) at += writeSync(segment.handle.fd, bytes, at);
    this.disk.wrote(segment.handle);
    this.count(segment, bytes.length);
  }

  /** Only a disk in trouble, or one that each line waits for, gets a thread. */
  private async putCarefully(segment: OpenSegment, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) at += (await segment.handle.write(bytes, at)).bytesWritten;
    if (this.unsure) {
      await segment.handle.datasync();
      this.unsure = false;
    }
    this.count(segment, bytes.length);
  }

  /** Bytes that were written to a segment are safe. */
  private count(segment: OpenSegment, bytes: number): void {
    const now = performance.now();
    if (now - segment.looked > LOOK) {
      // A file that somebody has removed takes bytes that nobody will ever read.
      if (fstatSync(segment.handle.fd).nlink === 0)
        throw Object.assign(new Error('The segment has been removed.'), { code: 'ENOENT' });
      segment.looked = now;
    }
    segment.size += bytes;
  }

  /** Part of a line may be there: what is safe is kept, and nothing more goes into this file. */
  private async abandon(segment: OpenSegment): Promise<void> {
    await segment.handle.truncate(segment.size).catch(() => undefined);
    await this.roll();
  }

  private async open(): Promise<OpenSegment> {
    const segment = await this.folder.create(this.limits.syncEvery === 0);
    this.ageTimer = setTimeout(() => {
      if (this.writing === undefined) this.occupy(this.roll());
    }, this.limits.segmentAge).unref();
    return segment;
  }

  /** Closes the segment and hands it on. */
  private async roll(): Promise<void> {
    const { segment } = this;
    if (segment === undefined) return;
    this.segment = undefined;
    clearTimeout(this.ageTimer);
    if (segment.ahead > segment.size) await segment.handle.truncate(segment.size).catch(() => undefined);
    if (this.limits.syncEvery > 0) await this.disk.now(segment.handle);
    await segment.handle.close().catch(() => undefined);
    if (segment.size > 0) this.shipper.add({ name: segment.name, path: segment.path });
    else await rm(segment.path, { force: true }).catch(() => undefined);
  }
}

/** Where there is no room for them, there may be for the line; which says if there is not. */
function writeAhead(segment: OpenSegment): void {
  const from = Math.max(segment.ahead, segment.size);
  try {
    segment.ahead = from + writeSync(segment.handle.fd, AHEAD, 0, AHEAD.length, from);
  } catch {
    segment.ahead = from;
  }
}

function addLine(to: ByteBuffer, parts: readonly (string | Uint8Array)[]): void {
  for (const part of parts) to.add(part);
  to.add('\n');
}
