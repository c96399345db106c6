/** A DuckDB that only packs and unpacks Parquet: little memory, and nothing fetched from elsewhere. */
export const DUCKDB_SETTINGS = {
  memory_limit: '96MB',
  threads: '1',
  autoinstall_known_extensions: 'false',
};
