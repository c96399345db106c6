import { identifier, literal } from '../../quoting';
import { LakeQueryError } from '../backend';
import { readType } from './ddl-types';
import { toTrinoLocation } from './locations';
import { TokenReader } from './tokens';

/**
 * Athena's own statements, which Trino does not know, translated. Everything else is Trino's SQL already and passes
 * through as it is, but for a semicolon at the end, which Athena takes and Trino does not.
 */

/** What to do for one Athena statement. Tables are quoted as Trino wants them. */
export type Task =
  | { kind: 'query'; sql: string }
  | { kind: 'ddl'; sql: string }
  | {
      kind: 'external';
      table: string;
      columns: string;
      ifNotExists: boolean;
      location: string;
      /** Whether the table is partitioned: its files then come and go, and each holds its partition's column too. */
      live: boolean;
    }
  | { kind: 'vacuum'; table: string }
  | { kind: 'describe'; sql: string };

/** Table properties of Iceberg tables in Athena, beside `table_type`, `format` and `write_compression`. */
const KEPT_PROPERTIES = [
  'optimize_rewrite_data_file_threshold',
  'optimize_rewrite_delete_file_threshold',
  'optimize_rewrite_min_data_file_size_bytes',
  'optimize_rewrite_max_data_file_size_bytes',
  'write_target_data_file_size_bytes',
  'vacuum_min_snapshots_to_keep',
  'vacuum_max_snapshot_age_seconds',
  'vacuum_max_metadata_files_to_keep',
];

const TRANSFORMS = ['year', 'month', 'day', 'hour'];

/** What to do on Trino for one Athena statement. Throws a LakeQueryError for what Athena would refuse. */
export function translate(athenaSql: string): Task {
  const sql = withoutSemicolon(athenaSql);
  const reader = new TokenReader(sql);
  if (reader.take('CREATE', 'EXTERNAL', 'TABLE')) return createExternal(reader);
  if (reader.take('CREATE', 'TABLE')) return createTable(reader) ?? { kind: 'query', sql };
  if (reader.take('CREATE', 'DATABASE') || reader.take('CREATE', 'SCHEMA')) return createDatabase(reader);
  if (reader.take('DROP', 'DATABASE') || reader.take('DROP', 'SCHEMA')) return dropDatabase(reader);
  if (reader.take('DROP', 'TABLE')) return dropTable(reader);
  if (reader.take('ALTER', 'TABLE')) return addColumns(reader);
  if (reader.take('OPTIMIZE')) return optimize(reader);
  if (reader.take('SHOW', 'TBLPROPERTIES')) {
    const properties = `${tableName(reader).slice(0, -1)}$properties"`;
    reader.end();
    return { kind: 'describe', sql: `SELECT key || chr(9) || value AS prpt_name FROM ${properties}` };
  }
  if (reader.take('VACUUM')) {
    const table = tableName(reader);
    reader.end();
    return { kind: 'vacuum', table };
  }
  return { kind: 'query', sql };
}

function withoutSemicolon(sql: string): string {
  return sql.replace(/;\s*$/, '');
}

function tableName(reader: TokenReader): string {
  const parts = [reader.name()];
  while (parts.length < 3 && reader.take('.')) parts.push(reader.name());
  return parts.map(identifier).join('.');
}

function createDatabase(reader: TokenReader): Task {
  const condition = reader.take('IF', 'NOT', 'EXISTS') ? 'IF NOT EXISTS ' : '';
  const name = tableName(reader);
  // Each Iceberg table names its own location, so the database's has no effect.
  if (reader.take('COMMENT')) reader.text();
  if (reader.take('LOCATION')) reader.text();
  reader.end();
  return { kind: 'ddl', sql: `CREATE SCHEMA ${condition}${name}` };
}

function dropDatabase(reader: TokenReader): Task {
  const condition = reader.take('IF', 'EXISTS') ? 'IF EXISTS ' : '';
  const name = tableName(reader);
  const cascade = reader.take('CASCADE') ? ' CASCADE' : '';
  if (!cascade) reader.take('RESTRICT');
  reader.end();
  return { kind: 'ddl', sql: `DROP SCHEMA ${condition}${name}${cascade}` };
}

function dropTable(reader: TokenReader): Task {
  const condition = reader.take('IF', 'EXISTS') ? 'IF EXISTS ' : '';
  const table = tableName(reader);
  reader.end();
  return { kind: 'ddl', sql: `DROP TABLE ${condition}${table}` };
}

/** Trino adds one column a statement, so only one is taken. */
function addColumns(reader: TokenReader): Task {
  const table = tableName(reader);
  reader.expect('ADD', 'COLUMNS');
  const columns = readColumns(reader);
  reader.end();
  if (columns.length !== 1)
    throw new LakeQueryError('NOT_SUPPORTED: ADD COLUMNS takes one column at a time here');
  return { kind: 'ddl', sql: `ALTER TABLE ${table} ADD COLUMN ${columns.join()}` };
}

function optimize(reader: TokenReader): Task {
  const table = tableName(reader);
  reader.expect('REWRITE', 'DATA', 'USING', 'BIN_PACK');
  const where = reader.rest();
  if (where !== '' && !/^where\b/i.test(where)) throw new LakeQueryError('SYNTAX_ERROR: Expecting: WHERE');
  return { kind: 'ddl', sql: `ALTER TABLE ${table} EXECUTE optimize ${where}`.trimEnd() };
}

/** CREATE TABLE in Athena's form; undefined for CREATE TABLE … AS and for Trino's own form. */
function createTable(reader: TokenReader): Task | undefined {
  if (!reader.ahead('TBLPROPERTIES') && !reader.ahead('LOCATION')) return undefined;
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS');
  const table = tableName(reader);
  if (!reader.next('(')) return undefined;
  const columns = readColumns(reader);
  const comment = reader.take('COMMENT') ? ` COMMENT ${literal(reader.text())}` : '';
  const partitioning = reader.take('PARTITIONED', 'BY') ? readPartitions(reader) : [];
  const location = reader.take('LOCATION') ? readLocation(reader) : undefined;
  const properties = reader.take('TBLPROPERTIES') ? readProperties(reader) : new Map<string, string>();
  reader.end();
  if (properties.get('table_type')?.toUpperCase() !== 'ICEBERG')
    throw new LakeQueryError("NOT_SUPPORTED: CREATE TABLE needs TBLPROPERTIES ('table_type'='ICEBERG')");
  if (!location) throw new LakeQueryError('SYNTAX_ERROR: CREATE TABLE of an Iceberg table needs a LOCATION');
  const settings = [`format_version = 2`, `location = ${literal(location)}`];
  const format = properties.get('format');
  if (format) settings.push(`format = ${literal(format.toUpperCase())}`);
  if (partitioning.length) settings.push(`partitioning = ARRAY[${partitioning.map(literal).join(', ')}]`);
  const kept = KEPT_PROPERTIES.filter((name) => properties.has(name));
  if (kept.length) {
    const values = kept.map((name) => literal(properties.get(name) ?? ''));
    settings.push(
      `extra_properties = MAP(ARRAY[${kept.map(literal).join(', ')}], ARRAY[${values.join(', ')}])`,
    );
  }
  // How files are compressed has no counterpart here and changes no answer.
  const known = new Set(['table_type', 'format', 'write_compression', ...KEPT_PROPERTIES]);
  for (const name of properties.keys())
    if (!known.has(name)) throw new LakeQueryError(`NOT_SUPPORTED: Unsupported table property key: ${name}`);
  const condition = ifNotExists ? 'IF NOT EXISTS ' : '';
  return {
    kind: 'ddl',
    sql: `CREATE TABLE ${condition}${table} (${columns.join(', ')})${comment} WITH (${settings.join(', ')})`,
  };
}

function createExternal(reader: TokenReader): Task {
  const ifNotExists = reader.take('IF', 'NOT', 'EXISTS');
  const table = tableName(reader);
  const stored = readColumns(reader);
  if (reader.take('COMMENT')) reader.text();
  const partitions = reader.take('PARTITIONED', 'BY') ? readColumns(reader) : [];
  const columns = [...stored, ...partitions].join(', ');
  reader.expect('STORED', 'AS', 'PARQUET');
  reader.expect('LOCATION');
  const location = reader.text();
  if (!/^s3:\/\/[^/]+\/.*\/$/.test(location))
    throw new LakeQueryError(
      `INVALID_TABLE_PROPERTY: LOCATION must be s3://bucket/prefix/ and is ${location}`,
    );
  if (reader.take('TBLPROPERTIES')) readProperties(reader);
  reader.end();
  return { kind: 'external', table, columns, ifNotExists, location, live: partitions.length > 0 };
}

function readColumns(reader: TokenReader): string[] {
  const columns: string[] = [];
  reader.expect('(');
  do {
    const name = identifier(reader.name());
    const type = readType(reader);
    const comment = reader.take('COMMENT') ? ` COMMENT ${literal(reader.text())}` : '';
    columns.push(`${name} ${type}${comment}`);
  } while (reader.take(','));
  reader.expect(')');
  return columns;
}

/** Partition fields in Trino's words: `month(ts)`, `bucket(id, 16)`, `"country"`. */
function readPartitions(reader: TokenReader): string[] {
  const fields: string[] = [];
  reader.expect('(');
  do {
    const word = reader.name();
    if (!reader.take('(')) fields.push(identifier(word));
    else if (TRANSFORMS.includes(word)) fields.push(`${word}(${identifier(reader.name())})`);
    else if (word === 'bucket' || word === 'truncate') {
      const size = reader.number();
      reader.expect(',');
      fields.push(`${word}(${identifier(reader.name())}, ${size})`);
    } else throw new LakeQueryError(`NOT_SUPPORTED: Unsupported partition transform: ${word}`);
    if (!fields.at(-1)?.startsWith('"')) reader.expect(')');
  } while (reader.take(','));
  reader.expect(')');
  return fields;
}

function readLocation(reader: TokenReader): string {
  const location = reader.text();
  if (!/^s3:\/\/[^/]+\/./.test(location))
    throw new LakeQueryError(
      `INVALID_TABLE_PROPERTY: LOCATION must be s3://bucket/prefix/ and is ${location}`,
    );
  return toTrinoLocation(location.replace(/\/+$/, ''));
}

function readProperties(reader: TokenReader): Map<string, string> {
  const properties = new Map<string, string>();
  reader.expect('(');
  do {
    const name = reader.text();
    reader.expect('=');
    properties.set(name, reader.text());
  } while (reader.take(','));
  reader.expect(')');
  return properties;
}
