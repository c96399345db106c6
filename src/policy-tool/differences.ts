import { buildPolicy, type RolePolicy } from '../auth/policy';
import { columnPaths } from '../auth/policy-check';
import type { PolicyFile } from '../auth/policy-file';
import type { DatasetDeclaration, Declarations } from '../schema/declarations';
import type { DataClass, MaskAction } from '../schema/vocabulary';
import { fieldDecisions, type FieldDecision } from './decisions';
import { settingLines } from './explain-text';
import { actionRisk, exposure, RISKS, type Risk } from './risk';
import { erasureWords, settingChange } from './setting-changes';
import { treeChanges, type KeyPath } from './tree';
import { rowRuleWords, SEEN } from './words';

/** What two policies let differ: fields by what the gate would do, every other key of the files by what it says. */

/** What a role would get of a field, and got. */
export interface FieldChange {
  dataset: string;
  field: string;
  classes: DataClass[];
  from: MaskAction;
  to: MaskAction;
}

/** One difference. */
export interface Change {
  risk: Risk;
  sentence: string;
  /** Where the new file says so; where the old one did, for what is gone. */
  place: string;
  /** The key of the file, such as `roles.support.limits.maxRows`. */
  key: string;
  role?: string;
  field?: FieldChange;
}

interface Side {
  file: PolicyFile;
  roles: ReadonlyMap<string, RolePolicy>;
}

/** Every difference, the riskiest first. Both files are well formed; names in them that do not exist count for nothing. */
export function differences(older: PolicyFile, newer: PolicyFile, declarations: Declarations): Change[] {
  const from = sideOf(older, declarations);
  const to = sideOf(newer, declarations);
  const { changes, explained } = fieldChanges(from, to, declarations);
  const settings = treeChanges(older.data, newer.data).flatMap((change): Change[] => {
    const [top, role] = change.path;
    const key = change.path.join('.');
    if (explained.has(key)) return [];
    const own = top === 'roles' && role !== undefined ? { role } : {};
    const place = placeOf(from, to, change.path);
    if (change.path.length === 2 && top === 'roles')
      return [{ ...roleChange(to, role ?? ''), place, key, ...own }];
    return settingChange(change).map((saying) => ({ ...saying, place, key, ...own }));
  });
  return [...settings, ...changes].sort((a, b) => orderOf(a) - orderOf(b));
}

function sideOf(file: PolicyFile, declarations: Declarations): Side {
  return { file, roles: buildPolicy(file, declarations).roles };
}

/** Fields with another action, and the keys of the files that this already tells. */
function fieldChanges(
  from: Side,
  to: Side,
  declarations: Declarations,
): { changes: Change[]; explained: ReadonlySet<string> } {
  const changes: Change[] = [];
  const explained = new Set<string>();
  for (const role of new Set([...to.roles.keys(), ...from.roles.keys()])) {
    for (const dataset of declarations.datasets.values()) {
      const older = fieldsOf(from, role, dataset);
      const newer = fieldsOf(to, role, dataset);
      const paths = [...columnPaths(dataset).map(([path]) => path), ...dataset.derived.keys()];
      for (const path of paths) {
        const [before, after] = [older.get(path), newer.get(path)];
        const [was, is] = [before?.action ?? 'hide', after?.action ?? 'hide'];
        if (was === is) continue;
        const at = `roles.${role}.domains.${dataset.domain}`;
        for (const known of [before, after]) if (known !== undefined) explained.add(`${at}.${known.key}`);
        const decides = after ?? before;
        const field: FieldChange = {
          dataset: dataset.name,
          field: path,
          classes: decides?.classes ?? [],
          from: was,
          to: is,
        };
        changes.push({
          risk: actionRisk(was, is),
          sentence: fieldSentence(role, [`${dataset.name}.${path}`], was, is),
          place: decides?.place ?? '',
          key: `${at}.${decides?.key ?? ''}`,
          role,
          field,
        });
      }
    }
  }
  return { changes, explained };
}

function fieldsOf(side: Side, name: string, dataset: DatasetDeclaration): ReadonlyMap<string, FieldDecision> {
  const role = side.roles.get(name);
  const domain = side.file.data.roles[name]?.domains[dataset.domain];
  if (role === undefined || domain === undefined) return new Map();
  return new Map(fieldDecisions(side.file, role, dataset, domain).map((field) => [field.field, field]));
}

/** `support would begin to see Decision.applicantEmail in part (was: nothing).` */
export function fieldSentence(
  role: string,
  names: readonly string[],
  from: MaskAction,
  to: MaskAction,
): string {
  const fields = names.join(', ');
  const was = `(was: ${SEEN[from]})`;
  if (to === 'hide') return `${role} would no longer see ${fields} ${was}.`;
  if (from === 'hide') return `${role} would begin to see ${fields} ${SEEN[to]} ${was}.`;
  const only = actionRisk(from, to) === 'narrower' ? 'only ' : '';
  return `${role} would see ${fields} ${only}${SEEN[to]} ${was}.`;
}

function roleChange(to: Side, role: string): { risk: Risk; sentence: string } {
  const added = to.file.data.roles[role];
  if (added === undefined) return { risk: 'narrower', sentence: `The role ${role} would be gone.` };
  const { description, domains, erasure, ...settings } = added;
  const rules = [
    ...erasureWords(erasure),
    ...settingLines(settings),
    ...Object.entries(domains).flatMap(([name, { classes: _classes, columns: _columns, rows, ...rest }]) => [
      ...rows.map((rule) => `only rows of ${rule.dataset} where ${rowRuleWords(rule)}`),
      ...settingLines(rest).map((line) => `${name} ${line}`),
    ]),
  ];
  const more = rules.length === 0 ? '' : ` Its rules: ${rules.join('; ')}.`;
  return {
    risk: 'wider',
    sentence: `The role ${role} would be new: ${description.replace(/\.$/, '')}.${more}`,
  };
}

function placeOf(from: Side, to: Side, path: KeyPath): string {
  const there = path.reduce<unknown>(
    (data, key) =>
      typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[key] : undefined,
    to.file.data,
  );
  return there === undefined ? from.file.place(path) : to.file.place(path);
}

/** Riskiest first, and among those what shows most of what says most. */
function orderOf({ risk, field }: Change): number {
  if (field === undefined) return RISKS.indexOf(risk) * 100;
  const plain = field.classes.every((each) => each === 'public' || each === 'internal');
  return RISKS.indexOf(risk) * 100 + 10 - exposure(field.to) * 2 + (plain ? 1 : 0);
}
