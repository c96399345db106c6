import type { Logger } from 'pino';
import type { Condition } from '../datasources/plans';
import type { EngineCall } from '../datasources/results';
import { SluiceError, type ErrorCode } from '../errors';
import type { DatasetDeclaration } from '../schema/declarations';
import type { DataClass } from '../schema/vocabulary';
import type { AuditSink } from './audit-sink';
import type { AuditTokens } from './audit-tokens';
import { ByteBuffer } from './byte-buffer';
import type { Policy } from './policy';
import type { Selection } from './selection';
import type { Viewer } from './viewer';

/**
 * One line for each call of the gate, and for each change, preview and look at clear keys of an erasure: who saw what kind of
 * information of whom. No values.
 */

const OPERATION_LENGTH = 100;
/** Longest list of names in a line, in characters; what a plan may name is bounded, what a refused one names is not. */
const NAMES_LENGTH = 4_000;

/** Where the tokens of one answer are put together, for all answers: bytes, since a page of people fills 12 kB. */
const PAGE = new ByteBuffer(16_384);

/** What an audit line says of the request itself. */
export interface AuditedRequest {
  /** Of the operation that runs, where it has a name. */
  operationName?: string;
  requestId: string;
  /** Lines of the request so far, whoever wrote them; the audit counts them. */
  lines?: number;
}

/** What kind of call it was. */
export type AuditedCall =
  'rows' | 'count' | 'metrics' | 'lookup' | 'erasure_preview' | 'erasure_keys' | 'erasure_change';

/** What one call of the gate gave out. */
export interface ReadRecord {
  call: AuditedCall;
  /** Dataset or analytics type. */
  dataset: string;
  /** Fields with what the role got of them, as `field:action`. */
  fields: readonly string[];
  measures?: readonly string[];
  /** Fields that rows were filtered or ordered by. */
  filters: readonly string[];
  clear: readonly DataClass[];
  masked: readonly DataClass[];
  /** Classes seen only in measures. */
  aggregated?: readonly DataClass[];
  /** Classes that the answer shows something of, or was chosen by: those that may need the line. */
  shown: Iterable<DataClass>;
  rows: number;
  calls: readonly EngineCall[];
  /** Tokens of the people the answer is about; none where the dataset is about nobody. */
  subjects?: Subjects;
}

/** The audit as all requests share it. */
export interface AuditParts {
  sink: AuditSink;
  tokens: AuditTokens;
  policy: Pick<Policy, 'version' | 'auditRequired'>;
  logger: Logger;
}

/** The people of an answer. */
export class Subjects {
  private readonly named: string[] = [];
  private rows: readonly (readonly unknown[])[] = [];
  private column = 0;
  private asked = '';

  constructor(
    private readonly tokens: AuditTokens,
    private readonly tenant: string,
  ) {}

  /** People that a filter names. */
  name(values: readonly string[]): void {
    for (const value of values) this.named.push(value);
  }

  /** The rows of the answer, and their column that says whom each is about. */
  of(rows: readonly (readonly unknown[])[], column: number): void {
    this.rows = rows;
    this.column = column;
  }

  /**
   * A person whose records were asked for. Written apart, as `?a-…`, so that asking for a person never becomes a record
   * that the next one who asks for them finds.
   *
   * @param mark what records hold of the person's token
   */
  ask(mark: string): void {
    this.asked = `?${mark.replace('_', '-')}`;
  }

  /**
   * Each person once, as the one text that a line holds: `a_…a_…`, 12 characters each, in Latin-1 bytes that the next
   * answer's take the place of. It needs no escapes in JSON.
   */
  tokenised(): { text: Uint8Array; count: number } {
    PAGE.length = 0;
    const count = this.tokens.append(this.tenant, this.people(), PAGE);
    PAGE.add(this.asked);
    return { text: PAGE.filled(), count: this.asked === '' ? count : count + 1 };
  }

  private people(): string[] {
    const { rows, column, named } = this;
    const people = new Array<string>(named.length + rows.length);
    let count = 0;
    for (const value of named) people[count++] = value;
    for (const cells of rows) {
      const value = cells[column];
      if (typeof value === 'string') people[count++] = value;
    }
    people.length = count;
    return people;
  }
}

/** The audit lines of one request. Keys are the columns of the table that they become rows of. */
export class ReadAudit {
  /** What all lines of the request begin with; made for the first, since the operation is known by then. */
  private start: string | undefined;

  constructor(
    private readonly parts: AuditParts,
    private readonly viewer: Viewer,
    private readonly request: AuditedRequest,
  ) {}

  /**
   * Writes the line of an answer. Resolves when the answer may be given.
   *
   * @throws SluiceError ENGINE_UNAVAILABLE when the line cannot be written and the policy requires it
   */
  async read(record: ReadRecord): Promise<void> {
    const people = record.subjects?.tokenised();
    const written = this.write(
      {
        call_kind: record.call.toUpperCase(),
        dataset: record.dataset,
        fields: record.fields.join(' '),
        measures: record.measures?.join(' '),
        filters: names(record.filters),
        clear_classes: record.clear.join(' '),
        masked_classes: record.masked.join(' '),
        aggregated_classes: record.aggregated?.join(' '),
        subject_count: people?.count,
        row_count: record.rows,
        statements: statements(record.calls),
        outcome: 'OK',
      },
      people?.text,
    );
    if (!this.isRequired(record.shown)) {
      // The sink has logged what went wrong; this says for which answer.
      written.catch(() => {
        const { call, dataset } = record;
        const { requestId } = this.request;
        this.parts.logger.warn(
          { event: 'read_unaudited', request: requestId, call, dataset },
          'read unaudited',
        );
      });
      return;
    }
    try {
      await written;
    } catch (error) {
      throw new SluiceError(
        'ENGINE_UNAVAILABLE',
        'The read audit cannot be written now, and without its line nothing is shown. Retry later.',
        error,
      );
    }
  }

  /**
   * Writes the line of a refusal, which shows nothing and so waits for nothing.
   *
   * @param calls of engines before it came to that; the line names none where there were none
   */
  failed(
    call: AuditedCall,
    dataset: string,
    plan: { fields: readonly string[]; filters: readonly string[] },
    code: ErrorCode,
    calls: readonly EngineCall[] = [],
  ): void {
    this.write({
      call_kind: call.toUpperCase(),
      dataset: dataset.slice(0, OPERATION_LENGTH),
      fields: names(plan.fields),
      filters: names(plan.filters),
      row_count: 0,
      ...(calls.length === 0 ? {} : { statements: statements(calls) }),
      outcome: code,
    }).catch(() => undefined);
  }

  /** @param subjects the people of the line, as the text that needs no escapes */
  private write(rest: Record<string, unknown>, subjects?: Uint8Array): Promise<void> {
    const { request } = this;
    const number = request.lines ?? 0;
    request.lines = number + 1;
    this.start ??= this.beginning();
    const own = { record_id: `${request.requestId}.${number}`, read_at: new Date().toISOString(), ...rest };
    const line = `${this.start},${JSON.stringify(own).slice(1, -1)}`;
    const { sink } = this.parts;
    return subjects === undefined
      ? sink.write(`${line}}`)
      : sink.write(`${line},"subjects":"`, subjects, '"}');
  }

  private beginning(): string {
    const { parts, viewer, request } = this;
    const who = {
      tenant: viewer.tenant,
      request_id: request.requestId,
      reader: parts.tokens.ofReader(viewer.tenant, viewer.subject),
      acting_role: viewer.role,
      operation: request.operationName?.slice(0, OPERATION_LENGTH),
      policy_version: parts.policy.version,
      purpose: viewer.purpose,
      break_glass: viewer.breakGlass !== undefined,
      break_glass_reason: viewer.breakGlass?.reason,
    };
    return JSON.stringify(who).slice(0, -1);
  }

  private isRequired(shown: Iterable<DataClass>): boolean {
    for (const name of shown) if (this.parts.policy.auditRequired.has(name)) return true;
    return false;
  }
}

function statements(calls: readonly EngineCall[]): string {
  return calls.map(({ statementId }) => statementId).join(' ');
}

function names(list: readonly string[]): string {
  return [...new Set(list)].join(' ').slice(0, NAMES_LENGTH);
}

/** What a selection says to the audit: `field:action`, and the classes that it shows anything of. */
export function selectedFields(selection: Selection): { fields: string[]; shown: Set<DataClass> } {
  const fields: string[] = [];
  const shown = new Set<DataClass>(selection.clear);
  for (const { field, action, column } of selection.fields) {
    fields.push(`${field}:${action}`);
    if (action !== 'redact') shown.add(column.class);
  }
  for (const { declaration, shown: clear } of selection.derived)
    fields.push(`${declaration.field}:${clear ? 'clear' : 'redact'}`);
  for (const list of selection.lists) {
    for (const { field, action, column } of list.columns) {
      fields.push(`${list.field}.${field}:${action}`);
      if (action !== 'redact') shown.add(column.class);
    }
  }
  return { fields, shown };
}

/** Classes of the dataset's own fields. */
export function classesOf(dataset: DatasetDeclaration, fields: readonly string[]): DataClass[] {
  return fields.flatMap((field) => dataset.columns.get(field)?.class ?? []);
}

/** The people of an answer as its record has them; nothing where there can be none. */
export function subjectsOf(subjects: Subjects | undefined): Pick<ReadRecord, 'subjects'> {
  return subjects === undefined ? {} : { subjects };
}

/** Values that a filter names people by, as the engine compares them. */
export function peopleNamed(condition: Condition | undefined, subject: string): string[] {
  if (condition === undefined) return [];
  if (condition.kind === 'not') return peopleNamed(condition.condition, subject);
  if (condition.kind !== 'compare')
    return condition.conditions.flatMap((inner) => peopleNamed(inner, subject));
  if (condition.field !== subject || (condition.op !== 'eq' && condition.op !== 'in')) return [];
  return [condition.value].flat().filter((value) => typeof value === 'string');
}
