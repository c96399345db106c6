import type { S3Store, StoredObject } from './store';

/** What ListObjectsV2 asked for. */
export interface ListRequest {
  prefix: string;
  delimiter: string;
  /** Only keys (and common prefixes) after this one. */
  after: string;
  /** At most 1,000, as S3 gives. */
  maxKeys: number;
}

/** One page of it. */
export interface Listing {
  contents: StoredObject[];
  commonPrefixes: string[];
  /** The last key or common prefix of this page when more follow. */
  continueAfter: string | undefined;
}

/** One page of ListObjectsV2: keys and rolled-up prefixes together count against `maxKeys`. */
export async function listObjects(store: S3Store, bucket: string, request: ListRequest): Promise<Listing> {
  const { prefix, delimiter, after, maxKeys } = request;
  const contents: StoredObject[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  const isAfter = (name: string) => after === '' || Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0;
  for await (const object of store.walk(bucket, prefix)) {
    const cut = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    const rolled = cut < 0 ? undefined : object.key.slice(0, cut + delimiter.length);
    const name = rolled ?? object.key;
    if (!isAfter(name) || (rolled !== undefined && commonPrefixes.at(-1) === rolled)) continue;
    if (contents.length + commonPrefixes.length >= maxKeys)
      return { contents, commonPrefixes, continueAfter: maxKeys === 0 ? undefined : last };
    if (rolled === undefined) contents.push(object);
    else commonPrefixes.push(rolled);
    last = name;
  }
  return { contents, commonPrefixes, continueAfter: undefined };
}
