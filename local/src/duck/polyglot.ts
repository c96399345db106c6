import { init, transpile } from '@polyglot-sql/sdk';

/** Translations kept: gateways send the same few shapes again, but literals make many texts of them. */
const KEPT = 256;
/** Longest statement that is kept, in characters. */
const KEPT_LENGTH = 20_000;

/** Loads the translator. Must have resolved before `inDuckDb` is called. */
export async function prepareTranslator(): Promise<void> {
  await init();
}

/** One statement in DuckDB's dialect; undefined when polyglot can't read it as one statement. */
export function inDuckDb(sql: string, dialect: 'trino' | 'redshift'): string | undefined {
  const result = transpile(
    sql,
    dialect as Parameters<typeof transpile>[1],
    'duckdb' as Parameters<typeof transpile>[2],
  );
  return result.success && result.sql?.length === 1 ? String(result.sql[0]) : undefined;
}

/** The same translation, remembering its latest results. What it throws is not remembered. */
export function remembering<T>(translate: (sql: string) => T): (sql: string) => T {
  const known = new Map<string, T>();
  return (sql) => {
    const found = known.get(sql);
    if (found !== undefined) return found;
    const translated = translate(sql);
    if (sql.length < KEPT_LENGTH) {
      known.set(sql, translated);
      if (known.size > KEPT) known.delete(known.keys().next().value ?? '');
    }
    return translated;
  };
}
