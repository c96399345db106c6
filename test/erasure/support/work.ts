import { createPublicKey, randomUUID, type KeyObject } from 'node:crypto';
import { DeleteItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import pino from 'pino';
import { createLedgerTable } from '../../../local/src/import/tables';
import { Aws } from '../../../local/src/import/aws';
import type { Config } from '../../../src/config';
import { verifyCertificate, type CertificatePayload } from '../../../src/erasure/certificate';
import { createLedger, type Ledger } from '../../../src/erasure/ledger/ledger';
import type { Request } from '../../../src/erasure/worker/journal';
import type { ResolvedKey, SubjectKey } from '../../../src/erasure/model';
import { advance, type RequestEvent } from '../../../src/erasure/states';
import { erasureTargets, kindsTogether } from '../../../src/erasure/targets';
import { createWorker, type WorkerOptions } from '../../../src/erasure/worker/create';
import type { WorkEnd } from '../../../src/erasure/worker/worker';
import { tableOf } from '../../../src/schema/tables';
import { declarations } from '../../../src/schema/catalog';
import type { LakeAws } from '../../engines/support/lake-aws';
import { clientsFor, queryAthena, runRedshift, type Clients } from '../../local/support';
import type { Boundaries } from './boundaries';
import { dataset, NAMES } from './people';
import { queryRedshift } from './redshift';

export const DAY_MS = 86_400_000;

export type WorkOptions = WorkerOptions & { signal?: AbortSignal; changes?: Partial<Config> };

/** A worker over local AWS with a ledger of its own, and people who ask, approve and hold. */
export class Desk {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly lines: string[] = [];
  private readonly clients: Clients;

  private constructor(lake: LakeAws, config: Config) {
    this.config = config;
    const targets = erasureTargets(declarations.datasets.values());
    this.ledger = createLedger(this.config, Date.now, kindsTogether(targets));
    this.clients = clientsFor(lake.endpoints);
  }

  static async open(lake: LakeAws, changes: Partial<Config> = {}): Promise<Desk> {
    const config = {
      ...lake.config,
      SLUICE_ERASURE_TABLE: `ledger-${randomUUID()}`,
      SLUICE_REQUEST_DEADLINE_MS: 20,
      ...changes,
    };
    const aws = new Aws(lake.endpoints);
    await createLedgerTable(aws.dynamodb, config.SLUICE_ERASURE_TABLE);
    aws.close();
    return new Desk(lake, config);
  }

  /** Works as `erasure -- work --once` does. */
  async work(options: WorkOptions = {}): Promise<WorkEnd> {
    const { worker, close } = await this.worker(options);
    try {
      return await worker.once(5_000);
    } finally {
      await close();
    }
  }

  /** Works some days later; the services' clocks say so too. */
  later(wire: Boundaries, days: number, changes: Partial<Config> = {}): Promise<WorkEnd> {
    wire.aheadMs = days * DAY_MS;
    return this.work({ now: () => Date.now() + days * DAY_MS, changes: { ...wire.config, ...changes } });
  }

  /** Works as `erasure -- work` does, until it is stopped. */
  async serve(options: Omit<WorkOptions, 'signal'> = {}): Promise<{ stop(): Promise<void> }> {
    const ending = new AbortController();
    const { worker, close } = await this.worker({ ...options, signal: ending.signal });
    const ended = worker.forever().finally(close);
    return {
      stop: () => {
        ending.abort();
        return ended;
      },
    };
  }

  /** Nobody renews the lease of a worker that is gone; whoever watches it for as long as it lasts takes it over. */
  async endLease(): Promise<void> {
    const { signal } = new AbortController();
    await (await this.ledger.leases('the next one', 1).acquire('WORKER', signal))?.release();
  }

  /** Asked for, planned by a worker and approved. */
  async approved(tenant: string, ...keys: SubjectKey[]): Promise<Request> {
    const asked = await this.ask(tenant, ...keys);
    await this.work();
    return this.approve(asked);
  }

  async ask(tenant: string, ...keys: SubjectKey[]): Promise<Request> {
    const { request } = await this.ledger.requests.create({
      tenant,
      regulation: 'GDPR',
      receivedOn: '2026-11-24',
      dueOn: '2026-12-24',
      requestedBy: 'a_requester',
      keys,
      idempotencyKey: randomUUID(),
    });
    return request;
  }

  get({ tenant, id }: Pick<Request, 'tenant' | 'id'>): Promise<Request> {
    return this.ledger.requests.get(tenant, id);
  }

  /** What the request's certificate states, once it is checked. */
  async certificate({ tenant, id }: Pick<Request, 'tenant' | 'id'>): Promise<CertificatePayload | undefined> {
    const text = (await this.ledger.requests.certificate(tenant, id)) ?? '';
    return verifyCertificate(text, createPublicKey(this.config.SLUICE_ERASURE_SIGNING_KEY as KeyObject));
  }

  async approve(one: Pick<Request, 'tenant' | 'id'>): Promise<Request> {
    const request = await this.get(one);
    const { tenant, id, planHash = '', resolved } = request;
    if (resolved === undefined) throw new Error(`It is ${request.state} and has no plan.`);
    const keys = await this.ledger.requests.readKeys<ResolvedKey>(tenant, id, resolved);
    const approved = advance(
      request,
      { type: 'approve', by: 'a_approver', hash: planHash },
      await this.moment(one),
    );
    return this.ledger.requests.approve(request, keys, approved);
  }

  async happen(one: Pick<Request, 'tenant' | 'id'>, event: RequestEvent): Promise<Request> {
    const request = await this.get(one);
    return this.ledger.requests.update(request, advance(request, event, await this.moment(one)));
  }

  hold(
    { tenant, id }: Pick<Request, 'tenant' | 'id'>,
    datasets: readonly string[] | 'all',
    until = '2031-01-01',
  ) {
    return this.ledger.holds.place({
      tenant,
      requestId: id,
      datasets,
      ground: 'Proceeding 1 O 1/26',
      purpose: 'defence of claims',
      until,
      placedBy: 'a_lawyer',
    });
  }

  /** All rows of all stores, as they are. */
  async rows(): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    for (const name of NAMES) {
      const { engine, database, table, columns } = dataset(name);
      const list = [...new Set([...columns.values()].map(({ column }) => column))].map((one) => `"${one}"`);
      const sql = `SELECT ${dataset(name).tenant}, ${list.join(', ')} FROM ${database}.${table}`;
      const rows =
        engine === 'athena'
          ? await queryAthena(this.clients.athena, sql)
          : await queryRedshift(this.clients.redshift, sql);
      found[name] = rows.map((row) => JSON.stringify(row)).sort();
    }
    const { Items = [] } = await this.clients.dynamodb.send(
      new ScanCommand({ TableName: 'sluice-decisions' }),
    );
    found.items = Items.map((item) => JSON.stringify(Object.entries(item).sort())).sort();
    return found;
  }

  /** Takes the rows of a tenant away: of tables and, under `items`, of DynamoDB. */
  static async clear(clients: Clients, tenant: string, stores: readonly string[]): Promise<void> {
    for (const name of NAMES) {
      if (!stores.includes(name)) continue;
      const { engine, database, table, tenant: column } = dataset(name);
      const sql = `DELETE FROM ${database}.${table} WHERE ${column} = '${tenant}'`;
      if (engine === 'athena') await queryAthena(clients.athena, sql);
      else await runRedshift(clients.redshift, sql);
    }
    if (!stores.includes('items')) return;
    const { Items = [] } = await clients.dynamodb.send(new ScanCommand({ TableName: 'sluice-decisions' }));
    for (const { pk, tenant_id: of } of Items)
      if (pk !== undefined && of?.S === tenant)
        await clients.dynamodb.send(new DeleteItemCommand({ TableName: 'sluice-decisions', Key: { pk } }));
  }

  /** Copies such rows of a tenant to another. */
  static async copy(clients: Clients, from: string, to: string, stores: readonly string[]): Promise<void> {
    for (const name of NAMES) {
      if (!stores.includes(name)) continue;
      const { engine, database, name: table, columns, tenantColumn } = tableOf(dataset(name));
      const names = columns.map((column) => `"${column.name}"`);
      const values = columns.map((column) => (column.name === tenantColumn ? `'${to}'` : `"${column.name}"`));
      const sql =
        `INSERT INTO ${database}.${table} (${names.join(', ')}) SELECT ${values.join(', ')}` +
        ` FROM ${database}.${table} WHERE ${tenantColumn} = '${from}'`;
      if (engine === 'athena') await queryAthena(clients.athena, sql);
      else await runRedshift(clients.redshift, sql);
    }
    if (!stores.includes('items')) return;
    const { Items = [] } = await clients.dynamodb.send(new ScanCommand({ TableName: 'sluice-decisions' }));
    for (const item of Items.filter(({ tenant_id: of }) => of?.S === from)) {
      const copied = Object.entries(item).map(([name, value]) => [
        name,
        value.S === from || value.S?.startsWith(`${from}#`) === true
          ? { S: to + value.S.slice(from.length) }
          : value,
      ]);
      await clients.dynamodb.send(
        new PutItemCommand({ TableName: 'sluice-decisions', Item: Object.fromEntries(copied) }),
      );
    }
  }

  close(): void {
    this.ledger.close();
    for (const client of Object.values(this.clients)) (client as { destroy(): void }).destroy();
  }

  private worker(options: WorkOptions): ReturnType<typeof createWorker> {
    const { signal = new AbortController().signal, changes, ...rest } = options;
    const logger = pino({ level: 'debug' }, { write: (line: string) => void this.lines.push(line) });
    const config = { ...this.config, ...changes };
    const datasets = declarations.datasets.values();
    return createWorker(config, datasets, logger, signal, { retryPauseMs: 1, ...rest });
  }

  private async moment({ tenant, id }: Pick<Request, 'tenant' | 'id'>) {
    return {
      day: new Date().toISOString().slice(0, 10),
      checked: true,
      holds: await this.ledger.holds.of(tenant, id),
    };
  }
}

/** Outcomes by table: `athena.Decision PSEUDONYMISED 2`. */
export function outcomesOf({ tables }: Request): string[] {
  return tables.map(({ id, outcome, erased }) => `${id} ${outcome?.state} ${erased}`);
}
