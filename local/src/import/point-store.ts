import { setTimeout as sleep } from 'node:timers/promises';
import { BatchGetItemCommand, BatchWriteItemCommand, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { itemOf, POINT_KEY, type Item, type ItemRow } from '../../../src/datasources/engines/items';
import type { DatasetDeclaration } from '../../../src/schema/declarations';
import type { Aws } from './aws';
import type { LoadRow } from './transform';

/** Limits of one call (Amazon DynamoDB Developer Guide, BatchGetItem and BatchWriteItem). */
const READ_KEYS = 100;
const WRITE_ITEMS = 25;

/** Writes rows as items into the point-read store. An item that is there already is left as it is. */
export class PointStoreLoad {
  /** Items written. */
  written = 0;
  private pending: Item[] = [];
  private readonly fields: readonly string[];

  constructor(
    private readonly aws: Aws,
    private readonly dataset: DatasetDeclaration,
    private readonly tenant: string,
    private readonly table: string,
  ) {
    this.fields = [...dataset.columns.keys()];
  }

  async add(rows: readonly LoadRow[]): Promise<void> {
    for (const row of rows) this.pending.push(itemOf(this.dataset, this.tenant, this.named(row)));
    while (this.pending.length >= READ_KEYS) await this.write(this.pending.splice(0, READ_KEYS));
  }

  async finish(): Promise<void> {
    if (this.pending.length > 0) await this.write(this.pending.splice(0));
  }

  private named(row: LoadRow): ItemRow {
    const named: Record<string, ItemRow[string]> = {};
    for (const [at, field] of this.fields.entries()) named[field] = row.cells[at];
    for (const embedded of this.dataset.embedded.values()) {
      const fields = [...embedded.columns.keys()];
      named[embedded.field] = (row.embedded[embedded.field] ?? []).map((cells) =>
        Object.fromEntries(fields.map((field, at) => [field, cells[at]])),
      );
    }
    return named;
  }

  private async write(items: Item[]): Promise<void> {
    const known = await this.existing(items);
    const missing = items.filter((item) => !known.has(item[POINT_KEY]?.S ?? ''));
    const batches: WriteRequest[][] = [];
    for (let at = 0; at < missing.length; at += WRITE_ITEMS) {
      batches.push(missing.slice(at, at + WRITE_ITEMS).map((Item) => ({ PutRequest: { Item } })));
    }
    await Promise.all(batches.map((batch) => this.put(batch)));
    this.written += missing.length;
  }

  private async existing(items: readonly Item[]): Promise<Set<string>> {
    const found = new Set<string>();
    let keys = items.map((item) => ({ [POINT_KEY]: item[POINT_KEY] ?? { S: '' } }));
    for (let attempt = 0; keys.length > 0; attempt += 1) {
      if (attempt > 0) await pause(attempt);
      const answer = await this.aws.dynamodb.send(
        new BatchGetItemCommand({
          RequestItems: {
            [this.table]: { Keys: keys, ProjectionExpression: POINT_KEY, ConsistentRead: true },
          },
        }),
      );
      for (const item of answer.Responses?.[this.table] ?? []) found.add(item[POINT_KEY]?.S ?? '');
      keys = (answer.UnprocessedKeys?.[this.table]?.Keys ?? []) as typeof keys;
    }
    return found;
  }

  private async put(batch: WriteRequest[]): Promise<void> {
    for (let attempt = 0; batch.length > 0; attempt += 1) {
      if (attempt > 0) await pause(attempt);
      const answer = await this.aws.dynamodb.send(
        new BatchWriteItemCommand({ RequestItems: { [this.table]: batch } }),
      );
      batch = answer.UnprocessedItems?.[this.table] ?? [];
    }
  }
}

/** What the service did not get to is asked for again after a growing, random pause. */
async function pause(attempt: number): Promise<void> {
  await sleep(Math.random() * Math.min(50 * 2 ** attempt, 5_000));
}
