import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SluiceError } from '../../errors';
import { POINT_KEY, type Item } from './items';
import { backoff, pause, type ServiceCaller } from './service-caller';

/** BatchGetItem: at most 100 keys. */
const BATCH_KEYS = 100;
/** The rest gathers while so many batches are in flight; a lone request waits for nothing. */
const BATCHES_IN_FLIGHT = 2;
/** Keys that the service leaves unprocessed are asked for so often in a row without any of them coming. */
const UNPROCESSED_ATTEMPTS = 8;

/** What one batch did. */
export interface BatchFigures {
  statementId: string;
  keys: number;
  /** The requests that had a part in it. */
  requests: number;
}

/** One key's answer, and the batch that brought it. */
export interface PointAnswer {
  item: Item | undefined;
  batch: BatchFigures;
}

interface Wanted {
  key: string;
  attributes: readonly string[];
  request: symbol;
  answer: (answer: PointAnswer) => void;
  fail: (error: Error) => void;
}

/**
 * Point reads of one table for everybody: keys asked for while two batches are in flight go into the next one, so one
 * call serves many requests. A batch reads the attributes that any of its requests needs; each takes its own.
 */
export class PointBatches {
  private waiting: Wanted[] = [];
  private inFlight = 0;
  private scheduled = false;

  constructor(
    private readonly client: DynamoDBClient,
    private readonly caller: ServiceCaller,
    private readonly table: string,
  ) {}

  /** @param request the same for all keys of one request, to tell shared batches */
  read(key: string, attributes: readonly string[], request: symbol): Promise<PointAnswer> {
    return new Promise((answer, fail) => {
      this.waiting.push({ key, attributes, request, answer, fail });
      this.schedule();
    });
  }

  /** Keys asked for in the same turn of the event loop go together. */
  private schedule(): void {
    if (this.scheduled || this.inFlight >= BATCHES_IN_FLIGHT || this.waiting.length === 0) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      while (this.inFlight < BATCHES_IN_FLIGHT && this.waiting.length > 0) void this.send(this.takeBatch());
    });
  }

  private takeBatch(): Wanted[] {
    const keys = new Set<string>();
    let end = 0;
    for (; end < this.waiting.length; end += 1) {
      const key = this.waiting[end]?.key ?? '';
      if (!keys.has(key) && keys.size === BATCH_KEYS) break;
      keys.add(key);
    }
    return this.waiting.splice(0, end);
  }

  private async send(batch: Wanted[]): Promise<void> {
    this.inFlight += 1;
    try {
      const { items, ...figures } = await this.fetch(
        [...new Set(batch.map((wanted) => wanted.key))],
        [...new Set([POINT_KEY, ...batch.flatMap((wanted) => wanted.attributes)])],
      );
      const requests = new Set(batch.map((wanted) => wanted.request)).size;
      for (const { key, answer } of batch) answer({ item: items.get(key), batch: { ...figures, requests } });
    } catch (error) {
      for (const { fail } of batch) fail(error as Error);
    } finally {
      this.inFlight -= 1;
      this.schedule();
    }
  }

  private async fetch(
    keys: readonly string[],
    attributes: readonly string[],
  ): Promise<Omit<BatchFigures, 'requests'> & { items: Map<string, Item> }> {
    const names = Object.fromEntries(attributes.map((name, index) => [`#a${index}`, name]));
    const items = new Map<string, Item>();
    let left: readonly Item[] = keys.map((key) => ({ [POINT_KEY]: { S: key } }));
    let statementId = '';
    let idle = 0;
    while (left.length > 0) {
      if (idle === UNPROCESSED_ATTEMPTS)
        throw new SluiceError('RATE_LIMITED', 'The engine is busy. Wait and retry.');
      if (left.length < keys.length || idle > 0) await pause(backoff(idle + 1), undefined);
      const command = new BatchGetItemCommand({
        RequestItems: {
          [this.table]: {
            Keys: [...left],
            ProjectionExpression: Object.keys(names).join(', '),
            ExpressionAttributeNames: names,
          },
        },
      });
      const output = await this.caller.call((abortSignal) => this.client.send(command, { abortSignal }));
      // An answer without responses is not one that found nothing.
      const found = output.Responses?.[this.table];
      const unprocessed = output.UnprocessedKeys?.[this.table]?.Keys ?? [];
      if (!Array.isArray(found) && unprocessed.length === 0)
        throw new SluiceError('ENGINE_FAILED', undefined, 'No Responses.');
      for (const item of found ?? []) items.set(item[POINT_KEY]?.S ?? '', item);
      idle = unprocessed.length < left.length ? 0 : idle + 1;
      left = unprocessed;
      statementId ||= output.$metadata.requestId ?? '';
    }
    return { items, statementId, keys: keys.length };
  }
}
