import type { ErasureStep } from '../steps';
import type { Batch, StepRecord } from './records';
import { newId, type Versioned } from './requests';
import type { LedgerTable } from './table';

/** Batches and their steps: written down before anything runs. One batch is under way at a time. */
export class Batches {
  constructor(
    private readonly table: LedgerTable,
    private readonly now: () => number,
  ) {}

  /** The batch that is under way. */
  async current(): Promise<Versioned<Batch> | undefined> {
    const pointer = await this.table.get<{ id: string | null }>(CURRENT);
    const id = pointer?.body.id ?? null;
    return id === null ? undefined : this.find(id);
  }

  /** Begins a batch, or gives the one that another worker began. */
  async begin(requests: Batch['requests']): Promise<Versioned<Batch>> {
    const pointer = await this.table.get<{ id: string | null }>(CURRENT);
    const before = await this.current();
    if (before !== undefined) return before;
    const now = this.now();
    const startedAt = new Date(now).toISOString();
    const batch: Batch = {
      id: newId(now),
      day: startedAt.slice(0, 10),
      state: 'FORMING',
      requests,
      startedAt,
    };
    await this.table.put(batchPlace(batch.id), 0, batch);
    const pointed = await this.table.put(CURRENT, pointer?.version ?? 0, { id: batch.id });
    if (pointed !== undefined) return { ...batch, version: 1 };
    await this.table.remove(batchPlace(batch.id));
    return this.begin(requests);
  }

  async find(id: string): Promise<Versioned<Batch> | undefined> {
    const stored = await this.table.get<Batch>(batchPlace(id));
    return stored === undefined ? undefined : { ...stored.body, version: stored.version };
  }

  /** Undefined when another worker changed it. */
  async update(batch: Versioned<Batch>, changes: Partial<Batch>): Promise<Versioned<Batch> | undefined> {
    const { version, ...before } = batch;
    const body = { ...before, ...changes };
    const next = await this.table.put(batchPlace(batch.id), version, body);
    return next === undefined ? undefined : { ...body, version: next };
  }

  /** The batch is through: another may begin. */
  async end(batch: Batch): Promise<void> {
    const pointer = await this.table.get<{ id: string | null }>(CURRENT);
    if (pointer?.body.id === batch.id) await this.table.put(CURRENT, pointer.version, { id: null });
  }

  /** Writes steps down that are not yet, in their order. */
  async plan(batch: Batch, steps: readonly ErasureStep[]): Promise<void> {
    // Whoever began may have had others: what it wrote down is the batch's, wherever it stands.
    const known = new Set((await this.steps(batch.id)).map(({ step }) => step.id));
    for (const [index, step] of steps.entries()) {
      if (known.has(step.id)) continue;
      const record: StepRecord = { step, state: 'planned', runs: 0, rows: 0, statementIds: [] };
      await this.table.put(stepPlace(batch.id, index, step.id), 0, record);
    }
  }

  /** All steps of a batch, in order. */
  async steps(batchId: string): Promise<StoredStep[]> {
    const found = await this.table.list<StepRecord>(`BATCH#${batchId}`, { prefix: 'STEP#' });
    return found.map(({ body, version, place }) => ({ ...body, version, sk: place.sk }));
  }

  /** Undefined when another worker changed it. */
  async updateStep(
    batchId: string,
    step: StoredStep,
    changes: Partial<StepRecord>,
  ): Promise<StoredStep | undefined> {
    const { version, sk, ...before } = step;
    const body = { ...before, ...changes };
    const next = await this.table.put({ pk: `BATCH#${batchId}`, sk }, version, body);
    return next === undefined ? undefined : { ...body, version: next, sk };
  }
}

export type StoredStep = Versioned<StepRecord> & { sk: string };

const CURRENT = { pk: 'BATCHES', sk: 'CURRENT' };

function batchPlace(id: string): { pk: string; sk: string } {
  return { pk: `BATCH#${id}`, sk: 'BATCH' };
}

function stepPlace(batch: string, index: number, id: string): { pk: string; sk: string } {
  return { pk: `BATCH#${batch}`, sk: `STEP#${String(index).padStart(4, '0')}#${id}` };
}
