import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { AuditTokens } from '../../auth/audit-tokens';
import type { Config } from '../../config';
import { ObjectStore } from '../../datasources/engines/object-store';
import { BootError } from '../../errors';
import type { DatasetDeclaration } from '../../schema/declarations';
import { AuditChain } from '../chain';
import { createExecutors } from '../executors/create';
import { createLedger } from '../ledger/ledger';
import { Pacing, type PacingClock } from '../pacing';
import { createPlanning } from '../planning';
import { readRegulations } from '../regulations';
import { NO_STAGING, stagingLocation } from '../staging';
import { erasureTargets, kindsTogether } from '../targets';
import { Verifier } from '../verify/verifier';
import { Batching } from './batching';
import { WorkerClock } from './clock';
import { Endings } from './endings';
import { Expiry } from './expiry';
import { Journal } from './journal';
import { Leftovers } from './leftovers';
import { Notices } from './notices';
import { People } from './people';
import { Preparing } from './preparing';
import { Rescans } from './rescans';
import { Verifying } from './verifying';
import { Tidying } from './tidying';
import { Worker } from './worker';

/** What is not configured: for commands and tests. */
export interface WorkerOptions {
  /** Whether batches begin at any time of day. */
  anyTime?: boolean;
  now?: () => number;
  pacingClock?: PacingClock;
  /** First pause after a step failed, in milliseconds. */
  retryPauseMs?: number;
}

const RETRY_PAUSE_MS = 2_000;

/**
 * A worker with all that it works with.
 *
 * @throws BootError with everything that it lacks
 */
export async function createWorker(
  config: Config,
  datasets: Iterable<DatasetDeclaration>,
  logger: Logger,
  signal: AbortSignal,
  options: WorkerOptions = {},
): Promise<{ worker: Worker; close: () => Promise<void> }> {
  const { SLUICE_ERASURE_SIGNING_KEY: signingKey } = config;
  const regulations = readRegulations(config.SLUICE_REGULATIONS_FILE);
  if (signingKey === undefined) {
    throw new BootError([
      'SLUICE_ERASURE_SIGNING_KEY is not set: certificates are signed with it.',
      ...(config.SLUICE_ERASURE_LOCATION === undefined ? [NO_STAGING] : []),
    ]);
  }
  const location = stagingLocation(config);
  const declared = [...datasets];
  const targets = erasureTargets(declared);
  const { now = Date.now, retryPauseMs = RETRY_PAUSE_MS } = options;
  const ledger = createLedger(config, now, kindsTogether(targets));
  const clock = new WorkerClock(ledger.table, now);
  const chain = new AuditChain(ledger.table, now);
  const journal = new Journal(ledger, chain, clock);
  const people = new People(ledger, new AuditTokens(config.SLUICE_AUDIT_KEY), targets);
  const pacing = new Pacing(config, options.pacingClock);
  const planning = await createPlanning(config, declared, signal, pacing);
  const executors = await createExecutors(config, declared, signal, pacing);
  const verifier = new Verifier({ ...config, SLUICE_ERASURE_LOCATION: location }, declared, pacing);
  const verifying = new Verifying(verifier, config.SLUICE_ERASURE_VERIFY_FILES, clock, signal);
  const limits = {
    requests: config.SLUICE_ERASURE_BATCH_REQUESTS,
    keys: config.SLUICE_ERASURE_BATCH_KEYS,
  };
  const preparing = new Preparing(ledger, journal, planning, logger, signal, limits, declared);
  const mayNotGoOn = async (): Promise<boolean> => signal.aborted || (await ledger.schedule.read()).paused;
  const batching = new Batching({
    ...{ journal, chain, preparing, people, executors, targets, verifying, signingKey, logger, signal },
    batches: ledger.batches,
    limits,
    atOnce: config.SLUICE_ERASURE_STORES_AT_ONCE,
    retryPauseMs,
    mayNotGoOn,
  });
  const staged = new ObjectStore(config, location);
  const worker = new Worker({
    ...{ ledger, clock, journal, preparing, batching, logger, signal },
    leases: ledger.leases(
      `${hostname()} ${process.pid} ${randomUUID()}`,
      config.SLUICE_ERASURE_LEASE_SECONDS * 1_000,
    ),
    endings: new Endings(ledger, journal, people, signingKey, logger),
    leftovers: new Leftovers({ journal, executors, logger, signal, mayNotGoOn }),
    rescans: new Rescans({
      ...{ journal, people, verifying, logger },
      expiry: new Expiry(executors, chain, logger, signal),
      everyDays: config.SLUICE_ERASURE_RESCAN_DAYS,
    }),
    notices: new Notices(journal, regulations, logger),
    tidying: new Tidying({ planning, keys: staged, batches: ledger.batches, logger, signal }),
    window: options.anyTime === true ? undefined : config.SLUICE_ERASURE_WINDOW,
    beatMs: (config.SLUICE_ERASURE_LEASE_SECONDS * 1_000) / 6,
    pollMs: config.SLUICE_ERASURE_POLL_SECONDS * 1_000,
  });
  return {
    worker,
    close: async () => {
      staged.close();
      verifier.close();
      for (const executor of executors) await executor.close();
      await planning.close();
      ledger.close();
    },
  };
}
