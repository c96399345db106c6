/** The table of staged keys, which erasure joins: what its DDL, those who fill it and those who read it agree on. */

/** Athena's database and table, a partition for each batch. */
export const KEYS_DATABASE = 'erasure';
export const KEYS_TABLE = 'subject_keys';
/** Columns of a staged key, in the order of its file; COPY fills a table by position. */
export const KEY_COLUMNS = ['batch', 'tenant', 'dataset', 'action', 'kind', 'key', 'token'] as const;

/**
 * The table's DDL for Athena. Nobody announces a batch: its partition is projected from the query's own condition
 * (Athena user guide, "Partition projection", type `injected`).
 *
 * @param location `s3://bucket/prefix/`
 */
export function subjectKeysTable(location: string): string {
  const columns = KEY_COLUMNS.filter((column) => column !== 'batch').map((column) => `\`${column}\` string`);
  return [
    `CREATE EXTERNAL TABLE IF NOT EXISTS \`${KEYS_DATABASE}\`.\`${KEYS_TABLE}\` (${columns.join(', ')})`,
    `PARTITIONED BY (\`batch\` string)`,
    `STORED AS PARQUET`,
    `LOCATION '${location}'`,
    `TBLPROPERTIES ('projection.enabled'='true', 'projection.batch.type'='injected',`,
    ` 'storage.location.template'='${location}batch=\${batch}/')`,
  ].join('\n');
}
