import { setTimeout as sleep } from 'node:timers/promises';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { DynamoDBClient, ScanCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  BatchExecuteStatementCommand,
  DescribeStatementCommand,
  GetStatementResultCommand,
  RedshiftDataClient,
  type Field,
} from '@aws-sdk/client-redshift-data';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Config } from '../../config';
import { SluiceError } from '../../errors';
import type { Pacing } from '../pacing';

/** Verification's own way to the stores: the SDK with its own retries, no shared statement, no reused result. */

const ATTEMPTS = 6;
/** Waits between looks at a statement, in milliseconds: short ones are many, long ones are not asked for often. */
const FIRST_POLL = 40;
const LONGEST_POLL = 1_000;

export type Cells = (string | null)[];

/** The statement that was asked, and its rows. */
export interface Answer {
  id: string;
  rows: Cells[];
  /** Of its columns. */
  names: string[];
}

/** An object by bucket and key. */
export interface Place {
  Bucket: string;
  Key: string;
}

export class VerifierClients {
  private readonly athena: AthenaClient;
  private readonly redshift: RedshiftDataClient;
  private readonly dynamodb: DynamoDBClient;
  private readonly s3: S3Client;

  constructor(
    private readonly config: Config,
    private readonly pacing: Pacing,
  ) {
    const common = { region: config.AWS_REGION, maxAttempts: ATTEMPTS };
    const at = (endpoint: string | undefined) => (endpoint === undefined ? common : { ...common, endpoint });
    this.athena = new AthenaClient(at(config.SLUICE_ATHENA_ENDPOINT));
    this.redshift = new RedshiftDataClient(at(config.SLUICE_REDSHIFT_ENDPOINT));
    this.dynamodb = new DynamoDBClient(at(config.SLUICE_DYNAMODB_ENDPOINT));
    this.s3 = new S3Client({
      ...at(config.SLUICE_S3_ENDPOINT),
      forcePathStyle: config.SLUICE_S3_ENDPOINT !== undefined,
    });
  }

  /** Rows of one query, read page by page from the service and not from its result object. */
  async askAthena(sql: string, abortSignal: AbortSignal): Promise<Answer> {
    const { QueryExecutionId: id = '' } = await this.athena.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        WorkGroup: this.config.SLUICE_ATHENA_WORKGROUP,
        QueryExecutionContext: { Catalog: this.config.SLUICE_ATHENA_CATALOG },
        ResultConfiguration: { OutputLocation: this.config.SLUICE_ATHENA_OUTPUT },
        ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } },
      }),
      { abortSignal },
    );
    for (let state: string | undefined, wait = FIRST_POLL; state !== 'SUCCEEDED'; wait = longer(wait)) {
      await sleep(wait, undefined, { signal: abortSignal });
      const { QueryExecution: found } = await this.athena.send(
        new GetQueryExecutionCommand({ QueryExecutionId: id }),
        { abortSignal },
      );
      state = found?.Status?.State;
      if (state !== 'SUCCEEDED' && state !== 'QUEUED' && state !== 'RUNNING')
        throw failed(found?.Status?.StateChangeReason);
    }
    const rows: Cells[] = [];
    let token: string | undefined;
    do {
      const page = await this.athena.send(
        new GetQueryResultsCommand({ QueryExecutionId: id, NextToken: token }),
        { abortSignal },
      );
      for (const { Data: cells = [] } of page.ResultSet?.Rows ?? [])
        rows.push(cells.map(({ VarCharValue: cell }) => cell ?? null));
      token = page.NextToken;
    } while (token !== undefined);
    const [header = []] = rows;
    return { id, rows: rows.slice(1), names: header.map((name) => name ?? '') };
  }

  /** Runs statements in one session and gives the last one's rows. */
  async askRedshift(sqls: readonly string[], abortSignal: AbortSignal): Promise<Answer> {
    const { Id: id = '' } = await this.redshift.send(
      new BatchExecuteStatementCommand({
        Sqls: [...sqls],
        WorkgroupName: this.config.SLUICE_REDSHIFT_WORKGROUP,
        Database: this.config.SLUICE_REDSHIFT_DATABASE,
        StatementName: 'sluice erasure verification',
      }),
      { abortSignal },
    );
    for (let status: string | undefined, wait = FIRST_POLL; status !== 'FINISHED'; wait = longer(wait)) {
      await sleep(wait, undefined, { signal: abortSignal });
      const found = await this.redshift.send(new DescribeStatementCommand({ Id: id }), { abortSignal });
      status = found.Status;
      if (status === 'FAILED' || status === 'ABORTED') throw failed(found.Error);
    }
    const rows: Cells[] = [];
    let names: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.redshift.send(
        new GetStatementResultCommand({ Id: `${id}:${sqls.length}`, NextToken: token }),
        { abortSignal },
      );
      for (const record of page.Records ?? []) rows.push(record.map(cellOf));
      names = (page.ColumnMetadata ?? []).map(({ name = '' }) => name);
      token = page.NextToken;
    } while (token !== undefined);
    return { id, rows, names };
  }

  /** Every item of a table, consistently read. @param attributes undefined: all that it has */
  async *items(
    table: string,
    attributes: readonly string[] | undefined,
    abortSignal: AbortSignal,
  ): AsyncGenerator<Record<string, AttributeValue>> {
    const pace = this.pacing.reads(table);
    let after: Record<string, AttributeValue> | undefined;
    do {
      const place = after;
      const page = await pace.call(
        'page',
        async (Limit) => {
          const found = await this.dynamodb.send(
            new ScanCommand({
              TableName: table,
              ConsistentRead: true,
              ReturnConsumedCapacity: 'TOTAL',
              Limit,
              ExclusiveStartKey: place,
              ProjectionExpression: attributes?.map((_one, at) => `#a${at}`).join(', '),
              ExpressionAttributeNames:
                attributes && Object.fromEntries(attributes.map((one, at) => [`#a${at}`, one])),
            }),
            { abortSignal },
          );
          const units = found.ConsumedCapacity?.CapacityUnits;
          return { found, units, items: found.ScannedCount ?? 0 };
        },
        abortSignal,
      );
      yield* page.found.Items ?? [];
      after = page.found.LastEvaluatedKey;
    } while (after !== undefined);
  }

  async put(place: Place, body: Uint8Array, abortSignal: AbortSignal): Promise<void> {
    await this.s3.send(new PutObjectCommand({ ...place, Body: body }), { abortSignal });
  }

  async remove(place: Place): Promise<void> {
    await this.s3.send(new DeleteObjectCommand(place));
  }

  /** Bytes of an object; undefined when there is none. */
  async size(place: Place, abortSignal: AbortSignal): Promise<number | undefined> {
    try {
      const { ContentLength: bytes } = await this.s3.send(new HeadObjectCommand(place), { abortSignal });
      return bytes ?? 0;
    } catch (error) {
      if ((error as { name?: string }).name === 'NotFound') return undefined;
      throw error;
    }
  }

  async bytes(place: Place, start: number, end: number, abortSignal: AbortSignal): Promise<ArrayBuffer> {
    const { Body: body } = await this.s3.send(
      new GetObjectCommand({ ...place, Range: `bytes=${start}-${end - 1}` }),
      { abortSignal },
    );
    const found = (await body?.transformToByteArray()) ?? new Uint8Array();
    return found.buffer.slice(found.byteOffset, found.byteOffset + found.byteLength) as ArrayBuffer;
  }

  /** Keys of all objects below a prefix. */
  async *keys(Bucket: string, Prefix: string, abortSignal: AbortSignal): AsyncGenerator<string> {
    let token: string | undefined;
    do {
      const page = await this.s3.send(
        new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token }),
        { abortSignal },
      );
      for (const { Key: key } of page.Contents ?? []) if (key !== undefined) yield key;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  close(): void {
    for (const client of [this.athena, this.redshift, this.dynamodb, this.s3]) client.destroy();
  }
}

function failed(reason: string | undefined): SluiceError {
  return new SluiceError('ENGINE_FAILED', undefined, { reason });
}

function cellOf(field: Field): string | null {
  return field.isNull === true ? null : String(Object.values(field)[0]);
}

function longer(wait: number): number {
  return Math.min(2 * wait, LONGEST_POLL);
}
