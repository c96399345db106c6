import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Config } from '../../config';
import { SluiceError } from '../../errors';
import type { DatasetDeclaration } from '../../schema/declarations';
import { KEY_COLUMNS } from '../../schema/subject-keys';
import { Pacing } from '../pacing';
import type { BatchWork } from '../steps';
import { VerifierClients, type Answer, type Place } from './clients';
import { onlyIn, Wanted } from './expectations';
import { searchFiles } from './files';
import { personOf, Tally, type Finding, type Survivors } from './findings';
import { athenaKeys, columnsSql, redshiftKeys, REDSHIFT_KEYS, snapshotsSql, survivorsSql } from './sql';

/**
 * Reads the stores again, after a batch and later, by another way than how rows went: statements, staged keys, clients
 * and a count of days of its own (docs/erasure.md says what both read). It finds what is there, whoever put it there, so a
 * replay or a restore shows as survivors.
 */

/** The key attribute of every item, as the declaration of point reads has it. */
const ITEM_KEY = 'pk';

export class Verifier {
  private readonly clients: VerifierClients;
  private readonly datasets: readonly DatasetDeclaration[];

  constructor(
    private readonly config: Config & { SLUICE_ERASURE_LOCATION: string },
    datasets: Iterable<DatasetDeclaration>,
    pacing = new Pacing(config),
  ) {
    this.clients = new VerifierClients(config, pacing);
    this.datasets = [...datasets].filter(({ erasure }) => erasure !== undefined);
  }

  /**
   * Looks for the people of a batch in every dataset that it had keys for.
   *
   * @param files whether the files behind Iceberg tables are read too: minutes for large tables
   * @throws SluiceError when a store cannot be asked: then nothing is known, and nothing may be certified
   */
  async verify(batch: BatchWork, files: boolean, signal: AbortSignal): Promise<Finding[]> {
    const concerned = this.datasets.filter(({ name }) => batch.keys.some(({ dataset }) => dataset === name));
    const partition = `verify-${batch.id}`;
    const place = this.placeOf(partition);
    await this.clients.put(place, keysObject(partition, batch), signal);
    try {
      const findings: Finding[] = [];
      for (const dataset of concerned) {
        findings.push(await this.inTable(dataset, batch, partition, files, signal));
        if (dataset.pointReads !== undefined)
          findings.push(await this.inItems(dataset, dataset.pointReads.table, batch, signal));
      }
      return findings;
    } finally {
      await this.clients.remove(place);
    }
  }

  close(): void {
    this.clients.close();
  }

  private async inTable(
    dataset: DatasetDeclaration,
    batch: BatchWork,
    partition: string,
    files: boolean,
    signal: AbortSignal,
  ): Promise<Finding> {
    const { name, engine } = dataset;
    if (engine === 'redshift') {
      const { Bucket, Key } = this.placeOf(partition);
      const staged = redshiftKeys(`s3://${Bucket}/${Key}`, this.config.SLUICE_ERASURE_COPY_ROLE);
      const beside = await this.beside(dataset, (sql) => this.clients.askRedshift([sql], signal));
      const sql = survivorsSql(dataset, batch.day, `"${REDSHIFT_KEYS}"`, beside);
      const { id, rows } = await this.clients.askRedshift([...staged, sql], signal);
      const found = survivorsIn(rows);
      return {
        dataset: name,
        store: engine,
        statementId: id,
        survivors: found.rows,
        people: found.people,
      };
    }
    const iceberg = dataset.writer === undefined;
    // Before the rows are looked for: what is found then holds for the newest snapshot of now.
    const list = iceberg ? await this.snapshots(dataset, signal) : undefined;
    const beside = await this.beside(dataset, (sql) => this.clients.askAthena(sql, signal));
    const sql = survivorsSql(dataset, batch.day, athenaKeys(partition), beside);
    const { id, rows } = await this.clients.askAthena(sql, signal);
    const snapshots = timesOf(list);
    const found = survivorsIn(rows);
    const finding: Finding = {
      dataset: name,
      store: engine,
      statementId: id,
      survivors: found.rows,
      people: found.people,
      ...(snapshots === undefined ? {} : { snapshots }),
    };
    // The files of other formats are no list that a query gives.
    if (!files || !iceberg) return finding;
    if (list === undefined) throw new SluiceError('ENGINE_FAILED');
    const wanted = new Wanted(dataset, batch.day, batch.keys);
    return { ...finding, files: await searchFiles(this.clients, dataset, list.rows, wanted, signal) };
  }

  /** Columns of the table as it is that no row may have values in which stays for its retained fields alone. */
  private async beside(
    dataset: DatasetDeclaration,
    ask: (sql: string) => Promise<Answer>,
  ): Promise<readonly string[]> {
    const only = onlyIn(dataset);
    if (only === undefined) return [];
    const { names } = await ask(columnsSql(dataset));
    if (names.length === 0) throw new SluiceError('ENGINE_FAILED');
    return names.filter((column) => !only(column));
  }

  /** The snapshots of a table; undefined where the engine does not show them. Then the rule of the horizon holds alone. */
  private async snapshots(dataset: DatasetDeclaration, signal: AbortSignal): Promise<Answer | undefined> {
    try {
      return await this.clients.askAthena(snapshotsSql(dataset), signal);
    } catch (error) {
      if (error instanceof SluiceError && error.code === 'ENGINE_FAILED') return undefined;
      throw error;
    }
  }

  private async inItems(
    dataset: DatasetDeclaration,
    table: string,
    batch: BatchWork,
    signal: AbortSignal,
  ): Promise<Finding> {
    const wanted = new Wanted(dataset, batch.day, batch.keys);
    const found = new Tally();
    for await (const item of this.clients.items(table, wanted.whole ? undefined : wanted.columns, signal)) {
      const names = Object.keys(item).filter((name) => name !== ITEM_KEY);
      found.add(wanted.peopleIn((attribute) => textOf(item[attribute]), names));
    }
    return { dataset: dataset.name, store: 'dynamodb', survivors: found.rows, people: found.people };
  }

  private placeOf(partition: string): Place {
    const [Bucket = '', ...folders] = this.config.SLUICE_ERASURE_LOCATION.slice('s3://'.length).split('/');
    const path = folders.filter((folder) => folder !== '');
    return { Bucket, Key: [...path, `batch=${partition}`, 'wanted.parquet'].join('/') };
  }
}

/** Verification's own copy of the keys. One more of a person's would count a row twice; none less would miss it. */
function keysObject(partition: string, { keys }: BatchWork): Uint8Array {
  const unique = new Map(
    keys.map((key) => [JSON.stringify(KEY_COLUMNS.map((name) => (name === 'batch' ? '' : key[name]))), key]),
  );
  const rows = [...unique.values()];
  const columnData = KEY_COLUMNS.map((name) => ({
    name,
    type: 'STRING' as const,
    nullable: true,
    codec: 'UNCOMPRESSED' as const,
    statistics: false,
    data: rows.map((row) => (name === 'batch' ? partition : row[name])),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

function textOf(value: AttributeValue | undefined): string | null {
  if (value === undefined || value.NULL === true) return null;
  // Of lists it matters only that they are there.
  return value.S ?? value.N ?? value.BOOL?.toString() ?? 'there';
}

/** Rows by person. An answer without the row that is always there is none: it must not pass for nothing found. */
function survivorsIn(answer: Answer['rows']): Survivors {
  let rows = 0;
  let whole = false;
  const people = new Map<string, number>();
  for (const [tenant, token, survivors] of answer) {
    const count = Number(survivors ?? NaN);
    if (!Number.isSafeInteger(count)) throw new TypeError('A store gave no count.');
    if (tenant === null && count === 0) whole = true;
    if (count === 0) continue;
    rows += count;
    people.set(personOf({ tenant: tenant ?? '', token: token ?? '' }), count);
  }
  if (!whole) throw new TypeError('A store gave a part of its counts.');
  return { rows, people };
}

/** When the oldest and the newest snapshot were taken. */
function timesOf(list: Answer | undefined): Finding['snapshots'] {
  const times = (list?.rows ?? []).map(([, committed]) => timeOf(committed ?? ''));
  const [oldest] = times;
  const newest = times.at(-1);
  if (list === undefined || oldest === undefined || newest === undefined) return undefined;
  return { oldest, newest, statementId: list.id };
}

/** A time as engines write it in UTC (`2026-11-24 12:00:00.000 UTC`), in ISO 8601. */
function timeOf(text: string): string {
  const time = new Date(text.replace(' UTC', 'Z').replace(' ', 'T'));
  if (Number.isNaN(time.valueOf())) throw new TypeError('A store gave no time.');
  return time.toISOString();
}
