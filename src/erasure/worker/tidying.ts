import type { Logger } from 'pino';
import { SluiceError } from '../../errors';
import type { TidyPlanning } from '../planning';

/** Between two looks for what killed processes left, in milliseconds. */
const BETWEEN_MS = 3_600_000;

/** Has what killed processes left of their searches removed, every hour and first thing. */
export class Tidying {
  /** By a clock that only goes forward. */
  private nextAt = 0;

  constructor(
    private readonly planning: Pick<TidyPlanning, 'tidy'>,
    private readonly logger: Logger,
    private readonly signal: AbortSignal,
  ) {}

  /** What cannot be done now is logged and tried in the next round: it holds no erasure up. */
  async tidy(): Promise<void> {
    if (performance.now() < this.nextAt) return;
    try {
      await this.planning.tidy(this.signal);
      this.nextAt = performance.now() + BETWEEN_MS;
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      this.logger.warn(
        { event: 'erasure_not_tidied', code: error.code },
        'keys and results that a killed search left cannot be removed now',
      );
    }
  }
}
