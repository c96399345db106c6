import type { Endpoints } from '../endpoints';

/** Makes tables and sample data on a first start; does nothing when they are there. */
export type Preparation = (
  endpoints: Endpoints,
  dataDir: string,
  environment: Record<string, string>,
  say: (line: string) => void,
) => Promise<void>;

/** What runs, in this order, before the gateway starts. */
const PREPARATIONS: Preparation[] = [];

export async function prepareData(...given: Parameters<Preparation>): Promise<void> {
  for (const prepare of PREPARATIONS) await prepare(...given);
}
