import { BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Scoped } from '../../auth/scope';
import type { Config } from '../../config';
import { SluiceError } from '../../errors';
import type { DatasetDeclaration } from '../../schema/declarations';
import { columnFor } from '../compile/conditions';
import { conditionFields, type LookupPlan } from '../plans';
import { elapsedSince, type CallContext, type Cells, type EngineCall } from '../results';
import { clientSettings, lean } from './clients';
import { columnReader, itemReader, pointKey, POINT_KEY, type Item } from './items';
import { leaving, orLeave } from './leaving';
import { matches } from './matches';
import { PointBatches, type BatchFigures, type PointAnswer } from './point-batches';
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
    this.usdPerUnit = config.SLUICE_DYNAMODB_USD_PER_MILLION_READS / 1_000_000;
  }

  /** See `Stores.lookup`. */
  async lookup(
    dataset: DatasetDeclaration,
    { plan, scope }: Scoped<LookupPlan>,
    context: CallContext,
  ): Promise<{ rows: readonly (Cells | null)[]; calls: readonly EngineCall[] }> {
    const began = performance.now();
    if (context.signal.aborted) throw leaving(context.signal);
    const batches = this.batchesOf(dataset);
    const reader = itemReader(dataset, plan.fields);
    const ruled = scope.rows
      .flatMap(conditionFields)
      .map((field) => columnReader(columnFor(dataset, field)).attribute);
    const attributes = [...reader.attributes, ...ruled];
    const request = Symbol();
    const keys = plan.ids.map((id) => pointKey(scope.tenant, id));
    const reads = keys.map((key) =>
      key === undefined ? Promise.resolve(undefined) : batches.read(key, attributes, request),
    );
    const answers = await orLeave(Promise.all(reads), context.signal);
    const rows = answers.map((answer) =>
      answer?.item !== undefined && passes(dataset, scope.rows, answer.item)
        ? reader.read(answer.item)
        : null,
    );
    return { rows, calls: this.callsOf(dataset, answers, elapsedSince(began)) };
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

  /** One call for each batch with a part of this request; the cost is the request's part of it. */
  private callsOf(
    dataset: DatasetDeclaration,
    answers: readonly (PointAnswer | undefined)[],
    elapsedMs: number,
  ): EngineCall[] {
    const parts = new Map<string, { batch: BatchFigures; own: number }>();
    for (const answer of answers) {
      if (answer === undefined) continue;
      const part = parts.get(answer.batch.statementId) ?? { batch: answer.batch, own: 0 };
      part.own += 1;
      parts.set(answer.batch.statementId, part);
    }
    return [...parts.values()].map(({ batch, own }) => ({
      engine: 'dynamodb',
      statementId: batch.statementId,
      dataset: dataset.name,
      scannedBytes: 0,
      queuedMs: 0,
      elapsedMs,
      costUsd: batch.capacityUnits * Math.min(1, own / batch.keys) * this.usdPerUnit,
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

function passes(
  dataset: DatasetDeclaration,
  rules: Scoped<LookupPlan>['scope']['rows'],
  item: Item,
): boolean {
  return rules.every((rule) =>
    matches(dataset, rule, (field) => columnReader(columnFor(dataset, field)).read(item)),
  );
}
