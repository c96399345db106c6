import type { Logger } from 'pino';
import type { Config } from '../config';
import { createStores } from '../datasources/create-stores';
import { createCursorSeal } from '../datasources/cursors';
import type { ErasureService } from '../erasure/service';
import { datasetOf } from '../schema/columns';
import type { Declarations } from '../schema/declarations';
import type { EngineName } from '../schema/vocabulary';
import { ObjectStore } from '../datasources/engines/object-store';
import { AccessRecord } from '../schema/entities/access-record';
import { SegmentFolder } from './audit-segments';
import { AuditShipper } from './audit-shipper';
import { SegmentSink, type AuditSink, type AuditState } from './audit-sink';
import { AuditTokens } from './audit-tokens';
import { createErasureAccess, type ErasureAccessFactory } from './erasure-access';
import { createGateFactory, type GateFactory } from './gate';
import type { Policy } from './policy';
import { Tombstones } from './tombstones';

/** The stores and the gate in front of them, and the access to erasures. Nobody outside this folder ever holds a store. */
export interface Guard {
  /** The gate under a policy. */
  gateUnder(policy: Policy): GateFactory;
  /** The access to erasures under a policy. */
  erasuresUnder(policy: Policy, service: ErasureService): ErasureAccessFactory;
  /** Whether each engine and the ledger of erasures answer. Never throws. */
  health(signal: AbortSignal): Promise<Record<EngineName | 'ledger', 'up' | 'down'>>;
  /** How the read audit is. Never throws. */
  audit(): Promise<AuditState>;
  close(): Promise<void>;
}

/** Makes the stores of the configuration and keeps them to itself. */
export function createGuard(
  config: Config,
  declarations: Declarations,
  logger: Logger,
  now?: () => number,
): Guard {
  const stores = createStores(config, declarations);
  const tombstones = new Tombstones(config, logger);
  const sink = createSink(config, logger);
  const cursors = createCursorSeal(config.SLUICE_CURSOR_KEY);
  const tokens = new AuditTokens(config.SLUICE_AUDIT_KEY);
  return {
    gateUnder: (policy) =>
      createGateFactory({
        config,
        policy,
        declarations,
        stores,
        tombstones,
        cursors,
        sink,
        logger,
        ...(now === undefined ? {} : { now }),
      }),
    erasuresUnder: (policy, service) =>
      createErasureAccess({ policy, service, tokens, cursors, sink, logger }),
    health: async (signal) => {
      const [engines, ledger] = await Promise.all([stores.health(signal), tombstones.health(signal)]);
      return { ...engines, ledger };
    },
    audit: () => sink.health(),
    close: async () => {
      await sink.close();
      tombstones.close();
      await stores.close();
    },
  };
}

/** The sink of audit lines: segments in a folder, stored as rows of the audit's own dataset. */
function createSink(config: Config, logger: Logger): AuditSink {
  const folder = new SegmentFolder(config.SLUICE_AUDIT_DIR);
  const store = new ObjectStore(config, config.SLUICE_AUDIT_LOCATION);
  const limits = {
    deadline: config.SLUICE_AUDIT_DEADLINE_MS,
    segmentBytes: config.SLUICE_AUDIT_SEGMENT_BYTES,
    syncEvery: config.SLUICE_AUDIT_SYNC_MS,
    segmentAge: config.SLUICE_AUDIT_SECONDS * 1_000,
  };
  return new SegmentSink(
    folder,
    new AuditShipper(folder, store, datasetOf(AccessRecord), logger),
    limits,
    logger,
  );
}
