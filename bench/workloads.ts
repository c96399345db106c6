import { decisionRow, expectedRows, READINGS, SALES_LINES } from './canned/rows';

/** What is asked in the benchmark: the same question to Sluice and to each rival. */

/** A plain handler; see `rivals/server.ts`. */
export interface Rival {
  name: string;
  path: string;
}

/** One question, how to ask it, and what its answer must be. */
export interface Workload {
  name: 'decision' | 'athena-page' | 'redshift-page';
  title: string;
  query: string;
  /** Variables of a request; another number gives another statement or key, so that nothing is shared. */
  variables(variation: number): Record<string, unknown>;
  /** Sees everything in the clear. */
  clearRole: string;
  /** Sees some of the fields masked. */
  maskingRole: string;
  /** The rows, or the one object, in the data of Sluice's answer. */
  pick(data: unknown): unknown;
  /** What an unmasked answer must hold. */
  expected(variation: number): unknown;
  /** The first one is what others are compared with. */
  rivals: readonly [Rival, ...Rival[]];
  /** What the rivals are asked with, in place of GraphQL's variables. */
  argument(variation: number): string;
  /** Requests of a round, unless said otherwise. */
  requests: number;
}

const RANGE = { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' };

const decision: Workload = {
  name: 'decision',
  title: 'Decision with 6 checks by id (DynamoDB)',
  query: `query Decision($id: ID!) {
    decision(id: $id) {
      id decidedAt outcome product amount currency applicantName applicantEmail
      transactions { kind name value }
    }
  }`,
  variables: (variation) => ({ id: `decision-${variation}` }),
  clearRole: 'steward',
  maskingRole: 'support',
  pick: (data) => (data as { decision: unknown }).decision,
  expected: (variation) => decisionRow(`decision-${variation}`),
  rivals: [{ name: 'GetItem', path: '/decision' }],
  argument: (variation) => `decision-${variation}`,
  requests: 2_000,
};

const athenaPage: Workload = {
  name: 'athena-page',
  title: 'Page of 1,000 rows × 6 columns (Athena)',
  query: `query Readings($range: TimeRangeInput!, $below: Float!) {
    readings(range: $range, where: { value: { lt: $below } }, first: 1000) {
      nodes { id deviceId recordedAt value latitude longitude }
    }
  }`,
  variables: (variation) => ({ range: RANGE, below: 1_000 + variation }),
  clearRole: 'steward',
  maskingRole: 'telemetry_analyst',
  pick: (data) => (data as { readings: { nodes: unknown } }).readings.nodes,
  expected: () => expectedRows(READINGS),
  rivals: [
    { name: 'GetQueryResults', path: '/athena-results' },
    { name: 'S3 object, split by commas', path: '/athena-object' },
  ],
  argument: (variation) => String(1_000 + variation),
  requests: 400,
};

const redshiftPage: Workload = {
  name: 'redshift-page',
  title: 'Page of 1,000 rows × 6 columns (Redshift Data)',
  query: `query SalesLines($range: TimeRangeInput!, $below: Int!) {
    erp {
      salesLines(range: $range, where: { quantity: { lt: $below } }, first: 1000) {
        nodes { id soldAt quantity unitPrice customerId customerName }
      }
    }
  }`,
  variables: (variation) => ({ range: RANGE, below: 1_000 + variation }),
  clearRole: 'steward',
  maskingRole: 'sales_analyst',
  pick: (data) => (data as { erp: { salesLines: { nodes: unknown } } }).erp.salesLines.nodes,
  expected: () => expectedRows(SALES_LINES),
  rivals: [
    { name: 'GetStatementResult', path: '/redshift-records' },
    { name: 'V2 as CSV, split by commas', path: '/redshift-csv' },
  ],
  argument: (variation) => String(1_000 + variation),
  requests: 400,
};

/** All of them, in the order they are run. */
export const WORKLOADS: readonly Workload[] = [decision, athenaPage, redshiftPage];
