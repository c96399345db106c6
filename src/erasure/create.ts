import type { Config } from '../config';
import { FairQueue, type Release } from '../datasources/engines/fair-queue';
import type { BilledRun } from '../datasources/results';
import { SluiceError } from '../errors';
import type { DatasetDeclaration } from '../schema/declarations';
import { AuditChain } from './chain';
import { createLedger } from './ledger/ledger';
import { createPlanning, type Planning, type PlanningRequest } from './planning';
import { readRegulations } from './regulations';
import { ErasureService } from './service';
import { erasureTargets, kindsTogether } from './targets';

/** What the gateway needs of erasure. Nothing is reached before somebody asks. */
export interface Erasures {
  service: ErasureService;
  close(): Promise<void>;
}

/** @throws BootError when the table of regulations cannot be read */
export function createErasures(
  config: Config,
  datasets: Iterable<DatasetDeclaration>,
  now: () => number = Date.now,
): Erasures {
  const declared = [...datasets];
  const regulations = readRegulations(config.SLUICE_REGULATIONS_FILE);
  const targets = erasureTargets(declared);
  const ledger = createLedger(config, now, kindsTogether(targets));
  const planning = new PlanningOnDemand(config, declared);
  const service = new ErasureService({
    ledger,
    chain: new AuditChain(ledger.table, now),
    schedule: ledger.schedule,
    regulations,
    planning,
    window: config.SLUICE_ERASURE_WINDOW,
    datasets: new Set(targets.map(({ dataset }) => dataset.name)),
    now,
  });
  return {
    service,
    close: async () => {
      await planning.close();
      ledger.close();
    },
  };
}

/** Plans that are made at once; each scans the point store and asks every table. Others wait, tenants in turn. */
const AT_ONCE = 2;

/** Planning that is made when it is first asked for, so that the gateway starts without it and without its stores. */
class PlanningOnDemand implements Planning {
  private made: Promise<Planning> | undefined;
  private readonly queue = new FairQueue(AT_ONCE);

  constructor(
    private readonly config: Config,
    private readonly datasets: readonly DatasetDeclaration[],
  ) {}

  async plan(
    tenant: string,
    requests: readonly PlanningRequest[],
    day: string,
    run: BilledRun,
  ): Promise<Awaited<ReturnType<Planning['plan']>>> {
    let release: Release | undefined;
    try {
      release = await this.queue.acquire(tenant, run.signal);
      return await (await this.make()).plan(tenant, requests, day, run);
    } catch (error) {
      if (!run.signal.aborted) throw error;
      throw new SluiceError(
        'ENGINE_TIMEOUT',
        'Finding the people took longer than a request may. Ask for fewer keys at once; what was requested is planned by the worker.',
        error,
      );
    } finally {
      release?.();
    }
  }

  async close(): Promise<void> {
    await this.made?.then((planning) => planning.close()).catch(() => undefined);
  }

  private make(): Promise<Planning> {
    if (this.config.SLUICE_ERASURE_LOCATION === undefined) {
      throw new SluiceError(
        'ENGINE_UNAVAILABLE',
        'Erasure is not set up, so nothing can be planned. Operators: set SLUICE_ERASURE_LOCATION (docs/erasure.md).',
      );
    }
    if (this.made === undefined) {
      const making = createPlanning(
        this.config,
        this.datasets,
        AbortSignal.timeout(this.config.SLUICE_CALL_DEADLINE_MS),
      );
      this.made = making;
      // What failed is made anew by the next who asks.
      making.catch(() => (this.made = undefined));
    }
    return this.made;
  }
}
