import { utf8Pieces } from './encoding';
import { SourceError, type SourceBatch, type SourceNotes, type SourceRow, type SourceSpec } from './sources';

/** Longest line in characters. */
const MAX_LINE = 1 << 20;
const HALF_CHARACTER = /\p{Surrogate}/u;

/**
 * Rows of a file with one JSON object a line. Keys are the columns; a missing key is null, and lists and objects are
 * their JSON text. Numbers of more than 15 digits should be written as text: JSON readers round them.
 */
export async function* readJsonLines(
  bytes: AsyncIterable<Buffer>,
  spec: SourceSpec,
  wanted: readonly string[],
  notes: SourceNotes,
): AsyncGenerator<SourceBatch> {
  const header: string[] = [];
  const positions = new Map<string, number>();
  const missing = new Set(wanted);
  const position = (name: string): number => {
    let at = positions.get(name);
    if (at === undefined) {
      at = header.push(name) - 1;
      positions.set(name, at);
    }
    return at;
  };
  wanted.forEach(position);
  let line = 0;
  const read = (text: string): SourceRow[] => {
    line += 1;
    if (text.trim() === '') return [];
    const object = parsed(text);
    if (object === undefined) return [{ line, values: [text], problem: 'not a JSON object' }];
    const values: (string | null)[] = new Array<null>(header.length).fill(null);
    for (const [name, value] of Object.entries(object)) {
      missing.delete(name);
      values[position(name)] = cellText(value);
    }
    if (Object.values(object).some((value) => typeof value === 'number' && unsafe(value))) {
      return [{ line, values, problem: 'a whole number too large for JSON; write it as text' }];
    }
    if (values.some((value) => value !== null && HALF_CHARACTER.test(value))) {
      return [{ line, values, problem: 'text with half of a character (a lone surrogate)' }];
    }
    return [{ line, values }];
  };
  let rest = '';
  yield { header, rows: [] };
  for await (const piece of utf8Pieces(bytes, spec.encoding, (lines) => (notes.damagedLines += lines))) {
    const lines = (rest + piece.toString('utf8')).replace(/^\ufeff/, '').split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE)
      throw new SourceError(`line ${line + 1} is longer than ${MAX_LINE} characters`);
    yield { header, rows: lines.flatMap(read) };
  }
  yield { header, rows: rest === '' ? [] : read(rest) };
  notes.absentColumns = [...missing];
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function unsafe(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

function cellText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
