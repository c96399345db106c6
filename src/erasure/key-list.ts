import { parse, type CsvError, type Info } from 'csv-parse/sync';
import { SluiceError } from '../errors';
import { checkKey, keyId } from './identity';
import { SUBJECT_KEY_KINDS, type SubjectKey, type SubjectKeyKind } from './model';

/** Keys of people as they are asked for: a list, the text of a file, or both. */

/** Keys of one request at most: as many as can be treated as gone at once. */
export const MOST_KEYS = 4_000;
/** Broken lines that an error names. */
const NAMED_LINES = 20;

/**
 * All keys that were asked for, each once.
 *
 * @param csv text with the header `kind,key` and a key a line
 * @throws SluiceError BAD_USER_INPUT, which never repeats a key; of a file it names every broken line
 */
export function askedKeys(keys: readonly SubjectKey[], csv?: string): SubjectKey[] {
  const asked = new Map<string, SubjectKey>();
  for (const [index, key] of keys.entries()) {
    const why = faultOf(key);
    if (why !== undefined)
      throw new SluiceError('BAD_USER_INPUT', `Key ${index + 1} of the list: ${why} Nothing was written.`);
    asked.set(keyId(key), key);
  }
  for (const key of csv === undefined ? [] : keysOfFile(csv)) asked.set(keyId(key), key);
  if (asked.size === 0)
    throw new SluiceError('BAD_USER_INPUT', 'Name at least one key, in `keys` or in `csv`.');
  if (asked.size > MOST_KEYS) {
    throw new SluiceError(
      'BAD_USER_INPUT',
      `A request has at most ${MOST_KEYS} different keys, and this has ${asked.size}. Split it into several requests.`,
    );
  }
  return [...asked.values()];
}

interface Row {
  record: readonly string[];
  info: Info;
}

function keysOfFile(text: string): SubjectKey[] {
  const broken: { line: number; why: string }[] = [];
  const rows = parse(text, {
    bom: true,
    info: true,
    relax_column_count: true,
    skip_records_with_error: true,
    skip_empty_lines: true,
    on_skip: (error: CsvError | undefined) => {
      broken.push({ line: lineOf(error), why: 'The quotes are not closed, or stand within a value.' });
      return undefined;
    },
  }) as unknown as Row[];
  const [header, ...lines] = rows;
  if (header === undefined || header.record.join(',') !== 'kind,key')
    throw new SluiceError(
      'BAD_USER_INPUT',
      'The file begins with the header `kind,key`. Nothing was written.',
    );
  const keys: SubjectKey[] = [];
  for (const { record, info } of lines) {
    const [kind = '', key = ''] = record;
    const found = { kind: kind.toLowerCase() as SubjectKeyKind, key };
    const why = record.length === 2 ? faultOf(found) : `The line has ${record.length} values, and needs two.`;
    if (why === undefined) keys.push(found);
    else broken.push({ line: info.lines, why });
  }
  if (broken.length > 0) throw brokenFile(broken);
  return keys;
}

function lineOf(error: CsvError | undefined): number {
  const lines: unknown = error?.lines;
  return typeof lines === 'number' ? lines : 0;
}

function brokenFile(broken: readonly { line: number; why: string }[]): SluiceError {
  const sorted = [...broken].sort((one, other) => one.line - other.line);
  const named = sorted.slice(0, NAMED_LINES).map(({ line, why }) => `line ${line}: ${why}`);
  const more = sorted.length > NAMED_LINES ? ` And ${sorted.length - NAMED_LINES} more.` : '';
  return new SluiceError(
    'BAD_USER_INPUT',
    `The file has ${sorted.length} broken lines, so nothing was written. ${named.join(' ')}${more}`,
  );
}

function faultOf(key: SubjectKey): string | undefined {
  if (!SUBJECT_KEY_KINDS.includes(key.kind))
    return `There is no such kind of key. Kinds are: ${SUBJECT_KEY_KINDS.join(', ')}.`;
  try {
    checkKey(key);
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError) return error.message;
    throw error;
  }
}
