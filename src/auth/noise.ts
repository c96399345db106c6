import { createHmac, hkdfSync } from 'node:crypto';
import { amountRead, type MetricsDeclaration } from '../schema/declarations';
import type { Noise } from './scope';

/**
 * Salts of the noisy copies: from the key of masks, the same for every role and for ever, since two copies of the same
 * data could be set off against each other. Each tenant, dataset and field has its own.
 */
export class NoiseSalts {
  private readonly key: Buffer;

  /** @param key 64 random bytes, SLUICE_MASK_KEY */
  constructor(key: Buffer) {
    this.key = Buffer.from(hkdfSync('sha512', key, '', 'sluice noise', 64));
  }

  /** What the compiler needs for some measures of a dataset about people. */
  of(tenant: string, metrics: MetricsDeclaration, measures: readonly string[]): Noise {
    const { name, tenant: column, subject: unit } = metrics.dataset;
    if (unit === undefined) throw new Error(`${name} has no people.`);
    // Tenants that share rows share their copy, or together they would hold two.
    const owner = column === 'shared' ? '' : tenant;
    const amounts = measures.flatMap((measure) => {
      const formula = metrics.measures.get(measure)?.formula;
      return (formula && amountRead(formula)) ?? [];
    });
    return {
      unit,
      weight: this.salt(owner, name, ''),
      factors: Object.fromEntries(amounts.map((field) => [field, this.salt(owner, name, field)])),
    };
  }

  /** 128 bits, as text without a character that SQL or a parameter could take amiss. */
  private salt(...parts: readonly string[]): string {
    return createHmac('sha256', this.key).update(parts.join('\0')).digest('hex').slice(0, 32);
  }
}
