import type { ErasureAccess, ShownKey } from '../auth/erasure-access';
import { holdOn } from '../erasure/holds';
import { changedRows, horizonOf, type HorizonDate } from '../erasure/horizon';
import type { HoldRecord } from '../erasure/ledger/records';
import type { ErasurePlan, PlannedPeriod, StoreOutcome, SubjectKey, SubjectKeyKind } from '../erasure/model';
import { daysLeft, dueOn, type Regulation } from '../erasure/regulations';
import { isLate, type ListFilter, type Request } from '../erasure/service';
import { lookPath, type Look, type TableProgress } from '../erasure/tables';
import type { ErasureRequestWhere } from '../schema/entities/erasure-inputs';
import type { SubjectKeyInput } from '../schema/entities/erasure-keys';

/** Records of the ledger as the schema has them. */

/** A request, and the record that its further fields are read from. */
export type RequestView = ReturnType<typeof requestView>;

export function requestView(record: Request, day: string) {
  const { asked, resolved, leftOut, progress, batch, history } = record;
  return {
    record,
    id: record.id,
    state: record.state,
    regulation: record.regulation,
    receivedOn: record.receivedOn,
    dueOn: record.dueOn,
    extendedOn: record.extendedOn ?? null,
    daysLeft: daysLeft(record, day),
    overdue: isLate(record, day),
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
    requestedBy: record.requestedBy,
    decidedBy: record.decidedBy ?? null,
    reason: record.reason ?? null,
    askedKeyCount: asked.count,
    keyCount: resolved?.count ?? null,
    leftOutKeyCount: leftOut?.count ?? null,
    keysForgotten: record.keysForgotten === true,
    planHash: record.planHash ?? null,
    approvedHash: record.approvedHash ?? null,
    tables: record.tables.map(tableView),
    progress: progress === undefined || batch === undefined ? null : { batch, ...progress },
    history: history.map((entry) => ({
      from: null,
      to: null,
      by: null,
      note: null,
      chain: null,
      ...entry,
    })),
    rescanUntil: record.rescanUntil ?? null,
    rescannedOn: record.rescannedOn ?? null,
    chain: history.findLast((entry) => entry.chain !== undefined)?.chain ?? null,
  };
}

function tableView(table: TableProgress) {
  const { dataset, store, state, rows, erased, outcome, effects = [], look } = table;
  const { logicallyGone, unreachable, physicallyGone } = horizonOf(table);
  return {
    dataset,
    store,
    state: state.toUpperCase(),
    rows,
    erased,
    outcome: outcome?.state ?? null,
    ...outcomeView(outcome),
    changed: changedRows(table),
    batches: effects,
    look: look === undefined ? null : lookView(look),
    logicallyGone: dateView(logicallyGone),
    unreachable: dateView(unreachable),
    physicallyGone: dateView(physicallyGone),
  };
}

function lookView(look: Look) {
  const { at, found, statementId = null, files, snapshots } = look;
  return {
    ...{ at, found, statementId },
    path: lookPath(look),
    filesRead: files?.read ?? null,
    rowsInFiles: files?.rows ?? null,
    oldestSnapshot: snapshots?.oldest ?? null,
  };
}

function dateView(date: HorizonDate | undefined) {
  if (date === undefined) return null;
  return {
    date: date.date,
    evidence: date.evidence.map(({ kind, name, at = null, days = null, statementIds = [] }) => ({
      ...{ name, at, days, statementIds },
      kind: kind.toUpperCase(),
    })),
  };
}

function outcomeView(outcome: StoreOutcome | undefined) {
  const [until, ground, failure] =
    outcome?.state === 'PENDING_HORIZON'
      ? [outcome.date, null, null]
      : outcome?.state === 'PSEUDONYMISED'
        ? [outcome.until ?? null, null, null]
        : outcome?.state === 'RETAINED'
          ? [outcome.until, outcome.ground, null]
          : outcome?.state === 'FAILED'
            ? [null, null, outcome.reason]
            : [null, null, null];
  const retained = (outcome?.state === 'PSEUDONYMISED' ? outcome.retained : undefined) ?? [];
  return { until, ground, failure, retained };
}

export function planView({ hash, subjects, parts, residue }: ErasurePlan) {
  return {
    hash,
    keyCount: subjects.length,
    parts: parts.map(({ dataset, store, rows, before, planned, hold }) => ({
      dataset,
      store,
      action: planned.action.toUpperCase(),
      rows,
      before: before ?? null,
      ground: 'ground' in planned ? planned.ground : null,
      until: 'until' in planned ? (planned.until ?? null) : null,
      fields: 'fields' in planned ? planned.fields : null,
      period: periodView('period' in planned ? planned.period : undefined),
      retained: (('retained' in planned ? planned.retained : undefined) ?? []).map(
        ({ period, ...field }) => ({
          ...field,
          period: periodView(period),
        }),
      ),
      hold: hold ?? null,
    })),
    residue: residue.map(({ dataset = null, source = null, ...one }) => ({ ...one, dataset, source })),
  };
}

function periodView(period: PlannedPeriod | undefined) {
  if (period === undefined) return null;
  return { ...period, fromEndOfYear: period.fromEndOfYear === true };
}

export function holdView(hold: HoldRecord, day: string) {
  const { id, datasets, ground, purpose, until, placedAt, placedBy, releasedAt, releasedBy } = hold;
  const any = datasets === 'all' ? '' : (datasets[0] ?? '');
  return {
    id,
    datasets: datasets === 'all' ? null : datasets,
    ground,
    purpose,
    until,
    active: holdOn([hold], any, day) !== undefined,
    placedAt,
    placedBy,
    releasedAt: releasedAt ?? null,
    releasedBy: releasedBy ?? null,
  };
}

export function regulationView(id: string, law: Regulation, day: string) {
  const { name, source, due, extension } = law;
  return {
    id,
    name,
    source,
    due: periodText(due),
    dueIfReceivedToday: dueOn(law, day),
    extension: extension === undefined ? null : periodText(extension.by),
    extensionSource: extension?.source ?? null,
  };
}

function periodText({ years, months, days }: Regulation['due']): string {
  const parts: [number, string][] = [
    [years, 'Y'],
    [months, 'M'],
    [days, 'D'],
  ];
  return `P${parts.map(([count, unit]) => (count === 0 ? '' : `${count}${unit}`)).join('')}`;
}

type Schedule = Awaited<ReturnType<ErasureAccess['schedule']>>;

export function scheduleView({ state, batch, window }: Schedule) {
  const { paused, by = null, at = null, reason = null } = state;
  return { paused, by, at, reason, window: window ?? null, batch: batch ?? null };
}

/** Keys as they are asked for; kinds are in capitals in the schema alone. */
export function subjectKeys(keys: readonly SubjectKeyInput[]): SubjectKey[] {
  return keys.map(({ kind, key }) => ({ kind: kind.toLowerCase() as SubjectKeyKind, key }));
}

export function keyView<K extends ShownKey>(key: K) {
  return {
    evidence: null,
    ...key,
    kind: key.kind.toUpperCase() as Uppercase<SubjectKeyKind>,
  };
}

export function filterOf(where: ErasureRequestWhere | null | undefined): ListFilter {
  const { states, regulations, dueBy, overdue } = where ?? {};
  return {
    ...(states ? { states } : {}),
    ...(regulations ? { regulations } : {}),
    ...(typeof dueBy === 'string' ? { dueBy } : {}),
    ...(typeof overdue === 'boolean' ? { overdue } : {}),
  };
}
