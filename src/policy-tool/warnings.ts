import { buildPolicy, type RolePolicy } from '../auth/policy';
import { columnPaths } from '../auth/policy-check';
import type { DomainRules, PolicyFile } from '../auth/policy-file';
import { findColumn, type Declarations } from '../schema/declarations';
import { placeOf } from '../schema/places';
import type { DataClass } from '../schema/vocabulary';
import { suggestClass } from './suggest/suggest';
import { textOf } from './tree';
import { rowRuleWords } from './words';

/** What the gateway starts with, but somebody should look at. Each warning names its place and what to do. */

/** Values of columns by `Dataset.field`. */
export type Samples = ReadonlyMap<string, readonly unknown[]>;

/** Classes that most roles see. */
const OPEN: readonly DataClass[] = ['public', 'internal'];

/** Columns declared as open that look like something else, by name and by values where there are samples. */
export function classWarnings(
  declarations: Declarations,
  samples: Samples = new Map(),
): { warnings: string[]; hints: string[] } {
  const warnings: string[] = [];
  const hints: string[] = [];
  for (const dataset of declarations.datasets.values()) {
    for (const [path, column] of columnPaths(dataset)) {
      const suggested = suggestClass(column.field, samples.get(`${dataset.name}.${path}`));
      if (suggested === undefined || suggested.class === column.class) continue;
      // The key of a row and what is no text or number cannot be what a name alone says.
      if (column.kind === 'boolean' || column.kind === 'enum') continue;
      const open = OPEN.includes(column.class);
      if (!open && suggested.by === 'name') continue;
      const line =
        `${placeOf(dataset.file, column.field)}: ${dataset.name}.${path} looks like ${suggested.words} by its ` +
        `${suggested.by} and is declared \`${column.class}\`. Declare it \`${suggested.class}\`, or keep it if it is no such thing.`;
      (open && suggested.warn ? warnings : hints).push(line);
    }
  }
  return { warnings, hints };
}

/** What of the policy itself does nothing, or not what it seems to. */
export function policyWarnings(file: PolicyFile, declarations: Declarations): string[] {
  const policy = buildPolicy(file, declarations);
  return [
    ...policy.warnings,
    ...[...policy.roles].flatMap(([name, role]) => {
      const rules = file.data.roles[name];
      if (rules === undefined) return [];
      const datasets = [...declarations.datasets.values()];
      const seesNothing = rules.erasure === undefined && !datasets.some((dataset) => role.reads(dataset));
      if (seesNothing) {
        return [
          file.finding(['roles', name], 'the role sees nothing. Give it a class in a domain, or remove it.'),
        ];
      }
      return [
        ...erasureWarnings(file, name, role),
        ...Object.entries(rules.domains).flatMap(([domain, own]) =>
          domainWarnings(file, declarations, ['roles', name, 'domains', domain], own),
        ),
      ];
    }),
    ...unusedNames(file),
  ];
}

/** The same person never approves what they asked for, but two of one role are less than two pairs of eyes. */
function erasureWarnings(file: PolicyFile, name: string, role: RolePolicy): string[] {
  if (!role.mayErase('request') || !role.mayErase('approve')) return [];
  return [
    file.finding(
      ['roles', name, 'erasure', 'may'],
      'the role asks for erasures and approves them. Give `approve` to a role of its own.',
    ),
  ];
}

function domainWarnings(
  file: PolicyFile,
  declarations: Declarations,
  at: readonly string[],
  rules: DomainRules,
): string[] {
  const [, role = '', , domain = ''] = at;
  const policy = buildPolicy(file, declarations).roles.get(role);
  const datasets = [...declarations.datasets.values()].filter((each) => each.domain === domain);
  const read = datasets.filter((dataset) => policy?.reads(dataset) === true);
  if (read.length === 0) return [file.finding(at, 'the role sees nothing of this domain. Remove it.')];
  const warnings: string[] = [];
  for (const [name, action] of Object.entries(rules.columns)) {
    const dot = name.indexOf('.');
    const dataset = declarations.datasets.get(name.slice(0, dot));
    const column = dataset === undefined ? undefined : findColumn(dataset, name.slice(dot + 1));
    if (column !== undefined && (rules.classes[column.class] ?? 'hide') === action) {
      warnings.push(
        file.finding(
          [...at, 'columns', name],
          `its class ${column.class} has the action ${action} already. Remove the line.`,
        ),
      );
    }
  }
  const seen = new Set<string>();
  rules.rows.forEach((rule, index) => {
    const place = [...at, 'rows', index];
    if (!read.some(({ name }) => name === rule.dataset)) {
      warnings.push(file.finding(place, `the role sees nothing of ${rule.dataset}. Remove the rule.`));
    }
    if (seen.has(textOf(rule))) {
      warnings.push(
        file.finding(place, `the rule that ${rowRuleWords(rule)} stands here twice. Remove one.`),
      );
    }
    seen.add(textOf(rule));
  });
  return warnings;
}

/** Purposes and hierarchies that no role refers to. */
function unusedNames(file: PolicyFile): string[] {
  const { roles, ...rest } = file.data as Record<string, unknown>;
  const used = textOf(roles);
  return ['purposes', 'hierarchies'].flatMap((kind) =>
    Object.keys(rest[kind] ?? {})
      .filter((name) => !used.includes(JSON.stringify(name)))
      .map((name) => file.finding([kind, name], 'no role refers to it. Remove it, or name it in a role.')),
  );
}
