import DataLoader from 'dataloader';
import type { Gate, MaskedRow } from '../auth/gate';

type RowLoader = DataLoader<string, MaskedRow | null>;

/** Point reads of one request: keys asked for in the same tick with the same fields become one plan. */
export class Loaders {
  private readonly loaders = new Map<string, RowLoader>();

  constructor(private readonly gate: Gate) {}

  /** A loader of rows by id that carry the given fields (dotted paths reach into embedded rows). */
  rows(dataset: string, fields: readonly string[]): RowLoader {
    const sorted = [...new Set(fields)].sort();
    const name = `${dataset}:${sorted.join(',')}`;
    let loader = this.loaders.get(name);
    if (loader === undefined) {
      loader = new DataLoader<string, MaskedRow | null>(
        (ids) => this.gate.lookup({ kind: 'lookup', dataset, ids, fields: sorted }),
        { maxBatchSize: 1000 },
      );
      this.loaders.set(name, loader);
    }
    return loader;
  }
}
