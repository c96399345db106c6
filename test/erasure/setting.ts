import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTrino, type TrinoServer } from '../../local/src/athena/trino/server';
import { Aws } from '../../local/src/import/aws';
import type { Config } from '../../src/config';
import { createExecutors } from '../../src/erasure/executors/create';
import type { ErasureExecutor } from '../../src/erasure/steps';
import { Verifier } from '../../src/erasure/verify/verifier';
import { declarations } from '../../src/schema/catalog';
import { startLakeAws, type LakeAws } from '../engines/support/lake-aws';
import { clientsFor, type Clients } from '../local/support';
import type { KillLake } from './kills/places';
import type { Report } from '../support/report';

export interface Options {
  /** Rows of all tables together that a batch meets. */
  rows: number;
  plans: number;
  /** Places at which a worker is killed; every one when undefined. */
  kills: number | undefined;
  /** What workers are killed over. */
  lakes: readonly KillLake[];
  /** Phases of a request's life in which workers are killed; all of them when undefined. */
  phases: readonly string[] | undefined;
  seed: string;
}

/** Local AWS over a Trino of its own, with all tables and the executors of a batch. */
export interface World {
  trino: TrinoServer;
  lake: LakeAws;
  aws: Aws;
  clients: Clients;
  executors: readonly ErasureExecutor[];
  verifier: Verifier;
  /** Of the configuration: what fits a busy machine. */
  limits: Pick<Config, 'SLUICE_REQUEST_DEADLINE_MS' | 'SLUICE_CALL_DEADLINE_MS'>;
}

/** A result that a question may still be read from is waited for so long, in milliseconds. */
const GRACE_MS = 20;
const HEAP_MEGABYTES = 6_000;
/** One process serves all stand-ins, and a machine may be busy: a call is not given up early, in milliseconds. */
const CALL_MS = 120_000;

/** What the suites share. */
export class Setting {
  private readonly ends: (() => Promise<void>)[] = [];
  private started: Promise<World> | undefined;

  constructor(
    readonly options: Options,
    readonly report: Report,
  ) {}

  /** Processes that want to run, over the last minute: other work on the machine makes figures worse. */
  get load(): string {
    return `load ${(loadavg()[0] ?? 0).toFixed(1)}`;
  }

  /** Started when first asked for. */
  world(): Promise<World> {
    return (this.started ??= this.start());
  }

  async stop(): Promise<void> {
    for (const end of this.ends.splice(0).reverse())
      await end().catch((error: unknown) => this.report.say(String(error)));
  }

  private async start(): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-erasure-'));
    this.ends.push(() => rm(folder, { recursive: true, force: true }));
    const trino = await startTrino({
      dataDir: join(folder, 'trino'),
      s3Root: join(folder, 's3'),
      heapMegabytes: HEAP_MEGABYTES,
    });
    this.ends.push(() => trino.close());
    const lake = await startLakeAws(trino);
    this.ends.push(() => lake.close());
    const aws = new Aws(lake.endpoints);
    const clients = clientsFor(lake.endpoints);
    this.ends.push(async () => {
      aws.close();
      for (const client of Object.values(clients)) (client as { destroy(): void }).destroy();
    });
    const limits = { SLUICE_REQUEST_DEADLINE_MS: GRACE_MS, SLUICE_CALL_DEADLINE_MS: CALL_MS };
    const config = { ...lake.config, ...limits };
    const datasets = [...declarations.datasets.values()];
    const executors = await createExecutors(config, datasets, new AbortController().signal);
    this.ends.push(async () => {
      for (const executor of executors) await executor.close();
    });
    const location = config.SLUICE_ERASURE_LOCATION ?? '';
    const verifier = new Verifier({ ...config, SLUICE_ERASURE_LOCATION: location }, datasets);
    this.ends.push(async () => verifier.close());
    this.report.say(`Trino and local AWS are up, ${this.report.elapsed}, ${this.load}`);
    return { trino, lake, aws, clients, executors, verifier, limits };
  }
}
