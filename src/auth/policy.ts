import { createHash } from 'node:crypto';
import { BootError } from '../errors';
import type {
  DatasetDeclaration,
  Declarations,
  MeasureDeclaration,
  MetricsDeclaration,
} from '../schema/declarations';
import {
  MASK_USES,
  type Access,
  type DataClass,
  type ErasureRight,
  type MaskAction,
  type MaskUses,
} from '../schema/vocabulary';
import { checkDeclarations } from './declaration-check';
import { actionOf, checkPolicy, columnPaths, neededPurposes } from './policy-check';
import { Hierarchy } from './hierarchies';
import type { RoleLimits } from './limits';
import { readPolicyFile, type GroupRules, type PolicyFile, type RoleRules } from './policy-file';
import { unprotectedGroups } from './policy-warnings';
import { rowRuleOf, type RowRule } from './row-rules';

/** The policy as the gate uses it. */
export interface Policy {
  /** Short hash of the file's text, for audit lines. */
  version: string;
  /** Classes that no answer shows, and no answer comes from, unless its audit line is written. */
  auditRequired: ReadonlySet<DataClass>;
  roles: ReadonlyMap<string, RolePolicy>;
  /** Purposes that a request can name, each with its description. */
  purposes: ReadonlyMap<string, string>;
  /** What it allows though it is seldom meant, for who runs the gateway. */
  warnings: readonly string[];
}

interface DatasetRules {
  actions: ReadonlyMap<string, MaskAction>;
  rows: readonly RowRule[];
  access: Access;
  groups: GroupRules | undefined;
  /** By path, where a purpose is needed: those of which the request must name one. */
  purposes: ReadonlyMap<string, readonly string[]>;
}

/** How the groups of an analytics type are kept from giving people away. */
export interface GroupProtection {
  /** Fewest people a group may have and still show its measures; 0 when any may. */
  minimum: number;
  /** Whether they are computed from the noisy copy. */
  noise: boolean;
  /** Counts are rounded to a multiple of this; 1 when they are not. */
  round: number;
}

/** What one role sees, worked out at boot. */
export class RolePolicy {
  readonly description: string;
  readonly limits: RoleLimits;
  /** For an emergency: needs a reason, and a token that lives no longer than so many minutes. */
  readonly breakGlass: { maxMinutes: number } | undefined;
  /** Every purpose that lets the role use something; sorted. */
  readonly purposes: readonly string[];
  /** Whether the role is shown the keys of people under erasure, and not one-way tokens alone. */
  readonly seesErasureKeys: boolean;
  private readonly erasure: ReadonlySet<ErasureRight>;
  private readonly datasets = new Map<string, DatasetRules>();

  constructor(
    readonly name: string,
    rules: RoleRules,
    declarations: Declarations,
    hierarchies: ReadonlyMap<string, Hierarchy>,
  ) {
    this.description = rules.description;
    this.limits = rules.limits;
    this.breakGlass = rules.breakGlass;
    this.erasure = new Set(rules.erasure?.may ?? []);
    this.seesErasureKeys = rules.erasure?.keys === 'clear';
    this.purposes = [
      ...new Set(Object.values(rules.domains).flatMap((domain) => Object.values(domain.purposes).flat())),
    ].sort();
    for (const dataset of declarations.datasets.values()) {
      const domain = rules.domains[dataset.domain];
      if (domain === undefined) continue;
      const actions = new Map(
        columnPaths(dataset).map(([path, column]) => [path, actionOf(domain, dataset, column, path)]),
      );
      if ([...actions.values()].every((action) => action === 'hide')) continue;
      for (const { field, reads } of dataset.derived.values()) {
        actions.set(field, derivedAction(reads.map((read) => actions.get(read) ?? 'hide')));
      }
      const rows = domain.rows
        .filter((rule) => rule.dataset === dataset.name)
        .map((rule) => rowRuleOf(rule, dataset, hierarchies));
      this.datasets.set(dataset.name, {
        actions,
        rows,
        access: domain.access,
        groups: domain.groups,
        purposes: neededPurposes(domain, dataset),
      });
    }
  }

  /** Whether the role may do this about erasures. */
  mayErase(right: ErasureRight): boolean {
    return this.erasure.has(right);
  }

  /** Whether the role sees anything of the dataset. */
  reads(dataset: DatasetDeclaration): boolean {
    return this.datasets.has(dataset.name);
  }

  /** What the role gets of a field such as `outcome` or `transactions.value`; `hide` for what does not exist. */
  action(dataset: DatasetDeclaration, path: string): MaskAction {
    return this.datasets.get(dataset.name)?.actions.get(path) ?? 'hide';
  }

  /**
   * The purposes of which a request must name one to use the field in any way; undefined when it needs none. Empty
   * when a derived field reads classes that have no purpose in common, so that nobody may use it.
   */
  purposesFor(dataset: DatasetDeclaration, path: string): readonly string[] | undefined {
    return this.datasets.get(dataset.name)?.purposes.get(path);
  }

  /** Rules that keep rows back; all must hold. */
  rowRules(dataset: DatasetDeclaration): readonly RowRule[] {
    return this.datasets.get(dataset.name)?.rows ?? [];
  }

  /** Whether the role may list and look up rows, beyond analytics over them. */
  lists(dataset: DatasetDeclaration): boolean {
    return this.datasets.get(dataset.name)?.access === 'rows';
  }

  /** How an analytics type is protected for the role; a dataset without people needs no protection. */
  protection({ name, dataset }: MetricsDeclaration): GroupProtection {
    const groups = this.datasets.get(dataset.name)?.groups;
    if (groups === undefined || dataset.subject === undefined) return { minimum: 0, noise: false, round: 1 };
    const family = groups.families[name];
    return {
      minimum: groups.minimum,
      noise: (family?.protection ?? groups.protection) === 'noise',
      round: family?.round ?? groups.round ?? 1,
    };
  }

  /** What the role gets of a dimension; `MASK_USES` says whether and how it can be grouped by. */
  dimensionAction(metrics: MetricsDeclaration, dimension: string): MaskAction {
    const declared = metrics.dimensions.get(dimension);
    return declared === undefined ? 'hide' : this.action(metrics.dataset, declared.of);
  }

  /**
   * `clear` when the measure can be used; `hide` when it reads a hidden field and so does not exist for the role;
   * else the action of the masked field in its way, which the gate refuses.
   */
  measureAction(metrics: MetricsDeclaration, measure: string): MaskAction {
    const declared = metrics.measures.get(measure);
    if (declared === undefined || !this.reads(metrics.dataset)) return 'hide';
    const obstacles = this.obstacles(metrics, declared);
    return obstacles.includes('hide') ? 'hide' : (obstacles[0] ?? 'clear');
  }

  /** Actions of the fields a measure reads that do not allow what it does with them. */
  private obstacles(metrics: MetricsDeclaration, measure: MeasureDeclaration): MaskAction[] {
    const { formula } = measure;
    const against = (use: (uses: MaskUses) => boolean, ...fields: readonly string[]): MaskAction[] =>
      fields.map((field) => this.action(metrics.dataset, field)).filter((action) => !use(MASK_USES[action]));
    const measured = ({ measure: allowed }: MaskUses): boolean => allowed;
    // Money without its currency says nothing, so the currency must be seen too.
    const currency = measure.currency === undefined ? [] : against(measured, measure.currency);
    if ('ratio' in formula) {
      const parts = formula.ratio.flatMap((part) => {
        const declared = metrics.measures.get(part);
        return declared === undefined ? (['hide'] as const) : this.obstacles(metrics, declared);
      });
      return [...parts, ...currency];
    }
    if ('count' in formula) {
      return [...(formula.where === undefined ? [] : against(measured, formula.where.field)), ...currency];
    }
    if ('countDistinct' in formula)
      return [...against((uses) => uses.countDistinct, formula.countDistinct), ...currency];
    return [...against(measured, ...Object.values<string>(formula)), ...currency];
  }
}

/** What is computed from masked values would tell of the values behind the masks, so it is shown only from clear ones. */
function derivedAction(actions: readonly MaskAction[]): MaskAction {
  if (actions.includes('hide')) return 'hide';
  return actions.every((action) => action === 'clear') ? 'clear' : 'redact';
}

/** Reads and checks the policy and the declarations it speaks of; a BootError lists every finding at once. */
export function loadPolicy(file: string, declarations: Declarations): Policy {
  return policyOf(readPolicyFile(file), declarations);
}

/** Checks a policy that was read and the declarations it speaks of; a BootError lists every finding at once. */
export function policyOf(read: PolicyFile, declarations: Declarations): Policy {
  const findings = [...checkDeclarations(declarations), ...checkPolicy(read, declarations)];
  if (findings.length > 0) throw new BootError(findings);
  return buildPolicy(read, declarations);
}

/** Short hash of a policy's text. */
export function policyVersion(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** What the roles of a file see. The gateway asks `loadPolicy`, which checks first. */
export function buildPolicy(read: PolicyFile, declarations: Declarations): Policy {
  const hierarchies = new Map(
    Object.entries(read.data.hierarchies).map(([name, data]) => [name, new Hierarchy(data)]),
  );
  return {
    version: policyVersion(read.text),
    auditRequired: new Set(read.data.audit.required),
    purposes: new Map(Object.entries(read.data.purposes)),
    warnings: unprotectedGroups(read, declarations),
    roles: new Map(
      Object.entries(read.data.roles).map(([name, rules]) => [
        name,
        new RolePolicy(name, rules, declarations, hierarchies),
      ]),
    ),
  };
}
