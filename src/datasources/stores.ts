import type { Scoped } from '../auth/scope';
import type { EngineName } from '../schema/vocabulary';
import type { CountPlan, LookupPlan, MetricsPlan, RowsPlan } from './plans';
import type { CallContext, Cells, EngineCall, EngineResult } from './results';

/**
 * The stores behind the gate: each takes a scoped plan, compiles it to its engine's language, runs it, and gives
 * back clear, decoded, positional rows. Only the gate may hold one.
 */
export interface Stores {
  /**
   * One page and one row more where there is one, so that the caller knows whether the page is the last.
   * @param fields what each row holds, in order; dotted fields are not allowed here
   */
  rows(plan: Scoped<RowsPlan>, fields: readonly string[], context: CallContext): Promise<EngineResult>;

  /** One row with one integer, then the sole subject of what was counted (when the scoped plan names one). */
  count(plan: Scoped<CountPlan>, context: CallContext): Promise<EngineResult>;

  /**
   * At most `first` + 1 groups. Cells: the period (when the plan has a grain), the dimensions, the measures in the
   * plan's order, then the number of distinct privacy units and the sole subject (when the scoped plan names them). The
   * plan's measures hold no ratios: the gate computes them from their parts.
   */
  metrics(plan: Scoped<MetricsPlan>, context: CallContext): Promise<EngineResult>;

  /**
   * Rows in the order of the plan's ids; null where the tenant has no such row or a row rule keeps it back.
   * Dotted fields of one embedded list share one cell, at the place of the first of them: the list's rows, each with
   * one cell for each of those fields in the plan's order; null when the item has no such list.
   */
  lookup(
    plan: Scoped<LookupPlan>,
    context: CallContext,
  ): Promise<{ rows: readonly (Cells | null)[]; calls: readonly EngineCall[] }>;

  /** Whether each engine answers, for `/readyz`. Never throws; bounded by the signal. */
  health(signal: AbortSignal): Promise<Record<EngineName, 'up' | 'down'>>;

  close(): Promise<void>;
}
