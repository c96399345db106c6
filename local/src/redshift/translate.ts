import { inDuckDb, remembering } from '../duck/polyglot';
import { StatementReader, type TableName } from '../duck/statement-reader';
import { isWord, nameOf, type Token } from '../duck/tokens';
import { identifier, literal } from '../quoting';

/** A Redshift statement, ready for DuckDB. */
export type Translated =
  | { kind: 'sql'; statements: string[] }
  | { kind: 'copy'; table: TableName; columns: string[]; bucket: string; prefix: string }
  /** VACUUM and ANALYZE: they name a table that must exist, or none. */
  | { kind: 'maintain'; table: TableName | undefined }
  /** SET, GRANT and other statements without a meaning here. */
  | { kind: 'accepted' };

/**
 * Macros for Redshift functions that polyglot leaves alone.
 * Known differences that stay: `avg` of integers is a double here; string literals are read as standard SQL does,
 * so a backslash is a backslash.
 */
export const MACROS = [
  `CREATE MACRO sha2(s, bits) AS CASE WHEN bits IN (0, 256) THEN sha256(s) ELSE error('only sha2(…, 256)') END`,
  `CREATE MACRO strtol(s, radix) AS
     CASE WHEN radix = 16 THEN CAST('0x' || s AS BIGINT) ELSE error('only strtol(…, 16)') END`,
  `CREATE MACRO regexp_substr(s, p) AS regexp_extract(s, p)`,
  `CREATE MACRO json_parse(s) AS CAST(s AS JSON)`,
];

/** A Redshift statement for DuckDB. Throws a SyntaxError when the statement can't be read. */
export const toDuckDb = remembering(translate);

function translate(sql: string): Translated {
  const reader = new StatementReader(sql);
  if (reader.take('COPY')) return readCopy(reader);
  if (reader.take('VACUUM') || reader.take('ANALYZE')) return readMaintenance(reader);
  if (
    reader.take('SET') ||
    reader.take('RESET') ||
    reader.take('GRANT') ||
    reader.take('REVOKE') ||
    reader.take('COMMENT')
  )
    return { kind: 'accepted' };
  if (reader.take('CREATE')) {
    const temporary = reader.take('TEMP') || reader.take('TEMPORARY') || reader.take('LOCAL');
    if (reader.take('TEMP') || reader.take('TEMPORARY') || temporary || isWord(reader.peek(), 'TABLE')) {
      reader.expect('TABLE');
      const ifNotExists = reader.ifNotExists();
      const table = reader.tableName();
      const definition = readTable(reader, table, temporary, ifNotExists);
      if (definition) return { kind: 'sql', statements: definition };
    }
  }
  // What polyglot can't read (DELETE … USING, for one) DuckDB reads as it stands.
  return { kind: 'sql', statements: [inDuckDb(sql, 'redshift') ?? sql] };
}

/** `COPY schema.table [(columns)] FROM 's3://bucket/prefix' … FORMAT [AS] PARQUET`; other formats are refused. */
function readCopy(reader: StatementReader): Translated {
  const table = reader.tableName();
  const columns =
    reader.peek()?.text === '(' ? reader.parenthesised().map(([name]) => nameOf(name as Token)) : [];
  reader.expect('FROM');
  const source = reader.string();
  const found = /^s3:\/\/([^/]+)\/(.*)$/.exec(source);
  if (!found) throw new SyntaxError(`COPY reads from S3 only, not from ${source}`);
  const options = reader.rest();
  if (!/\bFORMAT\s+(AS\s+)?PARQUET\b/i.test(options))
    throw new SyntaxError('COPY reads FORMAT AS PARQUET only');
  if (!/\bIAM_ROLE\b/i.test(options)) throw new SyntaxError('COPY needs IAM_ROLE');
  return { kind: 'copy', table, columns, bucket: found[1] ?? '', prefix: found[2] ?? '' };
}

function readMaintenance(reader: StatementReader): Translated {
  const skipped = ['FULL', 'SORT', 'DELETE', 'ONLY', 'REINDEX', 'RECLUSTER', 'COMPRESSION', 'VERBOSE'];
  while (isWord(reader.peek(), ...skipped)) reader.skip();
  return { kind: 'maintain', table: reader.peek() ? reader.tableName() : undefined };
}

/** Words that a column definition may carry and DuckDB must not see; the number says how many words follow. */
const COLUMN_CLAUSES: Record<string, number> = { ENCODE: 1, DISTKEY: 0, SORTKEY: 0, UNIQUE: 0 };

/**
 * A Redshift table definition for DuckDB. Distribution, sort keys and encodings have no meaning here. Keys are left
 * out because Redshift does not enforce them. IDENTITY becomes a sequence, SUPER JSON. Undefined for
 * `CREATE TABLE … AS` and `LIKE`.
 */
function readTable(
  reader: StatementReader,
  table: TableName,
  temporary: boolean,
  ifNotExists: boolean,
): string[] | undefined {
  if (reader.peek()?.text !== '(') return undefined;
  const schema = table.database === undefined ? '' : `${identifier(table.database)}.`;
  const statements: string[] = [];
  const columns: string[] = [];
  for (const term of reader.parenthesised()) {
    const [name, ...rest] = term;
    if (!name || isWord(name, 'LIKE')) return undefined;
    if (isWord(name, 'PRIMARY', 'FOREIGN', 'UNIQUE', 'CONSTRAINT', 'DISTKEY', 'SORTKEY')) continue;
    const { type, clauses, identity } = readColumn(rest);
    const sequence = identity ? `${schema}${identifier(`${table.table}_${nameOf(name)}_seq`)}` : undefined;
    if (sequence) statements.push(`CREATE SEQUENCE IF NOT EXISTS ${sequence}`);
    const fallback = sequence ? ` DEFAULT nextval(${literal(sequence)})` : '';
    columns.push(`${identifier(nameOf(name))} ${type}${fallback}${clauses === '' ? '' : ` ${clauses}`}`);
  }
  const kind = temporary ? 'CREATE TEMP TABLE' : 'CREATE TABLE';
  statements.push(
    `${kind} ${ifNotExists ? 'IF NOT EXISTS ' : ''}${schema}${identifier(table.table)} (${columns.join(', ')})`,
  );
  return statements;
}

function readColumn(tokens: Token[]): { type: string; clauses: string; identity: boolean } {
  let at = 0;
  const words: string[] = [];
  while (
    at < tokens.length &&
    tokens[at]?.kind === 'word' &&
    (words.length === 0 || isTypeWord(tokens[at]))
  ) {
    words.push(tokens[at]?.text.toLowerCase() ?? '');
    at += 1;
  }
  let size = '';
  if (tokens[at]?.text === '(') {
    const close = tokens.findIndex((token, index) => index > at && token.text === ')');
    size = tokens
      .slice(at, close + 1)
      .map((token) => token.text)
      .join('');
    at = close + 1;
    while (isTypeWord(tokens[at])) at += 1; // TIMESTAMP (6) WITHOUT TIME ZONE
  }
  const clauses: string[] = [];
  let identity = false;
  while (at < tokens.length) {
    const token = tokens[at] as Token;
    const word = token.kind === 'word' ? token.text.toUpperCase() : '';
    if (word === 'IDENTITY' || (word === 'GENERATED' && tokens.some((other) => isWord(other, 'IDENTITY')))) {
      identity = true;
      const close = tokens.findIndex((other, index) => index > at && other.text === ')');
      at = close < 0 ? at + 1 : close + 1;
    } else if (word in COLUMN_CLAUSES) at += 1 + (COLUMN_CLAUSES[word] ?? 0);
    else if (word === 'PRIMARY') at += 2;
    else if (word === 'REFERENCES') break;
    else {
      clauses.push(token.text);
      at += 1;
    }
  }
  return { type: duckType(words.join(' '), size), clauses: clauses.join(' '), identity };
}

function isTypeWord(token: Token | undefined): boolean {
  return isWord(token, 'PRECISION', 'VARYING', 'WITH', 'WITHOUT', 'TIME', 'ZONE');
}

const TYPES: Record<string, string> = {
  smallint: 'SMALLINT',
  int2: 'SMALLINT',
  integer: 'INTEGER',
  int: 'INTEGER',
  int4: 'INTEGER',
  bigint: 'BIGINT',
  int8: 'BIGINT',
  real: 'FLOAT',
  float4: 'FLOAT',
  'double precision': 'DOUBLE',
  float8: 'DOUBLE',
  float: 'DOUBLE',
  boolean: 'BOOLEAN',
  bool: 'BOOLEAN',
  char: 'VARCHAR',
  character: 'VARCHAR',
  nchar: 'VARCHAR',
  bpchar: 'VARCHAR',
  varchar: 'VARCHAR',
  nvarchar: 'VARCHAR',
  text: 'VARCHAR',
  'character varying': 'VARCHAR',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  'timestamp without time zone': 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  'timestamp with time zone': 'TIMESTAMP WITH TIME ZONE',
  super: 'JSON',
  varbyte: 'BLOB',
};

function duckType(words: string, size: string): string {
  if (words === 'decimal' || words === 'numeric') return `DECIMAL${size === '' ? '(18, 0)' : size}`;
  const type = TYPES[words];
  if (!type) throw new SyntaxError(`type "${words}" does not exist`);
  return type;
}
