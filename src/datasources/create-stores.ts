import type { Scoped } from '../auth/scope';
import type { Config } from '../config';
import { SluiceError } from '../errors';
import type { DatasetDeclaration, Declarations } from '../schema/declarations';
import type { EngineName } from '../schema/vocabulary';
import { compileMetrics } from './compile/metrics';
import { compileCount, compileRows } from './compile/rows';
import type { Statement } from './compile/statement';
import { AthenaEngine } from './engines/athena';
import { DynamoPoints } from './engines/dynamodb';
import { RedshiftEngine } from './engines/redshift';
import { SharedExecutions, type SqlEngine } from './engines/shared-execution';
import type { Plan } from './plans';
import type { CallContext, EngineResult } from './results';
import type { Stores } from './stores';

/** The stores of a configuration. Credentials come from the AWS SDK's own chain; nothing is connected before use. */
export function createStores(config: Config, declarations: Declarations): Stores {
  const athena = new AthenaEngine(config);
  const redshift = new RedshiftEngine(config);
  const points = new DynamoPoints(config);
  const shared = {
    athena: new SharedExecutions(athena, config.SLUICE_ENGINE_CONCURRENCY),
    redshift: new SharedExecutions(redshift, config.SLUICE_ENGINE_CONCURRENCY),
  };
  const tables = [...declarations.datasets.values()].flatMap(({ pointReads }) => pointReads?.table ?? []);

  const datasetOf = (name: string): DatasetDeclaration => {
    const dataset = declarations.datasets.get(name);
    if (dataset === undefined) throw new SluiceError('INTERNAL', undefined, `No dataset ${name}.`);
    return dataset;
  };
  const run = (
    statement: Statement,
    { scope }: Scoped<Plan>,
    context: CallContext,
  ): Promise<EngineResult> => {
    const notBefore = scope.gone?.changedAt;
    const fresh = notBefore === undefined ? statement : { ...statement, notBefore };
    return shared[statement.engine].execute(fresh, context);
  };

  return {
    rows: async (plan, fields, context) =>
      run(compileRows(datasetOf(plan.plan.dataset), plan, fields), plan, context),
    count: async (plan, context) => run(compileCount(datasetOf(plan.plan.dataset), plan), plan, context),
    metrics: async (plan, context) => {
      const declared = declarations.metrics.get(plan.plan.metrics);
      if (declared === undefined)
        throw new SluiceError('INTERNAL', undefined, `No metrics ${plan.plan.metrics}.`);
      return run(compileMetrics(declared, plan), plan, context);
    },
    lookup: async (plan, context) => points.lookup(datasetOf(plan.plan.dataset), plan, context),
    health: async (signal): Promise<Record<EngineName, 'up' | 'down'>> => {
      const [one, two, three] = await Promise.all([
        stateOf(athena, signal),
        stateOf(redshift, signal),
        stateOf({ ping: (given) => points.ping(tables, given) }, signal),
      ]);
      return { athena: one, redshift: two, dynamodb: three };
    },
    close: async () => {
      athena.close();
      redshift.close();
      points.close();
    },
  };
}

async function stateOf(engine: Pick<SqlEngine, 'ping'>, signal: AbortSignal): Promise<'up' | 'down'> {
  try {
    await engine.ping(signal);
    return 'up';
  } catch {
    return 'down';
  }
}
