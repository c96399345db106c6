import { join } from 'node:path';
import { PYTHON, run } from './command';
import { fetchSqlglot, fetchTrinoParser } from './downloads';
import { findJava, javaProgram } from './java';

/** What a parser says about one statement: null when it accepts it, else its complaint. */
export type Verdict = string | null;

/**
 * Asks Trino's own parser (version 435) about statements, in order. It is strict about syntax but knows neither
 * functions nor types, and not Athena's own DDL, OPTIMIZE, VACUUM and UNLOAD.
 */
export async function parseTrino(statements: string[]): Promise<Verdict[]> {
  const [lib, java] = await Promise.all([fetchTrinoParser(), findJava(17, 'jdk.compiler')]);
  const input = statements.map((sql) => Buffer.from(sql, 'utf8').toString('base64') + '\n').join('');
  const source = join(__dirname, 'ParseSql.java');
  const output = await run(javaProgram(java), ['-Xmx256m', '-cp', `${lib}/*`, source], { input });
  const verdicts = output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line === 'ok' ? null : Buffer.from(line.slice('error '.length), 'base64').toString('utf8'),
    );
  return expectAll(verdicts, statements, "Trino's parser");
}

/**
 * Asks sqlglot's Redshift dialect about statements, in order. It is lenient: it finds broken quoting, brackets and
 * clauses, but knows no functions, takes some SQL that Redshift refuses, and passes VACUUM through unparsed.
 */
export async function parseRedshift(statements: string[]): Promise<Verdict[]> {
  const wheel = await fetchSqlglot();
  const script = [
    'import json, logging, sys',
    'sys.path.insert(0, sys.argv[1])',
    'import sqlglot',
    'from sqlglot.errors import SqlglotError',
    'logging.disable(logging.CRITICAL)',
    'def judge(sql):',
    '    try:',
    '        found = [s for s in sqlglot.parse(sql, read="redshift") if s is not None]',
    '        return None if len(found) == 1 else "Expected one statement, found %d" % len(found)',
    '    except SqlglotError as error:',
    '        return str(error)',
    'json.dump([judge(sql) for sql in json.load(sys.stdin)], sys.stdout)',
  ].join('\n');
  const output = await run(PYTHON, ['-c', script, wheel], {
    input: JSON.stringify(statements),
    env: { ...process.env, PYTHONIOENCODING: 'utf-8', PYTHONDONTWRITEBYTECODE: '1' },
  });
  return expectAll(JSON.parse(output) as Verdict[], statements, 'sqlglot');
}

function expectAll(verdicts: Verdict[], statements: string[], parser: string): Verdict[] {
  if (verdicts.length === statements.length) return verdicts;
  throw new Error(`${parser} answered ${verdicts.length} of ${statements.length} statements.`);
}
