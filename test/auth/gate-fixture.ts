import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { createGateFactory, type Gate } from '../../src/auth/gate';
import { loadPolicy } from '../../src/auth/policy';
import type { Condition, MetricsPlan, RowsPlan } from '../../src/datasources/plans';
import { createCursorSeal } from '../../src/datasources/cursors';
import { SluiceError, type ErrorCode } from '../../src/errors';
import { declarations } from '../../src/schema/catalog';
import { MemorySink } from './memory-sink';
import { RecordingStores } from './recording-stores';

export const policy = loadPolicy('policy/policy.yaml', declarations);
export const lines: string[] = [];
const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
export const sink = new MemorySink();
export const stores = new RecordingStores();
const gateFor = createGateFactory({
  config: { SLUICE_MASK_KEY: randomBytes(64), SLUICE_AUDIT_KEY: randomBytes(64) },
  policy,
  declarations,
  stores,
  tombstones: { goneFrom: async () => undefined },
  sink,
  cursors: createCursorSeal(randomBytes(64)),
  logger,
});

/** Forgets what earlier tests did. */
export function reset(): void {
  lines.length = 0;
  sink.lines.length = 0;
  sink.failing = false;
  stores.reached.length = 0;
  stores.failure = undefined;
  stores.rowsByField = [];
  stores.groups = [];
  stores.sole = null;
}

export function gate(role: string, claims: Record<string, string[]> = {}, tenant = 'acme'): Gate {
  const viewer = {
    subject: 'someone@acme.example',
    tenant,
    roles: [role],
    role,
    claims: new Map(Object.entries(claims)),
  };
  return gateFor(viewer, {
    operationName: 'Ask',
    requestId: 'r1',
    signal: new AbortController().signal,
    calls: [],
  });
}

export const range = { from: '2018-01-01T00:00:00.000Z', to: '2018-02-01T00:00:00.000Z' };
export const decisions = (parts: Partial<RowsPlan> = {}): RowsPlan => ({
  kind: 'rows',
  dataset: 'Decision',
  fields: ['id', 'outcome'],
  range,
  orderBy: [],
  first: 10,
  ...parts,
});
export const sales = (parts: Partial<MetricsPlan> = {}): MetricsPlan => ({
  kind: 'metrics',
  metrics: 'SalesMetrics',
  dimensions: [],
  measures: ['lines'],
  orderBy: [],
  first: 10,
  ...parts,
});
export const compare = (
  field: string,
  op: 'eq' | 'ne' | 'in' | 'isNull' | 'contains' | 'gt',
  value: string | number | boolean | string[],
) => ({ kind: 'compare', field, op, value }) as Condition;

/** The refusal's code and message. */
export async function refusal(work: Promise<unknown>): Promise<[ErrorCode, string]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof SluiceError) return [error.code, error.message];
    throw error;
  }
  throw new Error('It was allowed.');
}
export const code = async (work: Promise<unknown>): Promise<ErrorCode> => (await refusal(work))[0];
export const logged = (): Record<string, unknown>[] =>
  lines.map((line) => JSON.parse(line) as Record<string, unknown>);
