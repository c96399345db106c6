import type { Noise, Scoped } from '../../src/auth/scope';
import type { CountPlan, LookupPlan, MetricsPlan, RowsPlan } from '../../src/datasources/plans';
import type { Cells, EngineCall } from '../../src/datasources/results';
import type { Stores } from '../../src/datasources/stores';

/** What reached the stores, as one loose shape. */
export interface Reached {
  plan: {
    fields?: readonly string[];
    where?: unknown;
    orderBy?: unknown;
    first?: number;
    ids?: readonly string[];
  } & object;
  scope: { tenant: string; rows: readonly unknown[] };
  position?: readonly unknown[];
  privacyUnit?: string;
  soleSubject?: string;
  noise?: Noise;
  steps?: object;
  fields?: readonly string[];
}

/** Stores that keep the scoped plans they are given and answer with the rows they were told to. */
export class RecordingStores implements Stores {
  readonly reached: Reached[] = [];
  /** Rows by field name, for rows and lookups; each call picks the fields it was asked for. */
  rowsByField: Record<string, Cells[number]>[] = [];
  groups: Cells[] = [];
  counted = 0;
  /** Whose each group, and what is counted, is said to be where the plan asks that. */
  sole: string | null = null;
  failure: Error | undefined;

  get last(): Reached {
    const last = this.reached.at(-1);
    if (last === undefined) throw new Error('Nothing reached the stores.');
    return last;
  }

  async rows(plan: Scoped<RowsPlan>, fields: readonly string[]) {
    this.note({ ...plan, fields });
    return {
      rows: this.rowsByField.map((row) => fields.map((field) => row[field] ?? null)),
      call: call('athena'),
    };
  }

  async count(plan: Scoped<CountPlan>) {
    this.note(plan);
    return { rows: [[this.counted, ...this.soleOf(plan)]], call: call('athena') };
  }

  async metrics(plan: Scoped<MetricsPlan>) {
    this.note(plan);
    return { rows: this.groups.map((group) => [...group, ...this.soleOf(plan)]), call: call('redshift') };
  }

  async lookup(plan: Scoped<LookupPlan>) {
    this.note(plan);
    const names = plan.plan.fields.filter((field) => !field.includes('.'));
    const lists = [
      ...new Set(
        plan.plan.fields.filter((field) => field.includes('.')).map((field) => field.split('.')[0]!),
      ),
    ];
    const rows = plan.plan.ids.map((id) => {
      const row = this.rowsByField.find((each) => each.id === id);
      return row === undefined ? null : [...names, ...lists].map((field) => row[field] ?? null);
    });
    return { rows, calls: [call('dynamodb')] };
  }

  async health(): Promise<Record<EngineCall['engine'], 'up' | 'down'>> {
    return { athena: 'up', redshift: 'up', dynamodb: 'up' };
  }

  async close(): Promise<void> {}

  private soleOf({ soleSubject }: Reached): Cells {
    return soleSubject === undefined ? [] : [this.sole];
  }

  private note(reached: Reached): void {
    this.reached.push(reached);
    if (this.failure !== undefined) throw this.failure;
  }
}

function call(engine: EngineCall['engine']): EngineCall {
  return {
    engine,
    statementId: `${engine}-1`,
    dataset: 'any',
    scannedBytes: 10,
    queuedMs: 0,
    elapsedMs: 1,
    costUsd: 0,
    shared: false,
  };
}
