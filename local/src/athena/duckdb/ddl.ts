import { StatementReader, type TableName } from '../../duck/statement-reader';
import { isWord, nameOf, type Token } from '../../duck/tokens';
import { LakeQueryError } from '../backend';

/** Athena's own statements, which no SQL translator reads, as plain data. */
export type Ddl =
  | { kind: 'createDatabase'; database: string; ifNotExists: boolean }
  | { kind: 'dropDatabase'; database: string; ifExists: boolean; cascade: boolean }
  | {
      kind: 'createTable';
      table: TableName;
      external: boolean;
      ifNotExists: boolean;
      columns: ColumnDefinition[];
      /** The partition terms as written, for example `month(sold_at)`. */
      partitions: string[];
      /** `s3://bucket/prefix/`. */
      location: string | undefined;
      properties: Record<string, string>;
    }
  | { kind: 'createTableAs'; table: TableName; ifNotExists: boolean; query: string }
  | { kind: 'createView'; table: TableName; orReplace: boolean; query: string }
  | { kind: 'drop'; what: 'TABLE' | 'VIEW'; table: TableName; ifExists: boolean }
  | { kind: 'addColumns'; table: TableName; columns: ColumnDefinition[] }
  | { kind: 'setProperties'; table: TableName; properties: Record<string, string> }
  | { kind: 'showProperties'; table: TableName }
  /** OPTIMIZE, VACUUM and MSCK REPAIR: they name a table that must exist. */
  | { kind: 'maintain'; table: TableName };

/** A column of a CREATE TABLE. */
export interface ColumnDefinition {
  name: string;
  /** Athena's type as written: `string`, `decimal(10,2)`, `array<string>`. */
  type: string;
}

/** Reads a statement if it is one of Athena's own; undefined for queries and DML. */
export function readDdl(sql: string): Ddl | undefined {
  const reader = new StatementReader(sql);
  if (reader.take('CREATE')) return readCreate(reader);
  if (reader.take('DROP')) return readDrop(reader);
  if (reader.take('ALTER')) return readAlter(reader);
  if (reader.take('OPTIMIZE')) {
    const table = reader.tableName();
    reader.expect('REWRITE');
    reader.expect('DATA');
    return { kind: 'maintain', table };
  }
  if (reader.take('SHOW')) {
    reader.expect('TBLPROPERTIES');
    return { kind: 'showProperties', table: reader.tableName() };
  }
  if (reader.take('VACUUM')) return { kind: 'maintain', table: reader.tableName() };
  if (reader.take('MSCK')) {
    reader.expect('REPAIR');
    reader.expect('TABLE');
    return { kind: 'maintain', table: reader.tableName() };
  }
  return undefined;
}

function readCreate(reader: StatementReader): Ddl {
  const orReplace = reader.take('OR') && reader.expect('REPLACE');
  if (reader.take('VIEW')) {
    const table = reader.tableName();
    reader.expect('AS');
    return { kind: 'createView', table, orReplace, query: reader.rest() };
  }
  if (reader.take('DATABASE') || reader.take('SCHEMA')) {
    const ifNotExists = reader.ifNotExists();
    return { kind: 'createDatabase', database: reader.name(), ifNotExists };
  }
  const external = reader.take('EXTERNAL');
  reader.expect('TABLE');
  const ifNotExists = reader.ifNotExists();
  const table = reader.tableName();
  if (reader.peek()?.text !== '(') {
    if (reader.take('WITH')) reader.parenthesised();
    reader.expect('AS');
    return { kind: 'createTableAs', table, ifNotExists, query: reader.rest() };
  }
  const columns = reader.parenthesised().map(readColumn);
  const found = { partitions: [] as string[], location: undefined as string | undefined, properties: {} };
  while (reader.peek()) {
    if (reader.take('PARTITIONED')) {
      reader.expect('BY');
      const terms = reader.parenthesised();
      // Hive tables declare their partition columns here, Iceberg tables name terms over declared ones.
      if (external) columns.push(...terms.map(readColumn));
      found.partitions = terms.map((term) =>
        (external ? term.slice(0, 1) : term).map((token) => token.text).join(''),
      );
    } else if (reader.take('LOCATION')) found.location = reader.string();
    else if (reader.take('TBLPROPERTIES')) found.properties = readProperties(reader.parenthesised());
    else reader.skip(); // ROW FORMAT, STORED AS, COMMENT: told apart by nothing that DuckDB needs
  }
  return { kind: 'createTable', table, external, ifNotExists, columns, ...found };
}

/** Of ALTER, `ALTER TABLE … ADD COLUMNS (name type, …)` and `… SET TBLPROPERTIES (…)` alone. */
function readAlter(reader: StatementReader): Ddl {
  reader.expect('TABLE');
  const table = reader.tableName();
  if (reader.take('SET')) {
    reader.expect('TBLPROPERTIES');
    return { kind: 'setProperties', table, properties: readProperties(reader.parenthesised()) };
  }
  reader.expect('ADD');
  reader.expect('COLUMNS');
  return { kind: 'addColumns', table, columns: reader.parenthesised().map(readColumn) };
}

function readDrop(reader: StatementReader): Ddl {
  if (reader.take('DATABASE') || reader.take('SCHEMA')) {
    const ifExists = reader.ifExists();
    return { kind: 'dropDatabase', database: reader.name(), ifExists, cascade: reader.take('CASCADE') };
  }
  const what = reader.take('VIEW') ? 'VIEW' : 'TABLE';
  if (what === 'TABLE') reader.expect('TABLE');
  const ifExists = reader.ifExists();
  return { kind: 'drop', what, table: reader.tableName(), ifExists };
}

function readColumn(tokens: Token[]): ColumnDefinition {
  const [name, ...rest] = tokens;
  const comment = rest.findIndex((token) => isWord(token, 'COMMENT'));
  const type = (comment < 0 ? rest : rest.slice(0, comment)).map((token) => token.text).join(' ');
  if (!name || type === '')
    throw new LakeQueryError('SYNTAX_ERROR: line 1:1: A column needs a name and a type');
  return { name: nameOf(name), type };
}

function readProperties(terms: Token[][]): Record<string, string> {
  const text = (token: Token | undefined) => token?.text.slice(1, -1).replaceAll("''", "'") ?? '';
  return Object.fromEntries(terms.map((term) => [text(term[0]), text(term[2])]));
}

const SIMPLE_TYPES: Record<string, string> = {
  string: 'VARCHAR',
  varchar: 'VARCHAR',
  char: 'VARCHAR',
  int: 'INTEGER',
  integer: 'INTEGER',
  long: 'BIGINT',
  bigint: 'BIGINT',
  smallint: 'SMALLINT',
  tinyint: 'TINYINT',
  float: 'FLOAT',
  real: 'FLOAT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  binary: 'BLOB',
  varbinary: 'BLOB',
  decimal: 'DECIMAL(10, 0)',
};

/** A DDL type of Athena (Hive's words) as DuckDB's. */
export function duckType(athena: string): string {
  const text = athena.replace(/\s+/g, '').toLowerCase();
  const outer = /^(array|map|struct)<(.*)>$/.exec(text);
  if (outer) {
    const parts = splitTopLevel(outer[2] ?? '');
    if (outer[1] === 'array') return `${duckType(parts.join(','))}[]`;
    if (outer[1] === 'map') return `MAP(${parts.map(duckType).join(', ')})`;
    const fields = parts.map((part) => {
      const colon = part.indexOf(':');
      return `"${part.slice(0, colon).replaceAll('`', '')}" ${duckType(part.slice(colon + 1))}`;
    });
    return `STRUCT(${fields.join(', ')})`;
  }
  const decimal = /^decimal\((\d+)(?:,(\d+))?\)$/.exec(text);
  if (decimal) return `DECIMAL(${decimal[1]}, ${decimal[2] ?? 0})`;
  const simple = SIMPLE_TYPES[text.replace(/\(\d+\)$/, '')];
  if (!simple) throw new LakeQueryError(`SYNTAX_ERROR: line 1:1: Unknown type: ${athena}`);
  return simple;
}

function splitTopLevel(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const mark = text[at];
    if (mark === '<' || mark === '(') depth += 1;
    if (mark === '>' || mark === ')') depth -= 1;
    if (at === text.length || (mark === ',' && depth === 0)) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return parts;
}
