import { scoped, type Position, type Scope, type Scoped } from '../../../src/auth/scope';
import { compileMetrics } from '../../../src/datasources/compile/metrics';
import { compileCount, compileRows } from '../../../src/datasources/compile/rows';
import type { Statement } from '../../../src/datasources/compile/statement';
import type { Condition, CountPlan, MetricsPlan, RowsPlan } from '../../../src/datasources/plans';
import { declarations } from '../../../src/schema/catalog';
import type { DatasetDeclaration } from '../../../src/schema/declarations';

/** Short ways to compile a plan of the real declarations, for tests. */

export const SCOPE: Scope = { tenant: 'acme', rows: [] };
export const JANUARY = { from: '2014-01-01T00:00:00.000Z', to: '2014-02-01T00:00:00.000Z' };

export function dataset(name: string): DatasetDeclaration {
  const found = declarations.datasets.get(name);
  if (found === undefined) throw new Error(`No dataset ${name}`);
  return found;
}

export function compare(
  field: string,
  op: Extract<Condition, { kind: 'compare' }>['op'],
  value: Extract<Condition, { kind: 'compare' }>['value'],
): Condition {
  return { kind: 'compare', field, op, value };
}

export function rows(
  name: string,
  parts: Partial<RowsPlan> & { position?: Position; scope?: Scope },
  fields: readonly string[] = ['id'],
): Statement {
  const { position, scope = SCOPE, ...plan } = parts;
  return compileRows(
    dataset(name),
    scoped<RowsPlan>({
      plan: { kind: 'rows', dataset: name, fields, orderBy: [], first: 10, ...plan },
      scope,
      ...(position === undefined ? {} : { position }),
    }),
    fields,
  );
}

export function count(
  name: string,
  parts: Partial<CountPlan> & { scope?: Scope; soleSubject?: string } = {},
): Statement {
  const { scope = SCOPE, soleSubject, ...plan } = parts;
  return compileCount(
    dataset(name),
    scoped<CountPlan>({
      plan: { kind: 'count', dataset: name, ...plan },
      scope,
      ...(soleSubject === undefined ? {} : { soleSubject }),
    }),
  );
}

export function metrics(
  name: string,
  parts: Partial<MetricsPlan> & Pick<Scoped<MetricsPlan>, 'privacyUnit' | 'soleSubject' | 'steps' | 'noise'>,
): Statement {
  const declared = declarations.metrics.get(name);
  if (declared === undefined) throw new Error(`No metrics ${name}`);
  const { privacyUnit, soleSubject, steps, noise, ...plan } = parts;
  return compileMetrics(
    declared,
    scoped<MetricsPlan>({
      plan: {
        kind: 'metrics',
        metrics: name,
        dimensions: [],
        measures: [],
        orderBy: [],
        first: 100,
        ...plan,
      },
      scope: SCOPE,
      ...(privacyUnit === undefined ? {} : { privacyUnit }),
      ...(soleSubject === undefined ? {} : { soleSubject }),
      ...(steps === undefined ? {} : { steps }),
      ...(noise === undefined ? {} : { noise }),
    }),
  );
}
