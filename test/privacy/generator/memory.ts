import type { Random } from '../random';

/** What a client has learnt from answers: values by field name, and which parts of queries were refused. */

const KEPT = 60;

interface Luck {
  well: number;
  badly: number;
}

export class Memory {
  private readonly values = new Map<string, (string | number | boolean)[]>();
  private readonly luck = new Map<string, Luck>();

  /** Notes every value of an answer under the name of its field. */
  learn(data: unknown, name = ''): void {
    if (Array.isArray(data)) return data.forEach((one) => this.learn(one, name));
    if (typeof data === 'object' && data !== null) {
      for (const [field, value] of Object.entries(data)) this.learn(value, field.replace(/^\w+__/, ''));
      return;
    }
    if (data === null || data === undefined) return;
    this.note(name, data as string);
  }

  /** What another client saw, as far as it fits. */
  learnFrom(other: Memory, fits: (value: unknown) => boolean): void {
    for (const [name, values] of other.values) {
      for (const value of values) if (fits(value)) this.note(name, value);
    }
  }

  note(name: string, value: string | number | boolean): void {
    const known = this.values.get(name) ?? [];
    if (known.includes(value)) return;
    // The oldest goes, so that later pages are heard of too.
    if (known.push(value) > KEPT) known.splice(known.length % 7, 1);
    this.values.set(name, known);
  }

  recall(name: string, random: Random): string | number | boolean | undefined {
    const known = this.values.get(name);
    return known === undefined || known.length === 0 ? undefined : random.one(known);
  }

  /** Any value that is of the type asked for. */
  recallAny<T extends string | number | boolean>(
    random: Random,
    fits: (value: string | number | boolean) => value is T,
  ): T | undefined {
    const names = [...this.values.keys()];
    for (let attempt = 0; attempt < 4 && names.length > 0; attempt += 1) {
      const value = this.recall(random.one(names), random);
      if (value !== undefined && fits(value)) return value;
    }
    return undefined;
  }

  /** How an answer turned out for the parts that its query is made of. */
  judge(parts: Iterable<string>, well: boolean): void {
    for (const part of parts) {
      let luck = this.luck.get(part);
      if (luck === undefined) {
        luck = { well: 0, badly: 0 };
        this.luck.set(part, luck);
      }
      if (well) luck.well += 1;
      else luck.badly += 1;
    }
  }

  /** Parts that were refused and never went well are used now and then only. */
  weight(part: string): number {
    const luck = this.luck.get(part);
    if (luck === undefined) return 1;
    const weight = luck.well > 0 ? 1 - (0.8 * luck.badly) / (luck.well + luck.badly) : 1 / (1 + luck.badly);
    return Math.max(0.02, weight);
  }
}
