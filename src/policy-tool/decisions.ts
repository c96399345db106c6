import type { RolePolicy } from '../auth/policy';
import { columnPaths, decidingKey } from '../auth/policy-check';
import type { DomainRules, PolicyFile } from '../auth/policy-file';
import type { DatasetDeclaration } from '../schema/declarations';
import type { DataClass, MaskAction } from '../schema/vocabulary';

/** What a role gets of a field, by the RolePolicy that the gate asks, and the line of the file that decides. */
export interface FieldDecision {
  field: string;
  /** One, or those of all that a derived field is computed from. */
  classes: DataClass[];
  action: MaskAction;
  /** The line of the policy that decides. */
  place: string;
  /** The key on that line, below the role's domain: `classes.contact`, or a column of its own. */
  key: string;
  /** Where the request must name a purpose to use the field: those of which it takes one. */
  purposes?: string[];
  /** For derived fields: what they are computed from, and follow. */
  reads?: string[];
}

/** Every field of a dataset, derived ones last. */
export function fieldDecisions(
  file: PolicyFile,
  role: RolePolicy,
  dataset: DatasetDeclaration,
  domain: DomainRules,
): FieldDecision[] {
  const at = ['roles', role.name, 'domains', dataset.domain];
  const stored = columnPaths(dataset).map(([path, column]): FieldDecision => {
    const key = decidingKey(domain, dataset, column, path);
    return {
      field: path,
      classes: [column.class],
      action: role.action(dataset, path),
      place: file.place([...at, ...key]),
      key: key.join('.'),
      ...needed(role, dataset, path),
    };
  });
  const derived = [...dataset.derived.values()].map((declared): FieldDecision => {
    const read = stored.filter(({ field }) => declared.reads.includes(field));
    // What stands in its way decides: a hidden field before a masked one.
    const decides =
      read.find(({ action }) => action === 'hide') ??
      read.find(({ action }) => action !== 'clear') ??
      read[0];
    return {
      field: declared.field,
      classes: [...declared.classes],
      action: role.action(dataset, declared.field),
      place: decides?.place ?? file.place(at),
      key: decides?.key ?? '',
      reads: [...declared.reads],
      ...needed(role, dataset, declared.field),
    };
  });
  return [...stored, ...derived];
}

function needed(role: RolePolicy, dataset: DatasetDeclaration, path: string): { purposes?: string[] } {
  const purposes = role.purposesFor(dataset, path);
  return purposes === undefined ? {} : { purposes: [...purposes] };
}
