import { randomUUID } from 'node:crypto';
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import type { Config } from '../../config';
import { clientSettings, lean } from '../../datasources/engines/clients';
import { ServiceCaller } from '../../datasources/engines/service-caller';
import { SluiceError } from '../../errors';

/**
 * The table of the ledger: one item for each record under `pk` (S) and `sk` (S). Every change of a record that others may
 * change too is a conditional write on its `version` (N), so that of two writers who read the same record one learns that
 * it changed meanwhile. Nothing rests on transactions. Reads are strongly consistent.
 *
 * Other attributes: `body` (S, JSON), `writer` (S, names the one write), and texts that a listing filters by.
 */

/** A record's place. */
export interface Place {
  pk: string;
  sk: string;
}

/** A record as it was read. */
export interface Stored<T> {
  place: Place;
  /** 1 when it was created, one more with each change. */
  version: number;
  body: T;
}

/** Records of one partition that a listing leaves out unless the attribute has one of the values, or is below or equal to the one. */
export type Filter = { attribute: string; in: readonly string[] } | { attribute: string; atMost: string };

export interface Listing {
  /** Sort keys start so. */
  prefix: string;
  /** Goes on behind this sort key. */
  after?: string;
  descending?: boolean;
  filters?: readonly Filter[];
  /** All of them when left out. */
  first?: number;
}

export type LedgerConfig = Pick<
  Config,
  'AWS_REGION' | 'SLUICE_DYNAMODB_ENDPOINT' | 'SLUICE_CALL_DEADLINE_MS' | 'SLUICE_ERASURE_TABLE'
>;

/** DynamoDB: an item has at most 400 KB (service quotas); what is written into one body stays below. */
export const LARGEST_BODY_BYTES = 380_000;
const CONDITION = 'ConditionalCheckFailedException';

/** @throws SluiceError of the service's trouble from every method */
export class LedgerTable {
  private readonly client: DynamoDBClient;
  private readonly caller: ServiceCaller;
  private readonly table: string;
  /** What the service's clock said last, and when that was by a clock that only goes forward. */
  private heard: { time: number; at: number } | undefined;

  constructor(config: LedgerConfig) {
    this.client = lean(
      new DynamoDBClient(clientSettings(config.AWS_REGION, config.SLUICE_DYNAMODB_ENDPOINT)),
    );
    this.caller = new ServiceCaller(config.SLUICE_CALL_DEADLINE_MS);
    this.table = config.SLUICE_ERASURE_TABLE;
    this.client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { headers } = result.response as { headers?: Record<string, string> };
        const time = Date.parse(headers?.date ?? '');
        if (!Number.isNaN(time)) this.heard = { time, at: performance.now() };
        return result;
      },
      { step: 'deserialize', name: 'serviceTime', priority: 'low' },
    );
  }

  /** The time at the service, in milliseconds since 1970, to the second; undefined before its first reply. */
  serviceTime(): number | undefined {
    return this.heard === undefined ? undefined : this.heard.time + (performance.now() - this.heard.at);
  }

  async get<T>(place: Place, signal?: AbortSignal): Promise<Stored<T> | undefined> {
    const item = await this.read(place, signal);
    return item === undefined ? undefined : storedOf<T>(item);
  }

  /**
   * Writes a record if it still has the version that was read; 0: if there is none. Gives its new version, or undefined
   * when another writer came first. A reply that is lost does no harm: the write is found by its name.
   */
  async put(
    place: Place,
    expected: number,
    body: unknown,
    attributes: Readonly<Record<string, string>> = {},
  ): Promise<number | undefined> {
    const text = JSON.stringify(body);
    if (Buffer.byteLength(text) > LARGEST_BODY_BYTES)
      throw new SluiceError('BAD_USER_INPUT', 'The record is too large. Put less into one request.');
    const writer = randomUUID();
    const version = expected + 1;
    const command = new PutItemCommand({
      TableName: this.table,
      Item: {
        ...itemOf(attributes),
        ...keyOf(place),
        version: { N: String(version) },
        body: { S: text },
        writer: { S: writer },
      },
      ...conditionOn(expected),
    });
    if (await this.conditionally(command)) return version;
    return (await this.read(place))?.writer?.S === writer ? version : undefined;
  }

  /** Removes a record if it still has the version; without one, whatever it is. False when another writer came first. */
  async remove(place: Place, expected?: number): Promise<boolean> {
    const command = new DeleteItemCommand({
      TableName: this.table,
      Key: keyOf(place),
      ...(expected === undefined ? {} : conditionOn(expected)),
    });
    return (await this.conditionally(command)) || (await this.read(place)) === undefined;
  }

  /** Records of a partition in the order of their sort keys; reads on until there are as many as asked for, or no more. */
  async list<T>(pk: string, listing: Listing): Promise<Stored<T>[]> {
    const found: Stored<T>[] = [];
    const { prefix, descending = false, first = Infinity } = listing;
    const condition = filtersOf(listing.filters ?? []);
    let start: Record<string, AttributeValue> | undefined =
      listing.after === undefined ? undefined : keyOf({ pk, sk: listing.after });
    do {
      const command: QueryCommand = new QueryCommand({
        TableName: this.table,
        ConsistentRead: true,
        // DynamoDB takes no empty text for a key.
        KeyConditionExpression: prefix === '' ? '#pk = :pk' : '#pk = :pk and begins_with(#sk, :prefix)',
        ExpressionAttributeNames: {
          '#pk': 'pk',
          ...(prefix === '' ? {} : { '#sk': 'sk' }),
          ...condition.names,
        },
        ExpressionAttributeValues: {
          ':pk': { S: pk },
          ...(prefix === '' ? {} : { ':prefix': { S: prefix } }),
          ...condition.values,
        },
        ...(condition.text === '' ? {} : { FilterExpression: condition.text }),
        ScanIndexForward: !descending,
        // Where a filter leaves items out, a page of as many as are wanted would hold too few.
        ...(condition.text === '' && first !== Infinity ? { Limit: first } : {}),
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      });
      const page = await this.caller.call((abortSignal) => this.client.send(command, { abortSignal }));
      for (const item of page.Items ?? []) {
        found.push(storedOf<T>(item));
        if (found.length >= first) return found;
      }
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return found;
  }

  close(): void {
    this.client.destroy();
  }

  private async read(
    place: Place,
    signal?: AbortSignal,
  ): Promise<Record<string, AttributeValue> | undefined> {
    const command = new GetItemCommand({ TableName: this.table, Key: keyOf(place), ConsistentRead: true });
    const { Item: item } = await this.caller.call(
      (abortSignal) => this.client.send(command, { abortSignal }),
      signal === undefined ? {} : { signal },
    );
    return item;
  }

  /** False when the condition does not hold. */
  private async conditionally(command: PutItemCommand | DeleteItemCommand): Promise<boolean> {
    try {
      await this.caller.call((abortSignal) => this.client.send(command as PutItemCommand, { abortSignal }), {
        expected: [CONDITION],
      });
      return true;
    } catch (error) {
      if ((error as Error).name === CONDITION) return false;
      throw error;
    }
  }
}

function keyOf({ pk, sk }: Place): Record<string, AttributeValue> {
  return { pk: { S: pk }, sk: { S: sk } };
}

function itemOf(attributes: Readonly<Record<string, string>>): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, { S: value }]));
}

function conditionOn(expected: number) {
  if (expected === 0)
    return { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': 'pk' } };
  return {
    ConditionExpression: '#version = :version',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':version': { N: String(expected) } },
  };
}

function storedOf<T>(item: Record<string, AttributeValue>): Stored<T> {
  return {
    place: { pk: item.pk?.S ?? '', sk: item.sk?.S ?? '' },
    version: Number(item.version?.N),
    body: JSON.parse(item.body?.S ?? 'null') as T,
  };
}

function filtersOf(filters: readonly Filter[]) {
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {};
  const value = (text: string): string => {
    const name = `:v${Object.keys(values).length}`;
    values[name] = { S: text };
    return name;
  };
  const parts = filters.map((filter, index) => {
    const name = `#f${index}`;
    names[name] = filter.attribute;
    if ('atMost' in filter) return `${name} <= ${value(filter.atMost)}`;
    return `${name} in (${filter.in.map(value).join(', ')})`;
  });
  return { text: parts.join(' and '), names, values };
}
