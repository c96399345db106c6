import { checkMeasure, listedDataset, readableMetrics } from '../auth/authorise';
import type { Policy, RolePolicy } from '../auth/policy';
import { checkPurpose } from '../auth/purposes';
import { fieldsReadBy, findColumn, type DatasetDeclaration, type Declarations } from '../schema/declarations';
import type { MaskAction } from '../schema/vocabulary';
import type { RecordedCall } from './audit-lines';
import { actionRisk, type Risk } from './risk';
import { filtersBy, groupsBy, passes, sortsBy } from './uses';

/** What a recorded call would have got under another policy, by the gate's own checks. */

/** One field that would have been seen otherwise. */
export interface FieldShift {
  /** As `Decision.applicantEmail`. */
  field: string;
  from: MaskAction;
  to: MaskAction;
  risk: Risk;
}

/** What would be otherwise. */
export interface Replayed {
  /** Why it would be refused, where it was answered. */
  refused?: string;
  /** Whether nothing that its line holds would refuse it any more. */
  answered?: true;
  shifts: FieldShift[];
}

/** Replays calls under one policy. */
export class Replay {
  /** Calls repeat: what a role may do with a field is found out once. */
  private readonly known = new Map<string, boolean>();

  constructor(
    private readonly policy: Policy,
    private readonly declarations: Declarations,
  ) {}

  /** @returns undefined where the line tells too little to say */
  of(call: RecordedCall): Replayed | undefined {
    const role = this.policy.roles.get(call.role);
    const reason = this.refusal(role, call);
    if (call.outcome !== 'OK') return this.wasRefused(role, call, reason);
    if (reason !== undefined) return { refused: reason, shifts: [] };
    const dataset = this.datasetOf(call);
    if (role === undefined || dataset === undefined) return { shifts: [] };
    return {
      shifts: call.fields.flatMap(({ field, action: from }): FieldShift[] => {
        const to = role.action(dataset, this.pathOf(call, field));
        if (from === undefined || from === to) return [];
        return [{ field: `${call.dataset}.${field}`, from, to, risk: actionRisk(from, to) }];
      }),
    };
  }

  /** A refusal is replayed only where the policy alone decided and all it decided by is in the line. */
  private wasRefused(
    role: RolePolicy | undefined,
    call: RecordedCall,
    reason: string | undefined,
  ): Replayed | undefined {
    if (reason !== undefined) return { shifts: [] };
    if (call.outcome !== 'FORBIDDEN_COLUMN_USE') return undefined;
    const dataset = this.datasetOf(call);
    if (role === undefined || dataset === undefined) return undefined;
    // How a masked field was compared is not in the line.
    const plain = call.filters.every((field) => role.action(dataset, this.pathOf(call, field)) === 'clear');
    return plain ? { answered: true, shifts: [] } : undefined;
  }

  private refusal(role: RolePolicy | undefined, call: RecordedCall): string | undefined {
    if (role === undefined) return `there is no role ${call.role}`;
    if (role.breakGlass !== undefined && !call.breakGlass)
      return 'it is a break-glass role, and no reason was given';
    const metrics = call.call === 'metrics';
    const readable = passes(() =>
      metrics
        ? readableMetrics(role, this.declarations, call.dataset)
        : listedDataset(role, this.declarations, call.dataset),
    );
    if (!readable) return `it reads no ${call.dataset}`;
    const hidden = call.fields.find(({ field }) => !this.mayShow(role, call, field));
    if (hidden !== undefined) {
      return metrics
        ? `it cannot group by ${call.dataset}.${hidden.field}`
        : `it has no field ${call.dataset}.${hidden.field}`;
    }
    const measure = call.measures.find((name) => !this.mayMeasure(role, call, name));
    if (measure !== undefined) return `it cannot use the measure ${call.dataset}.${measure}`;
    const filter = call.filters.find((field) => !this.mayChoose(role, call, field));
    if (filter !== undefined) return `it cannot filter or order by ${call.dataset}.${filter}`;
    return this.purposeMissing(role, call);
  }

  private purposeMissing(role: RolePolicy, call: RecordedCall): string | undefined {
    const dataset = this.datasetOf(call);
    if (dataset === undefined) return undefined;
    const metrics = this.declarations.metrics.get(call.dataset);
    const measured =
      metrics === undefined ? [] : call.measures.flatMap((name) => metrics.measures.get(name) ?? []);
    const paths = new Set([
      dataset.key,
      ...[...call.fields.map(({ field }) => field), ...call.filters].map((field) => this.pathOf(call, field)),
      ...(metrics === undefined ? [] : measured.flatMap((measure) => fieldsReadBy(metrics, measure))),
    ]);
    const path = [...paths].find((each) => !passes(() => checkPurpose(role, dataset, [each], call.purpose)));
    return path === undefined ? undefined : `it needs another purpose for ${dataset.name}.${path}`;
  }

  private mayShow(role: RolePolicy, call: RecordedCall, field: string): boolean {
    return this.once(['show', role.name, call.dataset, call.call, field], () => {
      const dataset = this.datasetOf(call);
      if (dataset === undefined) return false;
      const metrics = call.call === 'metrics' ? this.declarations.metrics.get(call.dataset) : undefined;
      if (metrics !== undefined) return groupsBy(role, metrics, field);
      return role.action(dataset, field) !== 'hide';
    });
  }

  private mayMeasure(role: RolePolicy, call: RecordedCall, measure: string): boolean {
    return this.once(['measure', role.name, call.dataset, measure], () => {
      const metrics = this.declarations.metrics.get(call.dataset);
      if (metrics === undefined) return false;
      return passes(() => checkMeasure(role, metrics, measure));
    });
  }

  /** The line does not say whether it filtered or ordered, so either is enough. */
  private mayChoose(role: RolePolicy, call: RecordedCall, field: string): boolean {
    return this.once(['choose', role.name, call.dataset, call.call, field], () => {
      const metrics = call.call === 'metrics' ? this.declarations.metrics.get(call.dataset) : undefined;
      if (field === 'period' && metrics !== undefined) return true;
      if (metrics?.measures.has(field) === true) return this.mayMeasure(role, call, field);
      const dataset = this.datasetOf(call);
      if (dataset === undefined) return false;
      const path = dataset.columns.has(field) ? field : this.pathOf(call, field);
      const column = findColumn(dataset, path);
      if (column === undefined) return false;
      const over = metrics === undefined ? [] : [metrics];
      return filtersBy(role, dataset, path, column, over).length > 0 || sortsBy(role, dataset, path);
    });
  }

  private datasetOf(call: RecordedCall): DatasetDeclaration | undefined {
    return (
      this.declarations.datasets.get(call.dataset) ?? this.declarations.metrics.get(call.dataset)?.dataset
    );
  }

  /** A dimension stands for the field that it groups by. */
  private pathOf(call: RecordedCall, field: string): string {
    if (call.call !== 'metrics') return field;
    return this.declarations.metrics.get(call.dataset)?.dimensions.get(field)?.of ?? field;
  }

  private once(parts: readonly string[], find: () => boolean): boolean {
    const key = parts.join(' ');
    let answer = this.known.get(key);
    if (answer === undefined) {
      answer = find();
      this.known.set(key, answer);
    }
    return answer;
  }
}
