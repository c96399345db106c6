import type { Boundary } from '../support/boundaries';

/** Places in an undisturbed run at which a kill leaves something else than at the one before. */

export type KillLake = 'duckdb' | 'trino';

export interface Place {
  at: Boundary;
  name: string;
}

/**
 * @param names of the requests of the run, in order
 * @param before names of those of an earlier phase with a batch: what every batch writes of itself is cut off there
 */
export function placesIn(names: readonly string[], on: KillLake, before: readonly string[] = []): Place[] {
  return on === 'duckdb' ? afterChanges(names, new Set(before.map(kindOf))) : ofIceberg(names);
}

/** Requests after which something is there that was not before. */
const CHANGES = /(Put|Update|Delete)Item|BatchWrite|s3 (PUT|POST|DELETE)/;
/** The first one asks for what an engine has done: it goes on beside a dead worker, and has come to its end by then. */
const READS = /GetQueryResults|StatementResult|s3 GET/;
const STATEMENT = /StartQuery|ExecuteStatement/;
/** Other statements only ask: they leave a result, whether anybody has read it or not. */
const CHANGING = /DELETE FROM|MERGE INTO|OPTIMIZE|VACUUM|UPDATE/;
/** Records of requests, holds and people, their items, and rows: in every batch others. */
const ABOUT_PEOPLE = /Item (TENANT#|people#|OPEN )/;
/** How often it is asked whether a statement has ended depends on the machine. */
const NOT_POLLED = /^(?!.*(?:GetQueryExecution|DescribeStatement))/;

function afterChanges(names: readonly string[], before: ReadonlySet<string>): Place[] {
  const places: Place[] = [];
  let underWay = false;
  for (const [index, name] of names.filter((one) => NOT_POLLED.test(one)).entries()) {
    const isFirstRead: boolean = underWay && READS.test(name);
    underWay = STATEMENT.test(name) || (underWay && !isFirstRead);
    if (!CHANGES.test(name) && !CHANGING.test(name) && !isFirstRead) continue;
    if (before.has(kindOf(name)) && !ABOUT_PEOPLE.test(name) && !CHANGING.test(name)) continue;
    const at = { request: index + 1, of: NOT_POLLED, when: 'after' as const };
    places.push({ at, name: `after ${index + 1} ${name}` });
  }
  return places;
}

/** A name without what differs between two batches: ids, and numbers of the audit chain. */
function kindOf(name: string): string {
  return name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-z]{25}|\b\d{12}\b/g, '*');
}

/** Statements that change a lake table, and what is written down of their steps. */
const ICEBERG = /^athena StartQueryExecution (DELETE FROM|MERGE INTO|OPTIMIZE|VACUUM)/;
const ICEBERG_STEP = /^dynamodb PutItem BATCH#\S+ STEP#\d+#athena\./;

function ofIceberg(names: readonly string[]): Place[] {
  const nth = (of: RegExp, when: Boundary['when']): Place[] =>
    names
      .filter((name) => of.test(name))
      .map((name, index) => ({ at: { request: index + 1, of, when }, name: `${when} ${name}` }));
  return [...nth(ICEBERG, 'after'), ...nth(ICEBERG, 'ended'), ...nth(ICEBERG_STEP, 'after')];
}
