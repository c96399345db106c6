import { parseArgs } from 'node:util';
import { UsageError } from '../commands';
import { checkDeclarations } from '../auth/declaration-check';
import { checkPolicy } from '../auth/policy-check';
import { policyFileOf } from '../config';
import { BootError } from '../errors';
import { declarations } from '../schema/catalog';
import { explainHtml } from './explain-html';
import { explainText, fieldText } from './explain-text';
import { sightOf, type PolicySight } from './sight';
import { readPolicy } from './sources';

const FORMATS = ['text', 'html', 'json'] as const;

export const EXPLAIN_HELP = `npm run policy -- explain [FILE] [--role R] [--dataset D] [--field D.f] [--format text|html|json]

Shows who sees what: each role, each field, the action, and what the role may do with the field.

  FILE             the policy (default: SLUICE_POLICY_FILE, or policy/policy.yaml); - reads standard input
  --role R         this role alone; may be given again
  --dataset D      this dataset alone; may be given again
  --field D.f      why the role, or each role, gets what it gets of one field: the line that decides
  --format F       text (default), html (one page, for a browser or a printer) or json

Exit status: 0 shown, 2 the command or the policy is wrong.
`;

/** `explain`: the matrix of the policy, or the reason of one field. */
export function explain(args: string[], write: (text: string) => void): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      role: { type: 'string', multiple: true },
      dataset: { type: 'string', multiple: true },
      field: { type: 'string' },
      format: { type: 'string', default: 'text' },
    },
  });
  if (positionals.length > 1) throw new UsageError('explain takes one file.');
  const format = FORMATS.find((known) => known === values.format);
  if (format === undefined) throw new UsageError(`--format is one of: ${FORMATS.join(', ')}.`);
  const name = positionals[0] ?? policyFileOf();
  const file = readPolicy(name);
  const findings = [...checkDeclarations(declarations), ...checkPolicy(file, declarations)];
  if (findings.length > 0) throw new BootError(findings);
  const whole = sightOf(name, file, declarations);
  const chosen = narrowed(whole, values.role ?? [], [
    ...(values.dataset ?? []),
    ...(values.field === undefined ? [] : [datasetIn(values.field)]),
  ]);
  if (values.field !== undefined) write(oneField(chosen, values.field, format));
  else if (format === 'json') write(`${JSON.stringify(chosen, null, 2)}\n`);
  else write(format === 'html' ? explainHtml(chosen) : explainText(chosen));
  return 0;
}

function datasetIn(field: string): string {
  const dot = field.indexOf('.');
  if (dot < 1) throw new UsageError('--field is written Dataset.field, such as Decision.applicantEmail.');
  return field.slice(0, dot);
}

function narrowed(sight: PolicySight, roles: readonly string[], datasets: readonly string[]): PolicySight {
  const names = sight.roles.map(({ role }) => role);
  const role = roles.find((each) => !names.includes(each));
  if (role !== undefined) throw new UsageError(`There is no role ${role}. Roles are: ${names.join(', ')}.`);
  const dataset = datasets.find((each) => !declarations.datasets.has(each));
  if (dataset !== undefined) {
    throw new UsageError(
      `There is no dataset ${dataset}. Datasets are: ${[...declarations.datasets.keys()].join(', ')}.`,
    );
  }
  return {
    ...sight,
    roles: sight.roles
      .filter((each) => roles.length === 0 || roles.includes(each.role))
      .map((each) => ({
        ...each,
        datasets: each.datasets.filter((own) => datasets.length === 0 || datasets.includes(own.dataset)),
      })),
  };
}

function oneField(sight: PolicySight, name: string, format: (typeof FORMATS)[number]): string {
  if (format === 'html') throw new UsageError('--field is shown as text or json.');
  const path = name.slice(name.indexOf('.') + 1);
  const declared = declarations.datasets.get(datasetIn(name));
  const known = [
    ...(declared?.columns.keys() ?? []),
    ...(declared?.derived.keys() ?? []),
    ...[...(declared?.embedded.values() ?? [])].flatMap((list) =>
      [...list.columns.keys()].map((field) => `${list.field}.${field}`),
    ),
  ];
  if (!known.includes(path)) {
    throw new UsageError(`${datasetIn(name)} has no field ${path}. Fields are: ${known.join(', ')}.`);
  }
  const found = sight.roles.map((role) => {
    const dataset = role.datasets[0];
    const field = dataset?.fields.find((each) => each.field === path);
    return { role, dataset, field };
  });
  if (format === 'json') {
    const answer = found.map(({ role, field }) => ({ role: role.role, field: field ?? null }));
    return `${JSON.stringify({ file: sight.file, version: sight.version, name, roles: answer }, null, 2)}\n`;
  }
  return found
    .map(({ role, dataset, field }) =>
      dataset === undefined || field === undefined
        ? `${role.role} reads no ${datasetIn(name)}.\n  Decided at ${role.place}: the role has no such domain, or all of it is hidden.\n`
        : fieldText(role, dataset, field),
    )
    .join('\n');
}
