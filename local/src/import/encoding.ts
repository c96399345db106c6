import { isUtf8 } from 'node:buffer';

/** Longest line looked at as one piece, in bytes; a longer one is cut between characters. */
const MAX_PIECE = 1 << 20;
const NEWLINE = 0x0a;

/**
 * Hands bytes through as UTF-8. A file said to be UTF-8 often is not, here and there: in a line that is not
 * valid, valid sequences stay what they are and every other byte is read as windows-1252, and the line is counted.
 * Another encoding is decoded as a whole; its impossible bytes become U+FFFD and are counted too.
 * @param damaged told how many lines needed it
 */
export async function* utf8Pieces(
  chunks: AsyncIterable<Buffer>,
  encoding: string,
  damaged: (lines: number) => void,
): AsyncGenerator<Buffer> {
  const label = new TextDecoder(encoding).encoding;
  if (label !== 'utf-8') {
    yield* decoded(chunks, label, damaged);
    return;
  }
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === 0 && bytes.length > MAX_PIECE) end = characterBoundary(bytes);
    rest = bytes.subarray(end);
    if (end > 0) yield repaired(bytes.subarray(0, end), damaged);
  }
  if (rest.length > 0) yield repaired(rest, damaged);
}

async function* decoded(
  chunks: AsyncIterable<Buffer>,
  label: string,
  damaged: (lines: number) => void,
): AsyncGenerator<Buffer> {
  if (label === 'windows-1252') {
    for await (const chunk of chunks) yield Buffer.from(westernText(chunk), 'utf8');
    return;
  }
  const decoder = new TextDecoder(label);
  const count = (text: string): Buffer => {
    if (text.includes('\ufffd')) {
      damaged(text.split('\n').filter((line) => line.includes('\ufffd')).length);
    }
    return Buffer.from(text, 'utf8');
  };
  for await (const chunk of chunks) yield count(decoder.decode(chunk, { stream: true }));
  yield count(decoder.decode());
}

function repaired(bytes: Buffer, damaged: (lines: number) => void): Buffer {
  if (isUtf8(bytes)) return bytes;
  const pieces: Buffer[] = [];
  let lines = 0;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    const line = bytes.subarray(start, end);
    if (isUtf8(line)) pieces.push(line);
    else {
      lines += 1;
      pieces.push(Buffer.from(mixedText(line), 'utf8'));
    }
    start = end;
  }
  damaged(lines);
  return Buffer.concat(pieces);
}

/** Text of bytes that are partly UTF-8, partly windows-1252. */
function mixedText(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at] ?? 0);
    const sequence = bytes.subarray(at, at + Math.max(length, 1));
    const valid = length > 0 && sequence.length === length && isUtf8(sequence);
    text += valid ? sequence.toString('utf8') : westernText(bytes.subarray(at, at + 1));
    at += valid ? length : 1;
  }
  return text;
}

/** What windows-1252 has at 0x80 to 0x9F. Node's own decoder reads these bytes as Latin-1 controls. */
const WESTERN = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function westernText(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  return text.replace(/[\x80-\x9f]/g, (control) => WESTERN[control.charCodeAt(0) - 0x80] ?? control);
}

/** Bytes of the UTF-8 sequence that starts with this byte, 0 when none does. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

function characterBoundary(bytes: Buffer): number {
  let end = bytes.length;
  while (end > bytes.length - 4 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end -= 1;
  return (bytes[end - 1] ?? 0) >= 0xc0 ? end - 1 : bytes.length;
}
