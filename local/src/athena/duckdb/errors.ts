import { LakeQueryError } from '../backend';
import { whereIs } from './translate';

/** Turns DuckDB's error into the text that Athena's StateChangeReason would carry, with Trino's error names. */
export function athenaError(error: unknown, sql: string, database: string | undefined): LakeQueryError {
  if (error instanceof LakeQueryError) return error;
  const text = (error as Error).message.replace(/^Failed to \w+ statements?: /, '');
  const first = text.split('\n', 1)[0] ?? text;
  const at = (name: string) => `line ${whereIs(sql, name)}`;

  const schema = /schema (?:with name )?"?([^" ]+)"? does not exist/i.exec(first)?.[1];
  if (schema)
    return new LakeQueryError(
      `SCHEMA_NOT_FOUND: ${at(schema)}: Schema '${schema.toLowerCase()}' does not exist`,
    );
  const catalog = /Catalog "([^"]+)" does not exist/.exec(first)?.[1];
  if (catalog)
    return new LakeQueryError(
      `CATALOG_NOT_FOUND: ${at(catalog)}: Catalog '${catalog.toLowerCase()}' not found`,
    );
  const table = /(?:Table|View) with name "?([^" ]+?)"? does not exist/.exec(first)?.[1];
  if (table) {
    const name = qualify(table, sql, database);
    return new LakeQueryError(`TABLE_NOT_FOUND: ${at(table)}: Table 'awsdatacatalog.${name}' does not exist`);
  }
  const column =
    /(?:column|Column)(?: with name)? "?([^"]+?)"? (?:not found|does not exist|was not found|is not)/.exec(
      first,
    )?.[1];
  if (column)
    return new LakeQueryError(
      `COLUMN_NOT_FOUND: ${at(column)}: Column '${column.toLowerCase()}' cannot be resolved`,
    );
  const fn = /Function with name "?([^" ]+?)"? does not exist/.exec(first)?.[1];
  if (fn)
    return new LakeQueryError(`FUNCTION_NOT_FOUND: ${at(fn)}: Function '${fn.toLowerCase()}' not registered`);
  if (first.startsWith('Parser Error')) return new LakeQueryError(`SYNTAX_ERROR: line 1:1: ${after(first)}`);
  if (first.startsWith('Binder Error')) return new LakeQueryError(`SYNTAX_ERROR: line 1:1: ${after(first)}`);
  if (first.startsWith('Conversion Error'))
    return new LakeQueryError(`INVALID_CAST_ARGUMENT: ${after(first)}`);
  if (first.startsWith('Out of Range'))
    return new LakeQueryError(`NUMERIC_VALUE_OUT_OF_RANGE: ${after(first)}`);
  if (first.startsWith('Out of Memory'))
    return new LakeQueryError('EXCEEDED_LOCAL_MEMORY_LIMIT: Query exhausted resources at this scale factor');
  if (first.startsWith('TransactionContext Error'))
    return new LakeQueryError(`ICEBERG_COMMIT_ERROR: ${after(first)}`);
  if (error instanceof SyntaxError)
    return new LakeQueryError(`SYNTAX_ERROR: ${text.startsWith('line ') ? '' : 'line 1:1: '}${text}`);
  return new LakeQueryError(`GENERIC_INTERNAL_ERROR: ${after(first)}`);
}

function after(text: string): string {
  return text.replace(/^[A-Za-z ]+ Error: /, '');
}

/** DuckDB names only the table; the statement or the session says which database was meant. */
function qualify(table: string, sql: string, database: string | undefined): string {
  if (table.includes('.')) return table.toLowerCase();
  const plain = table.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found = new RegExp(`["\`]?([A-Za-z0-9_]+)["\`]?\\.["\`]?${plain}\\b`, 'i').exec(sql)?.[1];
  return `${(found ?? database ?? 'default').toLowerCase()}.${table.toLowerCase()}`;
}
