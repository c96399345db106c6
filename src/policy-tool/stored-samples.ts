import { createGuard } from '../auth/guard';
import { buildPolicy } from '../auth/policy';
import { parsePolicy } from '../auth/policy-file';
import { readConfig } from '../config';
import { SluiceError } from '../errors';
import { createLog } from '../log';
import { declarations } from '../schema/catalog';
import type { DatasetDeclaration } from '../schema/declarations';
import { DATA_CLASSES, DOMAINS } from '../schema/vocabulary';
import { UsageError } from '../commands';

/**
 * Rows from the stores, read through the gate like any others: by a role made for the purpose that sees every field, in
 * one tenant, with its line in the read audit.
 */

const ROLE = 'class_sampler';
/** The gate bounds what one request asks for, so each takes some of the fields. */
const FIELDS_AT_ONCE = 50;
const DEADLINE_MS = 120_000;

/** Rows by dataset. @throws UsageError when a store cannot be asked */
export async function storedSamples(
  tenant: string,
  rows: number,
): Promise<[DatasetDeclaration, Readonly<Record<string, unknown>>[]][]> {
  const config = readConfig();
  // Audit lines go where the gateway's go; the command's own answer is on standard output.
  const logger = createLog('warn', 2);
  const guard = createGuard(config, declarations, logger);
  const openGate = guard.gateUnder(samplerPolicy());
  try {
    const found: [DatasetDeclaration, Readonly<Record<string, unknown>>[]][] = [];
    for (const dataset of declarations.datasets.values()) {
      // What the gateway writes itself holds what its declaration says.
      if (dataset.domain === 'audit') continue;
      const gate = openGate(
        { subject: ROLE, tenant, roles: [ROLE], role: ROLE, claims: new Map() },
        {
          requestId: `${ROLE}-${dataset.name}`,
          operationName: ROLE,
          signal: AbortSignal.timeout(DEADLINE_MS),
          calls: [],
        },
      );
      const fields = [...dataset.columns.keys()].slice(0, FIELDS_AT_ONCE);
      const page = await gate.rows({
        kind: 'rows',
        dataset: dataset.name,
        fields,
        orderBy: [],
        first: rows,
        ...(dataset.time === undefined
          ? {}
          : { range: { from: '1900-01-01T00:00:00.000Z', to: '2200-01-01T00:00:00.000Z' } }),
      });
      found.push([dataset, [...page.rows]]);
    }
    return found;
  } catch (error) {
    if (error instanceof SluiceError) throw new UsageError(`--sample: ${error.code}: ${error.message}`);
    throw error;
  } finally {
    await guard.close();
  }
}

function samplerPolicy(): ReturnType<typeof buildPolicy> {
  const classes = `{ ${DATA_CLASSES.map((name) => `${name}: clear`).join(', ')} }`;
  const domains = DOMAINS.map((domain) => `      ${domain}: { classes: ${classes} }\n`).join('');
  const text = `roles:\n  ${ROLE}:\n    description: Looks at values to suggest classes.\n    domains:\n${domains}`;
  return buildPolicy(parsePolicy('(sampler)', text), declarations);
}
