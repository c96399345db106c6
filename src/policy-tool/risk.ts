import type { MaskAction } from '../schema/vocabulary';

/**
 * What a change does to what a role can learn. `unclear` is neither more nor less, or a key whose meaning is not known
 * here; a gate in CI takes it for `wider`.
 */
export const RISKS = ['wider', 'unclear', 'narrower', 'neutral'] as const;
export type Risk = (typeof RISKS)[number];

const RANK: Readonly<Record<MaskAction, number>> = {
  clear: 3,
  pseudonym: 2,
  partial: 2,
  band: 2,
  coarse: 2,
  redact: 1,
  hide: 0,
};

/** Masks of the same rank show different things, so neither is the narrower. */
export function actionRisk(from: MaskAction, to: MaskAction): Risk {
  if (from === to) return 'neutral';
  if (RANK[from] === RANK[to]) return 'unclear';
  return RANK[to] > RANK[from] ? 'wider' : 'narrower';
}

/** How much an action shows, for an order: more first. */
export function exposure(action: MaskAction): number {
  return RANK[action];
}

/** For a bound where more lets through more; no bound at all lets through the most. */
export function boundRisk(from: unknown, to: unknown): Risk {
  if (from === undefined) return 'narrower';
  if (to === undefined) return 'wider';
  if (typeof from !== 'number' || typeof to !== 'number') return 'unclear';
  return to > from ? 'wider' : 'narrower';
}

/** The other way round: for a bound where more keeps back more. */
export function opposite(risk: Risk): Risk {
  if (risk === 'wider') return 'narrower';
  return risk === 'narrower' ? 'wider' : risk;
}
