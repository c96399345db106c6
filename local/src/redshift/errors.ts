/** Turns DuckDB's error into the text that a Redshift statement's `Error` would carry. */
export function redshiftError(error: unknown): string {
  const text = (error as Error).message.replace(/^Failed to \w+ statements?: /, '');
  const first = text.split('\n', 1)[0] ?? text;
  if (first.startsWith('ERROR: ') || first.startsWith('FATAL: ')) return first;
  const schema = /schema "?([^" ]+)"? does not exist/i.exec(first)?.[1];
  if (schema) return `ERROR: schema "${schema.toLowerCase()}" does not exist`;
  const table = /(?:Table|View) with name "?([^" ]+?)"? does not exist/.exec(first)?.[1];
  if (table) return `ERROR: relation "${table.toLowerCase()}" does not exist`;
  const column = /column(?: with name)? "?([^"]+?)"? (?:not found|does not exist|was not found)/i.exec(
    first,
  )?.[1];
  if (column) return `ERROR: column "${column.toLowerCase()}" does not exist`;
  const fn = /Function with name "?([^" ]+?)"? does not exist/.exec(first)?.[1];
  if (fn) return `ERROR: function ${fn.toLowerCase()} does not exist`;
  const exists = /(?:Table|View|Schema) with name "?([^" ]+?)"? already exists/.exec(first)?.[1];
  if (exists) return `ERROR: Relation "${exists.toLowerCase()}" already exists`;
  if (first.startsWith('TransactionContext Error'))
    return 'ERROR: 1023 Serializable isolation violation on table';
  return `ERROR: ${first.replace(/^[A-Za-z ]+ Error: /, '')}`;
}
