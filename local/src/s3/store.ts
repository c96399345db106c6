import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';

/** An S3 error by its code; the server turns it into the XML that the SDK reads. */
export class S3Error extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What a listing says of an object. */
export interface StoredObject {
  key: string;
  size: number;
  modified: Date;
  etag: string;
}

/** What is smaller is written and read at once: handing it to another thread takes several times as long. */
export const SMALL_BYTES = 256 * 1024;
/** Holds uploads that are not whole yet, beside the buckets. */
const UPLOADS = '.uploads';
/** A folder below a table's location that holds the table's empty schema file; no object can be kept below it. */
export const SEED_FOLDER = '.table-schema';

/**
 * Buckets and objects as plain folders and files: `<root>/<bucket>/<key>`. Other local servers may read and write
 * the same folders (query results, Parquet files). A key must work as a relative path: no empty, `.` or `..` part,
 * and no key below another key, which S3 itself would allow.
 */
export class S3Store {
  constructor(readonly root: string) {}

  async createBucket(bucket: string): Promise<void> {
    checkBucketName(bucket);
    const made = await mkdir(join(this.root, bucket), { recursive: true });
    if (made === undefined)
      throw new S3Error(
        'BucketAlreadyOwnedByYou',
        409,
        'Your previous request to create the named bucket succeeded.',
      );
  }

  async deleteBucket(bucket: string): Promise<void> {
    await this.bucketFolder(bucket);
    for await (const object of this.walk(bucket, ''))
      throw new S3Error('BucketNotEmpty', 409, `The bucket still holds objects: ${object.key}`);
    await rm(join(this.root, bucket), { recursive: true, force: true });
  }

  async listBuckets(): Promise<{ name: string; created: Date }[]> {
    const entries = await readdir(this.root, { withFileTypes: true }).catch(() => []);
    const buckets = entries.filter((entry) => entry.isDirectory() && entry.name !== UPLOADS);
    return Promise.all(
      buckets.map(async ({ name }) => ({ name, created: (await stat(join(this.root, name))).birthtime })),
    );
  }

  /** The folder of a bucket, or NoSuchBucket. */
  async bucketFolder(bucket: string): Promise<string> {
    checkBucketName(bucket);
    const folder = join(this.root, bucket);
    if (!statOf(folder)?.isDirectory())
      throw new S3Error('NoSuchBucket', 404, 'The specified bucket does not exist');
    return folder;
  }

  /** Where an object is or would be kept. Refuses keys that would leave the bucket's folder. */
  objectPath(bucket: string, key: string): string {
    checkBucketName(bucket);
    const folder = join(this.root, bucket);
    const path = resolve(folder, key);
    const parts = key.split('/');
    const bad = parts.some(
      (part, at) => ['.', '..', SEED_FOLDER].includes(part) || (part === '' && at < parts.length - 1),
    );
    if (
      key === '' ||
      key.endsWith('/') ||
      key.includes('\0') ||
      key.includes('\\') ||
      bad ||
      !path.startsWith(folder + sep)
    )
      throw new S3Error('InvalidArgument', 400, 'This local store cannot keep an object under that key.');
    if (Buffer.byteLength(key) > 1024) throw new S3Error('KeyTooLongError', 400, 'Your key is too long');
    return path;
  }

  /** Writes an object whole: readers see the old one or the new one. Returns its ETag (MD5, unquoted). */
  async put(bucket: string, key: string, body: AsyncIterable<Uint8Array>): Promise<string> {
    await this.bucketFolder(bucket);
    const path = this.objectPath(bucket, key);
    const partial = join(this.root, UPLOADS, randomUUID());
    const md5 = createHash('md5');
    const held: Uint8Array[] = [];
    let size = 0;
    let file: FileHandle | undefined;
    try {
      try {
        for await (const part of body) {
          md5.update(part);
          held.push(part);
          size += part.length;
          if (size < SMALL_BYTES) continue;
          file ??= await inFolderOf(partial, () => open(partial, 'wx'));
          await file.writeFile(Buffer.concat(held.splice(0)));
        }
      } finally {
        await file?.close();
      }
      if (file === undefined)
        atOnceInFolderOf(partial, () => writeFileSync(partial, Buffer.concat(held), { flag: 'wx' }));
      atOnceInFolderOf(path, () => renameSync(partial, path));
    } catch (error) {
      await rm(partial, { force: true });
      throw asStoreError(error);
    }
    return md5.digest('hex');
  }

  /** Whether there is an object of that key. */
  has(bucket: string, key: string): boolean {
    return statOf(this.objectPath(bucket, key))?.isFile() === true;
  }

  async head(bucket: string, key: string): Promise<StoredObject> {
    const found = statOf(this.objectPath(bucket, key));
    if (!found?.isFile()) {
      await this.bucketFolder(bucket);
      throw new S3Error('NoSuchKey', 404, 'The specified key does not exist.');
    }
    return { key, size: found.size, modified: found.mtime, etag: etagOf(found.size, found.mtimeMs) };
  }

  /** The bytes from start to end, both included. */
  read(bucket: string, key: string, start: number, end: number): Readable {
    return createReadStream(this.objectPath(bucket, key), { start, end });
  }

  /** The same, of a part below SMALL_BYTES. */
  bytes(bucket: string, key: string, start: number, end: number): Buffer {
    const file = openSync(this.objectPath(bucket, key), 'r');
    try {
      const part = Buffer.alloc(end - start + 1);
      return part.subarray(0, readSync(file, part, 0, part.length, start));
    } finally {
      closeSync(file);
    }
  }

  /** Deletes an object; deleting one that is not there succeeds, as in S3. */
  async delete(bucket: string, key: string): Promise<void> {
    const folder = await this.bucketFolder(bucket);
    const path = this.objectPath(bucket, key);
    await rm(path, { force: true }).catch((error: NodeJS.ErrnoException) => {
      if (!['EISDIR', 'ERR_FS_EISDIR', 'ENOTDIR'].includes(error.code ?? '')) throw error;
    });
    // At once: an upload makes its folder and moves its file there in one go, and none may vanish in between.
    for (let parent = dirname(path); parent !== folder && removedEmpty(parent);) parent = dirname(parent);
  }

  /** The objects below a prefix in key order (UTF-8 bytes, as S3 lists them). */
  async *walk(bucket: string, prefix: string): AsyncGenerator<StoredObject> {
    const root = await this.bucketFolder(bucket);
    yield* walkFolder(root, root, prefix);
  }
}

/** Undefined where there is nothing, or no way to it. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Removes a folder that is empty. */
function removedEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Does it again after making the path's folder, when that is what was missing. */
async function inFolderOf<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true });
    return work();
  }
}

function atOnceInFolderOf(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    work();
  }
}

async function* walkFolder(root: string, folder: string, prefix: string): AsyncGenerator<StoredObject> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const keyed = entries
    .filter((entry) => (entry.isFile() || entry.isDirectory()) && entry.name !== SEED_FOLDER)
    .map((entry) => {
      const key = relative(root, join(folder, entry.name)).split(sep).join('/');
      return { entry, order: Buffer.from(entry.isDirectory() ? `${key}/` : key), key };
    })
    .sort((one, other) => Buffer.compare(one.order, other.order));
  for (const { entry, key } of keyed) {
    if (entry.isDirectory()) {
      const below = `${key}/`;
      if (below.startsWith(prefix) || prefix.startsWith(below))
        yield* walkFolder(root, join(folder, entry.name), prefix);
    } else if (key.startsWith(prefix)) {
      const found = await stat(join(folder, entry.name)).catch(() => undefined);
      if (found)
        yield { key, size: found.size, modified: found.mtime, etag: etagOf(found.size, found.mtimeMs) };
    }
  }
}

/** Files carry no MD5 of their own, so reads and lists give a tag of size and time, as multipart ETags also are no MD5. */
function etagOf(size: number, modified: number): string {
  return `${createHash('md5').update(`${size}:${modified}`).digest('hex')}-1`;
}

function checkBucketName(bucket: string): void {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || bucket.includes('..'))
    throw new S3Error('InvalidBucketName', 400, 'The specified bucket is not valid.');
}

function asStoreError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOTDIR' || code === 'EISDIR' || code === 'EEXIST'
    ? new S3Error('InvalidArgument', 400, 'This local store cannot keep one key below another key.')
    : error;
}
