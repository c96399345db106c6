import type { Config } from '../../config';
import { AthenaEngine } from '../../datasources/engines/athena';
import { ObjectStore } from '../../datasources/engines/object-store';
import { PointSweep } from '../../datasources/engines/point-sweep';
import { RedshiftEngine } from '../../datasources/engines/redshift';
import { BootError } from '../../errors';
import type { DatasetDeclaration } from '../../schema/declarations';
import { Pacing } from '../pacing';
import { stagingLocation } from '../staging';
import type { ErasureExecutor } from '../steps';
import { erasureTargets } from '../targets';
import { AthenaExecutor } from './athena';
import { DynamoDbExecutor } from './dynamodb';
import { ObjectsExecutor } from './objects';
import { RedshiftExecutor } from './redshift';
import { SparkExecutor, sparkTargets } from './spark/executor';
import { SparkJobs, type SparkSettings } from './spark/jobs';

/**
 * The executors of all stores. Their steps, put together, are the steps of any batch.
 *
 * @throws BootError when nobody says where keys are staged
 */
export async function createExecutors(
  config: Config,
  datasets: Iterable<DatasetDeclaration>,
  signal: AbortSignal,
  pacing = new Pacing(config),
): Promise<ErasureExecutor[]> {
  const location = stagingLocation(config);
  const targets = erasureTargets(datasets);
  const athena = new AthenaEngine(config);
  const source = { location, role: config.SLUICE_ERASURE_COPY_ROLE };
  const spark = sparkTargets(targets).length === 0 ? undefined : sparkSettings(config);
  const stores: ErasureExecutor[] = [
    new DynamoDbExecutor(new PointSweep(config), targets, pacing),
    new AthenaExecutor(athena, targets),
    new RedshiftExecutor(new RedshiftEngine(config), targets, source),
    ...(spark === undefined
      ? []
      : [
          new SparkExecutor(
            {
              jobs: new SparkJobs(config, spark),
              location,
              store: new ObjectStore(config, location),
            },
            targets,
          ),
        ]),
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

/** @throws BootError that names all that is missing */
function sparkSettings(config: Config): SparkSettings {
  const {
    SLUICE_SPARK_APPLICATION: application,
    SLUICE_SPARK_ROLE: role,
    SLUICE_SPARK_SCRIPT: script,
  } = config;
  if (application === undefined || role === undefined || script === undefined) {
    const missing = Object.entries({
      SLUICE_SPARK_APPLICATION: application,
      SLUICE_SPARK_ROLE: role,
      SLUICE_SPARK_SCRIPT: script,
    }).filter(([, value]) => value === undefined);
    throw new BootError(
      missing.map(([name]) => `${name} is not set: a dataset has a table that only a Spark job may write.`),
    );
  }
  const { SLUICE_SPARK_PARAMETERS: parameters, SLUICE_SPARK_TIMEOUT_MINUTES: timeoutMinutes } = config;
  return { application, role, script, parameters, timeoutMinutes };
}
