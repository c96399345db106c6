import type { FileHandle } from 'node:fs/promises';

/**
 * Asks the disk now and then to keep what the system holds of a file. Lines are with the system before an answer is
 * given, which outlives the process; this is what makes them outlive the machine.
 */

/** A disk that takes longer than this for what it was asked is slow: nothing more is given to it meanwhile. Milliseconds. */
const SLOW = 500;

export class DiskSync {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private since = 0;

  /**
   * @param every longest time that written bytes wait for it, in milliseconds
   * @param failed told what the disk did not do
   */
  constructor(
    private readonly every: number,
    private readonly failed: (error: NodeJS.ErrnoException) => void,
  ) {}

  /** Bytes were written to the file. */
  wrote(handle: FileHandle): void {
    this.timer ??= setTimeout(() => void this.now(handle), this.every).unref();
  }

  /** Whether the disk was asked too long ago and has not answered. */
  isBehind(): boolean {
    return this.running !== undefined && performance.now() - this.since > SLOW;
  }

  /** Resolves when the disk has answered, if it is behind. */
  async caughtUp(): Promise<void> {
    if (this.isBehind()) await this.running;
  }

  /** Resolves when all that was written before is on the disk, or has failed. */
  async now(handle: FileHandle): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    while (this.running !== undefined) await this.running;
    this.since = performance.now();
    this.running = handle
      .datasync()
      .catch(this.failed)
      .finally(() => {
        this.running = undefined;
      });
    await this.running;
  }
}
