import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../../config';
import { clientSettings, lean } from './clients';
import { ServiceCaller } from './service-caller';

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

  close(): void {
    this.s3.destroy();
  }
}
