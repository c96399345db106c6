import type { AthenaEngine } from '../../datasources/engines/athena';
import { SluiceError } from '../../errors';
import type { DatasetDeclaration } from '../../schema/declarations';
import { SNAPSHOT_PROPERTY, type SnapshotAges } from '../residue';
import type { ErasureTarget } from '../targets';

const DAY_SECONDS = 86_400;

/**
 * Reads how long Iceberg tables keep snapshots (Amazon Athena User Guide, "SHOW TBLPROPERTIES"). What has no such property,
 * and what the engine does not say it of, is not in the answer.
 *
 * @throws SluiceError ENGINE_UNAVAILABLE, ENGINE_TIMEOUT when Athena cannot be asked
 */
export async function readSnapshotAges(
  athena: Pick<AthenaEngine, 'describe'>,
  targets: readonly ErasureTarget[],
  signal: AbortSignal,
): Promise<SnapshotAges> {
  const ages = new Map<string, { days: number; source: string }>();
  const read = targets.map(async ({ dataset }) => {
    const seconds = await secondsOf(athena, dataset, signal);
    if (seconds === undefined) return;
    const source = `${SNAPSHOT_PROPERTY} of the table: ${seconds}.`;
    ages.set(dataset.name, { days: Math.ceil(seconds / DAY_SECONDS), source });
  });
  await Promise.all(read);
  return ages;
}

async function secondsOf(
  athena: Pick<AthenaEngine, 'describe'>,
  { database, table }: DatasetDeclaration,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const rows = await athena.describe(`SHOW TBLPROPERTIES ${name(database)}.${name(table)}`, signal);
    // Name and value stand in one cell, with a tab between, or in two.
    const words = rows.map((row) =>
      row
        .join('\t')
        .split('\t')
        .map((word) => word.trim()),
    );
    const seconds = Number(words.find(([key]) => key === SNAPSHOT_PROPERTY)?.[1] ?? NaN);
    return Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : undefined;
  } catch (error) {
    // A right that is missing, or an engine that does not know the statement: the default of the service stands.
    if (error instanceof SluiceError && error.code === 'ENGINE_FAILED') return undefined;
    throw error;
  }
}

/** Statements about tables quote names like Hive. */
function name(identifier: string): string {
  return `\`${identifier.replaceAll('`', '``')}\``;
}
