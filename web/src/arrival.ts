/** Takes tokens out of the address bar. */
import { type FragmentContent, readFragment } from './fragment';

/** Reads the fragment and, when it speaks of tokens, removes it from the address and from this history entry. */
export function takeFragment(): FragmentContent {
  const content = readFragment(location.hash);
  if (content.found) history.replaceState(null, '', location.pathname + location.search);
  return content;
}
