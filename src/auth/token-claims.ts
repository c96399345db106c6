/**
 * What a JWT's JSON must be beside well-formed. Readers differ about a name that comes twice (RFC 8259, section 4): the
 * issuer, a proxy and the gateway could each read another tenant. So it is not taken.
 */

/**
 * Why a part is not taken, in words for the log; undefined when it is.
 *
 * @param part of a token that was verified, so that it is known to be JSON in UTF-8
 */
export function claimsFault(part: string): string | undefined {
  const text = Buffer.from(part, 'base64url').toString('utf8');
  const names = namesIn(JSON.parse(text));
  if (names.reserved) return 'a claim named __proto__';
  return names.count === writtenNames(text) ? undefined : 'a claim named twice';
}

/** Strings of a JSON text; those with a colon behind them are names. */
const STRINGS = /"(?:[^"\\]|\\.)*"(\s*:)?/gs;

/** Names as written. The text is known to be JSON, so that what looks like a string is one. */
function writtenNames(text: string): number {
  let count = 0;
  for (const [, colon] of text.matchAll(STRINGS)) if (colon !== undefined) count += 1;
  return count;
}

/** Names that were read: fewer than written when one came twice. */
function namesIn(value: unknown): { count: number; reserved: boolean } {
  const open: unknown[] = [value];
  let count = 0;
  let reserved = false;
  for (let inner = open.pop(); inner !== undefined; inner = open.pop()) {
    if (typeof inner !== 'object' || inner === null) continue;
    if (Array.isArray(inner)) {
      open.push(...(inner as unknown[]));
      continue;
    }
    for (const [name, below] of Object.entries(inner)) {
      count += 1;
      reserved ||= name === '__proto__';
      open.push(below);
    }
  }
  return { count, reserved };
}
