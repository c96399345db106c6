import { Random } from '../random';

/**
 * Text that occurs nowhere by chance. Letters of a script that no token, time stamp, id or error text is written in,
 * without capitals, so that five of them in a row name one canary; digits are kept apart by a register.
 */
const LETTERS = Array.from({ length: 0x135a - 0x1200 }, (_none, index) =>
  String.fromCharCode(0x1200 + index),
).filter((letter) => /^\p{Letter}$/u.test(letter));

/** A run of canary letters in any text. */
export const LETTER_RUN = /[\u1200-\u135a]{2,}/g;

export function letters(seed: string, length: number): string {
  const random = new Random(`letters ${seed}`);
  return Array.from({ length }, () => random.one(LETTERS)).join('');
}

/** So many characters in a row of what a mask hides are a leak. */
export const RUN = 5;

/** Every run of five characters, or the whole of a shorter text. */
export function runsOf(text: string): string[] {
  if (text.length <= RUN) return [text];
  return Array.from({ length: text.length - RUN + 1 }, (_none, index) => text.slice(index, index + RUN));
}

/** Makes numbers no five characters of which occur in another number of the same register. */
export class DigitRegister {
  private readonly taken = new Set<string>();

  /** @param whole digits before the point @param fraction digits after it; the last one is no zero */
  number(seed: string, whole: number, fraction: number): string {
    const random = new Random(`digits ${seed}`);
    for (let attempt = 0; attempt < 10_000; attempt += 1) {
      const digit = (first: boolean): string => String(random.whole(first ? 1 : 0, 9));
      const before = Array.from({ length: whole }, (_none, index) => digit(index === 0)).join('');
      const after = Array.from({ length: fraction }, (_none, index) => digit(index === fraction - 1)).join(
        '',
      );
      const text = fraction === 0 ? before : `${before}.${after}`;
      if (/(\d)\1\1/.test(text)) continue;
      const runs = runsOf(text);
      if (runs.some((run) => this.taken.has(run))) continue;
      for (const run of runs) this.taken.add(run);
      return text;
    }
    throw new Error('There are no digits left for another canary.');
  }

  /** A telephone number: digits in threes at most, between signs that stand so nowhere else. */
  phone(seed: string): string {
    const random = new Random(`phone ${seed}`);
    for (;;) {
      const parts = Array.from({ length: 16 }, () => String(random.whole(0, 9)));
      const text = `+${parts.map((digit, index) => digit + (index % 2 === 1 && index < 15 ? random.one(['/(', ')/', './', '-(']) : '')).join('')}`;
      const runs = runsOf(text);
      if (runs.some((run) => this.taken.has(run))) continue;
      for (const run of runs) this.taken.add(run);
      return text;
    }
  }

  /** A day in the first half of the last century, when nothing else in the data happens. */
  day(seed: string): string {
    const random = new Random(`day ${seed}`);
    for (;;) {
      const text = new Date(Date.UTC(random.whole(1901, 1955), random.whole(0, 11), random.whole(2, 28)))
        .toISOString()
        .slice(0, 10);
      if (this.taken.has(text)) continue;
      this.taken.add(text);
      return text;
    }
  }
}
