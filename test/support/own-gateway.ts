import type { ServerOptions } from '../../src/server';
import { startEngines, type Engines } from './engines';
import { startGateway, type Gateway } from './gateway';

/** A gateway in front of engines of its own, which a test may disturb; tokens come from the issuer of the run. */
export interface OwnGateway {
  gateway: Gateway;
  engines: Engines;
  /** Another gateway in front of the same engines. */
  another(overrides: Record<string, string>): Promise<Gateway>;
  close(): Promise<void>;
}

export async function startOwnGateway(
  overrides: Record<string, string> = {},
  options: ServerOptions = {},
): Promise<OwnGateway> {
  const engines = await startEngines();
  const endpoints = {
    SLUICE_DYNAMODB_ENDPOINT: engines.servers.dynamodb.url,
    SLUICE_ATHENA_ENDPOINT: engines.servers.athena.url,
    SLUICE_S3_ENDPOINT: engines.servers.s3.url,
    SLUICE_REDSHIFT_ENDPOINT: engines.servers.redshift.url,
    SLUICE_ATHENA_OUTPUT: 's3://results/athena/',
  };
  const started: Gateway[] = [];
  const another = async (more: Record<string, string>): Promise<Gateway> => {
    const gateway = await startGateway({ ...endpoints, ...overrides, ...more }, undefined, options);
    started.push(gateway);
    return gateway;
  };
  return {
    engines,
    gateway: await another({}),
    another,
    close: async () => {
      for (const gateway of started) await gateway.close();
      await engines.close();
    },
  };
}
