import type { RolePolicy } from '../auth/policy';
import { buildPolicy } from '../auth/policy';
import type { DomainRules, PolicyFile, RoleRules } from '../auth/policy-file';
import type { Comparison } from '../datasources/plans';
import { fieldsReadBy, findColumn, type DatasetDeclaration, type Declarations } from '../schema/declarations';
import type { Domain } from '../schema/vocabulary';
import { fieldDecisions, type FieldDecision } from './decisions';
import { filtersBy, groupsBy, sortsBy } from './uses';
import { rowRuleWords } from './words';

/**
 * Who sees what, as plain data: what `explain` shows. Actions and uses come from the RolePolicy and the checks that
 * the gate itself asks; the rest is what the file says, key by key, so that no key is left out.
 */

/** What a role gets of one field, and what it may do with it. */
export interface FieldSight extends FieldDecision {
  /** Comparisons that a filter by it may use. */
  filter: Comparison[];
  sort: boolean;
  /** Whether groups can be made by it; absent when no analytics type has it as a dimension. */
  group?: boolean;
  /** Measures that read it, and whether the role may use each. */
  measures: { measure: string; allowed: boolean }[];
}

/** What a role gets of one dataset. */
export interface DatasetSight {
  dataset: string;
  domain: Domain;
  /** Where the policy speaks of the domain. */
  place: string;
  fields: FieldSight[];
  /** Rules that keep rows back, in words. */
  rows: string[];
  /** All that the file says of the domain besides classes, columns and rows. */
  settings: Record<string, unknown>;
}

/** What one role sees. */
export interface RoleSight {
  role: string;
  description: string;
  place: string;
  /** All that the file says of the role besides description and domains: limits and the like. */
  settings: Record<string, unknown>;
  datasets: DatasetSight[];
}

/** What all roles see under one policy. */
export interface PolicySight {
  /** Name of the file as it was given. */
  file: string;
  /** Version of the policy, as audit lines and answers name it. */
  version: string;
  /** All that the file says besides roles: purposes and the like. */
  settings: Record<string, unknown>;
  roles: RoleSight[];
}

/** The sight of every role; the file has passed `checkPolicy`, or names that do not exist count for nothing. */
export function sightOf(name: string, file: PolicyFile, declarations: Declarations): PolicySight {
  const policy = buildPolicy(file, declarations);
  const { roles, ...settings } = file.data;
  return {
    file: name,
    version: policy.version,
    settings,
    roles: [...policy.roles].flatMap(([role, sight]) => {
      const rules = roles[role];
      return rules === undefined ? [] : [roleSight(file, sight, rules, declarations)];
    }),
  };
}

function roleSight(
  file: PolicyFile,
  role: RolePolicy,
  rules: RoleRules,
  declarations: Declarations,
): RoleSight {
  const { description, domains, erasure, ...rest } = rules;
  const settings = erasure === undefined ? rest : { ...rest, erasure };
  return {
    role: role.name,
    description,
    place: file.place(['roles', role.name]),
    settings,
    datasets: [...declarations.datasets.values()].flatMap((dataset) => {
      const domain = domains[dataset.domain];
      if (domain === undefined || !role.reads(dataset)) return [];
      return [datasetSight(file, role, dataset, domain, declarations)];
    }),
  };
}

function datasetSight(
  file: PolicyFile,
  role: RolePolicy,
  dataset: DatasetDeclaration,
  domain: DomainRules,
  declarations: Declarations,
): DatasetSight {
  const at = ['roles', role.name, 'domains', dataset.domain];
  const { classes: _classes, columns: _columns, rows, ...settings } = domain;
  const metrics = [...declarations.metrics.values()].filter((each) => each.dataset.name === dataset.name);
  const fields = fieldDecisions(file, role, dataset, domain).map((decision): FieldSight => {
    const column = findColumn(dataset, decision.field);
    // What is derived exists in no store, so nothing is chosen by it.
    if (column === undefined) return { ...decision, filter: [], sort: false, measures: [] };
    const dimensions = metrics.flatMap((each) =>
      [...each.dimensions.values()]
        .filter(({ of }) => of === decision.field)
        .map(({ field }) => groupsBy(role, each, field)),
    );
    return {
      ...decision,
      filter: filtersBy(role, dataset, decision.field, column, metrics),
      sort: sortsBy(role, dataset, decision.field),
      ...(dimensions.length === 0 ? {} : { group: dimensions.some(Boolean) }),
      measures: metrics.flatMap((each) =>
        [...each.measures.values()]
          .filter((measure) => fieldsReadBy(each, measure).includes(decision.field))
          .map(({ field }) => ({
            measure: `${each.name}.${field}`,
            allowed: role.measureAction(each, field) === 'clear',
          })),
      ),
    };
  });
  return {
    dataset: dataset.name,
    domain: dataset.domain,
    place: file.place(at),
    fields,
    rows: rows.filter((rule) => rule.dataset === dataset.name).map(rowRuleWords),
    settings,
  };
}
