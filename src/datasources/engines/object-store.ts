import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Config } from '../../config';
import { SluiceError } from '../../errors';
import { clientSettings, lean } from './clients';
import { ServiceCaller } from './service-caller';

/** What a listing says of an object. */
export interface StoredObject {
  /** Below the store's location. */
  name: string;
  /** Milliseconds since 1970. */
  modified: number;
  bytes: number;
}

/** Objects below one `s3://bucket/prefix/`. */
export class ObjectStore {
  private readonly s3: S3Client;
  private readonly caller: ServiceCaller;
  private readonly bucket: string;
  private readonly prefix: string;

  /** @param location `s3://bucket` or `s3://bucket/prefix`, with or without a slash at its end */
  constructor(
    config: Pick<Config, 'AWS_REGION' | 'SLUICE_S3_ENDPOINT' | 'SLUICE_CALL_DEADLINE_MS'>,
    location: string,
  ) {
    this.s3 = lean(
      new S3Client({
        ...clientSettings(config.AWS_REGION, config.SLUICE_S3_ENDPOINT),
        forcePathStyle: config.SLUICE_S3_ENDPOINT !== undefined,
      }),
    );
    this.caller = new ServiceCaller(config.SLUICE_CALL_DEADLINE_MS);
    const [bucket = '', ...folders] = location.replace(/^s3:\/\//, '').split('/');
    this.bucket = bucket;
    this.prefix = folders
      .filter((folder) => folder !== '')
      .map((folder) => `${folder}/`)
      .join('');
  }

  /** Stores one object, in the place of any of its name. @throws SluiceError of the service's trouble; Abandoned */
  async put(name: string, body: Uint8Array, signal: AbortSignal): Promise<void> {
    const command = new PutObjectCommand({ Bucket: this.bucket, Key: this.prefix + name, Body: body });
    await this.caller.attempt((abortSignal) => this.s3.send(command, { abortSignal }), { signal });
  }

  /** One object's content. @throws as `put` */
  async get(name: string, signal: AbortSignal): Promise<Uint8Array> {
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: this.prefix + name });
    return this.caller.call(
      async (abortSignal) => {
        const { Body: body } = await this.s3.send(command, { abortSignal });
        return body === undefined ? new Uint8Array() : body.transformToByteArray();
      },
      { signal },
    );
  }

  /** One page of the objects whose names start so, and where the next one starts. @throws as `put` */
  async list(
    start: string,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<{ objects: readonly StoredObject[]; next: string | undefined }> {
    const command = new ListObjectsV2Command({
      Bucket: this.bucket,
      Prefix: this.prefix + start,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await this.caller.call((abortSignal) => this.s3.send(command, { abortSignal }), { signal });
    const objects = (page.Contents ?? []).map(({ Key: key = '', LastModified: modified, Size: bytes }) => ({
      name: key.slice(this.prefix.length),
      modified: modified?.getTime() ?? 0,
      bytes: bytes ?? 0,
    }));
    return { objects, next: page.NextContinuationToken };
  }

  /** Deletes objects, at most 1,000; those that are not there are no trouble. @throws as `put` */
  async remove(names: readonly string[], signal: AbortSignal): Promise<void> {
    if (names.length === 0) return;
    const command = new DeleteObjectsCommand({
      Bucket: this.bucket,
      Delete: { Objects: names.map((name) => ({ Key: this.prefix + name })), Quiet: true },
    });
    const { Errors: errors = [] } = await this.caller.call(
      (abortSignal) => this.s3.send(command, { abortSignal }),
      { signal },
    );
    const [first] = errors;
    if (first !== undefined)
      throw new SluiceError('ENGINE_FAILED', undefined, { reason: first.Code, objects: errors.length });
  }

  close(): void {
    this.s3.destroy();
  }
}
