import type { PacingClock } from '../../../src/erasure/pacing';

/** Time that passes only where pacing waits. */
export class VirtualClock implements PacingClock {
  private milliseconds = 0;

  now(): number {
    return this.milliseconds;
  }

  get seconds(): number {
    return this.milliseconds / 1_000;
  }

  async until(moment: number): Promise<void> {
    this.milliseconds = Math.max(this.milliseconds, moment);
  }
}
