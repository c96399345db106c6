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
   * @param after key of the last item of the page before
   */
  async page(
    table: string,
    part: { segment: number; of: number },
    attributes: readonly string[],
    after: string | undefined,
    signal: AbortSignal,
  ): Promise<{ items: readonly Item[]; after: string | undefined; units: number; requestId: string }> {
    const names = [...new Set([POINT_KEY, ...attributes])];
    const command = new ScanCommand({
      TableName: table,
      Segment: part.segment,
      TotalSegments: part.of,
      ConsistentRead: true,
      ReturnConsumedCapacity: 'TOTAL',
      ProjectionExpression: names.map((_name, at) => `#n${at}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries(names.map((name, at) => [`#n${at}`, name])),
      ...(after === undefined ? {} : { ExclusiveStartKey: { [POINT_KEY]: { S: after } } }),
    });
    const page = await this.caller.call((abortSignal) => this.client.send(command, { abortSignal }), {
      signal,
    });
    return {
      items: page.Items ?? [],
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

  /** One item as it is now; undefined when it has gone. */
  async read(
    table: string,
    key: string,
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<Item | undefined> {
    const names = [...new Set([POINT_KEY, ...attributes])];
    const command = new GetItemCommand({
      TableName: table,
      Key: { [POINT_KEY]: { S: key } },
      ConsistentRead: true,
      ProjectionExpression: names.map((_name, at) => `#n${at}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries(names.map((name, at) => [`#n${at}`, name])),
    });
    const { Item: item } = await this.caller.call(
      (abortSignal) => this.client.send(command, { abortSignal }),
      { signal },
    );
    return item;
  }

  /** Changes an item that is as it was seen; false when somebody has changed it meanwhile, and nothing was done. */
  async change(
    table: string,
    key: string,
    seen: ItemState,
    change: ItemChange,
    signal: AbortSignal,
  ): Promise<boolean> {
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
      await this.caller.call((abortSignal) => this.client.send(command, { abortSignal }), {
        signal,
        expected: [CHANGED],
      });
      return true;
    } catch (error) {
      if (faultName(error) !== CHANGED) throw error;
      return false;
    }
  }

  close(): void {
    this.client.destroy();
  }
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
