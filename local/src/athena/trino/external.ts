import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MillisecondFiles } from './milliseconds';
import type { TrinoServer } from './server';

/**
 * The Parquet files of an S3 prefix, put where a table may own them. Trino deletes a dropped table's files, Athena
 * leaves those of an external table alone; so the table gets links to the files of that moment (copies, where the disk
 * has no links or the times are milliseconds).
 */
export interface StagedFiles {
  /** Folder of the links, as Trino names it; undefined when the prefix holds no file. */
  location: string | undefined;
  /** The files that were linked. */
  files: string[];
  /** Takes the links away again. */
  remove(): Promise<void>;
}

/** Links the files of that moment into a folder of their own, but for those that are known. */
export async function stageFiles(
  server: TrinoServer,
  s3Location: string,
  known: ReadonlySet<string> = new Set(),
): Promise<StagedFiles> {
  const files = (await dataFiles(server.localPath(s3Location))).filter((file) => !known.has(file));
  const name = randomUUID();
  const folder = join(server.dataDir, 'files', 'external', name);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  if (files.length === 0) return { location: undefined, files, remove };
  const milliseconds = await MillisecondFiles.among(files);
  try {
    await mkdir(folder);
    for (const [index, file] of files.entries()) {
      const target = join(folder, `${String(index).padStart(6, '0')}.parquet`);
      if (milliseconds.has(file)) await milliseconds.rewrite(file, target);
      else await link(file, target).catch(() => copyFile(file, target));
    }
  } catch (error) {
    await remove();
    throw error;
  } finally {
    milliseconds.close();
  }
  return { location: `local:///external/${name}`, files, remove };
}

/** All files below a folder that Athena would read: names that start with a dot or an underscore are skipped. */
async function dataFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (/^[._]/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await dataFiles(path)));
    else if (entry.isFile()) files.push(path);
  }
  return files;
}
