import { readdirSync, type Dirent } from 'node:fs';
import { join, relative, sep } from 'node:path';

/**
 * Files below a folder that a pattern names: `*` and `?` within a name, `**` over folders. Sorted by path, each
 * relative to the folder with forward slashes.
 */
export function matchingFiles(folder: string, pattern: string): string[] {
  const expression = new RegExp(
    `^${pattern.split('/').map(segment).join('/').replaceAll('**/', '(?:[^/]+/)*')}$`,
  );
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => expression.test(path))
    .sort();
}

/** Whether a name is a pattern for several files. */
export function isPattern(name: string): boolean {
  return /[*?]/.test(name);
}

function segment(text: string): string {
  if (text === '**') return '**';
  return text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
}
