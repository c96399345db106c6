import { periodOf } from '../calendar';
import {
  findColumn,
  type ColumnDeclaration,
  type DatasetDeclaration,
  type Declarations,
} from '../schema/declarations';
import type { Domain, MaskAction } from '../schema/vocabulary';
import { checkHierarchies } from './hierarchies';
import { misfit } from './masks';
import type { DomainRules, PolicyFile, PolicyPath, RowRuleData } from './policy-file';

/** Checks a well-formed policy against the declarations: unknown names, masks that do not fit, keys that must be seen. */
export function checkPolicy(file: PolicyFile, declarations: Declarations): string[] {
  const findings = checkHierarchies(file);
  for (const [role, rules] of Object.entries(file.data.roles)) {
    const domains = Object.entries(rules.domains) as [Domain, DomainRules][];
    if (domains.length === 0 && rules.erasure === undefined) {
      findings.push(
        file.finding(
          ['roles', role, 'domains'],
          'the role reads nothing. Name a domain, say under `erasure` what it may do, or remove the role.',
        ),
      );
    }
    for (const [domain, domainRules] of domains) {
      findings.push(
        ...new DomainCheck(file, declarations, ['roles', role, 'domains', domain], domain, domainRules).run(),
      );
    }
  }
  return findings;
}

/** What a role gets of a column: its own entry under `columns`, else its class's, else nothing. */
export function actionOf(
  rules: DomainRules,
  dataset: DatasetDeclaration,
  column: ColumnDeclaration,
  path: string,
): MaskAction {
  return rules.columns[`${dataset.name}.${path}`] ?? rules.classes[column.class] ?? 'hide';
}

/** The key below the domain that decides about a column: its own entry, its class's, or where its class would stand. */
export function decidingKey(
  rules: DomainRules,
  dataset: DatasetDeclaration,
  column: ColumnDeclaration,
  path: string,
): PolicyPath {
  const name = `${dataset.name}.${path}`;
  if (rules.columns[name] !== undefined) return ['columns', name];
  return rules.classes[column.class] === undefined ? ['classes'] : ['classes', column.class];
}

/** By path: the purposes of which one is needed to use the field, derived fields as all that they read. */
export function neededPurposes(
  rules: DomainRules,
  dataset: DatasetDeclaration,
): ReadonlyMap<string, readonly string[]> {
  const needed = new Map<string, readonly string[]>();
  for (const [path, column] of columnPaths(dataset)) {
    const purposes = rules.purposes[column.class];
    if (purposes !== undefined) needed.set(path, purposes);
  }
  for (const { field, reads } of dataset.derived.values()) {
    const purposes = commonPurposes(reads.map((read) => needed.get(read)));
    if (purposes !== undefined) needed.set(field, purposes);
  }
  return needed;
}

/** What fits every one of several needs; undefined when there is none. */
function commonPurposes(needs: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const stated = needs.filter((need) => need !== undefined);
  return stated.length === 0
    ? undefined
    : stated.reduce((common, need) => common.filter((purpose) => need.includes(purpose)));
}

/** Every column of a dataset with its path; those of embedded rows as `transactions.value`. */
export function columnPaths(dataset: DatasetDeclaration): [path: string, column: ColumnDeclaration][] {
  return [
    ...dataset.columns,
    ...[...dataset.embedded.values()].flatMap((embedded) =>
      [...embedded.columns].map(([field, column]): [string, ColumnDeclaration] => [
        `${embedded.field}.${field}`,
        column,
      ]),
    ),
  ];
}

class DomainCheck {
  private readonly datasets: readonly DatasetDeclaration[];

  constructor(
    private readonly file: PolicyFile,
    private readonly declarations: Declarations,
    private readonly path: PolicyPath,
    private readonly domain: Domain,
    private readonly rules: DomainRules,
  ) {
    this.datasets = [...declarations.datasets.values()].filter((dataset) => dataset.domain === domain);
  }

  run(): string[] {
    return [
      ...Object.keys(this.rules.columns).flatMap((name) => this.override(name)),
      ...this.rules.rows.flatMap((rule, index) => this.rowRule(rule, [...this.path, 'rows', index])),
      ...this.datasets.flatMap((dataset) => this.dataset(dataset)),
      ...this.groups(),
      ...this.purposes(),
      ...this.nothing(),
    ];
  }

  /** A role that lists rows counts any group itself, so a minimum would protect nothing. */
  private groups(): string[] {
    const { access, groups } = this.rules;
    if (groups === undefined) return [];
    const at = [...this.path, 'groups'];
    const people = this.datasets.filter(({ subject }) => subject !== undefined);
    const findings: string[] = [];
    if (people.length === 0) {
      findings.push(this.file.finding(at, 'no dataset of the domain is about people. Remove the lines.'));
    } else if (access === 'rows') {
      findings.push(
        this.file.finding(
          at,
          `the role lists the rows of ${people.map(({ name }) => name).join(', ')}, so it can count any group itself. ` +
            'Say `access: aggregates` or remove `groups`.',
        ),
      );
    }
    const families = [...this.declarations.metrics.values()]
      .filter(({ dataset }) => people.includes(dataset))
      .map(({ name }) => name);
    for (const family of Object.keys(groups.families)) {
      if (families.includes(family)) continue;
      findings.push(
        this.file.finding(
          [...at, 'families', family],
          `there is no such analytics type here. They are: ${families.join(', ')}.`,
        ),
      );
    }
    return findings;
  }

  private nothing(): string[] {
    const seen = this.datasets.some((dataset) =>
      columnPaths(dataset).some(([path, column]) => actionOf(this.rules, dataset, column, path) !== 'hide'),
    );
    if (seen) return [];
    return [this.file.finding(this.path, 'the role sees nothing here. Show a class, or remove the domain.')];
  }

  private purposes(): string[] {
    const known = Object.keys(this.file.data.purposes);
    return Object.entries(this.rules.purposes).flatMap(([name, purposes]) => {
      const at = [...this.path, 'purposes', name];
      const seen = this.datasets.some((dataset) =>
        columnPaths(dataset).some(
          ([path, column]) => column.class === name && actionOf(this.rules, dataset, column, path) !== 'hide',
        ),
      );
      const unseen = seen
        ? []
        : [
            this.file.finding(
              at,
              `the role sees nothing of the class ${name} here. Show it, or remove the line.`,
            ),
          ];
      const unknown = purposes.flatMap((purpose, index) =>
        known.includes(purpose)
          ? []
          : [
              this.file.finding(
                [...at, index],
                known.length === 0
                  ? `there is no purpose ${purpose}. List purposes with their descriptions under \`purposes\` at the top.`
                  : `there is no purpose ${purpose}. Purposes are: ${known.join(', ')}.`,
              ),
            ],
      );
      return [...unseen, ...unknown];
    });
  }

  private override(name: string): string[] {
    const at = [...this.path, 'columns', name];
    const dot = name.indexOf('.');
    const dataset = dot < 0 ? undefined : this.declarations.datasets.get(name.slice(0, dot));
    if (dataset === undefined) {
      return [
        this.file.finding(
          at,
          `there is no such dataset. Write Dataset.field; datasets are: ${this.names()}.`,
        ),
      ];
    }
    if (dataset.domain !== this.domain) {
      return [
        this.file.finding(
          at,
          `${dataset.name} belongs to the domain ${dataset.domain}. Move the line there.`,
        ),
      ];
    }
    const field = name.slice(dot + 1);
    if (findColumn(dataset, field) !== undefined) return [];
    const derived = dataset.derived.get(field);
    if (derived !== undefined) {
      return [
        this.file.finding(
          at,
          `it is computed from ${derived.reads.join(', ')}, and what a role gets of it follows from those. Remove the line.`,
        ),
      ];
    }
    return [this.file.finding(at, `${dataset.name} has no such field. Fields are: ${fieldNames(dataset)}.`)];
  }

  private rowRule(rule: RowRuleData, at: PolicyPath): string[] {
    const dataset = this.declarations.datasets.get(rule.dataset);
    if (dataset === undefined) {
      return [
        this.file.finding(
          [...at, 'dataset'],
          `there is no dataset ${rule.dataset}. Datasets are: ${this.names()}.`,
        ),
      ];
    }
    if (dataset.domain !== this.domain) {
      return [
        this.file.finding(
          [...at, 'dataset'],
          `${dataset.name} belongs to the domain ${dataset.domain}. Move the rule there.`,
        ),
      ];
    }
    const column = dataset.columns.get(rule.field);
    if (column === undefined) {
      return [
        this.file.finding(
          [...at, 'field'],
          `${dataset.name} has no field ${rule.field}. Fields are: ${fieldNames(dataset)}.`,
        ),
      ];
    }
    return rule.last === undefined ? this.claimRule(rule, column, at) : this.timeRule(rule.last, column, at);
  }

  private claimRule(rule: RowRuleData, column: ColumnDeclaration, at: PolicyPath): string[] {
    const findings: string[] = [];
    if (column.kind !== 'id' && column.kind !== 'string' && column.kind !== 'enum') {
      findings.push(
        this.file.finding(
          [...at, 'field'],
          `claims are text, so a row rule fits ids, strings and enums; ${rule.field} is of kind ${column.kind}.`,
        ),
      );
    }
    const known = Object.keys(this.file.data.hierarchies);
    if (rule.hierarchy !== undefined && !known.includes(rule.hierarchy)) {
      findings.push(
        this.file.finding(
          [...at, 'hierarchy'],
          known.length === 0
            ? `there is no hierarchy ${rule.hierarchy}. Write it under \`hierarchies\` at the top.`
            : `there is no hierarchy ${rule.hierarchy}. Hierarchies are: ${known.join(', ')}.`,
        ),
      );
    }
    return findings;
  }

  private timeRule(last: string, column: ColumnDeclaration, at: PolicyPath): string[] {
    const findings: string[] = [];
    if (column.kind !== 'date' && column.kind !== 'datetime') {
      findings.push(
        this.file.finding(
          [...at, 'field'],
          `\`last\` fits dates and times; ${column.field} is of kind ${column.kind}.`,
        ),
      );
    }
    if (periodOf(last) === undefined) {
      findings.push(
        this.file.finding(
          [...at, 'last'],
          'must be a period of days, weeks, months or years such as P90D, P2W or P1Y6M, above zero and at most 100 years.',
        ),
      );
    }
    return findings;
  }

  private dataset(dataset: DatasetDeclaration): string[] {
    const findings: string[] = [];
    const columns = columnPaths(dataset).map(
      ([path, column]) => [path, column, actionOf(this.rules, dataset, column, path)] as const,
    );
    const reads = columns.some(([, , action]) => action !== 'hide');
    for (const [path, column, action] of columns) {
      const at = [...this.path, ...decidingKey(this.rules, dataset, column, path)];
      const reason = misfit(action, column);
      if (reason !== undefined) {
        findings.push(
          this.file.finding(
            at,
            `\`${action}\` cannot be used on ${dataset.name}.${path}: ${reason}. ` +
              `Choose another action, or give the column its own under \`columns\`.`,
          ),
        );
      }
      const use = path === dataset.key ? 'key' : path === dataset.time ? 'time' : undefined;
      if (reads && use !== undefined && action !== 'clear') {
        findings.push(
          this.file.finding(
            at,
            `${dataset.name}.${path} is the ${use} field, which a role that reads the dataset must see. ` +
              `Add \`${dataset.name}.${path}: clear\` under \`columns\`.`,
          ),
        );
      }
    }
    return findings;
  }

  private names(): string {
    return this.datasets.map((dataset) => dataset.name).join(', ');
  }
}

function fieldNames(dataset: DatasetDeclaration): string {
  return columnPaths(dataset)
    .map(([path]) => path)
    .join(', ');
}
