import { SluiceError } from '../errors';
import type { ErasureRight } from '../schema/vocabulary';
import type { RolePolicy } from './policy';

/** What roles may do about erasures. Their schemas lack what they may not; this refuses it whatever asked for it. */

const WORDS: Readonly<Record<ErasureRight, string>> = {
  request: 'ask for erasures',
  approve: 'decide on erasures',
  hold: 'hold or release erasures',
  extend: 'move the due date of erasures',
  pause: 'pause or resume erasures',
  read: 'see erasures',
};

/** @throws SluiceError FORBIDDEN unless the policy gives the right to the role */
export function checkRight(role: Pick<RolePolicy, 'mayErase'>, right: ErasureRight): void {
  if (role.mayErase(right)) return;
  throw new SluiceError('FORBIDDEN', `The acting role may not ${WORDS[right]}. Ask somebody whose role may.`);
}
