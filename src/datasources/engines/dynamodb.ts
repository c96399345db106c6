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
import { withoutGone } from './gone-items';
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
    { plan, scope }: Scoped<LookupPlan>,
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
    const ruled = [...scope.rows.flatMap(conditionFields), ...goneFields, ...subject].map(
      (field) => columnReader(columnFor(dataset, field)).attribute,
    );
    const attributes = [...reader.attributes, ...ruled];
    const request = Symbol();
    const keys = plan.ids.map((id) => pointKey(scope.tenant, id));
    const reads = keys.map((key) =>
      key === undefined ? Promise.resolve(undefined) : batches.read(key, attributes, request),
    );
    const answers = await orLeave(Promise.all(reads), context.signal);
    const seen = answers.map((answer) =>
      answer?.item !== undefined && passes(dataset, scope.rows, answer.item)
        ? withoutGone(dataset, scope.gone, answer.item)
        : undefined,
    );
    const rows = seen.map((item) => (item === undefined ? null : reader.read(item)));
    return { rows, calls: this.callsOf(dataset, answers, seen, elapsedSince(began)) };
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
   * One call for each batch with a part of this request. The cost is what the service charged, unless the batch read
   * anything that this request does not see: rows of others, rows kept back by a row rule. Their sizes would then be
   * in the figure, so it is worked out from what the request sees.
   */
  private callsOf(
    dataset: DatasetDeclaration,
    answers: readonly (PointAnswer | undefined)[],
    seen: readonly (Item | undefined)[],
    elapsedMs: number,
  ): EngineCall[] {
    const parts = new Map<string, { batch: BatchFigures; items: (Item | undefined)[] }>();
    answers.forEach((answer, index) => {
      if (answer === undefined) return;
      const part = parts.get(answer.batch.statementId) ?? { batch: answer.batch, items: [] };
      part.items.push(seen[index]);
      parts.set(answer.batch.statementId, part);
    });
    return [...parts.values()].map(({ batch, items }) => ({
      engine: 'dynamodb',
      statementId: batch.statementId,
      dataset: dataset.name,
      scannedBytes: 0,
      queuedMs: 0,
      elapsedMs,
      costUsd: unitsOf(batch, items) * this.usdPerUnit,
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
function unitsOf(batch: BatchFigures, items: readonly (Item | undefined)[]): number {
  if (batch.requests === 1 && items.every((item) => item !== undefined)) return batch.capacityUnits;
  return items.reduce((sum, item) => {
    const bytes = item === undefined ? 0 : Buffer.byteLength(JSON.stringify(item));
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
