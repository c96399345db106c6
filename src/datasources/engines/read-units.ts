import type { Config } from '../../config';

/** Read units of DynamoDB: a consistent read takes one for each 4 KB, begun ones whole; an eventually consistent one half. */

/** Bytes of a unit. */
export const UNIT_BYTES = 4_096;

/** Price of one, in US dollars. */
export function usdPerUnit(config: Pick<Config, 'SLUICE_DYNAMODB_USD_PER_MILLION_READS'>): number {
  return config.SLUICE_DYNAMODB_USD_PER_MILLION_READS / 1_000_000;
}
