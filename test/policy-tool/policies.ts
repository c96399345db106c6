import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { parsePolicy, type PolicyFile } from '../../src/auth/policy-file';
import { declarations } from '../../src/schema/catalog';
import {
  DATA_CLASSES,
  DOMAINS,
  ERASURE_KEYS,
  ERASURE_RIGHTS,
  MASK_ACTIONS,
} from '../../src/schema/vocabulary';

/** Policies for tests: the sample, and what random edits make of it. */

export const SAMPLE = readFileSync('policy/policy.yaml', 'utf8');

/** The file as it is written, before anything is filled in. */
export type Written = Record<string, unknown> & { roles: Record<string, WrittenRole> };
interface WrittenRole {
  [key: string]: unknown;
  limits?: Record<string, unknown>;
  erasure?: { may: string[]; keys?: string };
  domains: Record<string, WrittenDomain>;
}
interface WrittenDomain {
  [key: string]: unknown;
  classes: Record<string, string>;
  columns?: Record<string, string>;
  rows?: unknown[];
}

export function written(): Written {
  const policy = parse(SAMPLE) as Written;
  for (const each of Object.values(policy.roles)) each.domains ??= {};
  return policy;
}

export function policyOf(data: unknown, name = 'test.yaml'): PolicyFile {
  return parsePolicy(name, stringify(data, { aliasDuplicateObjects: false }));
}

const ROLES = Object.keys(written().roles);
const fieldNames = [...declarations.datasets.values()].flatMap((dataset) =>
  [...dataset.columns.keys()].map((field) => [dataset.domain, `${dataset.name}.${field}`] as const),
);

/** One random edit of a policy; `undefined` as an action takes the line away. */
type Edit = (policy: Written) => void;

const action = fc.option(fc.constantFrom(...MASK_ACTIONS), { nil: undefined });
const role = fc.constantFrom(...ROLES);

function set(map: Record<string, string>, key: string, value: string | undefined): void {
  if (value === undefined) delete map[key];
  else map[key] = value;
}

export const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc
    .tuple(role, fc.constantFrom(...DOMAINS), fc.constantFrom(...DATA_CLASSES), action)
    .map(([name, domain, dataClass, to]): Edit => (policy) => {
      const own = policy.roles[name]?.domains[domain];
      if (own !== undefined) set(own.classes, dataClass, to);
    }),
  fc
    .tuple(role, fc.constantFrom(...fieldNames), action)
    .map(([name, [domain, field], to]): Edit => (policy) => {
      const own = policy.roles[name]?.domains[domain];
      if (own !== undefined) set((own.columns ??= {}), field, to);
    }),
  role.map(
    (name): Edit =>
      (policy) =>
        void delete policy.roles[name],
  ),
  fc.tuple(role, role, fc.constantFrom(...DOMAINS)).map(([from, to, domain]): Edit => (policy) => {
    const given = policy.roles[from]?.domains[domain];
    const taker = policy.roles[to];
    if (given !== undefined && taker !== undefined) taker.domains[domain] = structuredClone(given);
  }),
  fc.tuple(role, fc.integer({ min: 1, max: 1000 })).map(([name, maxRows]): Edit => (policy) => {
    const own = policy.roles[name];
    if (own !== undefined) (own.limits ??= {}).maxRows = maxRows;
  }),
  fc
    .tuple(role, fc.subarray([...ERASURE_RIGHTS]), fc.constantFrom(...ERASURE_KEYS, undefined))
    .map(([name, rights, keys]): Edit => (policy) => {
      const own = policy.roles[name];
      const may = [...new Set([...rights, 'read'])];
      if (own !== undefined) own.erasure = { may, ...(keys === undefined ? {} : { keys }) };
    }),
  fc.tuple(role, role).map(([from, to]): Edit => (policy) => {
    const own = policy.roles[from];
    if (own !== undefined) policy.roles[`${to}_too`] = structuredClone(own);
  }),
);

/** The sample after some random edits. */
export const editedPolicy: fc.Arbitrary<PolicyFile> = fc
  .array(edit, { minLength: 0, maxLength: 6 })
  .map((edits) => {
    const policy = written();
    for (const each of edits) each(policy);
    return policyOf(policy);
  });
