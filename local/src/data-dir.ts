import { resolve } from 'node:path';

/** The folder that holds everything of local AWS: SLUICE_DATA_DIR, or `.sluice` below the working folder. */
export function dataDirOf(environment: NodeJS.ProcessEnv): string {
  return resolve(environment.SLUICE_DATA_DIR || '.sluice');
}
