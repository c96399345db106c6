import { BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Scoped } from '../../auth/scope';
import type { Config } from '../../config';
import { SluiceError } from '../../errors';
import type { DatasetDeclaration } from '../../schema/declarations';
import { columnFor } from '../compile/conditions';
import { conditionFields, type LookupPlan } from '../plans';
import { elapsedSince, type CallContext, type Cells, type EngineCall } from '../results';
import { clientSettings, lean } from './clients';
import { columnReader, itemReader, pointKey, POINT_KEY, type Item, type ItemReader } from './items';
import { leaving, orLeave } from './leaving';
import { retainedFields, withoutGone, withoutRetained } from './gone-items';
import { matches } from './matches';
import { PointBatches, type BatchFigures, type PointAnswer } from './point-batches';
import { UNIT_BYTES, usdPerUnit } from './read-units';
import { ServiceCaller } from './service-caller';

/** Point reads from DynamoDB, batched over all requests. */
export class DynamoPoints {
  private readonly client: DynamoDBClient;
  private readonly caller: ServiceCaller;
  private readonly tables = new Map<string, PointBatches>();
  private readonly usdPerUnit: number;

  constructor(config: Config) {
    this.client = lean(
      new DynamoDBClient(clientSettings(config.AWS_REGION, config.SLUICE_DYNAMODB_ENDPOINT)),
    );
    this.caller = new ServiceCaller(config.SLUICE_CALL_DEADLINE_MS);
    this.usdPerUnit = usdPerUnit(config);
  }

  /** See `Stores.lookup`. */
  async lookup(
    dataset: DatasetDeclaration,
    { plan, scope, priced = [] }: Scoped<LookupPlan>,
    context: CallContext,
  ): Promise<{ rows: readonly (Cells | null)[]; calls: readonly EngineCall[] }> {
    const began = performance.now();
    if (context.signal.aborted) throw leaving(context.signal);
    const batches = this.batchesOf(dataset);
    const reader = itemReader(dataset, plan.fields);
    const goneFields = [...(scope.gone?.keys ?? []), ...(scope.gone?.mentions ?? [])].map(
      ({ field }) => field,
    );
    const subject = scope.gone?.subject === undefined ? [] : [scope.gone.subject];
    const ruled = [
      ...scope.rows.flatMap(conditionFields),
      ...goneFields,
      ...subject,
      ...retainedFields(dataset),
    ].map((field) => columnReader(columnFor(dataset, field)).attribute);
    const attributes = [...reader.attributes, ...ruled];
    const request = Symbol();
    const keys = plan.ids.map((id) => pointKey(scope.tenant, id));
    const reads = keys.map((key) =>
      key === undefined ? Promise.resolve(undefined) : batches.read(key, attributes, request),
    );
    const answers = await orLeave(Promise.all(reads), context.signal);
    const seen = answers.map((answer) => {
      if (answer?.item === undefined || !passes(dataset, scope.rows, answer.item)) return undefined;
      const item = withoutGone(dataset, scope.gone, answer.item);
      return item === undefined ? undefined : withoutRetained(dataset, item);
    });
    const cellsBy = (by: ItemReader): (Cells | null)[] =>
      seen.map((item) => (item === undefined ? null : by.read(item)));
    const billed = cellsBy(itemReader(dataset, priced));
    return { rows: cellsBy(reader), calls: this.callsOf(dataset, answers, billed, elapsedSince(began)) };
  }

  private batchesOf(dataset: DatasetDeclaration): PointBatches {
    const table = dataset.pointReads?.table;
    if (table === undefined) throw new SluiceError('BAD_USER_INPUT', `${dataset.name} cannot be read by id.`);
    let batches = this.tables.get(table);
    if (batches === undefined) {
      batches = new PointBatches(this.client, this.caller, table);
      this.tables.set(table, batches);
    }
    return batches;
  }

  /**
   * One call for each batch with a part of this request. The service charges for whole items, hidden attributes and
   * rows of others in the batch included, so what it charged would tell their sizes: the cost is worked out from the
   * fields that this request sees in the clear, of the rows it gets.
   */
  private callsOf(
    dataset: DatasetDeclaration,
    answers: readonly (PointAnswer | undefined)[],
    billed: readonly (Cells | null)[],
    elapsedMs: number,
  ): EngineCall[] {
    const parts = new Map<string, { batch: BatchFigures; rows: (Cells | null)[] }>();
    answers.forEach((answer, index) => {
      if (answer === undefined) return;
      const part = parts.get(answer.batch.statementId) ?? { batch: answer.batch, rows: [] };
      part.rows.push(billed[index] ?? null);
      parts.set(answer.batch.statementId, part);
    });
    return [...parts.values()].map(({ batch, rows }) => ({
      engine: 'dynamodb',
      statementId: batch.statementId,
      dataset: dataset.name,
      scannedBytes: 0,
      queuedMs: 0,
      elapsedMs,
      costUsd: unitsOf(rows) * this.usdPerUnit,
      shared: batch.requests > 1,
    }));
  }

  /** Reads a key that no tenant can have: it needs no other permission than reading does. */
  async ping(tables: readonly string[], signal: AbortSignal): Promise<void> {
    for (const table of new Set(tables)) {
      const command = new BatchGetItemCommand({
        RequestItems: { [table]: { Keys: [{ [POINT_KEY]: { S: '#' } }] } },
      });
      await this.caller.attempt((abortSignal) => this.client.send(command, { abortSignal }), { signal });
    }
  }

  close(): void {
    this.client.destroy();
  }
}

/** Reads are eventually consistent; a missing item takes as much as a small one. */
function unitsOf(rows: readonly (Cells | null)[]): number {
  return rows.reduce((sum, row) => {
    const bytes = row === null ? 0 : Buffer.byteLength(JSON.stringify(row));
    return sum + 0.5 * Math.max(1, Math.ceil(bytes / UNIT_BYTES));
  }, 0);
}

function passes(
  dataset: DatasetDeclaration,
  rules: Scoped<LookupPlan>['scope']['rows'],
  item: Item,
): boolean {
  return rules.every((rule) =>
    matches(dataset, rule, (field) => columnReader(columnFor(dataset, field)).read(item)),
  );
}
