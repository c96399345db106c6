import type { DatasetDeclaration, MetricsDeclaration } from '../../src/schema/declarations';

/** How each dataset is listed in GraphQL, for tests that go over all of them. */

const RANGE = 'range: { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" }';

interface Listing {
  /** Field names from the root to the connection. */
  path: string[];
  range: string | undefined;
}

const LISTINGS: Record<string, Listing> = {
  Decision: { path: ['decisions'], range: RANGE },
  Reading: { path: ['readings'], range: RANGE },
  Employee: { path: ['hr', 'employees'], range: undefined },
  SalesLine: { path: ['erp', 'salesLines'], range: undefined },
  // The sample's own records; those of the tests themselves come later.
  AccessRecord: {
    path: ['accessRecords'],
    range: 'range: { from: "2026-01-01T00:00:00Z", to: "2026-07-01T00:00:00Z" }',
  },
};

function listingOf(dataset: DatasetDeclaration): Listing {
  const listing = LISTINGS[dataset.name];
  if (listing === undefined)
    throw new Error(`Say in test/support/listings.ts how ${dataset.name} is listed.`);
  return listing;
}

/** A query for one page of a dataset. `extra` are further arguments, `selection` what is asked of the connection. */
export function listQuery(
  dataset: DatasetDeclaration,
  selection: string,
  extra = '',
  variables = '',
): string {
  const { path, range } = listingOf(dataset);
  const args = [range, extra].filter(Boolean).join(', ');
  const field = `${path.at(-1)}${args === '' ? '' : `(${args})`} { ${selection} }`;
  const body = path.slice(0, -1).reduceRight((inner, name) => `${name} { ${inner} }`, field);
  return `query List${variables === '' ? '' : `(${variables})`} { ${body} }`;
}

/** The connection in an answer to `listQuery`. */
export function listOf(
  dataset: DatasetDeclaration,
  data: unknown,
): {
  nodes: Record<string, unknown>[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  totalCount: number | null;
} {
  return listingOf(dataset).path.reduce<unknown>(
    (value, name) => (value as Record<string, unknown>)[name],
    data,
  ) as ReturnType<typeof listOf>;
}

/** The path of a node's field in `extensions.masking`. */
export function maskedPath(dataset: DatasetDeclaration, field: string): string {
  return [...listingOf(dataset).path, 'nodes', field].join('.');
}

const TABLES: Record<string, string[]> = {
  DecisionMetrics: ['decisionMetrics'],
  ReadingSeries: ['readingSeries'],
  Headcount: ['hr', 'headcount'],
  SalesMetrics: ['erp', 'salesMetrics'],
};

/** A query for the groups of an analytics type. */
export function tableQuery(metrics: MetricsDeclaration, selection: string, extra = ''): string {
  const path = TABLES[metrics.name];
  if (path === undefined)
    throw new Error(`Say in test/support/listings.ts how ${metrics.name} is asked for.`);
  const args = [metrics.dataset.rangeRequired ? RANGE : '', extra].filter(Boolean).join(', ');
  return `{ ${path.join(' { ')}${args === '' ? '' : `(${args})`} { rows { ${selection} } } ${'}'.repeat(path.length)}`;
}
