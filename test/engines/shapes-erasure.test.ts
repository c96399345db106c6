import { athenaCompaction, athenaErasure, athenaExpiry } from '../../src/erasure/statements/athena';
import { redshiftCompaction, redshiftErasure } from '../../src/erasure/statements/redshift';
import { countsStatement, linksStatement } from '../../src/erasure/statements/questions';
import { erasureTargets } from '../../src/erasure/targets';
import { declarations } from '../../src/schema/catalog';
import type { DatasetDeclaration, ErasureRule } from '../../src/schema/declarations';
import { athenaKeys, survivorsSql } from '../../src/erasure/verify/sql';
import { RETAINING } from '../erasure/support/retained';
import { describeEngine, parseRedshift, parseTrino } from './support/engines';

/** Every shape of SQL that takes people out of tables, in parsers that are not ours. */

/** The declared datasets, each under every kind of rule. */
const TARGETS = [...declarations.datasets.values()]
  .filter(({ erasure }) => erasure !== undefined)
  .flatMap((dataset) => rulesOf(dataset))
  .flatMap((dataset) => erasureTargets([dataset]));

function rulesOf(dataset: DatasetDeclaration): DatasetDeclaration[] {
  const { erasure, time } = dataset;
  if (erasure === undefined) return [];
  const rules: ErasureRule[] = [
    erasure.rule,
    { action: 'delete' },
    { action: 'pseudonymise', ground: 'Law' },
  ];
  const period = { ground: 'Law', keep: 'P8Y', from: time ?? '' };
  if (time !== undefined)
    rules.push(
      { action: 'pseudonymise', ...period },
      { action: 'retain', then: 'delete', ...period },
      { action: 'retain', then: 'pseudonymise', ...period },
    );
  const retaining = RETAINING[dataset.name];
  if (retaining !== undefined) rules.push(retaining);
  return rules.map((rule) => ({ ...dataset, erasure: { ...erasure, rule } }));
}

const DAY = '2026-11-24';
const SOURCE = { location: 's3://sluice-lake/erasure/', role: 'arn:aws:iam::123456789012:role/copy' };

/** Statements by what they are called, each once. */
function shapes(engine: 'athena' | 'redshift'): Map<string, string> {
  const found = new Map<string, string>();
  for (const target of TARGETS.filter(({ dataset }) => dataset.engine === engine)) {
    const name = `${target.dataset.name} under ${JSON.stringify(target.erasure.rule)}`;
    const sqls =
      engine === 'athena'
        ? athenaErasure(target, 'b-1', DAY).map(({ statement }) => statement.sql)
        : redshiftErasure([target], 'b-1', DAY, SOURCE);
    for (const [at, sql] of sqls.entries()) found.set(`${name}, statement ${at + 1}`, sql);
    found.set(`${name}, its plan's counts`, countsStatement(target, 'search-1', `o'clock`, DAY).sql);
    const keys = engine === 'athena' ? athenaKeys('verify-b-1') : '"verified_keys"';
    found.set(`${name}, its verification`, survivorsSql(target.dataset, DAY, keys));
    found.set(`${name}, its plan's links`, linksStatement(target, 'search-1', `o'clock`, 51).sql);
  }
  return found;
}

function refused(found: ReadonlyMap<string, string>, verdicts: readonly (string | null)[]): string[] {
  return [...found.keys()].flatMap((name, at) => (verdicts[at] === null ? [] : [`${name}: ${verdicts[at]}`]));
}

describeEngine('trino-parser', "Erasure in Trino's parser", () => {
  test('takes every DELETE and MERGE, and what plans ask', async () => {
    const found = shapes('athena');
    expect(refused(found, await parseTrino([...found.values()]))).toEqual([]);
    expect(new Set([...found.values()].map((sql) => /\b(DELETE|MERGE|SELECT)\b/.exec(sql)?.[1]))).toEqual(
      new Set(['DELETE', 'MERGE', 'SELECT']),
    );
  });
});

describeEngine('sqlglot', "Erasure in sqlglot's parser of Redshift", () => {
  test('takes every statement of the transaction, and what comes after it', async () => {
    const found = shapes('redshift');
    for (const target of TARGETS)
      if (target.dataset.engine === 'redshift')
        found.set(`${target.dataset.name} compacted`, redshiftCompaction(target).sql);
    expect(refused(found, await parseRedshift([...found.values()]))).toEqual([]);
    const words = [...found.values()].map(
      (sql) => /\b(CREATE|COPY|DELETE|UPDATE|VACUUM|SELECT)\b/.exec(sql.replace(/\/\*.*?\*\//, ''))?.[1],
    );
    expect(new Set(words)).toEqual(new Set(['CREATE', 'COPY', 'DELETE', 'UPDATE', 'VACUUM', 'SELECT']));
  });
});

describe('Maintenance in Athena’s own words', () => {
  // No parser but Athena's knows them: Amazon Athena User Guide, "OPTIMIZE" and "VACUUM".
  test.each(TARGETS.filter(({ dataset }) => dataset.engine === 'athena'))('$dataset.name', (target) => {
    const { database, table } = target.dataset;
    const bare = (sql: string): string => sql.replace(/^\/\*.*?\*\/ /, '');
    expect(bare(athenaCompaction(target).sql)).toBe(
      `OPTIMIZE "${database}"."${table}" REWRITE DATA USING BIN_PACK`,
    );
    expect(bare(athenaExpiry(target).sql)).toBe(`VACUUM "${database}"."${table}"`);
  });
});
