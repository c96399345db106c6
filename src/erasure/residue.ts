import type { Config } from '../config';
import { CACHE_DAYS } from '../forgetting';
import type { DatasetDeclaration } from '../schema/declarations';
import type { EngineName } from '../schema/vocabulary';
import type { PlanPart, Residue } from './model';

/** What services and people keep of rows that are gone, and for how long at most. */
export interface ResidueSettings {
  /**
   * Age of the oldest snapshot that VACUUM leaves, in days. Athena's own default of `vacuum_max_snapshot_age_seconds` is
   * 432,000 s, 5 days (Amazon Athena User Guide, "Create Iceberg tables: table properties").
   */
  snapshotDays: number;
  /**
   * Point-in-time recovery of DynamoDB reaches back at most 35 days (Amazon DynamoDB Developer Guide, "Point-in-time
   * backups"); 0 where it is off.
   */
  pointInTimeDays: number;
  /** Records of DynamoDB Streams live 24 hours (Developer Guide, "Change data capture for DynamoDB Streams"); 0: none. */
  streamDays: number;
  /**
   * Redshift Serverless makes a recovery point every 30 minutes and keeps it for 24 hours (Amazon Redshift Management
   * Guide, "Snapshots and recovery points"). It cannot be turned off.
   */
  recoveryPointDays: number;
  /**
   * Query texts in Athena's history live 45 days (Amazon Athena User Guide, "View recent queries"). A text that asked for
   * a person by key holds the key.
   */
  queryHistoryDays: number;
  /**
   * Age at which a lifecycle rule deletes Athena's result objects, in days. A batch deletes those it finds; this bounds what
   * a statement that was running then still writes. 0 where the workgroup keeps its results itself.
   */
  resultObjectDays: number;
  /**
   * Results that Athena keeps itself are deleted after 24 hours (Amazon Athena User Guide, "Managed query results"); 0 where
   * it writes them to S3.
   */
  managedResultDays: number;
  /** System views of Redshift hold seven days of queries (Amazon Redshift Database Developer Guide, "STL views for logging"). */
  warehouseHistoryDays: number;
  /**
   * The Data API keeps results for 24 hours, and statements with their parameters as long (Amazon Redshift Management Guide,
   * "Considerations when calling the Amazon Redshift Data API").
   */
  dataApiDays: number;
  /** Longest life of backups and manual snapshots that the company makes of each store, in days; absent: none are made. */
  backupDays: Partial<Record<EngineName, number>>;
  /** Longest life of files that were exported from the gateway's data, in days; 0: none are made. */
  exportDays: number;
  /** Days after which nothing is left in the memory of gateways and workers of what they read. */
  cacheDays: number;
  /** How long lines of the read audit are kept, in days: they name people by one-way tokens alone. */
  auditDays: number;
}

const MANAGED_RESULT_DAYS = 1;

/** The services' own limits, and nothing that a company adds. */
export const SERVICE_RESIDUE: ResidueSettings = {
  snapshotDays: 5,
  pointInTimeDays: 35,
  streamDays: 1,
  recoveryPointDays: 1,
  queryHistoryDays: 45,
  resultObjectDays: 7,
  managedResultDays: 0,
  warehouseHistoryDays: 7,
  dataApiDays: 1,
  backupDays: {},
  exportDays: 0,
  cacheDays: CACHE_DAYS,
  auditDays: 365,
};

/**
 * The services' limits, and what the company says that it keeps itself.
 *
 * @param inObjects whether Athena writes its results to S3; else the workgroup keeps them itself
 */
export function residueSettings(
  config: Pick<
    Config,
    | 'SLUICE_AUDIT_DAYS'
    | 'SLUICE_ERASURE_BACKUP_DAYS'
    | 'SLUICE_ERASURE_EXPORT_DAYS'
    | 'SLUICE_ERASURE_RESULT_DAYS'
  >,
  inObjects: boolean,
): ResidueSettings {
  const results = inObjects
    ? { resultObjectDays: config.SLUICE_ERASURE_RESULT_DAYS }
    : { resultObjectDays: 0, managedResultDays: MANAGED_RESULT_DAYS };
  return {
    ...SERVICE_RESIDUE,
    ...results,
    backupDays: config.SLUICE_ERASURE_BACKUP_DAYS ?? {},
    exportDays: config.SLUICE_ERASURE_EXPORT_DAYS,
    auditDays: config.SLUICE_AUDIT_DAYS,
  };
}

/** How long tables keep snapshots, by dataset, where it is known. */
export type SnapshotAges = ReadonlyMap<string, { days: number; source: string }>;

export const SNAPSHOT_PROPERTY = 'vacuum_max_snapshot_age_seconds';
const SNAPSHOT_DEFAULT = `The service’s default of ${SNAPSHOT_PROPERTY}; the table states none that can be read.`;
const BACKUPS = 'SLUICE_ERASURE_BACKUP_DAYS.';

/** What outlives the rows of a plan's parts: of the stores that the plan touches, and of the gateway itself. */
export function residueOf(
  parts: readonly Pick<PlanPart, 'store' | 'dataset'>[],
  settings: ResidueSettings,
  ages: SnapshotAges = new Map(),
): readonly Residue[] {
  const stores = new Set(parts.map(({ store }) => store));
  const tables = new Set(parts.filter(({ store }) => store === 'athena').map(({ dataset }) => dataset));
  const residue: Residue[] = [];
  const add = (
    store: Residue['store'],
    kind: Residue['kind'],
    horizonDays: number | undefined,
    description: string,
    source: string,
    dataset?: string,
  ): void => {
    if (horizonDays === undefined || horizonDays <= 0) return;
    const of = dataset === undefined ? {} : { dataset };
    residue.push({ store, kind, ...of, description, horizonDays, source });
  };
  if (stores.has('athena')) {
    for (const dataset of tables) {
      const { days, source } = ages.get(dataset) ?? { days: settings.snapshotDays, source: SNAPSHOT_DEFAULT };
      const what = 'Snapshots of the table, and the files that only they need.';
      add('athena', 'snapshots', days, what, source, dataset);
    }
    add(
      'athena',
      'query_history',
      settings.queryHistoryDays,
      'Texts of earlier queries in the service’s history; one that asked for the person by a key holds the key.',
      'Amazon Athena User Guide, “View recent queries”.',
    );
    add(
      's3',
      'result_objects',
      settings.resultObjectDays,
      'Results that a query running meanwhile still writes.',
      'SLUICE_ERASURE_RESULT_DAYS: the lifecycle rule of the results bucket.',
    );
    add(
      'athena',
      'results',
      settings.managedResultDays,
      'Results of earlier queries, which the workgroup keeps itself.',
      'Amazon Athena User Guide, “Managed query results”.',
    );
    add('athena', 'backups', settings.backupDays.athena, 'Backups of the lake’s bucket.', BACKUPS);
  }
  if (stores.has('redshift')) {
    add(
      'redshift',
      'recovery_points',
      settings.recoveryPointDays,
      'Recovery points that the service makes by itself.',
      'Amazon Redshift Management Guide, “Snapshots and recovery points”.',
    );
    add(
      'redshift',
      'query_history',
      settings.warehouseHistoryDays,
      'Texts of earlier queries in the system views; one that asked for the person by a key may hold the key.',
      'Amazon Redshift Database Developer Guide, “STL views for logging”.',
    );
    add(
      'redshift',
      'results',
      settings.dataApiDays,
      'Results of earlier queries and their parameters, which the Data API keeps.',
      'Amazon Redshift Management Guide, “Considerations when calling the Amazon Redshift Data API”.',
    );
    add(
      'redshift',
      'backups',
      settings.backupDays.redshift,
      'Snapshots of the warehouse that people make.',
      BACKUPS,
    );
  }
  if (stores.has('dynamodb')) {
    add(
      'dynamodb',
      'recovery_points',
      settings.pointInTimeDays,
      'Point-in-time recovery of the table.',
      'Amazon DynamoDB Developer Guide, “Point-in-time backups”.',
    );
    add(
      'dynamodb',
      'streams',
      settings.streamDays,
      'Records of the table’s stream.',
      'Amazon DynamoDB Developer Guide, “Change data capture for DynamoDB Streams”.',
    );
    add(
      'dynamodb',
      'backups',
      settings.backupDays.dynamodb,
      'Backups of the table that people make.',
      BACKUPS,
    );
  }
  if (stores.size > 0) {
    add(
      'gateway',
      'exports',
      settings.exportDays,
      'Files that people exported.',
      'SLUICE_ERASURE_EXPORT_DAYS.',
    );
    add(
      'gateway',
      'caches',
      settings.cacheDays,
      'Values in the memory of gateways: those that became pseudonyms, domains of addresses, literals of queries.',
      'Gateways empty these caches twice a day.',
    );
    add(
      'gateway',
      'audit',
      settings.auditDays,
      'Lines of the read audit, which name the person by a one-way token.',
      'SLUICE_AUDIT_DAYS: how long you keep them.',
    );
  }
  return residue;
}

/** Stores that hold a dataset's rows. */
export function storesOf(dataset: DatasetDeclaration): readonly PlanPart['store'][] {
  return dataset.pointReads === undefined ? [dataset.engine] : [dataset.engine, 'dynamodb'];
}
