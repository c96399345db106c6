import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Config } from '../../config';
import { elapsedSince, wholeSteps, type EngineCall } from '../results';
import { clientSettings, lean } from './clients';
import { POINT_KEY, type Item } from './items';
import { UNIT_BYTES, usdPerUnit } from './read-units';
import { ServiceCaller } from './service-caller';
import { faultName } from './service-errors';

/** What an item must still be like for a change of it to be carried out. */
export interface ItemState {
  /** Attributes of text and their values; null: the attribute is not there. */
  [attribute: string]: string | null;
}

/** A page of a scan. */
export interface SweptPage {
  found: readonly Item[];
  items: number;
  after: string | undefined;
  /** Capacity units that it took. */
  units: number;
  requestId: string;
}

/** What becomes of an item: attributes are set and removed, or all of it goes. */
export type ItemChange = 'delete' | { set: Readonly<Record<string, string>>; remove: readonly string[] };

const CHANGED = 'ConditionalCheckFailedException';

/** Reads a point-read table from end to end and changes items one by one. For erasure; clients never scan. */
export class PointSweep {
  private readonly client: DynamoDBClient;
  private readonly caller: ServiceCaller;
  private readonly usdPerUnit: number;

  constructor(config: Config) {
    this.client = lean(
      new DynamoDBClient(clientSettings(config.AWS_REGION, config.SLUICE_DYNAMODB_ENDPOINT)),
    );
    this.caller = new ServiceCaller(config.SLUICE_CALL_DEADLINE_MS);
    this.usdPerUnit = usdPerUnit(config);
  }

  /**
   * One page of one of the parts that a table is scanned in, consistently read, at most a megabyte.
   *
   * @param part with the most items that the page may have
   * @param attributes undefined: all that an item has
   * @param after key of the last item of the page before
   */
  async page(
    table: string,
    part: { segment: number; of: number; most?: number | undefined },
    attributes: readonly string[] | undefined,
    after: string | undefined,
    signal: AbortSignal,
  ): Promise<SweptPage> {
    const command = new ScanCommand({
      TableName: table,
      Segment: part.segment,
      TotalSegments: part.of,
      Limit: part.most,
      ConsistentRead: true,
      ReturnConsumedCapacity: 'TOTAL',
      ...projectionOf(attributes),
      ...(after === undefined ? {} : { ExclusiveStartKey: { [POINT_KEY]: { S: after } } }),
    });
    const page = await this.caller.call((abortSignal) => this.client.send(command, { abortSignal }), {
      signal,
    });
    const found = page.Items ?? [];
    return {
      found,
      items: found.length,
      after: page.LastEvaluatedKey?.[POINT_KEY]?.S,
      units: page.ConsumedCapacity?.CapacityUnits ?? 0,
      requestId: page.$metadata.requestId ?? '',
    };
  }

  /**
   * A whole scan as one call. A table holds the items of every tenant, so it is billed in whole megabytes, as what is scanned
   * elsewhere is shown: its units would tell of items that the viewer may not see.
   *
   * @param units of all its pages
   * @param began reading of `performance.now()` before the first
   */
  callOf(dataset: string, statementId: string, units: number, began: number): EngineCall {
    const scannedBytes = wholeSteps(units * UNIT_BYTES);
    return {
      engine: 'dynamodb',
      statementId,
      dataset,
      scannedBytes,
      queuedMs: 0,
      elapsedMs: elapsedSince(began),
      costUsd: (scannedBytes / UNIT_BYTES) * this.usdPerUnit,
      shared: false,
    };
  }

  /** One item as it is now; undefined when it has gone. @param attributes as of `page` */
  async read(
    table: string,
    key: string,
    attributes: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<{ item: Item | undefined; units: number; items: 1 }> {
    const command = new GetItemCommand({
      TableName: table,
      Key: { [POINT_KEY]: { S: key } },
      ConsistentRead: true,
      ReturnConsumedCapacity: 'TOTAL',
      ...projectionOf(attributes),
    });
    const { Item: item, ConsumedCapacity: consumed } = await this.caller.call(
      (abortSignal) => this.client.send(command, { abortSignal }),
      { signal },
    );
    return { item, units: consumed?.CapacityUnits ?? 0, items: 1 };
  }

  /**
   * Changes an item that is as it was seen; not changed when somebody has changed it meanwhile, and nothing was done. The
   * service does not say what that took.
   */
  async change(
    table: string,
    key: string,
    seen: ItemState,
    change: ItemChange,
    signal: AbortSignal,
  ): Promise<{ changed: boolean; units: number | undefined; items: 1 }> {
    const names: Record<string, string> = { '#pk': POINT_KEY };
    const values: Record<string, { S: string }> = {};
    const conditions = ['attribute_exists(#pk)'];
    for (const [at, [attribute, value]] of Object.entries(seen).entries()) {
      names[`#c${at}`] = attribute;
      if (value === null) conditions.push(`attribute_not_exists(#c${at})`);
      else {
        values[`:c${at}`] = { S: value };
        conditions.push(`#c${at} = :c${at}`);
      }
    }
    const common = {
      TableName: table,
      Key: { [POINT_KEY]: { S: key } },
      ConditionExpression: conditions.join(' AND '),
      ReturnConsumedCapacity: 'TOTAL' as const,
    };
    const command =
      change === 'delete'
        ? new DeleteItemCommand({ ...common, ...expressions(names, values) })
        : new UpdateItemCommand({
            ...common,
            UpdateExpression: updateOf(change, names, values),
            ...expressions(names, values),
          });
    try {
      const { ConsumedCapacity: consumed } = await this.caller.call(
        (abortSignal) => this.client.send(command, { abortSignal }),
        { signal, expected: [CHANGED] },
      );
      return { changed: true, units: consumed?.CapacityUnits, items: 1 };
    } catch (error) {
      if (faultName(error) !== CHANGED) throw error;
      return { changed: false, units: undefined, items: 1 };
    }
  }

  close(): void {
    this.client.destroy();
  }
}

function projectionOf(attributes: readonly string[] | undefined) {
  if (attributes === undefined) return {};
  const names = [...new Set([POINT_KEY, ...attributes])];
  return {
    ProjectionExpression: names.map((_name, at) => `#n${at}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name, at) => [`#n${at}`, name])),
  };
}

/** Names and values are written into the maps as they are used. */
function updateOf(
  { set, remove }: Exclude<ItemChange, 'delete'>,
  names: Record<string, string>,
  values: Record<string, { S: string }>,
): string {
  const sets = Object.entries(set).map(([attribute, value], at) => {
    names[`#s${at}`] = attribute;
    values[`:s${at}`] = { S: value };
    return `#s${at} = :s${at}`;
  });
  const removes = remove.map((attribute, at) => {
    names[`#r${at}`] = attribute;
    return `#r${at}`;
  });
  return [
    ...(sets.length === 0 ? [] : [`SET ${sets.join(', ')}`]),
    ...(removes.length === 0 ? [] : [`REMOVE ${removes.join(', ')}`]),
  ].join(' ');
}

/** The service refuses an empty map of values. */
function expressions(names: Record<string, string>, values: Record<string, { S: string }>) {
  return {
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  };
}
