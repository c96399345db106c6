import type { Endpoints } from '../../local/src/endpoints';

/** The local AWS that Jest's global set-up started and seeded for this run. */
export interface TestAws {
  dataDir: string;
  endpoints: Endpoints;
  /** The gateway's variables for these endpoints. */
  environment: Record<string, string>;
}

/** Where the global set-up leaves its word for the test processes. */
export const TEST_AWS_VARIABLE = 'SLUICE_TEST_AWS';

export function localAws(): TestAws {
  const text = process.env[TEST_AWS_VARIABLE];
  if (text === undefined) throw new Error('The global set-up of Jest did not start local AWS.');
  return JSON.parse(text) as TestAws;
}
