import type { Config } from '../../config';
import { AthenaEngine } from '../../datasources/engines/athena';
import { ObjectStore } from '../../datasources/engines/object-store';
import { PointSweep } from '../../datasources/engines/point-sweep';
import { RedshiftEngine } from '../../datasources/engines/redshift';
import { BootError } from '../../errors';
import type { DatasetDeclaration } from '../../schema/declarations';
import type { ErasureExecutor } from '../steps';
import { erasureTargets } from '../targets';
import { AthenaExecutor } from './athena';
import { DynamoDbExecutor } from './dynamodb';
import { ObjectsExecutor } from './objects';
import { RedshiftExecutor } from './redshift';

/**
 * The executors of all stores. Their steps, put together, are the steps of any batch.
 *
 * @throws BootError when nobody says where keys are staged
 */
export async function createExecutors(
  config: Config,
  datasets: Iterable<DatasetDeclaration>,
  signal: AbortSignal,
): Promise<ErasureExecutor[]> {
  const location = config.SLUICE_ERASURE_LOCATION;
  if (location === undefined)
    throw new BootError(['SLUICE_ERASURE_LOCATION is not set: erasure stages its keys there.']);
  const targets = erasureTargets(datasets);
  const athena = new AthenaEngine(config);
  const source = { location: location.replace(/\/*$/, '/'), role: config.SLUICE_ERASURE_COPY_ROLE };
  const stores = [
    new DynamoDbExecutor(new PointSweep(config), targets, config.SLUICE_ERASURE_SCAN_UNITS),
    new AthenaExecutor(athena, targets),
    new RedshiftExecutor(new RedshiftEngine(config), targets, source),
  ];
  const erasing = stores.flatMap((store) => store.steps()).filter(({ kind }) => kind === 'erase');
  const results = await athena.outputLocation(signal);
  const objects = new ObjectsExecutor({
    keys: new ObjectStore(config, location),
    results: results === undefined ? undefined : new ObjectStore(config, results),
    graceMs: config.SLUICE_REQUEST_DEADLINE_MS,
    erasing: erasing.map(({ id }) => id),
  });
  return [objects, ...stores];
}
