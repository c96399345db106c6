import type { ErasureRight } from './vocabulary';

/** Which right of the policy each field about erasures needs: without it the field does not exist for a role. */

/** By `Type.field`. Types that only such fields lead to go with them. */
const PLACES: Readonly<Record<string, ErasureRight | 'clear keys'>> = {
  'Query.erasureRequest': 'read',
  'Query.erasureRequests': 'read',
  'Query.erasureSchedule': 'read',
  'Query.regulations': 'read',
  'Query.erasurePreview': 'request',
  'Mutation.requestErasure': 'request',
  'Mutation.cancelErasure': 'request',
  'Mutation.replanErasure': 'request',
  'Mutation.retryErasure': 'request',
  'Mutation.approveErasure': 'approve',
  'Mutation.rejectErasure': 'approve',
  'Mutation.holdErasure': 'hold',
  'Mutation.releaseHold': 'hold',
  'Mutation.extendErasure': 'extend',
  'Mutation.pauseErasures': 'pause',
  'Mutation.resumeErasures': 'pause',
  'ErasureKey.key': 'clear keys',
  'LeftOutErasureKey.key': 'clear keys',
};

/** What a role needs for a field; undefined for fields that are about something else. */
export function erasurePlace(type: string, field: string): ErasureRight | 'clear keys' | undefined {
  const name = `${type}.${field}`;
  return Object.hasOwn(PLACES, name) ? PLACES[name] : undefined;
}

/** Every such place. */
export const ERASURE_PLACES: readonly string[] = Object.keys(PLACES);
