import { inDuckDb, remembering } from '../../duck/polyglot';
import { isWord, lineOf, meaningful, nameOf, tokenize, type Token } from '../../duck/tokens';

const RENAMED_BEFORE = new Map([
  ['date_add', 'athena_date_add'],
  ['to_iso8601', 'athena_to_iso8601'],
  ['to_hex', 'athena_to_hex'],
  ['to_utf8', 'encode'],
  ['sha256', 'athena_sha256'],
  ['from_utf8', 'decode'],
]);

const RENAMED_AFTER = new Map([
  ['approx_percentile', 'quantile_disc'],
  ['array_join', 'array_to_string'],
  ['element_at', 'map_extract_value'],
]);

/** Macros that Athena's functions need in DuckDB; created in a schema that every statement can see. */
export const MACROS = [
  `CREATE MACRO athena_date_add(unit, n, t) AS t + CASE lower(unit)
     WHEN 'millisecond' THEN to_milliseconds(n) WHEN 'second' THEN to_seconds(n) WHEN 'minute' THEN to_minutes(n)
     WHEN 'hour' THEN to_hours(n) WHEN 'day' THEN to_days(CAST(n AS INTEGER)) WHEN 'week' THEN to_weeks(CAST(n AS INTEGER))
     WHEN 'month' THEN to_months(CAST(n AS INTEGER)) WHEN 'quarter' THEN to_months(CAST(3 * n AS INTEGER))
     WHEN 'year' THEN to_years(CAST(n AS INTEGER)) ELSE error('date_add: unknown unit') END`,
  `CREATE MACRO nan() AS CAST('NaN' AS DOUBLE)`,
  `CREATE MACRO infinity() AS CAST('Infinity' AS DOUBLE)`,
  `CREATE MACRO athena_to_iso8601(t) AS strftime(t, '%Y-%m-%dT%H:%M:%S.%g')`,
  `CREATE MACRO athena_to_hex(b) AS upper(hex(b))`,
  // DuckDB's own gives the digest as text.
  `CREATE MACRO athena_sha256(b) AS unhex(sha256(b))`,
  `CREATE MACRO from_base(s, radix) AS
     CASE WHEN radix = 16 THEN CAST('0x' || s AS BIGINT) ELSE error('only from_base(…, 16)') END`,
  `CREATE MACRO with_timezone(t, z) AS timezone(z, t)`,
  `CREATE MACRO bitwise_and(a, b) AS a & b`,
  `CREATE MACRO bitwise_or(a, b) AS a | b`,
  `CREATE MACRO bitwise_xor(a, b) AS xor(a, b)`,
  `CREATE MACRO map_agg(k, v) AS map(list(k), list(v))`,
  `CREATE MACRO width_bucket(x, lo, hi, n) AS
     CASE WHEN x < lo THEN 0 WHEN x >= hi THEN n + 1 ELSE floor((x - lo) / (hi - lo) * n)::BIGINT + 1 END`,
  `CREATE MACRO sequence(lo, hi) AS generate_series(lo, hi), (lo, hi, step) AS generate_series(lo, hi, step)`,
  // Kilometres, with the radius that Trino uses.
  `CREATE MACRO great_circle_distance(lat1, lon1, lat2, lon2) AS
     2 * 6371.01 * asin(sqrt(pow(sin(radians(lat2 - lat1) / 2), 2)
       + cos(radians(lat1)) * cos(radians(lat2)) * pow(sin(radians(lon2 - lon1) / 2), 2)))`,
];

/**
 * Athena's queries and DML in DuckDB's dialect, by polyglot. It reads them as Trino, which Athena's engine is: its
 * `athena` dialect also reads Hive's backslash escapes and would change string literals. Three things are done to
 * the tokens before and after, because polyglot gets them wrong or leaves them alone:
 *
 * - comments are left out (they would move), `LIMIT ALL` too, and `DECIMAL '1.50'` becomes the number 1.50;
 * - functions whose translation differs in its result (`to_hex`), is refused (`to_iso8601`) or is not always DuckDB
 *   (`date_add`) are renamed to macros of MACROS first; functions that polyglot passes through to DuckDB's after;
 * - `at`, a word of its own in DuckDB, is quoted.
 *
 * A statement that polyglot can't read goes to DuckDB with just those token changes.
 *
 * Known differences that stay: `date_trunc` of a date and date plus interval are timestamps in DuckDB and dates in
 * Athena; division of integers by zero gives NULL and not an error; `approx_percentile` is exact here.
 *
 * Throws a SyntaxError when the statement can't even be split into words.
 */
export const toDuckDb = remembering((sql) => {
  const before = prepare(tokenize(sql));
  return finish(tokenize(inDuckDb(before, 'trino') ?? before));
});

function prepare(tokens: Token[]): string {
  const out: string[] = [];
  const real = tokens.map((token) =>
    token.kind === 'comment' ? { ...token, kind: 'space' as const, text: ' ' } : token,
  );
  for (let at = 0; at < real.length; at += 1) {
    const token = real[at] as Token;
    const next = real.findIndex((other, index) => index > at && other.kind !== 'space');
    const follower = real[next];
    const word = token.kind === 'word' ? token.text.toUpperCase() : '';
    if (word === 'DECIMAL' && follower?.kind === 'string') {
      out.push(decimalLiteral(follower.text));
      at = next;
    } else if (word === 'LIMIT' && follower?.kind === 'word' && follower.text.toUpperCase() === 'ALL') {
      at = next;
    } else if (follower?.text === '(' && token.kind === 'word') {
      out.push(RENAMED_BEFORE.get(token.text.toLowerCase()) ?? token.text);
    } else out.push(token.text);
  }
  return out.join('');
}

function decimalLiteral(quoted: string): string {
  const text = quoted.slice(1, -1).trim();
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text))
    throw new SyntaxError(`'${text}' is not a valid DECIMAL literal`);
  const digits = text.replace(/^[+-]?0*/, '').replace('.', '').length;
  const scale = (text.split('.')[1] ?? '').length;
  return `CAST('${text}' AS DECIMAL(${Math.min(38, Math.max(digits, scale, 1))}, ${scale}))`;
}

function finish(tokens: Token[]): string {
  const out: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] as Token;
    if (token.kind !== 'word') {
      out.push(token.text);
      continue;
    }
    const lower = token.text.toLowerCase();
    const renamed = tokens[at + 1]?.text === '(' ? RENAMED_AFTER.get(lower) : undefined;
    const next = tokens.slice(at + 1).find(({ kind }) => kind !== 'space');
    // DuckDB keeps `at` for itself; in Athena it is a name like any other, but in AT TIME ZONE.
    out.push(lower === 'at' && !isWord(next, 'TIME') ? '"at"' : (renamed ?? token.text));
  }
  return out.join('');
}

/** Where a name first stands in a statement, as `line:column`, for error texts. */
export function whereIs(sql: string, name: string): string {
  const last = name.split('.').at(-1)?.toLowerCase() ?? '';
  let tokens: Token[];
  try {
    tokens = meaningful(tokenize(sql));
  } catch {
    return '1:1';
  }
  const found = tokens.findIndex(
    (token) => (token.kind === 'word' || token.kind === 'quoted') && nameOf(token) === last,
  );
  let start = found;
  while (start >= 2 && tokens[start - 1]?.text === '.') start -= 2;
  return lineOf(sql, tokens[Math.max(start, 0)]?.at ?? 0);
}
