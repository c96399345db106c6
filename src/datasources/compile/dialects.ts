import {
  DefaultQueryCompiler,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  sql,
  type CompiledQuery,
  type QueryCompiler,
  type RawBuilder,
} from 'kysely';
import { BoundValue, decimalDigits, literal, parameterText, type Typed } from './literal';
import type { StatementParameter } from './statement';

/** Tables and columns come from declarations, so Kysely knows no types of ours. */
type Tables = Record<string, Record<string, unknown>>;

/** A scalar SQL expression. */
export type Expression = RawBuilder<unknown>;
/** A condition that is true, false or NULL; NULL counts as false. */
export type Predicate = RawBuilder<boolean>;

/** What differs between the two SQL engines. */
export interface Dialect {
  engine: 'athena' | 'redshift';
  builder: Kysely<Tables>;
  /** Name of the double type in a CAST. */
  double: string;
  /** 24 bits of SHA-256 over the salt and a text, as a whole number. */
  hash24(salt: Expression, text: Expression): Expression;
  /** The first 64 bits of SHA-256 over the salt and a text, as 16 hexadecimal digits in small letters. */
  hash64(salt: Expression, text: Expression): Expression;
  /** The statement's parameters, as the compiler left them. */
  parametersOf(query: CompiledQuery): StatementParameter[];
}

/** What stands for an empty text in a parameter. */
const NOT_EMPTY = 'x';
/** How many bytes longer a statement for Redshift is by an empty text than by its own length, which is none. */
export const EMPTY_TEXT_BYTES = NOT_EMPTY.length + `REPLACE(, '${NOT_EMPTY}', '')`.length;

/** Trino as Athena runs it: no parameters, every value a literal. */
class AthenaCompiler extends DefaultQueryCompiler {
  protected override appendValue(value: unknown): void {
    const bound = mustBeBound(value);
    this.append(literal(bound.type, bound.value));
  }
}

/**
 * Redshift through its Data API: parameters are named and untyped text, so each is cast; an empty one is refused by
 * the service, so another is sent and taken away again; true and false are written out, since Redshift casts no text to
 * boolean. Names are folded to lower case, as Redshift stores them.
 */
class RedshiftCompiler extends DefaultQueryCompiler {
  protected override sanitizeIdentifier(identifier: string): string {
    return super.sanitizeIdentifier(identifier).toLowerCase();
  }

  protected override appendValue(value: unknown): void {
    const bound = mustBeBound(value);
    const text = parameterText(bound.type, bound.value);
    if (bound.type.kind === 'boolean') return this.append(text);
    this.addParameter(text === '' ? NOT_EMPTY : text);
    const cast = `CAST(:p${this.numParameters} AS ${castType(bound.type, text)})`;
    this.append(text === '' ? `REPLACE(${cast}, '${NOT_EMPTY}', '')` : cast);
  }
}

/**
 * Type a parameter is cast to. Varchar carries its length because Redshift cuts a bare varchar to 256 bytes;
 * decimals keep all the digits given, so that no value is rounded into equality.
 */
function castType(type: Typed, text: string): string {
  switch (type.kind) {
    case 'integer':
      return 'bigint';
    case 'float':
      return 'double precision';
    case 'decimal':
      return `decimal(38,${Math.max(type.scale ?? 4, decimalDigits(text))})`;
    case 'date':
      return 'date';
    case 'datetime':
      return 'timestamp';
    default:
      return 'varchar(65535)';
  }
}

function mustBeBound(value: unknown): BoundValue {
  if (!(value instanceof BoundValue)) throw new TypeError('A value reached SQL without its type.');
  return value;
}

function builderWith(compiler: () => QueryCompiler): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (database) => new PostgresIntrospector(database),
      createQueryCompiler: compiler,
    },
  });
}

const ATHENA: Dialect = {
  engine: 'athena',
  builder: builderWith(() => new AthenaCompiler()),
  double: 'double',
  hash24: (salt, text) => sql`from_base(substr(to_hex(sha256(to_utf8(concat(${salt}, ${text})))), 1, 6), 16)`,
  hash64: (salt, text) => sql`lower(substr(to_hex(sha256(to_utf8(concat(${salt}, ${text})))), 1, 16))`,
  parametersOf: () => [],
};

const REDSHIFT: Dialect = {
  engine: 'redshift',
  builder: builderWith(() => new RedshiftCompiler()),
  double: 'double precision',
  hash24: (salt, text) => sql`strtol(substring(sha2(${salt} || ${text}, 256), 1, 6), 16)`,
  hash64: (salt, text) => sql`lower(substring(sha2(${salt} || ${text}, 256), 1, 16))`,
  parametersOf: (query) =>
    query.parameters.map((value, index) => ({ name: `p${index + 1}`, value: String(value) })),
};

/** The dialect of an engine. */
export function dialectOf(engine: Dialect['engine']): Dialect {
  return engine === 'athena' ? ATHENA : REDSHIFT;
}

/** A value for comparison with a column of the type. */
export function bind(type: Typed, value: unknown): Expression {
  return sql`${sql.val(new BoundValue(type, value))}`;
}

/** Holds for every row. */
export const ALWAYS: Predicate = sql<boolean>`1 = 1`;
/** Holds for no row. */
export const NEVER: Predicate = sql<boolean>`1 = 0`;

/** All of them; brackets only where they are needed. */
export function allOf(parts: readonly Predicate[]): Predicate {
  return joined(parts, ' and ', ALWAYS);
}

/** At least one of them. */
export function anyOf(parts: readonly Predicate[]): Predicate {
  return joined(parts, ' or ', NEVER);
}

function joined(parts: readonly Predicate[], word: string, empty: Predicate): Predicate {
  const [only] = parts;
  if (only === undefined) return empty;
  return parts.length === 1 ? only : sql<boolean>`(${sql.join([...parts], sql.raw(word))})`;
}
