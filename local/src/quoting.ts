/** Names and texts in SQL, as DuckDB, Trino and PostgreSQL all read them: quotes are doubled, nothing else is special. */

/** An identifier in double quotes. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
