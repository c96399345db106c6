import { createHash } from 'node:crypto';
import { BootError } from '../errors';
import type {
  DatasetDeclaration,
  Declarations,
  MeasureDeclaration,
  MetricsDeclaration,
} from '../schema/declarations';
import { MASK_USES, type MaskAction, type MaskUses } from '../schema/vocabulary';
import { checkDeclarations } from './declaration-check';
import type { RoleLimits } from './limits';
import { actionOf, checkPolicy, columnPaths } from './policy-check';
import { readPolicyFile, type PolicyFile, type RoleRules } from './policy-file';

/** A row rule: the role sees only rows whose field has a value of the viewer's claim. */
export interface RowRule {
  field: string;
  claim: string;
  /** `in`: one of the claim's values. `equals`: the claim must have exactly one value. */
  match: 'in' | 'equals';
}

/** The policy as the gate uses it. */
export interface Policy {
  /** Short hash of the file's text, for audit lines. */
  version: string;
  roles: ReadonlyMap<string, RolePolicy>;
}

interface DatasetRules {
  actions: ReadonlyMap<string, MaskAction>;
  rows: readonly RowRule[];
  minimumGroup: number;
}

/** What one role sees, worked out at boot. */
export class RolePolicy {
  readonly description: string;
  readonly limits: RoleLimits;
  private readonly datasets = new Map<string, DatasetRules>();

  constructor(
    readonly name: string,
    rules: RoleRules,
    declarations: Declarations,
  ) {
    this.description = rules.description;
    this.limits = rules.limits;
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
        .map((rule): RowRule => {
          if (rule.in !== undefined) return { field: rule.field, claim: rule.in, match: 'in' };
          return { field: rule.field, claim: rule.equals ?? '', match: 'equals' };
        });
      this.datasets.set(dataset.name, { actions, rows, minimumGroup: domain.minimumGroup });
    }
  }

  /** Whether the role sees anything of the dataset. */
  reads(dataset: DatasetDeclaration): boolean {
    return this.datasets.has(dataset.name);
  }

  /** What the role gets of a field such as `outcome` or `transactions.value`; `hide` for what does not exist. */
  action(dataset: DatasetDeclaration, path: string): MaskAction {
    return this.datasets.get(dataset.name)?.actions.get(path) ?? 'hide';
  }

  /** Rules that keep rows back; all must hold. */
  rowRules(dataset: DatasetDeclaration): readonly RowRule[] {
    return this.datasets.get(dataset.name)?.rows ?? [];
  }

  /** Fewest people a group may have and still show its measures; 0 when any may. */
  minimumGroup(dataset: DatasetDeclaration): number {
    return dataset.subject === undefined ? 0 : (this.datasets.get(dataset.name)?.minimumGroup ?? 0);
  }

  /** What the role gets of a dimension. It can be grouped by only when `clear` or `pseudonym`. */
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
  const read = readPolicyFile(file);
  const findings = [...checkDeclarations(declarations), ...checkPolicy(read, declarations)];
  if (findings.length > 0) throw new BootError(findings);
  return buildPolicy(read, declarations);
}

/** What the roles of a file see. The gateway asks `loadPolicy`, which checks first. */
export function buildPolicy(read: PolicyFile, declarations: Declarations): Policy {
  return {
    version: createHash('sha256').update(read.text).digest('hex').slice(0, 12),
    roles: new Map(
      Object.entries(read.data.roles).map(([name, rules]) => [
        name,
        new RolePolicy(name, rules, declarations),
      ]),
    ),
  };
}
