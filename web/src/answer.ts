/** What a response says about itself: fields masked, and what the engines did for it. */

/** A field of the answer that the role gets masked. */
export interface MaskedField {
  path: string;
  action: string;
}

/** What one call to an engine did. */
export interface EngineCall {
  engine: string;
  statementId: string | undefined;
  scannedBytes: number;
  elapsedMs: number;
  costUsd: number;
  shared: boolean;
}

/** What all engine calls of an answer did. */
export interface Cost {
  engineCalls: EngineCall[];
  totalCostUsd: number;
}

/** Actions of the policy in words, as in "the value was replaced by …". */
export const ACTION_WORDS: Record<string, string> = {
  partial: 'only enough to recognise it',
  pseudonym: 'a stable token instead of the value',
  band: 'the floor of its band',
  coarse: 'month or about 10 km',
  redact: 'always null for this role',
};

/** `extensions.masking`, without list positions and repeats; undefined when the response has none. */
export function readMasking(body: unknown): MaskedField[] | undefined {
  const masking = extensionsOf(body).masking;
  if (!Array.isArray(masking)) return undefined;
  const fields = new Map<string, MaskedField>();
  for (const item of masking as unknown[]) {
    const entry = objectOf(item);
    if (typeof entry.path !== 'string' || typeof entry.action !== 'string') continue;
    const path = entry.path
      .split('.')
      .filter((step) => !/^\d+$/.test(step))
      .join('.');
    fields.set(`${path} ${entry.action}`, { path, action: entry.action });
  }
  return [...fields.values()];
}

/** `extensions.cost`; undefined when the response has none. */
export function readCost(body: unknown): Cost | undefined {
  const cost = extensionsOf(body).cost;
  if (typeof cost !== 'object' || cost === null) return undefined;
  const { engineCalls, totalCostUsd } = objectOf(cost);
  const calls = (Array.isArray(engineCalls) ? (engineCalls as unknown[]) : []).map((item) => {
    const call = objectOf(item);
    return {
      engine: typeof call.engine === 'string' ? call.engine : 'unknown',
      statementId: typeof call.statementId === 'string' ? call.statementId : undefined,
      scannedBytes: amount(call.scannedBytes),
      elapsedMs: amount(call.elapsedMs),
      costUsd: amount(call.costUsd),
      shared: call.shared === true,
    };
  });
  return { engineCalls: calls, totalCostUsd: amount(totalCostUsd) };
}

/** "3 fields masked: hr.employees.nodes.salary (band), …"; names at most `most` fields. */
export function maskingInWords(fields: MaskedField[], most = 3): string {
  if (fields.length === 0) return 'No fields masked';
  const named = fields.slice(0, most).map(({ path, action }) => `${path} (${action})`);
  const rest = fields.length - named.length;
  return `${count(fields.length, 'field')} masked: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** "2 engine calls, 1.2 MB scanned, $0.00000". */
export function costInWords({ engineCalls, totalCostUsd }: Cost): string {
  if (engineCalls.length === 0) return `No engine calls, ${dollars(totalCostUsd)}`;
  const scanned = engineCalls.reduce((sum, call) => sum + call.scannedBytes, 0);
  const shared = engineCalls.filter((call) => call.shared).length;
  const sharing = shared === 0 ? '' : ` (${shared} shared with other requests)`;
  return `${count(engineCalls.length, 'engine call')}${sharing}, ${bytes(scanned)} scanned, ${dollars(totalCostUsd)}`;
}

/** Bytes in decimal units: 950 B, 1.2 MB. */
export function bytes(amountOfBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = amountOfBytes;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** US dollars to five places, the size of one small Athena query; what is less but not nothing says so. */
export function dollars(amountOfDollars: number): string {
  return amountOfDollars > 0 && amountOfDollars < 0.000005 ? '<$0.00001' : `$${amountOfDollars.toFixed(5)}`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

function extensionsOf(body: unknown): Record<string, unknown> {
  return objectOf(objectOf(body).extensions);
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function amount(value: unknown): number {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : 0;
}
