import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { ROLE_LIMITS } from '../../src/auth/limits';
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
  access?: string;
  groups?: {
    minimum: number;
    protection?: string;
    round?: number;
    families?: Record<string, { protection?: string }>;
  };
  purposes?: Record<string, string[]>;
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

/** An edit of one setting, which leaves a policy that the gateway starts with; what it does, said once more. */
export interface SettingEdit {
  /** The key that it changes, from the top. */
  key: string;
  risk: 'wider' | 'narrower';
  apply: Edit;
}

const EDITED = written();
const PURPOSES = Object.keys(EDITED.purposes as object);
const CLAIMED = ['id', 'string', 'enum'];

/** Edits of the sample's limits: a role that sets none has the most. */
const limitEdit: fc.Arbitrary<SettingEdit> = fc
  .tuple(role, fc.constantFrom(...(Object.keys(ROLE_LIMITS) as (keyof typeof ROLE_LIMITS)[])))
  .chain(([name, limit]) => {
    const { least, most } = ROLE_LIMITS[limit];
    const now = Number(EDITED.roles[name]?.limits?.[limit] ?? most);
    return fc
      .integer({ min: least, max: most })
      .filter((value) => value !== now)
      .map((value) => ({
        key: `roles.${name}.limits.${limit}`,
        risk: value > now ? ('wider' as const) : ('narrower' as const),
        apply: (policy: Written) => void ((policy.roles[name]!.limits ??= {})[limit] = value),
      }));
  });

/** Every edit of another kind: of each role and domain of the sample those that fit it. */
const settingEdits: readonly SettingEdit[] = Object.entries(EDITED.roles).flatMap(([name, { domains }]) =>
  Object.entries(domains).flatMap(([domain, own]) => {
    const at = `roles.${name}.domains.${domain}`;
    const edits: SettingEdit[] = [];
    const add = (key: string, risk: SettingEdit['risk'], change: (own: WrittenDomain) => void): void =>
      void edits.push({
        key: `${at}.${key}`,
        risk,
        apply: (policy) => change(policy.roles[name]!.domains[domain]!),
      });
    const datasets = [...declarations.datasets.values()].filter((each) => each.domain === domain);
    for (const dataset of datasets.filter(({ external }) => external !== true)) {
      for (const column of dataset.columns.values()) {
        if (!CLAIMED.includes(column.kind)) continue;
        const rule = { dataset: dataset.name, field: column.field, in: 'places' };
        add('rows', 'narrower', (rules) => void (rules.rows ??= []).push(rule));
      }
    }
    own.rows?.forEach((_rule, index) => add('rows', 'wider', (rules) => void rules.rows!.splice(index, 1)));
    for (const [dataClass, action] of Object.entries(own.classes)) {
      const needed = own.purposes?.[dataClass];
      const seen = datasets.some((dataset) =>
        [...dataset.columns.values()].some((column) => column.class === dataClass),
      );
      if (action === 'hide' || !seen) continue;
      const key = `purposes.${dataClass}`;
      for (const purpose of PURPOSES) {
        if (needed === undefined)
          add(key, 'narrower', (rules) => void ((rules.purposes ??= {})[dataClass] = [purpose]));
        else if (!needed.includes(purpose))
          add(key, 'wider', (rules) => void rules.purposes![dataClass]!.push(purpose));
        else if (needed.length > 1) {
          const others = needed.filter((each) => each !== purpose);
          add(key, 'narrower', (rules) => void (rules.purposes![dataClass] = others));
        }
      }
      if (needed !== undefined) add(key, 'wider', (rules) => void delete rules.purposes![dataClass]);
    }
    if (own.groups === undefined) {
      if (own.access !== 'aggregates')
        add('access', 'narrower', (rules) => void (rules.access = 'aggregates'));
    } else {
      const { minimum } = own.groups;
      add('groups', 'wider', (rules) => void delete rules.groups);
      add('groups.minimum', 'wider', (rules) => void (rules.groups!.minimum = minimum - 1));
      add('groups.minimum', 'narrower', (rules) => void (rules.groups!.minimum = minimum + 7));
      add('groups.protection', 'wider', (rules) => void (rules.groups!.protection = 'none'));
      add('groups.round', 'narrower', (rules) => void (rules.groups!.round = 10));
    }
    return edits;
  }),
);

/** Edits of several settings, none of which another one takes back. */
export const someSettings: fc.Arbitrary<SettingEdit[]> = fc.uniqueArray(
  fc.oneof(limitEdit, fc.constantFrom(...settingEdits)),
  {
    minLength: 0,
    maxLength: 6,
    comparator: (a, b) => a.key === b.key || a.key.startsWith(`${b.key}.`) || b.key.startsWith(`${a.key}.`),
  },
);

/** The sample after edits of settings. */
export function withSettings(edits: readonly SettingEdit[]): Written {
  const policy = written();
  for (const { apply } of edits) apply(policy);
  return policy;
}
