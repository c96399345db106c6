import type { Logger } from 'pino';
import type { EngineCall } from '../datasources/results';
import type { ErrorCode } from '../errors';
import type { DataClass } from '../schema/vocabulary';
import type { AuditTokens } from './audit-tokens';
import type { Viewer } from './viewer';

/** One structured line for each call of the gate: who saw what kind of information of whom. No values. */

/** Most subjects named in one line; the line says how many there were. */
const SUBJECTS = 100;
const OPERATION_LENGTH = 100;

/** What an audit line says of the request itself. */
export interface AuditedRequest {
  operationName?: string;
  requestId: string;
}

/** What one call of the gate gave out. */
export interface ReadRecord {
  call: 'rows' | 'count' | 'metrics' | 'lookup';
  /** Dataset or analytics type. */
  dataset: string;
  clear: readonly DataClass[];
  masked: readonly DataClass[];
  /** Classes seen only in measures. */
  aggregated?: readonly DataClass[];
  rows: number;
  calls: readonly EngineCall[];
  /** Values of the subject column, where it was selected. */
  subjects?: Iterable<string>;
}

/** The audit lines of one request. */
export class ReadAudit {
  private readonly logger: Logger;
  private readonly who: Record<string, string | boolean>;

  /** Audit lines are written whatever LOG_LEVEL leaves out, unless it is `silent`. */
  constructor(
    logger: Logger,
    private readonly tokens: AuditTokens,
    viewer: Viewer,
    request: AuditedRequest,
    policyVersion: string,
  ) {
    const level = logger.level === 'silent' ? 'silent' : 'info';
    this.logger = logger.child({ audit: true }, { level });
    this.who = {
      request: request.requestId,
      who: tokens.token(viewer.tenant, viewer.subject),
      tenant: viewer.tenant,
      role: viewer.role,
      policy: policyVersion,
      ...(viewer.purpose === undefined ? {} : { purpose: viewer.purpose }),
      ...(viewer.breakGlass === undefined ? {} : { breakGlass: true, reason: viewer.breakGlass.reason }),
      ...(request.operationName === undefined
        ? {}
        : { operation: request.operationName.slice(0, OPERATION_LENGTH) }),
    };
  }

  read(record: ReadRecord, tenant: string): void {
    const { subjects, calls, ...rest } = record;
    const statements = calls.map((call) => call.statementId);
    this.logger.info(
      { event: 'read', ...this.who, ...rest, statements, ...this.subjectTokens(subjects, tenant) },
      'read',
    );
  }

  failed(call: ReadRecord['call'], dataset: string, code: ErrorCode): void {
    this.logger.info(
      { event: 'read_failed', ...this.who, call, dataset: dataset.slice(0, 100), code },
      'read failed',
    );
  }

  private subjectTokens(
    subjects: Iterable<string> | undefined,
    tenant: string,
  ): { subjects?: string[]; subjectCount?: number } {
    if (subjects === undefined) return {};
    const distinct = new Set(subjects);
    const named: string[] = [];
    for (const subject of distinct) {
      if (named.length === SUBJECTS) break;
      named.push(this.tokens.token(tenant, subject));
    }
    return { subjects: named, subjectCount: distinct.size };
  }
}
