import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** Where declarations are written, for what the boot says about them. */

/**
 * The file that calls a decorator.
 *
 * @param decorator the decorator's own function, which is not what is looked for
 */
export function fileOfCaller(decorator: (...args: never[]) => unknown): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, decorator);
  return /\(?((?:\/|[A-Za-z]:\\)[^()\n]+?):\d+:\d+\)?$/m.exec(holder.stack ?? '')?.[1] ?? '';
}

/**
 * File and line of a field, as `src/schema/entities/reading.ts:12`; the file alone when the line is not found. The
 * line is looked for in the text, since a stack names lines of transpiled code.
 */
export function placeOf(file: string, field: string): string {
  const name = relative(process.cwd(), file);
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch {
    return name;
  }
  const named = new RegExp(`^\\s+${field}[?!]?:`);
  // A field's own line ends the property; a decorator's option of the same name does not.
  const own = lines.findIndex((text) => named.test(text) && text.endsWith(';'));
  const line = own < 0 ? lines.findIndex((text) => named.test(text)) : own;
  return line < 0 ? name : `${name}:${line + 1}`;
}
