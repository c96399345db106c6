import { createHash } from 'node:crypto';

/** A small repeatable source of randomness (mulberry32), seeded by any text. */
export class Random {
  private state: number;

  constructor(seed: string) {
    this.state = createHash('sha256').update(seed).digest().readInt32LE(0);
  }

  /** At least 0, below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    const state = this.state;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  one<T>(choices: readonly T[]): T {
    const chosen = choices[Math.floor(this.next() * choices.length)];
    if (chosen === undefined && choices.length === 0) throw new Error('Nothing to choose from.');
    return chosen as T;
  }

  /** One of the choices, each as likely as its weight says. */
  weighted<T>(choices: readonly T[], weight: (choice: T) => number): T {
    const weights = choices.map(weight);
    let left = this.next() * weights.reduce((sum, one) => sum + one, 0);
    for (const [index, one] of weights.entries()) {
      left -= one;
      if (left < 0) return choices[index] as T;
    }
    return this.one(choices);
  }
}
