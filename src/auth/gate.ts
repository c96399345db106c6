import type { Logger } from 'pino';
import type { Config } from '../config';
import { isHoldable } from '../datasources/compile/literal';
import type { CursorSeal } from '../datasources/cursors';
import {
  namedBy,
  usedFields,
  type Condition,
  type CountPlan,
  type LookupPlan,
  type MetricsPlan,
  type Plan,
  type RowsPlan,
} from '../datasources/plans';
import type { CallContext, Cells, EngineCall } from '../datasources/results';
import type { Stores } from '../datasources/stores';
import { faultOf, SluiceError } from '../errors';
import type { DatasetDeclaration, Declarations } from '../schema/declarations';
import {
  classesOf,
  peopleNamed,
  ReadAudit,
  selectedFields,
  Subjects,
  subjectsOf,
  type AuditedRequest,
  type AuditParts,
  type ReadRecord,
} from './audit';
import { aboutSubject } from './audit-query';
import type { AuditSink } from './audit-sink';
import { AuditTokens } from './audit-tokens';
import { authorisedFilter, authorisedOrder, listedDataset, readableMetrics, scopeOf } from './authorise';
import { checkGroupCount, fittingGroups, groupClasses, groupLayout, maskedGroups } from './groups';
import { checkFirst, checkRange, MAX_VALUES, MAX_FIRST } from './limits';
import { maskOf } from './masks';
import { NoiseSalts } from './noise';
import { bindingOf, openPosition, positionOf } from './pages';
import type { Policy, RolePolicy } from './policy';
import { Pseudonyms } from './pseudonyms';
import { checkPurpose, choosingFields, fieldsMeasured, fieldsUsed } from './purposes';
import { scoped, type Scope } from './scope';
import {
  clearFields,
  selectionOf,
  soleSubjectOf,
  storedFields,
  storedListFields,
  storedLists,
  withSubject,
  type Selection,
} from './selection';
import { Shapers, type MaskedRow } from './shape';
import type { Tombstones } from './tombstones';
import type { Viewer } from './viewer';

export type { MaskedRow, MaskedValue } from './shape';

/** The request that a gate is opened for. */
export interface GateRequest extends AuditedRequest {
  /** Aborted when the client leaves or the request's deadline passes. */
  signal: AbortSignal;
  /** What each engine call of the request did, whoever made it. */
  calls: EngineCall[];
}

/** A page of masked rows. */
export interface MaskedPage {
  rows: readonly MaskedRow[];
  hasNextPage: boolean;
  /** The cursor of the row at a position, made when asked for. */
  cursor(index: number): string;
}

/**
 * The one way to data, for one request. Every method checks the plan against the acting role, scopes it, reads, and
 * gives masked rows; every error is a SluiceError.
 */
export interface Gate {
  readonly viewer: Viewer;
  readonly role: RolePolicy;
  /** What each engine call of this request did, for `extensions.cost`. */
  readonly calls: readonly EngineCall[];
  /** Values (rows times fields) that this request asked for so far, at most `MAX_VALUES`. */
  readonly values: number;
  rows(plan: RowsPlan): Promise<MaskedPage>;
  count(plan: CountPlan): Promise<number>;
  /** Groups, each with `suppressed`; `period` when the plan has a grain. */
  metrics(plan: MetricsPlan): Promise<{ rows: MaskedRow[]; hasMore: boolean }>;
  /** Rows in the order of the ids; null where there is none for this viewer. */
  lookup(plan: LookupPlan): Promise<(MaskedRow | null)[]>;
}

/** Opens the gate of one request. Throws FORBIDDEN when the policy has no such role. */
export type GateFactory = (viewer: Viewer, request: GateRequest) => Gate;

interface Parts {
  config: Pick<Config, 'SLUICE_MASK_KEY' | 'SLUICE_AUDIT_KEY'>;
  policy: Policy;
  declarations: Declarations;
  stores: Stores;
  tombstones: Pick<Tombstones, 'goneFrom'>;
  cursors: CursorSeal;
  sink: AuditSink;
  logger: Logger;
  /** The time in milliseconds since 1970; the system's own unless given. */
  now?: () => number;
}

/** Longest id looked up, in characters; longer ones name nothing. */
const ID_LENGTH = 1024;

/** One factory for a policy; it gives a gate for each request. The stores are reachable through it alone. */
export function createGateFactory(parts: Parts): GateFactory {
  const pseudonyms = new Pseudonyms(parts.config.SLUICE_MASK_KEY);
  const shared: Shared = {
    ...parts,
    pseudonyms,
    noise: new NoiseSalts(parts.config.SLUICE_MASK_KEY),
    tokens: new AuditTokens(parts.config.SLUICE_AUDIT_KEY),
    shapes: new Shapers(pseudonyms),
  };
  return (viewer, request) => {
    const role = parts.policy.roles.get(viewer.role);
    if (role === undefined) throw new SluiceError('FORBIDDEN');
    return new RequestGate(shared, viewer, role, request);
  };
}

type Shared = Parts & AuditParts & { pseudonyms: Pseudonyms; noise: NoiseSalts; shapes: Shapers };

class RequestGate implements Gate {
  private readonly audit: ReadAudit;
  private readonly context: CallContext;
  /** When the gate was opened: every call of a request sees the same day. */
  private readonly now: number;
  values = 0;

  constructor(
    private readonly shared: Shared,
    readonly viewer: Viewer,
    readonly role: RolePolicy,
    private readonly request: GateRequest,
  ) {
    this.audit = new ReadAudit(shared, viewer, request);
    this.now = (shared.now ?? Date.now)();
    this.context = { tenant: viewer.tenant, signal: request.signal };
  }

  get calls(): EngineCall[] {
    return this.request.calls;
  }

  rows(plan: RowsPlan): Promise<MaskedPage> {
    return this.guarded(plan, async () => {
      const dataset = listedDataset(this.role, this.shared.declarations, plan.dataset);
      checkPurpose(this.role, dataset, fieldsUsed(dataset, plan), this.viewer.purpose);
      const selection = selectionOf(this.role, dataset, plan.fields);
      if (selection.lists.length > 0) {
        throw new SluiceError(
          'BAD_USER_INPUT',
          'Lists inside rows are read by looking rows up, not by listing them.',
        );
      }
      const orderBy = authorisedOrder(this.role, dataset, plan.orderBy);
      checkFirst(plan.first, this.role.limits.maxRows);
      this.take(plan.first * Math.max(1, plan.fields.length));
      checkRange(dataset, plan.range);
      const where = this.filter(dataset, plan);
      const scope = await this.scope(dataset);
      const { after, where: _asked, subject: _about, ...kept } = plan;
      const sorts = orderBy.map(({ field }) => field);
      const fields = withSubject(dataset, [...new Set([...storedFields(selection), ...sorts])]);
      const engine: RowsPlan = { ...kept, fields, orderBy, ...(where === undefined ? {} : { where }) };
      const binding = bindingOf(this.role.name, scope, engine);
      const position =
        after === undefined ? undefined : openPosition(this.shared.cursors, binding, after, orderBy.length);
      const { rows, call } = await this.shared.stores.rows(
        scoped<RowsPlan>({ plan: engine, scope, ...(position === undefined ? {} : { position }) }),
        fields,
        this.context,
      );
      this.calls.push(call);
      const page = rows.length > plan.first ? rows.slice(0, plan.first) : rows;
      const masked = this.shared.shapes.rows(
        this.role.name,
        this.viewer.tenant,
        dataset,
        selection,
        fields,
        page,
      );
      await this.recordRows(dataset, selection, fields, page, {
        call: 'rows',
        calls: [call],
        filters: choosingFields(dataset, plan),
        subjects: this.peopleOf(dataset, where, plan.subject),
      });
      const sorted = sorts.map((field) => fields.indexOf(field));
      return {
        rows: masked,
        hasNextPage: rows.length > plan.first,
        cursor: (index) => this.shared.cursors.seal(binding, positionOf(page[index], sorted)),
      };
    });
  }

  count(plan: CountPlan): Promise<number> {
    return this.guarded(plan, async () => {
      const dataset = listedDataset(this.role, this.shared.declarations, plan.dataset);
      checkPurpose(this.role, dataset, fieldsUsed(dataset, plan), this.viewer.purpose);
      checkRange(dataset, plan.range);
      const where = this.filter(dataset, plan);
      const scope = await this.scope(dataset);
      const { where: _asked, subject: _about, ...kept } = plan;
      const engine: CountPlan = { ...kept, ...(where === undefined ? {} : { where }) };
      const { rows, call } = await this.shared.stores.count(
        scoped<CountPlan>({ plan: engine, scope, ...soleSubjectOf(dataset) }),
        this.context,
      );
      this.calls.push(call);
      const counted = rows[0]?.[0];
      if (typeof counted !== 'number') throw new Error('The store counted nothing.');
      const filters = choosingFields(dataset, plan);
      const subjects = this.peopleOf(dataset, where, plan.subject);
      subjects?.of(rows, 1);
      await this.audit.read({
        call: 'count',
        dataset: dataset.name,
        fields: [],
        filters,
        clear: [],
        masked: [],
        shown: classesOf(dataset, filters),
        rows: 1,
        calls: [call],
        ...subjectsOf(subjects),
      });
      return counted;
    });
  }

  metrics(plan: MetricsPlan): Promise<{ rows: MaskedRow[]; hasMore: boolean }> {
    return this.guarded(plan, async () => {
      const metrics = readableMetrics(this.role, this.shared.declarations, plan.metrics);
      checkPurpose(this.role, metrics.dataset, fieldsMeasured(metrics, plan), this.viewer.purpose);
      const layout = groupLayout(this.role, metrics, plan, (action, column) =>
        maskOf(action, column, this.viewer.tenant, this.shared.pseudonyms),
      );
      const { dataset } = metrics;
      checkFirst(plan.first, this.role.limits.maxRows);
      this.take(plan.first * (layout.dimensions.length + layout.measures.length + 1));
      checkRange(dataset, plan.range);
      const where = this.filter(dataset, plan);
      const scope = await this.scope(dataset);
      // Which groups come first must not tell what is blanked or masked, so all are read before a page is cut.
      const wide = layout.people || layout.sort || layout.masks.some((mask) => mask !== undefined);
      const { where: _asked, ...kept } = plan;
      const engine: MetricsPlan = {
        ...kept,
        dimensions: layout.dimensions,
        measures: layout.computed,
        orderBy: layout.sort ? [] : plan.orderBy,
        first: wide ? MAX_FIRST : plan.first,
        ...(where === undefined ? {} : { where }),
      };
      const { rows, call } = await this.shared.stores.metrics(
        scoped<MetricsPlan>({
          plan: engine,
          scope,
          steps: layout.steps,
          ...layout.asked,
          ...(layout.protection.noise
            ? { noise: this.shared.noise.of(this.viewer.tenant, metrics, layout.computed) }
            : {}),
        }),
        this.context,
      );
      this.calls.push(call);
      checkGroupCount(layout, rows.length, MAX_FIRST);
      const groups = maskedGroups(layout, fittingGroups(layout, rows, engine.first));
      const page = groups.slice(0, plan.first);
      const filters = usedFields(plan);
      const classes = groupClasses(layout);
      const subjects = this.peopleOf(dataset, where, undefined);
      const cells = page.map((group) => group.cells);
      if (layout.subject >= 0) subjects?.of(cells, layout.subject);
      await this.audit.read({
        call: 'metrics',
        dataset: plan.metrics,
        fields: layout.dimensions.map((name) => `${name}:${this.role.dimensionAction(metrics, name)}`),
        measures: layout.measures,
        filters,
        ...classes,
        shown: [...Object.values(classes).flat(), ...classesOf(dataset, filters)],
        rows: page.length,
        calls: [call],
        ...subjectsOf(subjects),
      });
      const hasMore = rows.length > engine.first || groups.length > plan.first;
      return { rows: page.map(({ row }) => row), hasMore };
    });
  }

  lookup(plan: LookupPlan): Promise<(MaskedRow | null)[]> {
    return this.guarded(plan, async () => {
      const dataset = listedDataset(this.role, this.shared.declarations, plan.dataset);
      checkPurpose(this.role, dataset, fieldsUsed(dataset, plan), this.viewer.purpose);
      const selection = selectionOf(this.role, dataset, plan.fields);
      if (plan.ids.length > MAX_FIRST) {
        throw new SluiceError('BAD_USER_INPUT', `At most ${MAX_FIRST} rows are looked up at once.`);
      }
      this.take(plan.ids.length * Math.max(1, plan.fields.length));
      const scope = await this.scope(dataset);
      const own = withSubject(dataset, [...new Set([dataset.key, ...storedFields(selection)])]);
      const stored = [...own, ...storedLists(selection)];
      const ids = [
        ...new Set(plan.ids.filter((id) => id !== '' && id.length <= ID_LENGTH && isHoldable(id))),
      ];
      const engine: LookupPlan = { ...plan, ids, fields: [...own, ...storedListFields(selection)] };
      // Without an id there is nothing to ask the store for; that somebody looked is on record all the same.
      const { rows, calls } =
        ids.length === 0
          ? { rows: [], calls: [] }
          : await this.shared.stores.lookup(
              scoped<LookupPlan>({ plan: engine, scope, priced: clearFields(selection) }),
              this.context,
            );
      this.calls.push(...calls);
      if (rows.length !== ids.length) throw new Error('The store did not answer every id.');
      const present = rows.flatMap((cells) => (cells === null ? [] : [cells]));
      const masked = this.shared.shapes.rows(
        this.role.name,
        this.viewer.tenant,
        dataset,
        selection,
        stored,
        present,
      );
      const found = new Map<string, MaskedRow>();
      let next = 0;
      rows.forEach((cells, index) => {
        const row = cells === null ? undefined : masked[next++];
        const id = ids[index];
        if (row !== undefined && id !== undefined) found.set(id, row);
      });
      await this.recordRows(dataset, selection, stored, present, {
        call: 'lookup',
        calls,
        filters: [],
        subjects: this.peopleOf(dataset, undefined, undefined),
      });
      return plan.ids.map((id) => found.get(id) ?? null);
    });
  }

  /** Read again for each call, so that a long request heeds who goes meanwhile. */
  private async scope(dataset: DatasetDeclaration): Promise<Scope> {
    const scope = scopeOf(this.role, dataset, this.viewer, this.now);
    const gone = await this.shared.tombstones.goneFrom(dataset, this.viewer.tenant, this.request.signal);
    return gone === undefined ? scope : { ...scope, gone };
  }

  /** Counts what the request asks for; what one call may have at most says nothing about a hundred calls. */
  private take(cells: number): void {
    this.values += cells;
    if (this.values <= MAX_VALUES) return;
    throw new SluiceError(
      'QUERY_TOO_COMPLEX',
      `A request asks for at most ${MAX_VALUES} values (rows times fields). Ask for fewer rows or fields.`,
    );
  }

  /** The filter that was asked for, as the engine gets it. */
  private filter(
    dataset: DatasetDeclaration,
    { where, subject }: { where?: Condition; subject?: string },
  ): Condition | undefined {
    const { tenant } = this.viewer;
    const asked =
      where === undefined
        ? undefined
        : authorisedFilter(this.role, dataset, where, tenant, this.shared.pseudonyms);
    if (subject === undefined) return asked;
    const about = aboutSubject(this.role, dataset, subject, tenant, this.shared);
    return asked === undefined ? about.condition : { kind: 'and', conditions: [about.condition, asked] };
  }

  /** The people that a filter names; those of the rows come to them. */
  private peopleOf(
    dataset: DatasetDeclaration,
    where: Condition | undefined,
    asked: string | undefined,
  ): Subjects | undefined {
    const { tenant } = this.viewer;
    const subjects = new Subjects(this.shared.tokens, tenant);
    if (dataset.subject !== undefined) subjects.name(peopleNamed(where, dataset.subject));
    if (asked !== undefined) subjects.ask(aboutSubject(this.role, dataset, asked, tenant, this.shared).mark);
    return dataset.subject === undefined && asked === undefined ? undefined : subjects;
  }

  private recordRows(
    dataset: DatasetDeclaration,
    selection: Selection,
    stored: readonly string[],
    rows: readonly Cells[],
    parts: Pick<ReadRecord, 'call' | 'calls' | 'filters'> & { subjects: Subjects | undefined },
  ): Promise<void> {
    const { subjects, ...rest } = parts;
    const at = dataset.subject === undefined ? -1 : stored.indexOf(dataset.subject);
    if (subjects !== undefined && at >= 0) subjects.of(rows, at);
    const { fields, shown } = selectedFields(selection);
    return this.audit.read({
      ...rest,
      dataset: dataset.name,
      fields,
      clear: selection.clear,
      masked: selection.masked,
      shown: [...shown, ...classesOf(dataset, parts.filters)],
      rows: rows.length,
      ...subjectsOf(subjects),
    });
  }

  /** The boundary: nothing but a SluiceError leaves; the cause of any other goes to the log. */
  private async guarded<T>(plan: Plan, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const known = error instanceof SluiceError ? error : new SluiceError('INTERNAL', undefined, error);
      if (known !== error) {
        this.shared.logger.error(
          { event: 'gate_fault', request: this.request.requestId, call: plan.kind, fault: faultOf(error) },
          'fault in the gate',
        );
      }
      this.audit.failed(
        plan.kind,
        'metrics' in plan ? plan.metrics : plan.dataset,
        namedBy(plan),
        known.code,
      );
      throw known;
    }
  }
}
