/** The importer's own DuckDB only packs and unpacks Parquet: little memory, and nothing fetched from elsewhere. */
export const DUCKDB_SETTINGS = {
  memory_limit: '128MB',
  threads: '2',
  autoinstall_known_extensions: 'false',
};
