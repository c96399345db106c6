import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalAws } from './local/src/aws';
import { seedSampleCompany } from './local/src/sample/seed';
import { gatewayEnvironment } from './local/src/start/environment';
import { gatewayKeys } from './local/src/start/keys';
import { startGateway } from './test/support/gateway';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
async function main() {
  const dataDir = process.env.D ?? (await mkdtemp(join(tmpdir(), 'attack-')));
  const aws = await startLocalAws({ dataDir });
  await seedSampleCompany({ endpoints: aws.endpoints, dataDir, progress: () => undefined });
  const environment = gatewayEnvironment(aws.endpoints, await gatewayKeys(dataDir));
  const gw = await startGateway({}, { dataDir, environment });
  const mem = () => Math.round(process.memoryUsage().rss / 1e6);
  async function t(name: string, caller: any, query: string, variables?: any) {
    const at = performance.now();
    let lag = 0, last = performance.now();
    const timer = setInterval(() => { const n = performance.now(); lag = Math.max(lag, n - last - 10); last = n; }, 10);
    try {
      const a = await gw.ask(caller, query, variables);
      console.log(`${name}: ${a.status} ${Math.round(performance.now() - at)}ms lag ${Math.round(lag)} rss ${mem()} len ${a.text.length} errs ${a.errors?.length} ${JSON.stringify(a.errors?.[0])?.slice(0, 260)} ${a.text.slice(0, 120)}`);
      return a;
    } catch (e) { console.log(name, 'THREW', String(e), (e as any).cause); }
    finally { clearInterval(timer); }
  }
  await t('warm', { role: 'steward' }, '{ viewer { role } }');
  await (await import(process.env.P!)).default(t, gw, aws);
  await gw.close(); await aws.close();
  console.log('LOG', gw.log().length);
  if (process.env.SHOWLOG) console.log(gw.log().slice(0, 6000));
}
main().catch((e) => { console.error(e); process.exitCode = 1; });
