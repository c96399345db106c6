import type { Logger } from 'pino';
import type { Config } from '../config';
import { createStores } from '../datasources/create-stores';
import { createCursorSeal } from '../datasources/cursors';
import type { Declarations } from '../schema/declarations';
import type { EngineName } from '../schema/vocabulary';
import { createGateFactory, type GateFactory } from './gate';
import type { Policy } from './policy';

/** The stores and the gate in front of them. Nobody outside this folder ever holds a store. */
export interface Guard {
  openGate: GateFactory;
  /** Whether each engine answers. Never throws. */
  health(signal: AbortSignal): Promise<Record<EngineName, 'up' | 'down'>>;
  close(): Promise<void>;
}

/** Makes the stores of the configuration and keeps them to itself. */
export function createGuard(
  config: Config,
  policy: Policy,
  declarations: Declarations,
  logger: Logger,
  now?: () => number,
): Guard {
  const stores = createStores(config, declarations);
  return {
    openGate: createGateFactory({
      config,
      policy,
      declarations,
      stores,
      cursors: createCursorSeal(config.SLUICE_CURSOR_KEY),
      logger,
      ...(now === undefined ? {} : { now }),
    }),
    health: (signal) => stores.health(signal),
    close: () => stores.close(),
  };
}
