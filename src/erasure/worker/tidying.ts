import type { Logger } from 'pino';
import type { ObjectStore } from '../../datasources/engines/object-store';
import { SluiceError } from '../../errors';
import type { Batches } from '../ledger/batches';
import type { TidyPlanning } from '../planning';
import { stagedBatch } from '../staging';

/** Between two looks for what was left, in milliseconds. */
const BETWEEN_MS = 3_600_000;

export interface TidyingParts {
  planning: Pick<TidyPlanning, 'tidy'>;
  /** Where keys are staged. */
  keys: Pick<ObjectStore, 'list' | 'remove'>;
  batches: Pick<Batches, 'find'>;
  logger: Logger;
  signal: AbortSignal;
}

/** Has keys and results removed that killed searches and ended batches left, every hour and first thing. */
export class Tidying {
  /** By a clock that only goes forward. */
  private nextAt = 0;

  constructor(private readonly parts: TidyingParts) {}

  /** What cannot be done now is logged and tried in the next round: it holds no erasure up. */
  async tidy(): Promise<void> {
    if (performance.now() < this.nextAt) return;
    try {
      await this.parts.planning.tidy(this.parts.signal);
      await this.ofBatches();
      this.nextAt = performance.now() + BETWEEN_MS;
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      this.parts.logger.warn(
        { event: 'erasure_not_tidied', code: error.code },
        'keys and results that a killed search or an ended batch left cannot be removed now',
      );
    }
  }

  /** Keys of a batch that has ended are nobody's to read any more, however they came to lie there. */
  private async ofBatches(): Promise<void> {
    const { keys, batches, signal } = this.parts;
    // A batch has an object for each of its tables.
    const hasEnded = new Map<string, boolean>();
    for (let token: string | undefined, more = true; more; more = token !== undefined) {
      const { objects, next } = await keys.list('batch=', token, signal);
      const ended: string[] = [];
      for (const { name } of objects) {
        const id = stagedBatch(name);
        if (id === undefined) continue;
        // Batches of another ledger are not known here, and not touched.
        const over = hasEnded.get(id) ?? (await batches.find(id))?.state === 'DONE';
        hasEnded.set(id, over);
        if (over) ended.push(name);
      }
      await keys.remove(ended, signal);
      token = next;
    }
  }
}
