import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { BatchWriteItemCommand, ScanCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { s3Folder } from '../../../local/src/aws';
import { LOCAL_NAMES } from '../../../local/src/names';
import type { LakeAws } from '../../engines/support/lake-aws';
import { clientsFor, type Clients } from '../../local/support';
import type { Boundaries } from '../support/boundaries';
import { Desk } from '../support/work';

/** One tenant and one ledger, which every round finds as the first one did. */

type Item = Record<string, AttributeValue>;

/** What the rounds of a phase begin with: the tenant's rows lie under another tenant. */
export interface Saved {
  ledger: readonly Item[];
  tenant: string;
  rows: Record<string, string[]>;
  objects: readonly { bucket: string; name: string; body: Uint8Array; modified: Date }[];
}

export const TENANT = 'people';
/** Where keys are staged and results lie. */
const PLACES = [
  { bucket: LOCAL_NAMES.lakeBucket, prefix: 'erasure/subject_keys/' },
  { bucket: LOCAL_NAMES.resultsBucket, prefix: '' },
];
/** What the table of staged keys needs lies there for good. */
const FOR_GOOD = /table-schema/;
/** The service takes so many in one call. */
const AT_ONCE = 25;

export class Scene {
  private readonly clients: Clients;
  private saves = 0;

  private constructor(
    readonly lake: LakeAws,
    readonly wire: Boundaries,
    readonly desk: Desk,
  ) {
    this.clients = clientsFor(lake.endpoints);
  }

  static async open(lake: LakeAws, wire: Boundaries): Promise<Scene> {
    return new Scene(lake, wire, await Desk.open(lake));
  }

  close(): void {
    this.desk.close();
    for (const client of Object.values(this.clients)) (client as { destroy(): void }).destroy();
  }

  async save(): Promise<Saved> {
    const tenant = `saved${(this.saves += 1)}`;
    const rows = await this.rows();
    await Desk.copy(this.clients, TENANT, tenant, Object.keys(rows));
    const objects: Saved['objects'][number][] = [];
    for (const { bucket, name } of await this.objects()) {
      const { Body, LastModified = new Date() } = await this.clients.s3.send(
        new GetObjectCommand({ Bucket: bucket, Key: name }),
      );
      const body = (await Body?.transformToByteArray()) ?? new Uint8Array();
      objects.push({ bucket, name, body, modified: LastModified });
    }
    return { ledger: await this.ledger(), tenant, rows, objects };
  }

  /** @param found rows that are there now, where somebody has read them */
  async restore(saved: Saved, found?: Saved['rows']): Promise<void> {
    const rows = found ?? (await this.rows());
    const stores = Object.keys(saved.rows).filter((name) => !isDeepStrictEqual(rows[name], saved.rows[name]));
    await Desk.clear(this.clients, TENANT, stores);
    await Desk.copy(this.clients, saved.tenant, TENANT, stores);
    await this.restoreLedger(saved.ledger);
    await this.restoreObjects(saved.objects);
  }

  async put(bucket: string, name: string, body: string | Uint8Array): Promise<void> {
    await this.clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: name, Body: body }));
  }

  /** Rows of the tenant in all stores. */
  async rows(): Promise<Record<string, string[]>> {
    const rows = Object.entries(await this.desk.rows());
    return Object.fromEntries(
      rows.map(([name, all]) => [name, all.filter((row) => row.includes(`"${TENANT}"`))]),
    );
  }

  async objects(): Promise<{ bucket: string; name: string }[]> {
    const found: { bucket: string; name: string }[] = [];
    for (const { bucket, prefix } of PLACES)
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client: this.clients.s3 },
        { Bucket: bucket, Prefix: prefix },
      ))
        for (const { Key = '' } of Contents) if (!FOR_GOOD.test(Key)) found.push({ bucket, name: Key });
    return found;
  }

  async ledger(): Promise<Item[]> {
    const items: Item[] = [];
    let from: Item | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await this.clients.dynamodb.send(
        new ScanCommand({
          TableName: this.desk.config.SLUICE_ERASURE_TABLE,
          ConsistentRead: true,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        }),
      );
      items.push(...Items);
      from = LastEvaluatedKey;
    } while (from !== undefined);
    return items;
  }

  private async restoreLedger(saved: readonly Item[]): Promise<void> {
    const known = new Map(saved.map((item) => [placeOf(item), item]));
    const found = new Map((await this.ledger()).map((item) => [placeOf(item), item]));
    const changes = [
      ...saved
        .filter((item) => !isDeepStrictEqual(found.get(placeOf(item)), item))
        .map((item) => ({ PutRequest: { Item: item } })),
      ...[...found].flatMap(([place, { pk, sk }]) =>
        known.has(place) || pk === undefined || sk === undefined
          ? []
          : [{ DeleteRequest: { Key: { pk, sk } } }],
      ),
    ];
    for (let at = 0; at < changes.length; at += AT_ONCE) {
      const { UnprocessedItems = {} } = await this.clients.dynamodb.send(
        new BatchWriteItemCommand({
          RequestItems: { [this.desk.config.SLUICE_ERASURE_TABLE]: changes.slice(at, at + AT_ONCE) },
        }),
      );
      if (Object.keys(UnprocessedItems).length > 0) throw new Error('The ledger could not be put back.');
    }
  }

  private async restoreObjects(saved: Saved['objects']): Promise<void> {
    const found = await this.objects();
    for (const { bucket } of PLACES) {
      const gone = found.filter((one) => one.bucket === bucket).map(({ name }) => ({ Key: name }));
      for (let at = 0; at < gone.length; at += 1_000)
        await this.clients.s3.send(
          new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: gone.slice(at, at + 1_000) } }),
        );
    }
    for (const { bucket, name, body, modified } of saved) {
      await this.put(bucket, name, body);
      // The service itself says when it was written, and what is deleted depends on it.
      await utimes(join(s3Folder(this.lake.dataDir), bucket, name), modified, modified);
    }
  }
}

function placeOf({ pk, sk }: Item): string {
  return `${pk?.S} ${sk?.S}`;
}
