import { mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveDynamoDb } from '../../../local/src/dynamodb/server';
import { FaultPlan } from '../../../local/src/wire/faults';
import { readConfig, type Config } from '../../../src/config';
import type { PointStoreUnderTest } from '../contracts/point-store';

/** dynalite in a folder of its own. */
export async function dynalitePoints(): Promise<PointStoreUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-points-'));
  const server = await serveDynamoDb(0, folder, new FaultPlan());
  return {
    config: pointConfig(server.url),
    async close() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A configuration whose point-read store is at the address; nothing else in it is there. */
export function pointConfig(endpoint: string): Config {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'eu-central-1',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  const key = randomBytes(64).toString('base64');
  return readConfig({
    AWS_REGION: 'eu-central-1',
    SLUICE_JWKS_URL: 'http://127.0.0.1:1/jwks',
    SLUICE_TOKEN_ISSUER: 'test',
    SLUICE_TOKEN_AUDIENCE: 'test',
    SLUICE_MASK_KEY: key,
    SLUICE_CURSOR_KEY: key,
    SLUICE_AUDIT_KEY: key,
    SLUICE_ERASURE_KEY: randomBytes(32).toString('base64'),
    SLUICE_AUDIT_DIR: '/nowhere',
    SLUICE_AUDIT_LOCATION: 's3://nowhere',
    SLUICE_DYNAMODB_ENDPOINT: endpoint,
    SLUICE_ATHENA_ENDPOINT: 'http://127.0.0.1:1',
    SLUICE_S3_ENDPOINT: 'http://127.0.0.1:1',
    SLUICE_REDSHIFT_ENDPOINT: 'http://127.0.0.1:1',
  });
}
