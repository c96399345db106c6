/** Repeatable pseudo-random numbers (mulberry32): the same seed always gives the same sample. Not for secrets. */
export class Random {
  private state: number;

  constructor(seed: string) {
    this.state = 0;
    for (const character of seed)
      this.state = (Math.imul(this.state, 31) + (character.codePointAt(0) ?? 0)) | 0;
  }

  /** At least 0, below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** A number from `low` to `high` with so many digits after the point. */
  number(low: number, high: number, digits: number): number {
    return Number((low + this.next() * (high - low)).toFixed(digits));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the choices, of which there must be one at least. */
  one<L extends readonly [unknown, ...unknown[]]>(choices: L): L[number] {
    return choices[this.whole(0, choices.length - 1)] ?? choices[0];
  }
}
