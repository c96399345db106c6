import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalAws } from '../../../local/src/aws';
import { Aws } from '../../../local/src/import/aws';
import { storeExternalRows } from '../../../local/src/import/external';
import { DatasetLoad } from '../../../local/src/import/load';
import { createTables } from '../../../local/src/import/tables';
import { loadPolicy } from '../../../src/auth/policy';
import { declarations } from '../../../src/schema/catalog';
import { plan } from '../world/tenancies';
import type { World } from '../world/world';

/**
 * A child process: local AWS in a folder of its own, with one world loaded through the import's own path. Says where it
 * is, and ends when its parent tells it to or is gone.
 *
 *   aws-process a|b POLICY_FILE MASK_KEY
 */
async function main(): Promise<void> {
  const [world, policyFile = '', maskKey = ''] = process.argv.slice(2);
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-privacy-'));
  const running = await startLocalAws({ dataDir, small: true });
  const stop = async (): Promise<void> => {
    await running.close();
    await rm(dataDir, { recursive: true, force: true });
    process.exit(0);
  };
  process.on('disconnect', () => void stop());
  process.on('message', () => void stop());
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => undefined);
  const aws = new Aws(running.endpoints);
  await createTables(aws, declarations.datasets.values());
  const planted = plan(loadPolicy(policyFile, declarations), declarations, maskKey);
  await Promise.all(
    [...declarations.datasets.values()].map(async (dataset) => {
      for (const [index, tenancy] of planted.tenancies.entries()) {
        const rows = planted.rows.get(world as World)?.[index]?.rows(dataset) ?? [];
        if (dataset.external === true) {
          // An object for each day: as few as there must be.
          if (tenancy.role?.reads(dataset) !== false)
            await storeExternalRows(aws, dataset, tenancy.tenant, rows, `world_${index}`);
          continue;
        }
        const load = new DatasetLoad(aws, dataset, tenancy.tenant, `world_${index}_${dataset.table}`);
        try {
          await load.add(rows);
          await load.finish();
        } finally {
          await load.close();
        }
      }
    }),
  );
  aws.close();
  process.send?.({ dataDir, endpoints: running.endpoints });
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).stack}\n`);
  process.exit(1);
});
