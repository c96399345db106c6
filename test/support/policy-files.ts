import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders of this test file's own policies; gone when its tests are done. */
const folders: string[] = [];
afterAll(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder for policy files. */
export function policyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-policy-'));
  folders.push(folder);
  return folder;
}

/** Writes a policy to a file of its own, and gives the file's path. */
export function writePolicy(text: string): string {
  const file = join(policyFolder(), 'policy.yaml');
  writeFileSync(file, text);
  return file;
}
