import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalAws, type LocalAws } from '../../local/src/aws';
import { seedSampleCompany } from '../../local/src/sample/seed';
import { gatewayEnvironment } from '../../local/src/start/environment';
import { gatewayKeys } from '../../local/src/start/keys';
import { TEST_AWS_VARIABLE, type TestAws } from './local-aws';

/** One local AWS with the sample companies for all test files of a run, in a folder of its own. */

declare global {
  var sluiceTestAws: { aws: LocalAws; dataDir: string } | undefined;
}

export default async function setUp(): Promise<void> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  const aws = await startLocalAws({ dataDir, small: true });
  globalThis.sluiceTestAws = { aws, dataDir };
  await seedSampleCompany({ endpoints: aws.endpoints, dataDir, progress: () => undefined });
  const { endpoints } = aws;
  const environment = gatewayEnvironment(endpoints, await gatewayKeys(dataDir), dataDir);
  process.env[TEST_AWS_VARIABLE] = JSON.stringify({ dataDir, endpoints, environment } satisfies TestAws);
}

export async function tearDown(): Promise<void> {
  const started = globalThis.sluiceTestAws;
  if (started === undefined) return;
  await started.aws.close();
  await rm(started.dataDir, { recursive: true, force: true });
}
