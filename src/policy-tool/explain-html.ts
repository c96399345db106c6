import { MASK_ACTIONS } from '../schema/vocabulary';
import { purposeWords, settingLines } from './explain-text';
import type { DatasetSight, FieldSight, PolicySight, RoleSight } from './sight';
import { listed, MEANING } from './words';

/** The matrix as one page that needs nothing else: no script, no other file. */

const STYLE = `
:root { color-scheme: light; --line: #d5d9df; --quiet: #5a6472; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1500px; font: 14px/1.45 system-ui, sans-serif; color: #1b2330; background: #fff; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 32px 0 8px; }
p { margin: 4px 0; } .quiet { color: var(--quiet); } code { font: 12px ui-monospace, monospace; }
.wide { overflow: auto; max-height: 85vh; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; }
th, td { padding: 5px 9px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } thead th { position: sticky; top: 0; background: #f3f5f8; z-index: 2; white-space: nowrap; }
tbody th { position: sticky; left: 0; background: #fff; z-index: 1; white-space: nowrap; }
thead th:first-child { left: 0; z-index: 3; }
tr:last-child > * { border-bottom: 0; }
td small { display: block; font-size: 11px; color: var(--quiet); }
.action { display: inline-block; padding: 0 7px; border-radius: 9px; font-size: 12px; font-weight: 600; border: 1px solid; white-space: nowrap; }
.clear { background: #fde3df; border-color: #e39a8e; color: #7c1d10; }
.pseudonym { background: #e6e2fb; border-color: #aa9fe6; color: #33268a; }
.partial { background: #fdebcf; border-color: #e2b566; color: #6b4300; }
.band { background: #fbf5c9; border-color: #cfc15c; color: #554c00; }
.coarse { background: #e2f1d4; border-color: #9dc57a; color: #2d5210; }
.redact { background: #e3e7ec; border-color: #b3bcc8; color: #36414f; }
.hide { background: #fff; border-color: #cdd3db; color: #6a7482; }
ul.legend { list-style: none; padding: 0; margin: 10px 0; display: flex; flex-wrap: wrap; gap: 6px 18px; }
ul.notes { margin: 8px 0 0; padding-left: 20px; }
@media print {
  body { padding: 0; max-width: none; font-size: 10px; }
  .wide { overflow: visible; max-height: none; border-radius: 0; }
  thead { display: table-header-group; } thead th, tbody th { position: static; }
  tr { break-inside: avoid; } h2 { break-after: avoid; }
  .action { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;

/** Text made safe for a page, once; what is already markup passes. */
class Markup {
  constructor(readonly text: string) {}
}

function html(parts: TemplateStringsArray, ...values: (string | Markup | readonly Markup[])[]): Markup {
  const text = parts.map((part, index) => {
    const value = values[index];
    if (value === undefined) return part;
    if (typeof value === 'string') return part + escaped(value);
    return part + (value instanceof Markup ? value.text : value.map((each) => each.text).join(''));
  });
  return new Markup(text.join(''));
}

function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** The whole sight as a page. */
export function explainHtml(sight: PolicySight): string {
  const names = [...new Set(sight.roles.flatMap(({ datasets }) => datasets.map(({ dataset }) => dataset)))];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>Who sees what</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <h1>Who sees what</h1>
        <p class="quiet"><code>${sight.file}</code>, version <code>${sight.version}</code></p>
        <ul class="legend">
          ${MASK_ACTIONS.map(
            (action) => html`<li><span class="action ${action}">${action}</span> ${MEANING[action]}</li>`,
          )}
        </ul>
        <p class="quiet">
          Under each action: what the role may do with the field besides reading it. Point at an action to see
          the line of the policy that decides.
        </p>
        ${settingLines(sight.settings).map((line) => html`<p>${line}</p>`)}
        <h2>Roles</h2>
        <div class="wide">
          <table>
            <thead>
              <tr>
                <th>role</th>
                <th>who acts in it</th>
                <th>reads</th>
                <th>rules of the role</th>
              </tr>
            </thead>
            <tbody>
              ${sight.roles.map(
                (role) =>
                  html`<tr>
                    <th>${role.role}</th>
                    <td>${role.description}</td>
                    <td>${listed(role.datasets.map(({ dataset }) => dataset))}</td>
                    <td>${settingLines(role.settings).map((line) => html`<div>${line}</div>`)}</td>
                  </tr> `,
              )}
            </tbody>
          </table>
        </div>
        ${names.map((name) => datasetSection(name, sight.roles))}
      </body>
    </html> `.text;
}

function datasetSection(name: string, roles: readonly RoleSight[]): Markup {
  const readers = roles.flatMap((role): [RoleSight, DatasetSight][] => {
    const own = role.datasets.find(({ dataset }) => dataset === name);
    return own === undefined ? [] : [[role, own]];
  });
  const fields = readers[0]?.[1].fields ?? [];
  const notes = readers.flatMap(([role, own]) => [
    ...own.rows.map((rule) => html`<li><b>${role.role}</b> sees only rows where ${rule}.</li>`),
    ...settingLines(own.settings).map((line) => html`<li><b>${role.role}</b>, ${line}</li>`),
  ]);
  return html`<h2>${name}</h2>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th>field</th>
            <th>class</th>
            ${readers.map(([role]) => html`<th>${role.role}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${fields.map(
            (field, index) =>
              html`<tr>
                <th>${field.field}</th>
                <td>${field.classes.join(', ')}</td>
                ${readers.map(([, own]) => cell(own.fields[index]))}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    ${
      notes.length === 0
        ? ''
        : html`<ul class="notes">
            ${notes}
          </ul>`
    } `;
}

function cell(field: FieldSight | undefined): Markup {
  if (field === undefined) return html`<td></td>`;
  const by = field.reads === undefined ? '' : `computed from ${listed(field.reads)}; `;
  return html`<td>
    <span class="action ${field.action}" title="${by}${field.place} ${field.key}">${field.action}</span
    ><small>${usesInWords(field)}</small
    >${field.purposes === undefined ? '' : html`<small>${purposeWords(field.purposes)}</small>`}
  </td>`;
}

function usesInWords(field: FieldSight): string {
  const filter =
    field.filter.length === 0 ? [] : [field.filter.includes('lt') ? 'filter' : 'filter by equality'];
  const measures = field.measures.some(({ allowed }) => allowed) ? ['measure'] : [];
  return [
    ...filter,
    ...(field.sort ? ['sort'] : []),
    ...(field.group === true ? ['group'] : []),
    ...measures,
  ].join(', ');
}
