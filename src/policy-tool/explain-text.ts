import { MASK_ACTIONS } from '../schema/vocabulary';
import type { DatasetSight, FieldSight, PolicySight, RoleSight } from './sight';
import { listed, MEANING, oneLine, SEEN } from './words';

/** The matrix for a terminal: one table for each dataset, roles side by side, one role in more detail. */

/** Columns padded to their widest cell, two spaces between. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** What can be done with a field, as letters: `fsgm`, `=` for a filter by equality alone. */
export function usesOf(field: FieldSight): string {
  const filter = field.filter.length === 0 ? '' : field.filter.includes('lt') ? 'f' : '=';
  const measure = field.measures.some(({ allowed }) => allowed) ? 'm' : '';
  return `${filter}${field.sort ? 's' : ''}${field.group === true ? 'g' : ''}${measure}`;
}

/** Settings of a role or domain that say something: `limits: maxRows 50`. Empty ones are left out. */
export function settingLines(settings: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(settings)
    .map(([key, value]) => [key, oneLine(value)] as const)
    .filter(([, value]) => value !== '' && value !== '0' && value !== 'undefined')
    .map(([key, value]) => `${key}: ${value}`);
}

/** The whole sight as text. */
export function explainText(sight: PolicySight): string {
  const datasets = new Map<string, [RoleSight, DatasetSight][]>();
  for (const role of sight.roles) {
    for (const dataset of role.datasets) {
      datasets.set(dataset.dataset, [...(datasets.get(dataset.dataset) ?? []), [role, dataset]]);
    }
  }
  const parts = [
    `${sight.file}, version ${sight.version}\n`,
    settingLines(sight.settings)
      .map((line) => `${line}\n`)
      .join(''),
    legend(),
    rolesText(sight.roles),
    ...[...datasets].map(([name, readers]) => datasetText(name, readers)),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function legend(): string {
  return (
    tableText(MASK_ACTIONS.map((action) => [`  ${action}`, MEANING[action]])) +
    '  After the action: f filter, = filter by equality, s sort, g group, m in measures; * only for a purpose\n'
  );
}

function rolesText(roles: readonly RoleSight[]): string {
  return tableText(
    roles.map((role) => [role.role, [role.description, settingLines(role.settings).join('; ')].join(' ')]),
  );
}

function datasetText(name: string, readers: readonly [RoleSight, DatasetSight][]): string {
  const only = readers.length === 1 ? readers[0] : undefined;
  const table = only === undefined ? sideBySide(readers) : inDetail(only[1]);
  const notes = readers.flatMap(([role, dataset]) => [
    ...dataset.rows.map((rule) => `  ${role.role} sees only rows where ${rule}.\n`),
    ...settingLines(dataset.settings).map((line) => `  ${role.role}, ${line}\n`),
  ]);
  return `${name} (${listed(readers.map(([role]) => role.role))})\n${table}${notes.join('')}`;
}

function sideBySide(readers: readonly [RoleSight, DatasetSight][]): string {
  const [first] = readers;
  const fields = first?.[1].fields ?? [];
  return tableText([
    ['  field', 'class', ...readers.map(([role]) => role.role)],
    ...fields.map((field, index) => [
      `  ${field.field}`,
      field.classes.join('+'),
      ...readers.map(([, dataset]) => {
        const own = dataset.fields[index];
        return own === undefined ? '' : actionText(own);
      }),
    ]),
  ]);
}

function actionText(field: FieldSight): string {
  return [`${field.action}${field.purposes === undefined ? '' : '*'}`, usesOf(field)].join(' ').trimEnd();
}

/** `Needs a purpose: fraud or audit`. */
export function purposeWords(purposes: readonly string[]): string {
  if (purposes.length === 0) return 'No purpose lets it be used';
  return `Needs a purpose: ${purposes.join(' or ')}`;
}

function inDetail(dataset: DatasetSight): string {
  return tableText([
    ['  field', 'class', 'action', 'uses', 'decided by'],
    ...dataset.fields.map((field) => [
      `  ${field.field}`,
      field.classes.join('+'),
      `${field.action}${field.purposes === undefined ? '' : '*'}`,
      usesOf(field),
      reasonOf(field),
    ]),
  ]);
}

function reasonOf(field: FieldSight): string {
  const by = field.reads === undefined ? '' : `computed from ${listed(field.reads)}; `;
  return `${by}${field.place} ${field.key}`;
}

/** Why a role gets what it gets of one field: `support sees Decision.applicantEmail in part.` and what follows. */
export function fieldText(role: RoleSight, dataset: DatasetSight, field: FieldSight): string {
  const name = `${dataset.dataset}.${field.field}`;
  const seen = field.action === 'hide' ? 'sees nothing of' : 'sees';
  const how = field.action === 'hide' ? '' : ` ${SEEN[field.action]} (${field.action})`;
  const lines = [
    `${role.role} ${seen} ${name}${how}.`,
    `  Decided at ${field.place}: ${whyOf(dataset, field)}.`,
  ];
  if (field.action !== 'hide') {
    if (field.purposes !== undefined) lines.push(`  ${purposeWords(field.purposes)}.`);
    lines.push(`  Filter: ${field.filter.length === 0 ? 'no' : field.filter.join(', ')}.`);
    lines.push(`  Sort: ${field.sort ? 'yes' : 'no'}.`);
    if (field.group !== undefined) lines.push(`  Group: ${field.group ? 'yes' : 'no'}.`);
    const usable = field.measures.filter(({ allowed }) => allowed).map(({ measure }) => measure);
    if (field.measures.length > 0) {
      lines.push(`  Measures that read it: ${usable.length === 0 ? 'none may be used' : listed(usable)}.`);
    }
  }
  lines.push(...dataset.rows.map((rule) => `  Only rows where ${rule}.`));
  lines.push(...settingLines(dataset.settings).map((line) => `  ${line}.`));
  return lines.map((line) => `${line}\n`).join('');
}

function whyOf(dataset: DatasetSight, field: FieldSight): string {
  const own = field.key.startsWith('columns.');
  const cause = own
    ? `the column has an action of its own`
    : field.key === 'classes'
      ? `the class ${listed(field.classes)} is not listed for the domain ${dataset.domain}, so it is hidden`
      : `the action of the class ${field.key.slice('classes.'.length)} in the domain ${dataset.domain}`;
  return field.reads === undefined
    ? cause
    : `it is computed from ${listed(field.reads)} and seen only where all of them are clear; ${cause}`;
}
