import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Config } from '../config';
import { isHoldable } from '../datasources/compile/literal';
import type { CursorSeal } from '../datasources/cursors';
import type { Condition, CountPlan, LookupPlan, MetricsPlan, RowsPlan } from '../datasources/plans';
import type { CallContext, Cells, EngineCall } from '../datasources/results';
import type { Stores } from '../datasources/stores';
import { SluiceError } from '../errors';
import type { DatasetDeclaration, Declarations } from '../schema/declarations';
import { ReadAudit, type AuditedRequest, type ReadRecord } from './audit';
import { AuditTokens } from './audit-tokens';
import { authorisedFilter, authorisedOrder, readableDataset, readableMetrics, scopeOf } from './authorise';
import { fittingGroups, groupClasses, groupLayout, maskedGroups } from './groups';
import { checkFirst, checkRange, MAX_VALUES, MAX_FIRST } from './limits';
import { maskOf } from './masks';
import { bindingOf, openPosition, positionOf } from './pages';
import type { Policy, RolePolicy } from './policy';
import { Pseudonyms } from './pseudonyms';
import { scoped } from './scope';
import { selectionOf, storedFields, storedListFields, storedLists, type Selection } from './selection';
import { compileShaper, derivedFor, masksFor, type MaskedRow, type Shaper } from './shape';
import type { Viewer } from './viewer';

export type { MaskedRow, MaskedValue } from './shape';

/** The request that a gate is opened for. */
export interface GateRequest extends AuditedRequest {
  /** Aborted when the client leaves or the request's deadline passes. */
  signal: AbortSignal;
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
  /** Null when the role may not know because there are fewer than its minimum group. */
  count(plan: CountPlan): Promise<number | null>;
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
  cursors: CursorSeal;
  logger: Logger;
}

/** Compiled shapes kept: one for each role, dataset and selection. */
const SHAPES = 1000;
/** Longest id looked up, in characters; longer ones name nothing. */
const ID_LENGTH = 1024;

/** One factory for the process; it gives a gate for each request. The stores are reachable through it alone. */
export function createGateFactory(parts: Parts): GateFactory {
  const shared = {
    ...parts,
    pseudonyms: new Pseudonyms(parts.config.SLUICE_MASK_KEY),
    tokens: new AuditTokens(parts.config.SLUICE_AUDIT_KEY),
    shapes: new LRUCache<string, Shaper>({ max: SHAPES }),
  };
  return (viewer, request) => {
    const role = parts.policy.roles.get(viewer.role);
    if (role === undefined) throw new SluiceError('FORBIDDEN');
    return new RequestGate(shared, viewer, role, request);
  };
}

type Shared = Parts & { pseudonyms: Pseudonyms; tokens: AuditTokens; shapes: LRUCache<string, Shaper> };

class RequestGate implements Gate {
  readonly calls: EngineCall[] = [];
  private readonly audit: ReadAudit;
  private readonly context: CallContext;
  values = 0;

  constructor(
    private readonly shared: Shared,
    readonly viewer: Viewer,
    readonly role: RolePolicy,
    private readonly request: GateRequest,
  ) {
    this.audit = new ReadAudit(shared.logger, shared.tokens, viewer, request, shared.policy.version);
    this.context = { tenant: viewer.tenant, signal: request.signal };
  }

  rows(plan: RowsPlan): Promise<MaskedPage> {
    return this.guarded('rows', plan.dataset, async () => {
      const dataset = readableDataset(this.role, this.shared.declarations, plan.dataset);
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
      const where = this.filter(dataset, plan.where);
      const scope = scopeOf(this.role, dataset, this.viewer);
      const { after, where: _asked, ...kept } = plan;
      const fields = [...new Set([...storedFields(selection), ...orderBy.map(({ field }) => field)])];
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
      const masked = this.shape(dataset, selection, fields, page);
      this.record(dataset, selection, fields, page, { call: 'rows', calls: [call] });
      const sorted = orderBy.map(({ field }) => fields.indexOf(field));
      return {
        rows: masked,
        hasNextPage: rows.length > plan.first,
        cursor: (index) => this.shared.cursors.seal(binding, positionOf(page[index], sorted)),
      };
    });
  }

  count(plan: CountPlan): Promise<number | null> {
    return this.guarded('count', plan.dataset, async () => {
      const dataset = readableDataset(this.role, this.shared.declarations, plan.dataset);
      checkRange(dataset, plan.range);
      const where = this.filter(dataset, plan.where);
      const scope = scopeOf(this.role, dataset, this.viewer);
      const { where: _asked, ...kept } = plan;
      const engine: CountPlan = { ...kept, ...(where === undefined ? {} : { where }) };
      const { rows, call } = await this.shared.stores.count(
        scoped<CountPlan>({ plan: engine, scope }),
        this.context,
      );
      this.calls.push(call);
      const counted = rows[0]?.[0];
      if (typeof counted !== 'number') throw new Error('The store counted nothing.');
      this.audit.read(
        { call: 'count', dataset: dataset.name, clear: [], masked: [], rows: 1, calls: [call] },
        this.viewer.tenant,
      );
      return counted < this.role.minimumGroup(dataset) ? null : counted;
    });
  }

  metrics(plan: MetricsPlan): Promise<{ rows: MaskedRow[]; hasMore: boolean }> {
    return this.guarded('metrics', plan.metrics, async () => {
      const metrics = readableMetrics(this.role, this.shared.declarations, plan.metrics);
      const layout = groupLayout(this.role, metrics, plan, (action, column) =>
        maskOf(action, column, this.viewer.tenant, this.shared.pseudonyms),
      );
      const { dataset } = metrics;
      checkFirst(plan.first, this.role.limits.maxRows);
      this.take(plan.first * (layout.dimensions.length + layout.measures.length + 1));
      checkRange(dataset, plan.range);
      const where = this.filter(dataset, plan.where);
      const scope = scopeOf(this.role, dataset, this.viewer);
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
      const privacyUnit = layout.people ? dataset.subject : undefined;
      const { rows, call } = await this.shared.stores.metrics(
        scoped<MetricsPlan>({ plan: engine, scope, ...(privacyUnit === undefined ? {} : { privacyUnit }) }),
        this.context,
      );
      this.calls.push(call);
      if (layout.sort && rows.length > MAX_FIRST) {
        throw new SluiceError(
          'QUERY_TOO_COMPLEX',
          `More than ${MAX_FIRST} groups cannot be ordered by a ratio. Filter, or group by less.`,
        );
      }
      const groups = maskedGroups(layout, fittingGroups(layout, rows, engine.first));
      const page = groups.slice(0, plan.first);
      this.audit.read(
        {
          call: 'metrics',
          dataset: plan.metrics,
          ...groupClasses(layout),
          rows: page.length,
          calls: [call],
        },
        this.viewer.tenant,
      );
      return { rows: page, hasMore: rows.length > engine.first || groups.length > plan.first };
    });
  }

  lookup(plan: LookupPlan): Promise<(MaskedRow | null)[]> {
    return this.guarded('lookup', plan.dataset, async () => {
      const dataset = readableDataset(this.role, this.shared.declarations, plan.dataset);
      const selection = selectionOf(this.role, dataset, plan.fields);
      if (plan.ids.length > MAX_FIRST) {
        throw new SluiceError('BAD_USER_INPUT', `At most ${MAX_FIRST} rows are looked up at once.`);
      }
      this.take(plan.ids.length * Math.max(1, plan.fields.length));
      const scope = scopeOf(this.role, dataset, this.viewer);
      const own = [...new Set([dataset.key, ...storedFields(selection)])];
      const stored = [...own, ...storedLists(selection)];
      const ids = [
        ...new Set(plan.ids.filter((id) => id !== '' && id.length <= ID_LENGTH && isHoldable(id))),
      ];
      const found = new Map<string, MaskedRow>();
      if (ids.length > 0) {
        const engine: LookupPlan = { ...plan, ids, fields: [...own, ...storedListFields(selection)] };
        const { rows, calls } = await this.shared.stores.lookup(
          scoped<LookupPlan>({ plan: engine, scope }),
          this.context,
        );
        this.calls.push(...calls);
        if (rows.length !== ids.length) throw new Error('The store did not answer every id.');
        const present = rows.flatMap((cells) => (cells === null ? [] : [cells]));
        const masked = this.shape(dataset, selection, stored, present);
        let next = 0;
        rows.forEach((cells, index) => {
          const row = cells === null ? undefined : masked[next++];
          const id = ids[index];
          if (row !== undefined && id !== undefined) found.set(id, row);
        });
        this.record(dataset, selection, stored, present, { call: 'lookup', calls });
      }
      return plan.ids.map((id) => found.get(id) ?? null);
    });
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

  private filter(dataset: DatasetDeclaration, where: Condition | undefined): Condition | undefined {
    if (where === undefined) return undefined;
    return authorisedFilter(this.role, dataset, where, this.viewer.tenant, this.shared.pseudonyms);
  }

  private shape(
    dataset: DatasetDeclaration,
    selection: Selection,
    stored: readonly string[],
    rows: readonly Cells[],
  ): MaskedRow[] {
    const slot = [this.role.name, dataset.name, stored.join(), selection.paths.join()].join('|');
    let shaper = this.shared.shapes.get(slot);
    if (shaper === undefined) {
      shaper = compileShaper(selection, stored);
      this.shared.shapes.set(slot, shaper);
    }
    const masks = masksFor(selection, this.viewer.tenant, this.shared.pseudonyms);
    const derived = derivedFor(selection);
    const masked = new Array<MaskedRow>(rows.length);
    for (let index = 0; index < rows.length; index += 1) {
      const cells = rows[index] as Cells;
      if (cells.length !== stored.length) throw new Error('A row has not the cells asked for.');
      masked[index] = shaper(cells, masks, derived);
    }
    return masked;
  }

  private record(
    dataset: DatasetDeclaration,
    selection: Selection,
    stored: readonly string[],
    rows: readonly Cells[],
    parts: Pick<ReadRecord, 'call' | 'calls'>,
  ): void {
    const subject = dataset.subject;
    const selected = selection.fields.some(({ field, action }) => field === subject && action !== 'redact');
    const at = selected && subject !== undefined ? stored.indexOf(subject) : -1;
    const subjects =
      at < 0 ? undefined : rows.flatMap((cells) => (typeof cells[at] === 'string' ? [cells[at]] : []));
    this.audit.read(
      {
        ...parts,
        dataset: dataset.name,
        clear: selection.clear,
        masked: selection.masked,
        rows: rows.length,
        ...(subjects === undefined ? {} : { subjects }),
      },
      this.viewer.tenant,
    );
  }

  /** The boundary: nothing but a SluiceError leaves; the cause of any other goes to the log. */
  private async guarded<T>(call: ReadRecord['call'], name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const known = error instanceof SluiceError ? error : new SluiceError('INTERNAL', undefined, error);
      if (known !== error) {
        this.shared.logger.error(
          { event: 'gate_fault', request: this.request.requestId, call, err: error },
          'fault in the gate',
        );
      }
      this.audit.failed(call, name, known.code);
      throw known;
    }
  }
}
